#pragma once

#include "apps/node_settings.hpp"

namespace nexus::apps {

/// What `nexus serve` does beside serving.
struct serve_options {
  /// Asked once the node is ready, and answered on standard output; empty for none.
  std::string question;
  /// Prints the URLs on standard output once ready.
  bool print_banner = true;
};

/// Runs a node until SIGINT or SIGTERM and answers the exit code: 0 after an orderly end, 1 when it could not start or
/// gave up.
auto serve(loaded<node_settings> const& settings, serve_options const& options) -> int;

} // namespace nexus::apps
