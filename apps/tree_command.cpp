#include "apps/command_line.hpp"
#include "apps/server_client.hpp"
#include "apps/table.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/supervision.hpp"

#include <thread>

namespace nexus::apps {
namespace {

constexpr auto limits = json_limits{.bytes = 16 * 1024 * 1024, .depth = 64};

struct tree_options {
  bool watch = false;
  double interval_seconds = 1;
  server_options server;
};

auto style_of(child_state state) -> std::string {
  switch (state) {
  case child_state::running:
    return "32";
  case child_state::stopped:
    return "31";
  default:
    return "33";
  }
}

/// Draws a node and what is below it. `stem` precedes the node's own line, `branch` those of its children.
void draw(supervision_node const& node, std::string const& stem, std::string const& branch, terminal const& where,
          std::vector<std::vector<cell>>& rows) {
  auto name = stem + node.name;
  if (node.strategy) name += fmt::format(" ({})", name_of(*node.strategy));
  rows.push_back({{std::move(name)},
                  {std::string{name_of(node.state)}, style_of(node.state)},
                  {std::to_string(node.restarts), node.restarts > 0 ? "33" : ""},
                  {std::to_string(node.mailbox)},
                  {node.state == child_state::running ? short_duration(node.uptime_seconds) : "-"},
                  {node.last_reason.value_or("-")}});
  auto const hidden = node.child_count > node.children.size() ? node.child_count - node.children.size() : 0;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    auto const last = i + 1 == node.children.size() && hidden == 0;
    auto const mark = where.unicode ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- ");
    auto const below = last ? "   " : where.unicode ? "│  " : "|  ";
    draw(node.children[i], branch + mark, branch + below, where, rows);
  }
  if (hidden > 0) rows.push_back({{branch + (where.unicode ? "└─ " : "`- ") + fmt::format("and {} more", hidden)}});
}

auto show_once(server_client& client, command_line const& shared, bool clear) -> int {
  auto const answer = client.get("/supervision");
  if (!answer) return report(answer.error());
  if (shared.json) {
    print(answer->body + "\n");
    return success;
  }
  auto const root = decode_json_text<supervision_node>(answer->body, decode_mode::open, limits);
  if (!root) return report({errc::upstream, "the server's answer is no supervision tree", client.url(), {}, {}});
  auto rows = std::vector<std::vector<cell>>{};
  auto const output = shared.output();
  draw(*root, {}, {}, output, rows);
  auto text = render_table({"NAME", "STATE", "RESTARTS", "MAILBOX", "UPTIME", "LAST REASON"}, rows, output);
  if (clear && output.interactive) text = "\x1b[H\x1b[2J" + text;
  print(text);
  return success;
}

auto show(tree_options const& options, command_line const& shared) -> int {
  auto client = server_client::open(options.server);
  if (!client) return report(client.error(), usage);
  for (;;) {
    auto const code = show_once(*client, shared, options.watch);
    std::fflush(stdout);
    if (!options.watch || code != success) return code;
    std::this_thread::sleep_for(std::chrono::duration<double>{options.interval_seconds});
  }
}

} // namespace

void add_tree(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<tree_options>();
  auto* command = add_command(app, shared, "tree",
                              "Show the supervision tree of a running server: what runs, and what was restarted why.",
                              {"nexus tree", "nexus tree --watch", "nexus tree --json | jq '.children[].name'"});
  command->add_flag("--watch", options->watch, "Show it again and again, until Ctrl-C");
  command->add_option("--interval", options->interval_seconds, "Between two looks")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  add_server_options(*command, options->server);
  command->callback([=, &shared] { shared.run = [=, &shared] { return show(*options, shared); }; });
}

} // namespace nexus::apps
