#pragma once

#include "runtime/store/store.hpp"

#include <string_view>

namespace nexus::store {

/// Traces a commit until it is acknowledged, by OpenTelemetry's conventions for databases: a callback that ends the
/// span and calls `done`, or `done` itself when nothing is recorded. `system` is "sqlite" or "redis".
auto traced(std::string_view system, batch const& work, callback<void> done) -> callback<void>;

} // namespace nexus::store
