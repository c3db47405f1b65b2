#pragma once

#include "runtime/cluster/link/switchboard.hpp"

namespace nexus::cluster {

/// Connects, proves and checks who is there, and hands the connection to CAF; blocks until then, at most until `until`.
auto dial_node(std::shared_ptr<switchboard> const& board, dial_target const& target,
               std::chrono::steady_clock::time_point until, caf::blocking_actor* self) -> expected<dialed_node>;

} // namespace nexus::cluster
