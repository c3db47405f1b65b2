#include "apps/settings_options.hpp"

namespace nexus::apps {
namespace {

struct config_options {
  settings_options settings;
  bool origin = false;
};

auto problems_json(std::vector<error> const& problems, std::vector<error> const& warnings) -> std::string {
  auto const listed = [](std::vector<error> const& errors) {
    auto result = nlohmann::ordered_json::array();
    for (auto const& one : errors)
      result.push_back({{"where", one.where}, {"message", one.message}, {"remedy", one.remedy}});
    return result;
  };
  auto const document = nlohmann::ordered_json{
      {"valid", problems.empty()}, {"problems", listed(problems)}, {"warnings", listed(warnings)}};
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

auto report_all(std::vector<error> const& problems) -> int {
  for (auto const& problem : problems) note(problem.render());
  return usage;
}

auto check(config_options const& options, command_line const& shared) -> int {
  auto const settings = load_node_settings(options.settings);
  auto const problems = settings ? std::vector<error>{} : settings.error();
  auto const warnings = settings ? settings->warnings : std::vector<error>{};
  if (shared.json) {
    print(problems_json(problems, warnings));
    return settings ? success : usage;
  }
  if (!settings) return report_all(problems);
  for (auto const& warning : warnings) note(warning.render());
  print("The settings are valid.\n");
  return success;
}

auto show(config_options const& options, command_line const& shared) -> int {
  auto const settings = load_node_settings(options.settings);
  if (!settings) return report_all(settings.error());
  if (shared.json) {
    auto const document =
        render_settings_json(descriptor_of<node_settings>(), &settings->value, settings->origins, options.origin);
    print(document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  } else {
    print(render_settings(*settings, options.origin));
  }
  return success;
}

auto schema(config_options const&, command_line const&) -> int {
  print(node_settings_schema().dump(2) + "\n");
  return success;
}

} // namespace

void add_config(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<config_options>();
  auto* group = add_command_group(app, "config", "Check and show the settings of a node.",
                                  {"nexus config check --config nexus.yaml", "nexus config show --origin"});
  auto const add = [&](CLI::App* command, auto act) {
    command->callback([=, &shared] { shared.run = [=, &shared] { return act(*options, shared); }; });
  };
  auto* checking = add_command(
      *group, shared, "check", "Name every problem of the settings, each with its place.",
      {"nexus config check --config /etc/nexus.yaml", "NEXUS_BIND=0.0.0.0 nexus config check --set runs.timeout=5m"});
  add_settings_options(*checking, options->settings);
  add(checking, check);
  auto* showing = add_command(*group, shared, "show", "Show every setting; secrets only as set or not.",
                              {"nexus config show --origin", "nexus config show --json | jq .settings.runs"});
  showing->add_flag("--origin", options->origin, "Also where each value comes from");
  add_settings_options(*showing, options->settings);
  add(showing, show);
  add(add_command(*group, shared, "schema", "Print the JSON Schema of the settings file, for editors.",
                  {"nexus config schema > nexus.schema.json"}),
      schema);
}

} // namespace nexus::apps
