#pragma once

#include "messages/core/error.hpp"
#include "runtime/store/sqlite_connection.hpp"

namespace nexus::store {

/// The version that this program reads and writes. Older files are migrated when opened, newer ones are refused.
auto sqlite_schema_version() -> int;

/// Checks that the file is ours and brings its schema up to date; with `check_first`, only after its pages were found
/// sound. Errors: errc::refused for a database of another program or a newer version, errc::corrupt, errc::storage.
auto prepare_schema(sqlite_connection& connection, bool check_first) -> expected<void>;

/// The version of the file's schema. Errors: errc::refused for a database of another program or a newer version.
auto schema_version_of(sqlite_connection& connection) -> expected<std::int64_t>;

/// SQLite's quick_check, which reads the whole file. Errors: errc::corrupt, errc::storage; errc::cancelled after
/// `sqlite_connection::interrupt`.
auto check_pages(sqlite_connection& connection) -> expected<void>;

} // namespace nexus::store
