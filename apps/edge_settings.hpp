#pragma once

#include "apps/node_settings.hpp"
#include "runtime/http/edge.hpp"

namespace nexus::apps {

/// Whether requests without credentials may come from this machine: in development, on loopback.
auto serves_local_user(node_settings const& settings) -> bool;

/// What the edge of a node is made of. Reads the tokens file; errors are its, or that nobody could be identified.
auto edge_rules_of(node_settings const& settings) -> expected<http::edge_rules>;

} // namespace nexus::apps
