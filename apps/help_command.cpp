#include "apps/command_line.hpp"
#include "messages/core/codec.hpp"

namespace nexus::apps {
namespace {

auto explain(CLI::App const& app, std::vector<std::string> const& topic) -> int {
  if (topic == std::vector<std::string>{"exit-codes"}) {
    print(exit_code_help());
    return success;
  }
  auto const* command = &app;
  auto name = app.get_name();
  for (auto const& word : topic) {
    auto const known = command->get_subcommands({});
    auto const found = std::ranges::find(known, word, [](CLI::App const* sub) { return sub->get_name(); });
    if (found == known.end()) {
      auto names = std::vector<std::string>{"exit-codes"};
      for (auto const* sub : known) names.push_back(sub->get_name());
      auto const near = did_you_mean(word, {names.begin(), names.end()});
      return report({errc::not_found,
                     fmt::format("there is no help on '{}'", word),
                     {},
                     near.empty() ? "see 'nexus --help'" : fmt::format("did you mean '{}'?", near),
                     {}},
                    usage);
    }
    command = *found;
    name += " " + command->get_name();
  }
  print(command->get_formatter()->make_help(command, name, CLI::AppFormatMode::Normal));
  return success;
}

} // namespace

void add_help(CLI::App& app, command_line& shared) {
  auto topic = std::make_shared<std::vector<std::string>>();
  auto* command = add_plain_command(app, "help", "Explain a command, or the exit codes.",
                                    {"nexus help gate", "nexus help runs follow", "nexus help exit-codes"});
  command->add_option("topic", *topic, "A command, or exit-codes")->type_name("TOPIC");
  command->callback([=, &app, &shared] { shared.run = [=, &app] { return explain(app, *topic); }; });
}

} // namespace nexus::apps
