#pragma once

#include "runtime/store/redis_store.hpp"
#include "runtime/store/sqlite_verification.hpp"

#include <memory>

namespace nexus::store {

/// How much is in a store.
struct contents_count {
  std::uint64_t documents = 0;
  std::uint64_t streams = 0;
  std::uint64_t records = 0;

  friend auto operator==(contents_count const&, contents_count const&) -> bool = default;
};

/// All of a store, to be read from its first document to its last record. Not leases: they belong to who runs.
class contents_source {
public:
  using take_documents = std::function<expected<void>(std::vector<document>)>;
  using take_records = std::function<expected<void>(std::string const& stream, std::vector<record>)>;

  contents_source() = default;
  contents_source(contents_source const&) = delete;
  auto operator=(contents_source const&) -> contents_source& = delete;
  virtual ~contents_source() = default;

  virtual auto count() -> expected<contents_count> = 0;
  /// Bytes of bodies by collection, as retention counts them.
  virtual auto usage() -> expected<std::map<std::string, std::uint64_t>> = 0;
  /// The last fencing token given out.
  virtual auto last_token() -> expected<std::uint64_t> = 0;
  /// Hands out everything in parts of bounded size: documents, then the records of one stream after the other, in
  /// their order. Ends with the first error that a taker gives.
  virtual auto each(take_documents const& documents, take_records const& records) -> expected<void> = 0;
};

/// An empty store that is filled. Nobody can open it before it is whole.
class contents_target {
public:
  contents_target() = default;
  contents_target(contents_target const&) = delete;
  auto operator=(contents_target const&) -> contents_target& = delete;
  virtual ~contents_target() = default;

  /// Adds documents with their revisions and times.
  virtual auto add(std::vector<document> documents) -> expected<void> = 0;
  /// Adds records to a stream, with their times and without a gap.
  virtual auto add(std::string const& stream, std::vector<record> records) -> expected<void> = 0;
  virtual auto count() -> expected<contents_count> = 0;
  /// Makes it a store. Fencing tokens will be larger than `last_token`.
  virtual auto finish(std::uint64_t last_token) -> expected<void> = 0;
};

/// Reads a data directory that no server uses (errc::conflict otherwise), or a backup, as of one moment. The other
/// errors are those of verify().
auto open_sqlite_source(std::filesystem::path const& directory_or_file) -> expected<std::unique_ptr<contents_source>>;
/// Makes the database file; it is there once it is finished. errc::conflict when it exists and is not to be
/// overwritten, errc::storage.
auto create_sqlite_target(std::filesystem::path const& file, bool overwrite)
    -> expected<std::unique_ptr<contents_target>>;
/// The same for a new store in a data directory, which no server may use.
auto create_sqlite_store(std::filesystem::path const& directory) -> expected<std::unique_ptr<contents_target>>;

/// Reads the store in a server, which others may change meanwhile. Errors as of open_redis().
auto open_redis_source(redis_options options) -> expected<std::unique_ptr<contents_source>>;
/// Fills the store in a server: errc::conflict when there is anything in it.
auto create_redis_target(redis_options options) -> expected<std::unique_ptr<contents_target>>;

/// Copies all of a store, and compares what has arrived. With `at_rest`, errc::conflict when the source was changed
/// meanwhile; without, it is copied as it is found, which is not one moment. `tell` hears of documents and records.
auto copy_contents(contents_source& from, contents_target& to, bool at_rest, progress const& tell = {})
    -> expected<contents_count>;

/// Reads everything and says what is wrong, as verify() of SQLite does.
auto verify_contents(contents_source& from, content_checks const& checks, progress const& tell = {})
    -> expected<verification>;

} // namespace nexus::store
