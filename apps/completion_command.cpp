#include "apps/command_line.hpp"
#include "apps/completion.hpp"

namespace nexus::apps {

void add_completion(CLI::App& app, command_line& shared) {
  auto* group = add_command_group(app, "completion", "Print a script that completes commands and options in a shell.",
                                  {"source <(nexus completion bash)", "nexus completion zsh > \"${fpath[1]}/_nexus\"",
                                   "nexus completion fish > ~/.config/fish/completions/nexus.fish"});
  auto const add = [&](char const* shell, char const* example, std::string (*script)(CLI::App const&)) {
    add_plain_command(*group, shell, fmt::format("The script for {}.", shell), {example})->callback([=, &app, &shared] {
      shared.run = [=, &app] {
        print(script(app));
        return static_cast<int>(success);
      };
    });
  };
  add("bash", "source <(nexus completion bash)", bash_completion);
  add("zsh", "nexus completion zsh > \"${fpath[1]}/_nexus\"", zsh_completion);
  add("fish", "nexus completion fish > ~/.config/fish/completions/nexus.fish", fish_completion);
}

} // namespace nexus::apps
