#pragma once

#include "messages/core/error.hpp"
#include "runtime/store/sqlite_connection.hpp"

namespace nexus::store {

/// The version that this program reads and writes. Older files are migrated when opened, newer ones are refused.
auto sqlite_schema_version() -> int;

/// Checks that the file is ours and sound, and brings its schema up to date. Errors: errc::refused for a database of
/// another program or a newer version, errc::corrupt, errc::storage.
auto prepare_schema(sqlite_connection& connection) -> expected<void>;

} // namespace nexus::store
