#include "apps/command_line.hpp"
#include "messages/core/codec.hpp"

#include <cstdio>
#include <exception>

namespace {

using namespace nexus;
using namespace nexus::apps;

/// The innermost subcommand that was named, and its name in full ("nexus runs list").
auto chosen(CLI::App const& app) -> std::pair<CLI::App const*, std::string> {
  auto const* command = &app;
  auto name = app.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
  }
  return {command, name};
}

/// What was probably meant by an argument that is not known.
auto suggestion(CLI::App const& command, std::string const& written) -> std::string {
  auto known = std::vector<std::string>{};
  for (auto const* option : command.get_options())
    for (auto const& name : option->get_lnames()) known.push_back("--" + name);
  for (auto const* sub : command.get_subcommands({})) known.push_back(sub->get_name());
  auto const candidates = std::vector<std::string_view>(known.begin(), known.end());
  return std::string{did_you_mean(written.substr(0, written.find('=')), candidates)};
}

auto usage_error(CLI::App const& app, CLI::ParseError const& problem) -> int {
  auto const [command, name] = chosen(app);
  auto remedy = fmt::format("see '{} --help'", name);
  auto text = std::string{problem.what()};
  // What is not known is more likely the cause of what is missing than the other way round.
  if (auto const extra = app.remaining(true); !extra.empty()) {
    auto const kind = extra.front().starts_with("-") ? "option" : "argument";
    text = fmt::format("the {} '{}' is not known to {}", kind, extra.front(), name);
    if (auto const near = suggestion(*command, extra.front()); !near.empty())
      remedy = fmt::format("did you mean '{}'? {}", near, remedy);
  } else if (dynamic_cast<CLI::RequiredError const*>(&problem) && !command->get_subcommands({}).empty()) {
    text = "a command is missing";
  }
  return report({errc::invalid_argument, text, {}, remedy, {}});
}

auto run_program(int argc, char** argv) -> int {
  auto app = CLI::App{};
  auto shared = command_line{};
  build_program(app, shared);
  try {
    app.parse(argc, argv);
  } catch (CLI::CallForHelp const&) {
    print(app.help());
    return success;
  } catch (CLI::CallForVersion const& version) {
    print(std::string{version.what()} + "\n");
    return success;
  } catch (CLI::ParseError const& problem) {
    return usage_error(app, problem);
  }
  return shared.run();
}

} // namespace

auto main(int argc, char** argv) -> int {
  try {
    auto const code = run_program(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    note("standard output could not be written");
    return code == success ? static_cast<int>(failure) : code;
  } catch (std::exception const& problem) {
    note(problem.what());
    return failure;
  }
}
