#include "apps/command_line.hpp"
#include "apps/run_following.hpp"
#include "apps/run_text.hpp"
#include "apps/table.hpp"
#include "messages/core/codec.hpp"

namespace nexus::apps {
namespace {

constexpr auto limits = json_limits{.bytes = 16 * 1024 * 1024, .depth = 64};

struct runs_options {
  std::string run_id;
  std::optional<std::string> status;
  std::optional<std::string> release;
  std::optional<std::string> cursor;
  std::uint32_t limit = 20;
  server_options server;
};

auto list_text(run_list const& list, terminal const& where) -> std::string {
  auto rows = std::vector<std::vector<cell>>{};
  for (auto const& run : list.runs)
    rows.push_back(
        {{run.run_id},
         {format_timestamp(run.created_at)},
         {std::string{name_of(run.status)}, style_of(run.status)},
         {run.decision ? std::string{name_of(*run.decision)} : "-", run.decision ? style_of(*run.decision) : ""},
         {run.query}});
  if (rows.empty()) return "There are no runs.\n";
  return render_table({"RUN", "CREATED", "STATUS", "DECISION", "QUESTION"}, rows, where);
}

auto list(server_client& client, runs_options const& options, command_line const& shared) -> int {
  auto target = fmt::format("/runs?limit={}", options.limit);
  for (auto const& [name, value] :
       {std::pair{"status", options.status}, {"release", options.release}, {"cursor", options.cursor}})
    if (value) target += fmt::format("&{}={}", name, http::percent_encode(*value));
  auto const answer = client.get(target);
  if (!answer) return report(answer.error());
  if (shared.json) return print(answer->body + "\n"), success;
  auto const listed = decode_json_text<run_list>(answer->body, decode_mode::open, limits);
  if (!listed) return report({errc::upstream, "the server's answer is no list of runs", client.url(), {}, {}});
  print(list_text(*listed, shared.output()));
  if (listed->next_cursor) note(fmt::format("there are more: go on with --cursor {}", *listed->next_cursor));
  return success;
}

/// Prints the run that a request answers with.
auto show(expected<http::response> const& answer, command_line const& shared) -> int {
  if (!answer) return report(answer.error());
  if (shared.json) return print(answer->body + "\n"), success;
  auto const shown = decode_json_text<run>(answer->body, decode_mode::open, limits);
  if (!shown) return report({errc::upstream, "the server's answer is no run", {}, {}, {}});
  print(run_text(*shown, shared.output()));
  return success;
}

auto follow(server_client& client, runs_options const& options, command_line const& shared) -> int {
  auto const output = shared.output();
  auto listener = run_listener{};
  listener.step = [&](react_step const& step) {
    if (!shared.json) print(step_text(step, output));
    std::fflush(stdout);
  };
  if (shared.json)
    listener.event = [](server_event const& event) {
      print(fmt::format(R"({{"event":{},"data":{}}})", dump_json(event.kind), event.data) + "\n");
      std::fflush(stdout);
    };
  auto const outcome = follow_run(client, options.run_id, listener);
  if (!outcome) return report(outcome.error());
  if (!shared.json) print("\n" + answer_text(answer_of(*outcome), output));
  if (outcome->status == run_status::success) return success;
  return report({errc::refused,
                 outcome->error.value_or(fmt::format("the run ended as '{}'", name_of(outcome->status))),
                 {},
                 {},
                 {}},
                failure);
}

using action = std::function<int(server_client&, runs_options const&, command_line const&)>;

void add_action(CLI::App* command, command_line& shared, std::shared_ptr<runs_options> const& options, action act) {
  add_server_options(*command, options->server);
  command->callback([=, &shared] {
    shared.run = [=, &shared] {
      auto client = server_client::open(options->server);
      return client ? act(*client, *options, shared) : report(client.error(), usage);
    };
  });
}

} // namespace

void add_runs(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<runs_options>();
  auto* group = add_command_group(app, "runs", "List, show, follow and cancel runs of a running server.",
                                  {"nexus runs list --status failed", "nexus runs show RUN", "nexus runs follow RUN"});
  auto* listing = add_command(*group, shared, "list", "List runs, newest first.",
                              {"nexus runs list --limit 50", "nexus runs list --status in_progress --release v2.0.0"});
  listing->add_option("--status", options->status, "Only runs with this status")->type_name("STATUS");
  listing->add_option("--release", options->release, "Only runs about this release")->type_name("NAME");
  listing->add_option("--limit", options->limit, "How many at most")->type_name("COUNT")->capture_default_str();
  listing->add_option("--cursor", options->cursor, "Go on where the last list ended")->type_name("CURSOR");
  add_action(listing, shared, options, list);

  auto const with_id = [&](std::string name, std::string description, action act) {
    auto* command =
        add_command(*group, shared, name, std::move(description), {fmt::format("nexus runs {} 019ab3f2...", name)});
    command->add_option("run", options->run_id, "The run's id")->required()->type_name("RUN");
    add_action(command, shared, options, std::move(act));
  };
  with_id("show", "Show one run with its steps and its answer.",
          [](auto& client, auto const& chosen, auto const& line) {
            return show(client.get("/runs/" + http::percent_encode(chosen.run_id)), line);
          });
  with_id("follow", "Show a run's steps as they come, then its answer. With --json: one event a line.", follow);
  with_id("cancel", "Stop a run that is going on.", [](auto& client, auto const& chosen, auto const& line) {
    return show(client.post("/runs/" + http::percent_encode(chosen.run_id) + "/cancel", nlohmann::json::object()),
                line);
  });
}

} // namespace nexus::apps
