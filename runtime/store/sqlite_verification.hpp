#pragma once

#include "runtime/store/sqlite_backup.hpp"
#include "runtime/store/store.hpp"

namespace nexus::store {

/// Says what is wrong with the contents of a document or of a stream's record, which the store does not understand.
struct content_checks {
  std::function<expected<void>(document const&)> document;
  std::function<expected<void>(std::string const& stream, record const&)> record;
};

/// What was found in a store.
struct verification {
  std::uint64_t bytes = 0;
  int schema_version = 0;
  std::uint64_t documents = 0;
  std::uint64_t records = 0;
  /// The first hundred problems, each with its place; empty for a sound store.
  std::vector<std::string> problems;
  /// All of them.
  std::uint64_t problem_count = 0;
};

/// Reads a whole store, in a data directory or in a file: SQLite's quick_check, whether streams are without gaps and
/// figures add up, and each document and record. A server may go on using it. Errors: errc::not_found, errc::refused,
/// errc::storage; damage is no error but a problem found.
auto verify(std::filesystem::path const& directory_or_file, content_checks const& checks, progress const& tell = {})
    -> expected<verification>;

} // namespace nexus::store
