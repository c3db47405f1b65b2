#include "apps/settings_options.hpp"

#include <cstdlib>
#include <filesystem>

namespace nexus::apps {
namespace {

constexpr auto default_file = "config/nexus.yaml";

} // namespace

auto settings_file_of(settings_options const& options) -> std::string {
  if (!options.file.empty()) return options.file;
  if (auto const* variable = std::getenv("NEXUS_CONFIG"); variable != nullptr && *variable != '\0') return variable;
  auto ignored = std::error_code{};
  return std::filesystem::exists(default_file, ignored) ? default_file : "";
}

void add_settings_options(CLI::App& command, settings_options& options) {
  auto const add = [&](char const* name, auto& target, char const* description, char const* type) {
    command.add_option(name, target, description)->type_name(type)->group("Settings");
  };
  add("--config", options.file, "Settings file; else NEXUS_CONFIG, else config/nexus.yaml if it is there", "FILE");
  add("--data-dir", options.data_dir, "Directory of the embedded store", "DIR");
  add("--roles", options.roles, "What this node does, such as jira,git_ci; everything by default", "A,B");
  add("--bind", options.bind, "IP address of the listeners; beyond loopback credentials are needed", "ADDRESS");
  add("--port-offset", options.port_offset, "Added to the roles' ports (8080 to 8083)", "NUMBER");
  add("--set", options.set, "Any other setting: runs.max_steps=20; may be given several times", "PATH=VALUE");
}

auto load_node_settings(settings_options const& options) -> tl::expected<loaded<node_settings>, std::vector<error>> {
  auto problems = std::vector<error>{};
  auto layers = setting_layers{};
  if (auto const file = settings_file_of(options); !file.empty()) {
    if (auto document = read_settings_file(file))
      layers.file = std::move(*document);
    else
      problems.push_back(document.error());
  }
  layers.environment = process_environment();
  layers.aliases = node_setting_aliases();
  layers.other_variables = node_other_variables();
  for (auto const& [path, option, value] : {std::tuple{"data_dir", "--data-dir", options.data_dir},
                                            {"roles", "--roles", options.roles},
                                            {"bind", "--bind", options.bind},
                                            {"port_offset", "--port-offset", options.port_offset}})
    if (value) layers.command_line.push_back({path, *value, option});
  for (auto const& assignment : options.set) {
    auto const equals = assignment.find('=');
    if (equals == std::string::npos)
      problems.push_back({errc::invalid_argument,
                          fmt::format("'{}' has no '='", assignment),
                          "--set",
                          "write it as runs.max_steps=20",
                          {}});
    else
      layers.command_line.push_back({assignment.substr(0, equals), assignment.substr(equals + 1), "--set"});
  }
  auto result = load_settings<node_settings>(layers, check_node_settings);
  if (problems.empty()) return result;
  // A file that cannot be read hides its settings only; what is wrong elsewhere is said all the same.
  if (!result) problems.insert(problems.end(), result.error().begin(), result.error().end());
  return tl::unexpected{std::move(problems)};
}

} // namespace nexus::apps
