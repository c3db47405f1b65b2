#pragma once

#include "tests/actors/orchestrator/fixture.hpp"

namespace nexus::orchestrator::testing {

using supervision::await;
using supervision::eventually;

/// The orchestrator with its run workers, before a model and tools that the test plays.
struct orchestration : actor_world {
  std::shared_ptr<model_script> model = std::make_shared<model_script>([](auto const&) { return says("done"); });
  std::shared_ptr<run_environment> environment = std::make_shared<run_environment>();
  std::vector<operation_info> tools;
  std::size_t max_concurrent = 100;
  std::atomic<int> ended = 0;
  std::mutex mutex;
  /// Of the runs that ended.
  std::vector<std::string> traceparents;

  /// The tool `look` answers with what it was asked for.
  orchestration() {
    tools.push_back(tool("look", [](caf::event_based_actor*, nlohmann::json const& arguments, operation_callback done) {
      done(operation_result{nlohmann::json{{"looked_at", arguments.at("ticket_key")}}.dump()});
    }));
    environment->board = std::make_shared<run_board>();
    environment->journal = std::make_shared<run_journal>(data);
    environment->observer = {[this](run const&, call const& context, double) {
                               ++ended;
                               auto const lock = std::lock_guard{mutex};
                               traceparents.push_back(context.traceparent);
                             },
                             [](std::string_view, double) {}, [](std::string const&, bool, double) {}};
  }
  ~orchestration() { tree.stop(5s); }
  void begin() {
    environment->tools = std::make_shared<tool_box>(tools, 0ms);
    environment->llm = at<llm_agent_actor>("llm");
    auto options = std::make_shared<orchestrator_options>();
    options->environment = environment;
    options->ids = ids;
    options->runs = at<caf::actor>("runs");
    options->max_concurrent = max_concurrent;
    auto rules = supervision::supervisor_rules{.strategy = supervision_strategy::simple_one_for_one,
                                               .intensity = 1'000,
                                               .delay = {.minimum = 0ms, .maximum = 0ms}};
    start({supervision::worker<llm_agent_actor, scripted_model>("llm", std::shared_ptr<model_script const>{model}),
           supervision::nested("runs", {.rules = rules, .children = {}}),
           supervision::worker<orchestrator_actor, orchestrator_agent>(
               "agent", std::shared_ptr<orchestrator_options const>{options})});
  }
  template <class Request>
  auto ask(Request request, call context = {}) {
    return await(client.ask(at<orchestrator_actor>("agent"), std::move(request), std::move(context)));
  }
  auto answer(std::string query, run_budget budget = {}, call context = {}) -> query_answer {
    context.deadline = now(system) + 10s; // a model that throws is asked again until then
    auto got = ask(ask_question{std::move(query), {}, budget}, std::move(context));
    BOOST_REQUIRE_MESSAGE(got, (got ? std::string{} : got.error().render()));
    return *got;
  }
  auto state(std::string const& run_id) -> run {
    auto got = ask(get_run{run_id});
    BOOST_REQUIRE(got);
    return *got;
  }
  auto began(std::string query, call context = {}) -> std::string {
    auto got = ask(start_run{std::move(query), {}, {}, {}}, std::move(context));
    BOOST_REQUIRE_MESSAGE(got, (got ? std::string{} : got.error().render()));
    return got->run_id;
  }
  auto over(std::string const& run_id) -> run {
    BOOST_REQUIRE(eventually([&] { return is_over(state(run_id).status); }));
    return state(run_id);
  }
};

inline auto turns_so_far(complete_chat const& chat) -> std::size_t {
  return texts_of(chat, chat_role::assistant).size();
}

} // namespace nexus::orchestrator::testing
