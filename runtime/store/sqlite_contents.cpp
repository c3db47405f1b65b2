#include "runtime/store/database_files.hpp"
#include "runtime/store/directory_lock.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/sqlite_schema.hpp"
#include "runtime/store/store_contents.hpp"
#include "runtime/store/stored_values.hpp"

namespace nexus::store {
namespace {

namespace fs = std::filesystem;

/// Documents or records handed out at once at most, and their bytes.
constexpr auto part_size = std::size_t{500};
constexpr auto part_bytes = std::size_t{4} << 20;

auto count_in(sqlite_connection& connection) -> expected<contents_count> {
  auto const documents = connection.number("SELECT count(*) FROM documents", 0);
  auto const streams = connection.number("SELECT count(*) FROM streams", 0);
  auto const records = connection.number("SELECT count(*) FROM records", 0);
  for (auto const* figure : {&documents, &streams, &records})
    if (!*figure) return tl::unexpected{figure->error()};
  return contents_count{static_cast<std::uint64_t>(*documents), static_cast<std::uint64_t>(*streams),
                        static_cast<std::uint64_t>(*records)};
}

class sqlite_source final : public contents_source {
public:
  sqlite_source(std::optional<directory_lock> lock, std::unique_ptr<sqlite_connection> connection)
      : lock_(std::move(lock)), connection_(std::move(connection)) {}

  auto count() -> expected<contents_count> override { return count_in(*connection_); }

  auto usage() -> expected<std::map<std::string, std::uint64_t>> override {
    auto found = std::map<std::string, std::uint64_t>{};
    auto rows = connection_->query("SELECT collection, bytes FROM usage");
    if (!rows) return tl::unexpected{rows.error()};
    while (true) {
      auto const row = rows->next();
      if (!row) return tl::unexpected{row.error()};
      if (!*row) return found;
      found.emplace(rows->text(0), static_cast<std::uint64_t>(rows->integer(1)));
    }
  }

  auto last_token() -> expected<std::uint64_t> override {
    auto const token = connection_->number("SELECT last FROM tokens", 0);
    if (!token) return tl::unexpected{token.error()};
    return static_cast<std::uint64_t>(*token);
  }

  auto each(take_documents const& documents, take_records const& records) -> expected<void> override {
    if (auto good = each_document(documents); !good) return good;
    return each_record(records);
  }

private:
  auto each_document(take_documents const& take) -> expected<void> {
    auto rows = connection_->query("SELECT collection, key, body, attributes, revision, updated_at FROM documents");
    if (!rows) return tl::unexpected{rows.error()};
    auto part = std::vector<document>{};
    auto bytes = std::size_t{0};
    while (true) {
      auto const row = rows->next();
      if (!row) return tl::unexpected{row.error()};
      if (!*row || part.size() == part_size || bytes >= part_bytes) {
        if (!part.empty())
          if (auto good = take(std::exchange(part, {})); !good) return good;
        bytes = 0;
      }
      if (!*row) return {};
      auto attributes = decode(rows->text(3));
      if (!attributes) return tl::unexpected{attributes.error()};
      part.push_back({std::string{rows->text(0)}, std::string{rows->text(1)}, std::string{rows->text(2)},
                      std::move(*attributes), static_cast<std::uint64_t>(rows->integer(4)),
                      from_database(rows->integer(5))});
      bytes += part.back().body.size();
    }
  }

  auto each_record(take_records const& take) -> expected<void> {
    auto rows = connection_->query("SELECT s.name, r.id, r.body, r.at FROM records r JOIN streams s ON s.id = r.id >> "
                                   "28 ORDER BY r.id");
    if (!rows) return tl::unexpected{rows.error()};
    auto stream = std::string{};
    auto part = std::vector<record>{};
    auto bytes = std::size_t{0};
    while (true) {
      auto const row = rows->next();
      if (!row) return tl::unexpected{row.error()};
      if (!*row || rows->text(0) != stream || part.size() == part_size || bytes >= part_bytes) {
        if (!part.empty())
          if (auto good = take(stream, std::exchange(part, {})); !good) return good;
        bytes = 0;
      }
      if (!*row) return {};
      stream = rows->text(0);
      part.push_back({static_cast<std::uint64_t>(rows->integer(1)) & limits::sequence, std::string{rows->text(2)},
                      from_database(rows->integer(3))});
      bytes += part.back().body.size();
    }
  }

  std::optional<directory_lock> const lock_;
  std::unique_ptr<sqlite_connection> const connection_;
};

/// Fills "<file>.unfinished", in one transaction; it gets its name when it is whole.
class sqlite_target final : public contents_target {
public:
  sqlite_target(std::optional<directory_lock> lock, std::unique_ptr<sqlite_connection> connection, fs::path file)
      : lock_(std::move(lock)), connection_(std::move(connection)), file_(std::move(file)) {}
  ~sqlite_target() override {
    if (!connection_) return;
    auto const unfinished = connection_->file();
    connection_.reset();
    discard(unfinished);
  }

