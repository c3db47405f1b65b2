#pragma once

#include "messages/core/error.hpp"
#include "simulator/data.hpp"

#include <nlohmann/json.hpp>

namespace nexus::simulator {

/// Applies one change (see world::set) and returns what was changed. Nothing changes when an error is returned.
auto apply_change(data_set& world, nlohmann::json const& change, instant now) -> expected<nlohmann::json>;

} // namespace nexus::simulator
