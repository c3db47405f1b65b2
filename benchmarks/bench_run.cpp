// What a run costs by itself: a step with its append to the journal, with a model and a tool that answer at once, and
// the restart of an agent that crashed. Usage: bench_run DIRECTORY; the store is made there. Writes lines of
// "figure<TAB>milliseconds".
#include "actors/orchestrator/orchestrator_agent.hpp"
#include "benchmarks/percentile.hpp"
#include "messages/jira.hpp"
#include "messages/type_ids.hpp"
#include "runtime/store/sqlite_store.hpp"

#include <future>
#include <iostream>
#include <random>

namespace nexus::benchmarks {

/// Carried out in the context of the client's actor.
struct client_work {
  std::function<void(caf::event_based_actor*)> run;
};
/// Ends its receiver.
struct crash {
  using reply = std::string;
};
struct greet {
  using reply = std::string;
};

} // namespace nexus::benchmarks

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::benchmarks::client_work)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::benchmarks::crash)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::benchmarks::greet)

namespace nexus::benchmarks {
namespace {

using namespace std::chrono_literals;
using instant = std::chrono::steady_clock::time_point;

constexpr auto runs = 400;
constexpr auto steps_per_run = std::size_t{8};
constexpr auto crashes = 2'000;
constexpr auto patience = 60s;

auto milliseconds_since(instant start) -> double {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// A model that asks for one more ticket until the run has had its steps. A step lasts from one question to it to the
/// next: its answer, the tool's call and observation, the append.
class model_stub {
public:
  model_stub(llm_agent_actor::pointer, std::shared_ptr<std::vector<double>> steps) : steps_(std::move(steps)) {}

  auto make_behavior() -> llm_agent_actor::behavior_type {
    return {
        [](continuation& next) { next.run(); },
        [this](call const&, complete_chat const& chat) -> caf::result<chat_completion> {
          auto const observed = (chat.messages.size() - 2) / 2;
          if (observed > 0) steps_->push_back(milliseconds_since(asked_));
          asked_ = std::chrono::steady_clock::now();
          auto completion = chat_completion{.model = "stub", .input_tokens = 1, .output_tokens = 1};
          if (observed == steps_per_run) {
            completion.text = "All tickets are done.";
            return completion;
          }
          completion.finish_reason = finish_reason::tool_calls;
          completion.tool_calls.push_back({.id = fmt::format("call_{}", observed),
                                           .name = "get_jira_ticket",
                                           .arguments = {fmt::format(R"({{"ticket_key":"PROJ-{}"}})", observed)}});
          return completion;
        },
    };
  }

private:
  std::shared_ptr<std::vector<double>> steps_;
  instant asked_;
};

using ticket_actor = interface_of<auto(call, get_ticket)->caf::result<ticket>>;

class ticket_stub {
public:
  explicit ticket_stub(ticket_actor::pointer) {}
  auto make_behavior() -> ticket_actor::behavior_type {
    return {[](call const&, get_ticket const& wanted) -> caf::result<ticket> {
      auto found = ticket{.key = wanted.ticket_key, .summary = "Answer in time"};
      found.description = std::string(500, 'x');
      return found;
    }};
  }
};

using fragile_actor =
    interface_of<auto(call, crash)->caf::result<std::string>, auto(call, greet)->caf::result<std::string>>;

class fragile_agent {
public:
  explicit fragile_agent(fragile_actor::pointer) {}
  auto make_behavior() -> fragile_actor::behavior_type {
    return {
        [](call const&, crash) -> caf::result<std::string> { throw std::runtime_error{"on order"}; },
        [](call const&, greet) -> caf::result<std::string> { return std::string{"here"}; },
    };
  }
};

struct configuration : caf::actor_system_config {
  configuration() {
    announce_messages(*this);
    set("scheduler.max-threads", 2u);
  }
};

/// An actor system with a supervision tree, and an actor to ask from.
struct world {
  configuration settings;
  caf::actor_system system{settings};
  std::shared_ptr<supervision::name_registry> names = std::make_shared<supervision::name_registry>(system);
  supervision::supervision_tree tree{system, names, [] { return 0.5; }};
  caf::actor client = system.spawn(
      [](caf::event_based_actor* self) -> caf::behavior { return {[self](client_work& work) { work.run(self); }}; });

  world() = default;
  world(world const&) = delete;
  auto operator=(world const&) -> world& = delete;
  ~world() { caf::anon_send_exit(client, caf::exit_reason::user_shutdown); }

  template <class Interface>
  auto at(std::string const& name) -> supervision::address<Interface> {
    return supervision::address<Interface>{names->record(name)};
  }
  template <class Interface, class Request>
  auto ask(supervision::address<Interface> const& receiver, Request request, supervision::repetition repeat)
      -> expected<typename Request::reply> {
    auto answer = std::promise<expected<typename Request::reply>>{};
    auto const context = call{.deadline = now(system) + patience, .principal = "local"};
    caf::anon_send(client, client_work{[&](caf::event_based_actor* self) {
                     supervision::ask(
                         self, receiver, context, request, [&](auto got) { answer.set_value(std::move(got)); }, repeat);
                   }});
    return answer.get_future().get();
  }
};

auto measure_steps(std::string const& directory) -> expected<std::vector<double>> {
  auto opened = store::open_sqlite({.directory = directory});
  if (!opened) return tl::unexpected{opened.error()};
  auto data = std::shared_ptr<store::store>{std::move(*opened)};
  auto steps = std::make_shared<std::vector<double>>();
  auto everything = world{};

  auto environment = std::make_shared<orchestrator::run_environment>();
  environment->board = std::make_shared<orchestrator::run_board>();
  environment->journal = std::make_shared<orchestrator::run_journal>(data);
  environment->llm = everything.at<llm_agent_actor>("bench/llm");
  environment->observer = {.run_ended = [](auto const&, auto const&, double) {},
                           .step_ended = [](auto, double) {},
                           .tool_used = [](auto const&, bool, double) {}};
  environment->tools = std::make_shared<orchestrator::tool_box>(
      std::vector<operation_info>{operation<ticket_actor, get_ticket>(everything.at<ticket_actor>("bench/tickets"),
                                                                      "get_jira_ticket", "Read one ticket.")},
      0ms);
  auto front = std::make_shared<orchestrator::orchestrator_options>();
  front->environment = environment;
  front->ids = std::make_shared<orchestrator::id_source>(
      [] { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); },
      [engine = std::make_shared<std::mt19937_64>(1)] { return (*engine)(); });
  front->runs = everything.at<caf::actor>("bench/runs");

  auto spec = supervision::supervisor_spec{};
  spec.children.push_back(supervision::worker<llm_agent_actor, model_stub>("llm", steps));
  spec.children.push_back(supervision::worker<ticket_actor, ticket_stub>("tickets"));
  spec.children.push_back(
      supervision::nested("runs", {.rules = {.strategy = supervision_strategy::simple_one_for_one}, .children = {}}));
  spec.children.push_back(supervision::worker<orchestrator_actor, orchestrator::orchestrator_agent>(
      "agent", std::shared_ptr<orchestrator::orchestrator_options const>{front}));
  if (auto started = everything.tree.start("bench", std::move(spec)); !started) return tl::unexpected{started.error()};

  for (auto i = 0; i < runs; ++i) {
    auto const answer = everything.ask(everything.at<orchestrator_actor>("bench/agent"),
                                       ask_question{.query = "Are all tickets done?"}, supervision::repetition::never);
    if (!answer) return tl::unexpected{answer.error()};
    if (answer->status != run_status::success) return fail(errc::internal, "a run failed: {}", answer->result);
  }
  everything.tree.stop(10s);
  return std::move(*steps);
}

/// From the message that crashes the agent to the answer of its successor under the same name.
auto measure_restarts() -> expected<std::vector<double>> {
  auto everything = world{};
  auto spec = supervision::supervisor_spec{};
  spec.rules.intensity = crashes + 1;
  spec.rules.delay = {.minimum = 0ms, .maximum = 0ms};
  spec.children.push_back(supervision::worker<fragile_actor, fragile_agent>("fragile"));
  if (auto started = everything.tree.start("bench", std::move(spec)); !started) return tl::unexpected{started.error()};
  auto const agent = everything.at<fragile_actor>("bench/fragile");
  if (auto ready = everything.ask(agent, greet{}, supervision::repetition::until_deadline); !ready)
    return tl::unexpected{ready.error()};

  auto durations = std::vector<double>{};
  for (auto i = 0; i < crashes; ++i) {
    auto const begun = std::chrono::steady_clock::now();
    if (everything.ask(agent, crash{}, supervision::repetition::never)) return fail(errc::internal, "it did not crash");
    auto const greeting = everything.ask(agent, greet{}, supervision::repetition::until_deadline);
    if (!greeting) return tl::unexpected{greeting.error()};
    durations.push_back(milliseconds_since(begun));
  }
  return durations;
}

auto report(char const* figure, expected<std::vector<double>> samples) -> bool {
  if (!samples) {
    std::cerr << "bench_run: " << figure << ": " << samples.error().render() << '\n';
    return false;
  }
  std::cout << figure << "_p50\t" << percentile(*samples, 0.5) << '\n'
            << figure << "_p99\t" << percentile(*samples, 0.99) << '\n';
  return true;
}

} // namespace
} // namespace nexus::benchmarks

int main(int argc, char** argv) {
  using namespace nexus::benchmarks;
  if (argc != 2) {
    std::cerr << "usage: bench_run DIRECTORY\n";
    return 2;
  }
  return report("step", measure_steps(argv[1])) && report("restart", measure_restarts()) ? 0 : 1;
}
