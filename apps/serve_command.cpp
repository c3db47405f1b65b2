#include "apps/serve.hpp"
#include "apps/settings_options.hpp"

namespace nexus::apps {
namespace {

struct command_options {
  settings_options settings;
  std::string question;
  bool quiet = false;
};

auto run_node(command_options const& options) -> int {
  auto const settings = load_node_settings(options.settings);
  if (!settings) {
    for (auto const& problem : settings.error()) note(problem.render());
    return usage;
  }
  for (auto const& warning : settings->warnings) note(warning.render());
  return serve(*settings, {.question = options.question,
                           .print_banner = !options.quiet,
                           .read_again = [&options] { return load_node_settings(options.settings); },
                           .settings_file = settings_file_of(options.settings)});
}

} // namespace

void add_serve(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<command_options>();
  auto* command = add_plain_command(
      app, "serve",
      "Run a node: all roles in this process, over a store in --data-dir. Ctrl-C ends it, SIGHUP has it read its "
      "settings again.",
      {"nexus serve                                       # everything, on 127.0.0.1:8080 and following",
       "nexus serve --data-dir /var/lib/nexus --roles jira,git_ci",
       "nexus serve --port-offset 100 --set runs.timeout=120s",
       "NEXUS_API_TOKENS_FILE=tokens nexus serve --bind 0.0.0.0"});
  command->add_option("--ask", options->question, "Ask this once ready, and print the answer")->type_name("TEXT");
  command->add_flag("--quiet", options->quiet, "Do not print the URLs");
  add_settings_options(*command, options->settings);
  command->callback([=, &shared] { shared.run = [=] { return run_node(*options); }; });
}

} // namespace nexus::apps
