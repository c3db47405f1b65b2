#pragma once

#include "runtime/store/store.hpp"

#include <string_view>

namespace nexus::store {

/// A point in time as the database holds it: microseconds since 1970-01-01 UTC.
auto to_database(time_point time) -> std::int64_t;
auto from_database(std::int64_t microseconds) -> time_point;

/// Attributes in one text: "<length>:<name><length>:<value>" each, after the manner of netstrings.
auto encode(std::map<std::string, std::string> const& attributes) -> std::string;
/// errc::corrupt for a text that encode() does not write.
auto decode(std::string_view text) -> expected<std::map<std::string, std::string>>;

} // namespace nexus::store
