#include "runtime/store/sqlite_connection.hpp"

#include <sqlite3.h>

#include <filesystem>

namespace nexus::store {
namespace {

/// How long a statement waits for another program that has the file open.
constexpr auto busy_timeout_ms = 5'000;

/// Every caller of SQLite has one way to say what went wrong.
auto failure(int code, sqlite3* database, std::string_view file) -> tl::unexpected<error> {
  auto const text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  auto problem = error{errc::internal, fmt::format("SQLite: {} ({})", text, code), std::string{file}, {}, {}};
  switch (code & 0xff) {
  case SQLITE_FULL:
    problem.code = errc::storage;
    problem.remedy = "free space or raise the limit; nothing acknowledged is lost and writing goes on by itself";
    break;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    problem.code = errc::corrupt;
    problem.remedy = "stop nexus, keep a copy of the file and its -wal, then restore a backup or try the sqlite3 "
                     "shell's .recover";
    break;
  case SQLITE_IOERR:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_NOMEM:
    problem.code = errc::storage;
    problem.remedy = "check the disk, its permissions and free memory";
    break;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    problem.code = errc::unavailable;
    problem.remedy = "close the other program that has the file open";
    break;
  case SQLITE_INTERRUPT:
    problem.code = errc::cancelled;
    break;
  case SQLITE_TOOBIG:
    problem.code = errc::too_large;
    break;
  default:
    break;
  }
  return tl::unexpected{std::move(problem)};
}

} // namespace

auto concerns_everything(error const& problem) -> bool {
  return problem.code == errc::storage || problem.code == errc::corrupt || problem.code == errc::unavailable;
}

void sqlite_rows::reset::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_reset(statement); }
void sqlite_connection::close::operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
void sqlite_connection::finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

auto sqlite_rows::next() -> expected<bool> {
  auto const code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(code, sqlite3_db_handle(statement_.get()), file_);
}

auto sqlite_rows::integer(int column) const -> std::int64_t { return sqlite3_column_int64(statement_.get(), column); }

auto sqlite_rows::text(int column) const -> std::string_view {
  auto const data = static_cast<char const*>(sqlite3_column_blob(statement_.get(), column));
  auto const size = sqlite3_column_bytes(statement_.get(), column);
  return size > 0 ? std::string_view{data, static_cast<std::size_t>(size)} : std::string_view{};
}

sqlite_connection::sqlite_connection(sqlite3* database, std::string file)
    : database_(database), file_(std::move(file)) {}

auto sqlite_connection::open(std::string const& file) -> expected<std::unique_ptr<sqlite_connection>> {
  return open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

auto sqlite_connection::open_to_read(std::string const& file) -> expected<std::unique_ptr<sqlite_connection>> {
  auto ignored = std::error_code{};
  if (!std::filesystem::is_regular_file(file, ignored)) return fail_at(file, errc::not_found, "there is no such file");
  return open(file, SQLITE_OPEN_READONLY);
}

auto sqlite_connection::open(std::string const& file, int flags) -> expected<std::unique_ptr<sqlite_connection>> {
  auto* database = static_cast<sqlite3*>(nullptr);
  auto const code =
      sqlite3_open_v2(file.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  auto connection = std::unique_ptr<sqlite_connection>{new sqlite_connection{database, file}};
  if (code != SQLITE_OK) return failure(code, database, file);
  sqlite3_busy_timeout(database, busy_timeout_ms);
  // Takes the place of automatic checkpoints, which would make the commit that happens to trigger one wait for it.
  auto const count_pages = [](void* self, sqlite3*, char const*, int pages) {
    static_cast<sqlite_connection*>(self)->log_pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database, count_pages, connection.get());
  return connection;
}

auto sqlite_connection::prepare(std::string_view sql) -> expected<sqlite3_stmt*> {
  if (auto const known = statements_.find(sql); known != statements_.end()) return known->second.get();
  auto* statement = static_cast<sqlite3_stmt*>(nullptr);
  auto const code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                       SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(code, database_.get(), file_);
  statements_.emplace(sql, statement);
  return statement;
}

auto sqlite_connection::drain(sqlite_rows& rows) -> expected<void> {
  while (true) {
    auto const row = rows.next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return {};
  }
}

// Binding fails only for an index that the statement does not have, which every test of the statement shows.
void sqlite_connection::bind(sqlite3_stmt* statement, int& index, std::int64_t value) {
  sqlite3_bind_int64(statement, ++index, value);
}

void sqlite_connection::bind(sqlite3_stmt* statement, int& index, std::string_view value) {
  // A null pointer would bind NULL instead of an empty value.
  sqlite3_bind_blob64(statement, ++index, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
}

void sqlite_connection::bind(sqlite3_stmt* statement, int& index, std::vector<std::string_view> const& values) {
  for (auto const value : values) bind(statement, index, value);
}

void sqlite_connection::interrupt() { sqlite3_interrupt(database_.get()); }

auto sqlite_connection::changes() const -> std::int64_t { return sqlite3_changes64(database_.get()); }

auto sqlite_connection::in_transaction() const -> bool { return sqlite3_get_autocommit(database_.get()) == 0; }

auto sqlite_connection::copy_to(sqlite_connection& other,
                                std::function<void(std::uint64_t done, std::uint64_t all)> const& tell)
    -> expected<void> {
  constexpr auto pages_of_a_step = 1'024;
  // One snapshot for the whole copy: SQLite would start anew whenever another process has written.
  if (auto good = run("BEGIN"); !good) return good;
  auto const finish = [this](expected<void> result) {
    auto const closed = run("COMMIT");
    return result ? closed : result;
  };
  auto const page_size = number("PRAGMA page_size", 0);
  auto const held = number("SELECT count(*) FROM sqlite_schema", 0);
  if (!page_size || !held) return finish(tl::unexpected{page_size ? held.error() : page_size.error()});
  auto* const copy = sqlite3_backup_init(other.database_.get(), "main", database_.get(), "main");
  if (copy == nullptr) {
    auto const code = sqlite3_extended_errcode(other.database_.get());
    return finish(failure(code, other.database_.get(), other.file_));
  }
  auto code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(copy, pages_of_a_step);
    auto const all = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy));
    auto const left = static_cast<std::uint64_t>(sqlite3_backup_remaining(copy));
    if (tell) tell((all - left) * static_cast<std::uint64_t>(*page_size), all * static_cast<std::uint64_t>(*page_size));
  }
  sqlite3_backup_finish(copy);
  if (code != SQLITE_DONE) return finish(failure(code, nullptr, other.file_));
  return finish({});
}

auto sqlite_connection::checkpoint(bool truncate) -> expected<void> {
  auto const mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  // A backup reads for minutes, and commits must not wait for it: the log stays, and is emptied after another commit.
  sqlite3_busy_timeout(database_.get(), 0);
  auto const code = sqlite3_wal_checkpoint_v2(database_.get(), "main", mode, nullptr, nullptr);
  sqlite3_busy_timeout(database_.get(), busy_timeout_ms);
  if (code != SQLITE_OK) return failure(code, database_.get(), file_);
  if (truncate) log_pages_ = 0;
  return {};
}

} // namespace nexus::store
