#pragma once

#include "apps/node_settings.hpp"

#include <functional>

namespace nexus::apps {

/// What `nexus serve` does beside serving.
struct serve_options {
  /// Asked once the node is ready, and answered on standard output; empty for none.
  std::string question;
  /// Prints the URLs on standard output once ready.
  bool print_banner = true;
  /// Reads the settings again: on SIGHUP, and when their file or the tokens file was changed. Empty for settings that
  /// come from nowhere.
  std::function<tl::expected<loaded<node_settings>, std::vector<error>>()> read_again;
  /// The settings file; empty when there is none.
  std::string settings_file;
};

/// Runs a node until SIGINT or SIGTERM and answers the exit code: 0 after an orderly end, 1 when it could not start or
/// gave up.
auto serve(loaded<node_settings> const& settings, serve_options const& options) -> int;

} // namespace nexus::apps
