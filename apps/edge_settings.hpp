#pragma once

#include "apps/node_settings.hpp"
#include "runtime/http/edge.hpp"

namespace nexus::apps {

/// Whether requests without credentials may come from this machine: in development, on loopback.
auto serves_local_user(node_settings const& settings) -> bool;

/// What the edge of a node is made of. Reads the tokens file; errors are its, or that nobody could be identified.
/// `token_read`, which may be empty, is told each of its tokens, so that logs can hide it.
auto edge_rules_of(node_settings const& settings, std::function<void(std::string const& token)> token_read = {})
    -> expected<http::edge_rules>;

} // namespace nexus::apps