  auto add(std::vector<document> documents) -> expected<void> override {
    for (auto const& each : documents) {
      if (auto good = connection_->run("INSERT INTO documents (collection, key, revision, updated_at, attributes, "
                                       "body) VALUES (?, ?, ?, ?, ?, ?)",
                                       each.collection, each.key, each.revision, to_database(each.updated_at),
                                       encode(each.attributes), each.body);
          !good)
        return good;
      for (auto const& [name, value] : each.attributes)
        if (auto good = connection_->run("INSERT INTO attributes (collection, name, value, key) VALUES (?, ?, ?, ?)",
                                         each.collection, name, value, each.key);
            !good)
          return good;
      if (auto good = add_usage(each.collection, each.body.size()); !good) return good;
    }
    return {};
  }

  auto add(std::string const& stream, std::vector<record> records) -> expected<void> override {
    auto bytes = std::size_t{0};
    for (auto const& each : records) bytes += each.body.size();
    auto const id = connection_->number(
        "INSERT INTO streams (name, next, bytes) VALUES (?, 1 + ?, ?) ON CONFLICT (name) DO UPDATE SET next = next + "
        "excluded.next - 1, bytes = bytes + excluded.bytes RETURNING id",
        0, stream, records.size(), bytes);
    if (!id) return tl::unexpected{id.error()};
    for (auto const& each : records)
      if (auto good =
              connection_->run("INSERT INTO records (id, at, body) VALUES (?, ?, ?)",
                               (*id << 28) | static_cast<std::int64_t>(each.sequence), to_database(each.at), each.body);
          !good)
        return good;
    return add_usage(std::string{collection_of(stream)}, bytes);
  }

  auto count() -> expected<contents_count> override { return count_in(*connection_); }

  auto finish(std::uint64_t last_token) -> expected<void> override {
    if (auto good = connection_->run("UPDATE tokens SET last = ?", last_token); !good) return good;
    if (auto good = connection_->run("COMMIT"); !good) return good;
    auto const unfinished = connection_->file();
    connection_.reset();
    if (auto good = move(unfinished, file_); !good) {
      discard(unfinished);
      return good;
    }
    return sync_directory(file_.parent_path());
  }

private:
  auto add_usage(std::string const& collection, std::size_t bytes) -> expected<void> {
    return connection_->run("INSERT INTO usage (collection, bytes) VALUES (?, ?) ON CONFLICT (collection) DO UPDATE "
                            "SET bytes = bytes + excluded.bytes",
                            collection, bytes);
  }

  std::optional<directory_lock> const lock_;
  std::unique_ptr<sqlite_connection> connection_;
  fs::path const file_;
};

auto create_target(std::optional<directory_lock> lock, fs::path const& file)
    -> expected<std::unique_ptr<contents_target>> {
  auto const unfinished = fs::path{file.string() + ".unfinished"};
  discard(unfinished);
  if (auto made = directory_lock::create_private(unfinished); !made) return tl::unexpected{made.error()};
  auto connection = sqlite_connection::open(unfinished.string());
  if (!connection) return tl::unexpected{connection.error()};
  auto good = (*connection)->run("PRAGMA page_size = 4096");
  if (good) good = prepare_schema(**connection, false);
  if (good) good = (*connection)->run("BEGIN IMMEDIATE");
  if (!good) {
    connection->reset();
    discard(unfinished);
    return tl::unexpected{good.error()};
  }
  return std::make_unique<sqlite_target>(std::move(lock), std::move(*connection), file);
}

} // namespace

auto open_sqlite_source(fs::path const& directory_or_file) -> expected<std::unique_ptr<contents_source>> {
  auto ignored = std::error_code{};
  auto const is_directory = fs::is_directory(directory_or_file, ignored);
  auto const file = is_directory ? directory_or_file / database_name : directory_or_file;
  auto lock = std::optional<directory_lock>{};
  if (is_directory && is_there(file)) {
    auto taken = directory_lock::take(directory_or_file);
    if (!taken) return tl::unexpected{taken.error()};
    lock.emplace(std::move(*taken));
  }
  auto connection = sqlite_connection::open_to_read(file.string());
  if (!connection) return tl::unexpected{connection.error()};
  auto const version = schema_version_of(**connection);
  if (!version) return tl::unexpected{version.error()};
  if (*version != sqlite_schema_version())
    return tl::unexpected{
        error{errc::refused,
              fmt::format("the file has schema version {}, not {}", *version, sqlite_schema_version()),
              file.string(),
              "open it once with this program's server, which brings it up to date",
              {}}};
  if (auto good = (*connection)->run("BEGIN"); !good) return tl::unexpected{good.error()};
  return std::make_unique<sqlite_source>(std::move(lock), std::move(*connection));
}

auto create_sqlite_target(fs::path const& file, bool overwrite) -> expected<std::unique_ptr<contents_target>> {
  if (!overwrite && is_there(file))
    return tl::unexpected{
        error{errc::conflict, "the file exists already", file.string(), "choose another name, or use --force", {}}};
  return create_target({}, file);
}

auto create_sqlite_store(fs::path const& directory) -> expected<std::unique_ptr<contents_target>> {
  auto lock = directory_lock::take(directory);
  if (!lock) return tl::unexpected{lock.error()};
  auto const file = directory / database_name;
  if (is_there(file))
    return tl::unexpected{error{errc::conflict,
                                "the data directory holds a store already",
                                directory.string(),
                                "choose another directory",
                                {}}};
  return create_target(std::move(*lock), file);
}

} // namespace nexus::store
