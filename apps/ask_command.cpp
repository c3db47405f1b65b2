#include "apps/command_line.hpp"
#include "apps/run_following.hpp"
#include "apps/run_text.hpp"
#include "messages/core/codec.hpp"

namespace nexus::apps {
namespace {

constexpr auto limits = json_limits{.bytes = 16 * 1024 * 1024, .depth = 64};

struct ask_options {
  std::string question;
  bool events = false;
  server_options server;
};

/// Shows an answer, whose JSON it also has, and gives the exit code.
auto conclude(query_answer const& answer, std::string const& json, command_line const& shared) -> int {
  print(shared.json ? json + "\n" : answer_text(answer, shared.output()));
  if (answer.status == run_status::success) return success;
  auto const why = answer.error.value_or(fmt::format("the run ended as '{}'", name_of(answer.status)));
  return report({errc::refused, why, {}, fmt::format("see its steps with 'nexus runs show {}'", answer.run_id), {}},
                failure);
}

auto ask_and_wait(server_client& client, ask_options const& options, command_line const& shared) -> int {
  auto const reply = client.post("/query", {{"query", options.question}}, "looking into it");
  if (!reply) return report(reply.error());
  auto const answer = decode_json_text<query_answer>(reply->body, decode_mode::open, limits);
  if (!answer) return report({errc::upstream, "the server's answer is none to a question", client.url(), {}, {}});
  return conclude(*answer, reply->body, shared);
}

auto ask_and_follow(server_client& client, ask_options const& options, command_line const& shared) -> int {
  auto const reply = client.post("/runs", {{"query", options.question}});
  if (!reply) return report(reply.error());
  auto const accepted = decode_json_text<run_accepted>(reply->body, decode_mode::open);
  if (!accepted) return report({errc::upstream, "the server's answer accepts no run", client.url(), {}, {}});
  auto const progress = shared.progress();
  auto const outcome = follow_run(client, accepted->run_id,
                                  {.step =
                                       [&](react_step const& step) {
                                         auto const text = step_text(step, progress);
                                         std::fwrite(text.data(), 1, text.size(), stderr);
                                       },
                                   .event = {}});
  if (!outcome) return report(outcome.error());
  return conclude(answer_of(*outcome), encode_json(*outcome), shared);
}

} // namespace

void add_ask(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<ask_options>();
  auto* command =
      add_command(app, shared, "ask", "Ask a running server a question and print its answer with decision and sources.",
                  {"nexus ask \"Is v2.0.0 ready for release?\"",
                   "nexus ask --events \"Which tickets block release 2.0?\"    # shows the steps as they come",
                   "nexus ask --json \"Status of PROJ-123\" | jq -r .result"});
  command->add_option("question", options->question, "The question, in English")->required()->type_name("TEXT");
  command->add_flag("--events", options->events, "Show each step on standard error; the JSON is then the whole run");
  add_server_options(*command, options->server);
  command->callback([=, &shared] {
    shared.run = [=, &shared] {
      auto client = server_client::open(options->server);
      if (!client) return report(client.error(), usage);
      return options->events ? ask_and_follow(*client, *options, shared) : ask_and_wait(*client, *options, shared);
    };
  });
}

} // namespace nexus::apps
