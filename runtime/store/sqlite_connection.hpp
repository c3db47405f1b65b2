#pragma once

#include "messages/core/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace nexus::store {

/// The rows of a query. Its texts are valid until the next row.
class sqlite_rows {
public:
  sqlite_rows(sqlite3_stmt* statement, std::string_view file) : statement_(statement), file_(file) {}

  /// Steps to the next row; false at the end.
  auto next() -> expected<bool>;
  auto integer(int column) const -> std::int64_t;
  auto text(int column) const -> std::string_view;

private:
  /// Makes the statement ready for its next use.
  struct reset {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  std::unique_ptr<sqlite3_stmt, reset> statement_;
  std::string_view file_;
};

/// A connection to a SQLite database with a cache of prepared statements. All texts are bound as blobs: any byte is
/// allowed and comparison is bytewise. One thread at a time (see `access`).
class sqlite_connection {
public:
  /// Opens or creates the file; `:memory:` for a database of this connection alone.
  static auto open(std::string const& file) -> expected<std::unique_ptr<sqlite_connection>>;

  /// Opens a file that is there, to read it: errc::not_found when it is not.
  static auto open_to_read(std::string const& file) -> expected<std::unique_ptr<sqlite_connection>>;

  /// Runs a query. The arguments (integers, texts, lists of texts) must outlive its rows. A statement that is still
  /// being read must not be run again.
  template <class... Arguments>
  auto query(std::string_view sql, Arguments const&... arguments) -> expected<sqlite_rows> {
    auto const statement = prepare(sql);
    if (!statement) return tl::unexpected{statement.error()};
    auto rows = sqlite_rows{*statement, file_};
    [[maybe_unused]] auto index = 0;
    (bind(*statement, index, arguments), ...);
    return rows;
  }

  /// Runs a statement to its end.
  template <class... Arguments>
  auto run(std::string_view sql, Arguments const&... arguments) -> expected<void> {
    auto rows = query(sql, arguments...);
    if (!rows) return tl::unexpected{rows.error()};
    return drain(*rows);
  }

  /// The single integer that a query yields, or `otherwise` when it yields no row.
  template <class... Arguments>
  auto number(std::string_view sql, std::int64_t otherwise, Arguments const&... arguments) -> expected<std::int64_t> {
    auto rows = query(sql, arguments...);
    if (!rows) return tl::unexpected{rows.error()};
    auto const row = rows->next();
    if (!row) return tl::unexpected{row.error()};
    return *row ? rows->integer(0) : otherwise;
  }

  /// Rows that the last statement changed.
  auto changes() const -> std::int64_t;
  /// Whether a transaction is open; SQLite ends one by itself after some errors.
  auto in_transaction() const -> bool;
  /// Pages in the write-ahead log as of the last commit.
  auto log_pages() const -> int { return log_pages_; }
  /// Copies the write-ahead log into the database. `truncate` empties the log file too, which
  /// is errc::unavailable while somebody reads.
  auto checkpoint(bool truncate) -> expected<void>;
  /// Copies the whole database into the empty one of another connection, as it is at the first step: writers go on
  /// meanwhile. `tell` hears how many bytes are done, of how many.
  auto copy_to(sqlite_connection& other, std::function<void(std::uint64_t done, std::uint64_t all)> const& tell)
      -> expected<void>;
  auto file() const -> std::string const& { return file_; }
  /// Ends the statement that runs now with errc::cancelled; from any thread.
  void interrupt();

  /// Serialises the threads that share the connection.
  auto access() -> std::unique_lock<std::mutex> { return std::unique_lock{mutex_}; }

private:
  struct close {
    void operator()(sqlite3* database) const noexcept;
  };
  struct finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  sqlite_connection(sqlite3* database, std::string file);
  static auto open(std::string const& file, int flags) -> expected<std::unique_ptr<sqlite_connection>>;
  auto prepare(std::string_view sql) -> expected<sqlite3_stmt*>;
  static auto drain(sqlite_rows& rows) -> expected<void>;
  static void bind(sqlite3_stmt* statement, int& index, std::int64_t value);
  static void bind(sqlite3_stmt* statement, int& index, std::string_view value);
  static void bind(sqlite3_stmt* statement, int& index, std::vector<std::string_view> const& values);

  std::unique_ptr<sqlite3, close> database_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, finalize>, hash, std::equal_to<>> statements_;
  std::string file_;
  int log_pages_ = 0;
  std::mutex mutex_;
};

/// Whether the error is one of the disk or database, and not of a single batch: the whole transaction is gone then.
auto concerns_everything(error const& problem) -> bool;

} // namespace nexus::store
