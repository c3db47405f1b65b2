#include "apps/catalogue.hpp"
#include "messages/core/codec.hpp"

namespace nexus::apps {
namespace {

struct tools_options {
  std::string name;
  server_options server;
};

auto usage_line(listed_operation const& operation, terminal const& where) -> std::string {
  auto text = styled(where, "1", plain_line(operation.name));
  for (auto const& argument : operation.arguments) {
    auto const value = argument.placeholder();
    auto const shown = plain_line(argument.flag() + (value.empty() ? "" : " " + value));
    text += argument.required ? " " + shown : " [" + shown + "]";
  }
  return text;
}

/// What becomes of a write whose outcome is unknown.
auto settled(std::string const& reconciliation) -> std::string_view {
  if (reconciliation == "idempotent") return "doing it again changes nothing more (idempotent)";
  if (reconciliation == "probe") return "after a crash it looks whether it happened (probe)";
  return "after a crash a person must look whether it happened (none)";
}

auto details(listed_operation const& operation, terminal const& where) -> std::string {
  auto text =
      fmt::format("{}\n\nUsage: nexus call {}\n", plain_line(operation.description), usage_line(operation, where));
  if (!operation.arguments.empty()) text += "\nArguments:\n";
  for (auto const& argument : operation.arguments)
    text += fmt::format("  {:<28}{}{}\n", plain_line(argument.flag() + " " + argument.placeholder()),
                        plain_line(argument.description), argument.required ? " (required)" : "");
  if (!operation.reconciliation.empty()) text += fmt::format("\nWrites: {}\n", settled(operation.reconciliation));
  return text +
         fmt::format("\nRole {}: {} {}{}\n", operation.role.name, operation.method, operation.role.url, operation.path);
}

auto listing(std::vector<listed_operation> const& operations, terminal const& where) -> std::string {
  auto text = std::string{};
  auto role = std::string{};
  for (auto const& operation : operations) {
    if (operation.role.name != role) {
      role = operation.role.name;
      text += fmt::format("{}{} ({})\n", text.empty() ? "" : "\n", styled(where, "2", role), operation.role.url);
    }
    text += fmt::format("  {}\n      {}{}\n", usage_line(operation, where), plain_line(operation.description),
                        operation.reconciliation.empty() ? "" : " (writes)");
  }
  return text;
}

auto as_json(std::vector<listed_operation> const& operations) -> std::string {
  auto list = nlohmann::ordered_json::array();
  for (auto const& operation : operations) {
    auto properties = nlohmann::ordered_json::object();
    auto required = nlohmann::ordered_json::array();
    for (auto const& argument : operation.arguments) {
      properties[argument.name] = argument.schema;
      if (!argument.description.empty()) properties[argument.name]["description"] = argument.description;
      if (argument.required) required.push_back(argument.name);
    }
    list.push_back(
        {{"name", operation.name},
         {"description", operation.description},
         {"role", operation.role.name},
         {"method", operation.method},
         {"url", operation.role.url + operation.path},
         {"effect", operation.reconciliation.empty() ? "read" : "write"},
         {"reconciliation", operation.reconciliation.empty() ? nlohmann::ordered_json{}
                                                             : nlohmann::ordered_json(operation.reconciliation)},
         {"arguments", {{"type", "object"}, {"properties", properties}, {"required", required}}}});
  }
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

auto show(tools_options const& options, command_line const& shared) -> int {
  auto client = server_client::open(options.server);
  if (!client) return report(client.error(), usage);
  auto known = read_catalogue(*client);
  if (!known) return report(known.error());
  if (!options.name.empty())
    std::erase_if(known->operations, [&](auto const& one) { return one.name != options.name; });
  if (known->operations.empty() || options.name.empty())
    for (auto const& role : known->unreachable) note(role);
  if (known->operations.empty())
    return report({errc::not_found,
                   fmt::format("there is no operation '{}'", options.name),
                   {},
                   "list them with 'nexus tools'",
                   {}},
                  usage);
  auto const output = shared.output();
  if (shared.json)
    print(as_json(known->operations));
  else
    print(options.name.empty() ? listing(known->operations, output) : details(known->operations.front(), output));
  return success;
}

} // namespace

void add_tools(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<tools_options>();
  auto* command = add_command(app, shared, "tools", "List the operations of a running server with their arguments.",
                              {"nexus tools", "nexus tools get_jira_ticket", "nexus tools --json | jq -r '.[].name'"});
  command->add_option("operation", options->name, "Only this one, in detail")->type_name("OPERATION");
  add_server_options(*command, options->server);
  command->callback([=, &shared] { shared.run = [=, &shared] { return show(*options, shared); }; });
}

} // namespace nexus::apps
