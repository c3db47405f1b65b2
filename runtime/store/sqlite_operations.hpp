#pragma once

#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/store.hpp"

namespace nexus::store {

// What the store does, in SQL. The writing functions run inside a transaction; after an error the caller undoes what
// they did.

auto apply(sqlite_connection& connection, batch const& work, time_point now) -> expected<void>;
auto read_records(sqlite_connection& connection, std::string const& stream, std::uint64_t from, std::size_t limit)
    -> expected<std::vector<record>>;
auto find_document(sqlite_connection& connection, std::string const& collection, std::string const& key)
    -> expected<std::optional<document>>;
auto list_documents(sqlite_connection& connection, listing const& query) -> expected<page>;
auto prune_documents(sqlite_connection& connection, retention const& rule, time_point now) -> expected<prune_report>;

auto acquire_lease(sqlite_connection& connection, std::string const& name, std::string const& holder,
                   std::chrono::milliseconds ttl, time_point now) -> expected<lease>;
auto renew_lease(sqlite_connection& connection, std::string const& name, std::uint64_t token,
                 std::chrono::milliseconds ttl, time_point now) -> expected<lease>;
auto release_lease(sqlite_connection& connection, std::string const& name, std::uint64_t token) -> expected<void>;

} // namespace nexus::store
