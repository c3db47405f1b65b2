#pragma once

#include "simulator/simulator.hpp"
#include "simulator/web.hpp"

#include <nlohmann/json.hpp>

namespace nexus::simulator {

/// Answers below /_simulator: GET log and health, GET, POST and DELETE faults, POST set. Errors are
/// {"error": {"code", "message"}}.
auto answer_control(world& served, std::size_t requests, visit const& v) -> http::response;

} // namespace nexus::simulator
