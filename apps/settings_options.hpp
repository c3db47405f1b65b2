#pragma once

#include "apps/command_line.hpp"
#include "apps/node_settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nexus::apps {

/// What the command line says about settings, beside the file and the environment.
struct settings_options {
  /// Empty for the variable NEXUS_CONFIG, else config/nexus.yaml where there is one.
  std::string file;
  std::optional<std::string> data_dir;
  std::optional<std::string> roles;
  std::optional<std::string> bind;
  std::optional<std::string> port_offset;
  /// PATH=VALUE.
  std::vector<std::string> set;
};

/// Adds --config, --data-dir, --roles, --bind, --port-offset and --set.
void add_settings_options(CLI::App& command, settings_options& options);

/// The settings file that counts; empty when there is none.
auto settings_file_of(settings_options const& options) -> std::string;

/// Settings from all layers, or every problem there is.
auto load_node_settings(settings_options const& options) -> tl::expected<loaded<node_settings>, std::vector<error>>;

} // namespace nexus::apps
