#include "apps/command_line.hpp"

#include <cstdio>

namespace nexus::apps {
namespace {

/// Examples first (clig.dev), then usage and options.
class help_formatter : public CLI::Formatter {
public:
  help_formatter() {
    column_width(30);
    label("SUBCOMMAND", "COMMAND");
    label("Subcommands", "Commands");
  }

  auto make_help(CLI::App const* app, std::string name, CLI::AppFormatMode mode) const -> std::string override {
    if (mode == CLI::AppFormatMode::Sub) return CLI::Formatter::make_help(app, name, mode);
    auto text = make_description(app) + "\n" + app->get_footer() + make_usage(app, name) + make_positionals(app) +
                make_groups(app, mode) + make_subcommands(app, mode);
    for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n", at)) text.erase(at, 1);
    return text;
  }

  /// What excludes or needs what is said by the error and in the description.
  auto make_option_opts(CLI::Option const* option) const -> std::string override {
    auto text = std::string{};
    if (!option->get_type_name().empty())
      text += " " + option->get_type_name().substr(0, option->get_type_name().find(':'));
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size) text += "...";
    if (!option->get_default_str().empty()) text += fmt::format(" [{}]", option->get_default_str());
    if (option->get_required()) text += " (required)";
    return text;
  }

  /// A list of commands has one line for each.
  auto make_subcommand(CLI::App const* command) const -> std::string override {
    auto const text = command->get_description();
    return fmt::format("  {:<{}}{}\n", command->get_name(), get_column_width() - 2, text.substr(0, text.find('\n')));
  }
};

auto example_text(std::vector<std::string> const& examples) -> std::string {
  auto text = std::string{"Examples:\n"};
  for (auto const& example : examples) text += "  " + example + "\n";
  return text + "\n";
}

} // namespace

auto add_plain_command(CLI::App& parent, std::string name, std::string description,
                       std::vector<std::string> const& examples) -> CLI::App* {
  auto* command = parent.add_subcommand(std::move(name), std::move(description));
  command->group("Commands");
  command->footer(example_text(examples));
  return command;
}

auto add_command_group(CLI::App& parent, std::string name, std::string description,
                       std::vector<std::string> const& examples) -> CLI::App* {
  auto* command = add_plain_command(parent, std::move(name), std::move(description), examples);
  command->require_subcommand(1);
  return command;
}

auto add_command(CLI::App& parent, command_line& shared, std::string name, std::string description,
                 std::vector<std::string> const& examples) -> CLI::App* {
  auto* command = add_plain_command(parent, std::move(name), std::move(description), examples);
  command->add_flag("--json", shared.json, "One JSON document on standard output");
  command->add_flag("--no-color", shared.no_color, "No colours; so does the variable NO_COLOR");
  return command;
}

void build_program(CLI::App& app, command_line& shared) {
  app.name("nexus");
  app.description("Nexus tells whether a release is ready, and on what evidence.");
  app.footer(
      example_text({"nexus gate --release v2.0.0 --junit 'reports/*.xml'  # judge a git repository, without a server",
                    "nexus serve                                          # start everything in this process",
                    "nexus ask \"Is v2.0.0 ready for release?\"             # ask a running server",
                    "nexus help exit-codes                                # what the exit codes mean"}));
  app.formatter(std::make_shared<help_formatter>());
  app.set_version_flag("--version", std::string{"nexus "} + NEXUS_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(1);
  add_serve(app, shared);
  add_ask(app, shared);
  add_gate(app, shared);
  add_replay(app, shared);
  add_policy(app, shared);
  add_call(app, shared);
  add_tools(app, shared);
  add_runs(app, shared);
  add_tree(app, shared);
  add_status(app, shared);
  add_config(app, shared);
  add_doctor(app, shared);
  add_store(app, shared);
  add_certs(app, shared);
  add_simulate(app, shared);
  add_completion(app, shared);
  add_help(app, shared);
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void note(std::string_view text) {
  auto const line = fmt::format("nexus: {}\n", plain_line(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

auto report(error const& problem, int code) -> int {
  note(problem.render());
  return code;
}

auto report(error const& problem) -> int { return report(problem, exit_code_of(problem.code)); }

} // namespace nexus::apps
