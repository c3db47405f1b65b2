#include "apps/command_line.hpp"
#include "apps/server_client.hpp"
#include "apps/table.hpp"

namespace nexus::apps {
namespace {

struct status_options {
  std::vector<std::string> roles;
  server_options server;
};

/// What one role says of itself.
struct role_status {
  role_address role;
  /// "pass", "warn", "fail", or "unreachable".
  std::string state;
  /// The checks that do not pass; for an unreachable role why.
  std::string detail;
  nlohmann::ordered_json said;
};

auto member_text(nlohmann::ordered_json const& object, char const* name) -> std::string {
  auto const found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

auto checks_text(nlohmann::ordered_json const& said) -> std::string {
  auto text = std::string{};
  auto const checks = said.find("checks");
  if (checks == said.end() || !checks->is_object()) return text;
  for (auto const& [name, looks] : checks->items()) {
    if (!looks.is_array() || looks.empty() || !looks.front().is_object()) continue;
    auto const state = member_text(looks.front(), "status");
    auto const output = member_text(looks.front(), "output");
    text += fmt::format("{}{}: {}{}", text.empty() ? "" : "; ", name, state, output.empty() ? "" : " (" + output + ")");
  }
  return text;
}

auto status_of(role_address role, expected<http::response> const& answer) -> role_status {
  if (!answer) return {std::move(role), "unreachable", answer.error().message, {}};
  auto said = json_of(*answer);
  if (!said || !said->is_object() || member_text(*said, "status").empty())
    return {std::move(role), "fail", fmt::format("unexpected answer with status {}", answer->status), {}};
  auto state = member_text(*said, "status");
  auto detail = checks_text(*said);
  return {std::move(role), std::move(state), std::move(detail), std::move(*said)};
}

auto json_text_of(std::vector<role_status> const& all) -> std::string {
  auto result = nlohmann::ordered_json::array();
  for (auto const& one : all)
    result.push_back({{"role", one.role.name},
                      {"url", one.role.url},
                      {"status", one.state},
                      {"detail", one.detail},
                      {"readyz", one.said}});
  return result.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

auto table_of(std::vector<role_status> const& all, terminal const& where) -> std::string {
  auto rows = std::vector<std::vector<cell>>{};
  for (auto const& one : all)
    rows.push_back({{one.role.name},
                    {one.state, one.state == "pass"   ? "32"
                                : one.state == "warn" ? "33"
                                                      : "31"},
                    {one.role.url},
                    {one.detail}});
  return render_table({"ROLE", "STATUS", "URL", "CHECKS"}, rows, where);
}

auto show(status_options const& options, command_line const& shared) -> int {
  auto client = server_client::open(options.server);
  if (!client) return report(client.error(), usage);
  auto roles = client->roles();
  for (auto const& name : options.roles)
    if (std::ranges::find(roles, name, &role_address::name) == roles.end())
      return report({errc::invalid_argument, fmt::format("there is no role '{}'", name), "--roles", {}, {}}, usage);
  if (!options.roles.empty())
    std::erase_if(roles,
                  [&](auto const& role) { return std::ranges::find(options.roles, role.name) == options.roles.end(); });

  auto urls = std::vector<std::string>{};
  for (auto const& role : roles) urls.push_back(role.url + "/readyz?verbose");
  auto const answers = client->get_all(urls);
  auto all = std::vector<role_status>{};
  for (std::size_t i = 0; i < roles.size(); ++i) all.push_back(status_of(roles[i], answers[i]));
  print(shared.json ? json_text_of(all) : table_of(all, shared.output()));
  auto const is = [](char const* state) { return [state](role_status const& one) { return one.state == state; }; };
  if (std::ranges::all_of(all, is("unreachable"))) return report(answers.front().error(), unreachable);
  return std::ranges::any_of(all, is("unreachable")) || std::ranges::any_of(all, is("fail")) ? failure : success;
}

} // namespace

void add_status(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<status_options>();
  auto* command = add_command(app, shared, "status",
                              "Show whether each role of a running server is ready. Exit code 1 when one is not.",
                              {"nexus status", "nexus status --roles orchestrator,jira --json"});
  command->add_option("--roles", options->roles, "Only these roles")->type_name("A,B")->delimiter(',');
  add_server_options(*command, options->server);
  command->callback([=, &shared] { shared.run = [=, &shared] { return show(*options, shared); }; });
}

} // namespace nexus::apps
