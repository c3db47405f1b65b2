#include "apps/completion.hpp"

#include <fmt/format.h>

#include <functional>
#include <vector>

namespace nexus::apps {
namespace {

/// A word that can be written after a command.
struct word {
  std::string text;
  std::string description;
};

/// A command: its path below the program ("runs list", empty for the program itself) and what can follow.
struct node {
  std::string path;
  std::vector<word> commands;
  std::vector<word> options;
};

auto first_line(std::string const& text) -> std::string { return text.substr(0, text.find('\n')); }

void collect(CLI::App const& app, std::string const& path, std::vector<node>& nodes) {
  auto here = node{path, {}, {}};
  for (auto const* option : app.get_options())
    for (auto const& name : option->get_lnames())
      here.options.push_back({"--" + name, first_line(option->get_description())});
  auto const below = app.get_subcommands({});
  for (auto const* sub : below) here.commands.push_back({sub->get_name(), first_line(sub->get_description())});
  nodes.push_back(std::move(here));
  for (auto const* sub : below) collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), nodes);
}

auto nodes_of(CLI::App const& app) -> std::vector<node> {
  auto nodes = std::vector<node>{};
  collect(app, {}, nodes);
  return nodes;
}

auto joined(std::vector<word> const& words) -> std::string {
  auto text = std::string{};
  for (auto const& one : words) text += (text.empty() ? "" : " ") + one.text;
  return text;
}

/// In single quotes for a POSIX shell.
auto single_quoted(std::string_view text) -> std::string {
  auto result = std::string{"'"};
  for (auto const c : text) result += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return result + "'";
}

/// In single quotes for fish, where a backslash escapes.
auto fish_quoted(std::string_view text) -> std::string {
  auto result = std::string{"'"};
  for (auto const c : text) result += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return result + "'";
}

/// A case statement from a command's path to an assignment for it.
auto cases(std::vector<node> const& nodes, std::function<std::string(node const&)> const& assignment) -> std::string {
  auto text = std::string{};
  for (auto const& one : nodes) text += fmt::format("    {}) {} ;;\n", single_quoted(one.path), assignment(one));
  return text;
}

/// Every path, so that a script can tell commands from arguments.
auto paths(std::vector<node> const& nodes) -> std::string {
  auto text = std::string{};
  for (auto const& one : nodes)
    if (!one.path.empty()) text += (text.empty() ? "" : "|") + single_quoted(one.path);
  return text;
}

} // namespace

auto bash_completion(CLI::App const& app) -> std::string {
  auto const nodes = nodes_of(app);
  return fmt::format(R"(# bash completion for nexus: source <(nexus completion bash)
_nexus() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" words="" i candidate
  for ((i = 1; i < COMP_CWORD; i++)); do
    candidate="${{command:+$command }}${{COMP_WORDS[i]}}"
    case "$candidate" in
      {}) command="$candidate" ;;
    esac
  done
  case "$command" in
{}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _nexus nexus
)",
                     paths(nodes), cases(nodes, [](node const& one) {
                       return fmt::format("words={}", single_quoted(joined(one.commands) + " " + joined(one.options)));
                     }));
}

auto zsh_completion(CLI::App const& app) -> std::string {
  auto const nodes = nodes_of(app);
  auto const listed = [](std::vector<word> const& words) {
    auto text = std::string{};
    for (auto const& one : words) text += " " + single_quoted(one.text + ":" + one.description);
    return text;
  };
  return fmt::format(R"(#compdef nexus
# zsh completion for nexus: nexus completion zsh > "${{fpath[1]}}/_nexus"
_nexus() {{
  local command="" candidate i
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    candidate="${{command:+$command }}${{words[i]}}"
    case "$candidate" in
      {}) command="$candidate" ;;
    esac
  done
  case "$command" in
{}  esac
  _describe 'nexus' entries
  [[ "${{words[CURRENT]}}" == -* ]] || _files
}}
if [ "$funcstack[1]" = "_nexus" ]; then _nexus "$@"; else compdef _nexus nexus; fi
)",
                     paths(nodes), cases(nodes, [&](node const& one) {
                       return fmt::format("entries=({}{} )", listed(one.commands), listed(one.options));
                     }));
}

auto fish_completion(CLI::App const& app) -> std::string {
  auto text =
      std::string{"# fish completion for nexus: nexus completion fish > ~/.config/fish/completions/nexus.fish\n"};
  for (auto const& one : nodes_of(app)) {
    // The command's own words were all given, and none of its subcommands yet.
    auto condition = std::string{one.path.empty() ? "__fish_use_subcommand" : ""};
    for (std::size_t begin = 0; begin < one.path.size();) {
      auto const end = std::min(one.path.find(' ', begin), one.path.size());
      condition += fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ",
                               one.path.substr(begin, end - begin));
      begin = end + 1;
    }
    if (!one.path.empty() && !one.commands.empty())
      condition += "; and not __fish_seen_subcommand_from " + joined(one.commands);
    for (auto const& command : one.commands)
      text += fmt::format("complete -c nexus -f -n {} -a {} -d {}\n", fish_quoted(condition), command.text,
                          fish_quoted(command.description));
    for (auto const& option : one.options)
      text += fmt::format("complete -c nexus -n {} -l {} -d {}\n", fish_quoted(condition), option.text.substr(2),
                          fish_quoted(option.description));
  }
  return text;
}

} // namespace nexus::apps
