#include "apps/server_client.hpp"
#include "apps/settings_options.hpp"

namespace nexus::apps {
namespace {

using nlohmann::ordered_json;

struct config_options {
  settings_options settings;
  server_options server;
  bool ask_server = false;
  bool origin = false;
};

auto problems_json(std::vector<error> const& problems, std::vector<error> const& warnings) -> std::string {
  auto const listed = [](std::vector<error> const& errors) {
    auto result = ordered_json::array();
    for (auto const& one : errors)
      result.push_back({{"where", one.where}, {"message", one.message}, {"remedy", one.remedy}});
    return result;
  };
  auto const document =
      ordered_json{{"valid", problems.empty()}, {"problems", listed(problems)}, {"warnings", listed(warnings)}};
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
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

auto text_of(ordered_json const& value) -> std::string {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// The settings of a running server, one line each, and what waits for its next start.
auto render(ordered_json const& said, bool origin) -> std::string {
  auto text = std::string{};
  for (auto const& path : setting_paths(descriptor_of<node_settings>())) {
    auto pointer = "/settings/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    auto const where = ordered_json::json_pointer{pointer};
    if (!said.contains(where)) continue; // a server of another version
    auto line = fmt::format("{}: {}", path, text_of(said[where]));
    auto const source = said.value("origins", ordered_json::object()).value(path, ordered_json::object());
    auto const detail = source.value("detail", std::string{});
    text += (origin ? fmt::format("{:<48}  # {}", line, detail.empty() ? "built in" : detail) : line) + "\n";
  }
  for (auto const& waiting : said.value("pending_restart", ordered_json::array()))
    text += fmt::format("# restart needed: {}: {}  ({})\n", text_of(waiting["setting"]), text_of(waiting["wanted"]),
                        text_of(waiting["origin"]));
  for (auto const& problem : said.value("problems", ordered_json::array()))
    text += fmt::format("# not taken over: {}: {}\n", text_of(problem["where"]), text_of(problem["message"]));
  return text;
}

auto show_server(config_options const& options, command_line const& shared) -> int {
  auto client = server_client::open(options.server);
  if (!client) return report(client.error(), usage);
  auto answer = client->get("/settings");
  if (!answer) return report(answer.error());
  auto said = json_of(*answer);
  if (!said) return report(said.error());
  if (!said->is_object() || !said->contains("settings"))
    return report({errc::upstream, "the server does not tell its settings", client->url(), {}, {}});
  if (shared.json)
    print(said->dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  else
    print(render(*said, options.origin));
  return success;
}

auto show(config_options const& options, command_line const& shared) -> int {
  if (options.ask_server) return show_server(options, shared);
  auto const settings = load_node_settings(options.settings);
  if (!settings) return report_all(settings.error());
  if (shared.json) {
    auto const document =
        render_settings_json(descriptor_of<node_settings>(), &settings->value, settings->origins, options.origin);
    print(document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
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
                              {"nexus config show --origin", "nexus config show --server --origin",
                               "nexus config show --json | jq .settings.runs"});
  showing->add_flag("--origin", options->origin, "Also where each value comes from");
  add_server_options(*showing, options->server);
  auto* server = showing->get_option("--server");
  server->expected(0, 1)->description("Those of a running server, with what waits for its next start; needs the scope "
                                      "'admin'. Without a URL the usual one");
  showing->parse_complete_callback([=] { options->ask_server = server->count() > 0; });
  add_settings_options(*showing, options->settings);
  add(showing, show);
  add(add_command(*group, shared, "schema", "Print the JSON Schema of the settings file, for editors.",
                  {"nexus config schema > nexus.schema.json"}),
      schema);
}

} // namespace nexus::apps
