#pragma once

#include "runtime/store/store.hpp"

#include <filesystem>
#include <memory>

namespace nexus::store {

struct sqlite_options {
  /// Where the database `nexus.db` lives; created with mode 0700 when missing. One process per directory.
  std::filesystem::path directory;
  nexus::store::clock clock = std::chrono::system_clock::now;
  /// Commits, and reads, that may wait; further ones get errc::overloaded.
  std::size_t max_queue = 100'000;
  /// Bytes of the commits that may wait.
  std::size_t max_queue_bytes = std::size_t{256} << 20;
  /// How long deferred commits wait for others to share their fsync: at most 100 ms.
  std::chrono::milliseconds deferred_delay{25};
  /// Bytes that the database may grow to, its write-ahead log not counted; 0 for what the disk has. Beyond it commits
  /// fail with errc::storage.
  std::uint64_t max_bytes = 0;
  /// A file up to so many bytes is checked for damage before it is opened. A larger one is checked meanwhile, since a
  /// cold disk may need seconds for it: damage then makes the store unhealthy, and `status` says what it is.
  std::uint64_t check_first_bytes = std::uint64_t{16} << 20;
};

/// Opens the embedded store: SQLite with write-ahead log and an fsync per group of commits.
///
/// One thread writes, one reads, on connections of their own. Errors: errc::conflict when another process uses the
/// directory (the error names it), errc::corrupt when the database fails SQLite's quick_check (a large one: see
/// `check_first_bytes`), errc::refused when it belongs to a newer nexus or to another program, errc::storage,
/// errc::invalid_argument.
auto open_sqlite(sqlite_options options) -> expected<std::unique_ptr<store>>;

/// The same store without a disk, for tests: it is gone with the object.
auto open_in_memory(clock now = std::chrono::system_clock::now) -> expected<std::unique_ptr<store>>;

} // namespace nexus::store
