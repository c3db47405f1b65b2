// What a request by name costs beside the least that CAF can do. Both carry the same: the context and a small struct,
// answered by a small struct, with a deadline. By name adds the look-up of the live actor, repetition when the receiver
// ends, our errors, the bound on the mailbox and the counters of messages. Traced, each request leaves a span that a
// thread of its own takes and throws away.
//
// Arguments: the scheduler's policy (0 stealing, 1 sharing) and how many requests are on their way at once.
#include "messages/core/type_ids.hpp"
#include "runtime/supervision/ask.hpp"
#include "runtime/supervision/supervisor.hpp"
#include "runtime/telemetry/tracer.hpp"

#include <benchmark/benchmark.h>
#include <future>
#include <random>

namespace nexus::benchmarks {

struct probed {
  std::string key;
  double value = 0;
};
struct probe {
  using reply = probed;
  std::string key;
  std::uint64_t number = 0;
};
struct round_trips {
  std::function<void(caf::event_based_actor*)> run;
};

} // namespace nexus::benchmarks

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::benchmarks::probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::benchmarks::probe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::benchmarks::round_trips)

namespace nexus::benchmarks {
namespace {

using namespace std::chrono_literals;
using probe_actor = interface_of<auto(call, probe)->caf::result<probed>>;

constexpr auto requests_per_round = 20'000;
constexpr auto patience = 30s;

auto answer(probe const& request) -> caf::result<probed> {
  return probed{request.key, static_cast<double>(request.number)};
}

class probe_state {
public:
  explicit probe_state(probe_actor::pointer) {}
  auto make_behavior() -> probe_actor::behavior_type {
    return {[](call const&, probe const& request) { return answer(request); }};
  }
};

auto raw_probe() -> probe_actor::behavior_type {
  return {[](call const&, probe const& request) { return answer(request); }};
}

struct configuration : caf::actor_system_config {
  explicit configuration(bool sharing) {
    add_message_types<caf::id_block::nexus_core>();
    set("scheduler.max-threads", 2u);
    set("scheduler.policy", sharing ? caf::atom("sharing") : caf::atom("stealing"));
  }
};

/// Asks until `left` is used up; `over` comes with the last answer.
struct asking {
  std::uint64_t left;
  std::uint64_t unanswered;
  std::uint64_t failures = 0;
  std::promise<std::uint64_t> over;
  call context;

  auto next() -> probe { return {"PROJ-123", left--}; }
  void answered(bool good) {
    failures += good ? 0 : 1;
    if (--unanswered == 0) over.set_value(failures);
  }
};

/// Measures rounds of requests; `one_more(self, state, again)` sends one and calls `again` after its answer.
template <class OneMore>
void measure(benchmark::State& measured, caf::actor_system& system, OneMore one_more) {
  auto const outstanding = static_cast<std::uint64_t>(measured.range(1));
  auto const client = system.spawn(
      [](caf::event_based_actor* self) -> caf::behavior { return {[self](round_trips& work) { work.run(self); }}; });
  for (auto ignored : measured) {
    auto state = std::make_shared<asking>();
    state->left = state->unanswered = requests_per_round;
    state->context.run_id = "run_01JD8Z5X4T3W2V1U0S9R8Q7P6N";
    state->context.step = 3;
    state->context.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    state->context.principal = "local";
    state->context.deadline = now(system) + patience;
    auto over = state->over.get_future();
    caf::anon_send(client, round_trips{[=](caf::event_based_actor* self) {
                     for (auto i = std::uint64_t{0}; i < outstanding; ++i) one_more(self, state, one_more);
                   }});
    if (over.get() != 0) measured.SkipWithError("requests failed");
  }
  // Of every benchmark, since the CSV must have a column for it from its first line on.
  measured.counters["dropped"] = 0;
  measured.SetItemsProcessed(static_cast<std::int64_t>(measured.iterations()) * requests_per_round);
  caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
}

void raw(benchmark::State& measured) {
  auto settings = configuration{measured.range(0) == 1};
  auto system = caf::actor_system{settings};
  auto const server = system.spawn(raw_probe);
  measure(measured, system, [server](caf::event_based_actor* self, std::shared_ptr<asking> const& state, auto again) {
    if (state->left == 0) return;
    auto const done = [=](bool good) {
      state->answered(good);
      again(self, state, again);
    };
    self->request(server, patience, state->context, state->next())
        .then([=](probed const& reply) { done(reply.key.size() == 8); }, [=](caf::error const&) { done(false); });
  });
  caf::anon_send_exit(server, caf::exit_reason::user_shutdown);
}

void by_name(benchmark::State& measured) {
  auto settings = configuration{measured.range(0) == 1};
  auto system = caf::actor_system{settings};
  auto const names = std::make_shared<supervision::name_registry>(system);
  auto tree = supervision::supervision_tree{system, names, [] { return 0.5; }};
  auto spec = supervision::supervisor_spec{};
  spec.children.push_back(supervision::worker<probe_actor, probe_state>("probe"));
  if (!tree.start("bench", std::move(spec))) return measured.SkipWithError("the tree did not start");
  auto const server = supervision::address<probe_actor>{names->record("bench/probe")};
  measure(measured, system, [server](caf::event_based_actor* self, std::shared_ptr<asking> const& state, auto again) {
    if (state->left == 0) return;
    supervision::ask(self, server, state->context, state->next(), [=](expected<probed> reply) {
      state->answered(reply && reply->key.size() == 8);
      again(self, state, again);
    });
  });
}

class nowhere final : public span_exporter {
public:
  auto send(std::span<finished_span const>) -> std::string override { return {}; }
};

void by_name_traced(benchmark::State& measured) {
  auto metrics = metrics_registry{};
  auto ids = std::mt19937_64{1};
  auto mutex = std::mutex{};
  auto traces =
      tracer{{.make_exporter = []() -> expected<std::unique_ptr<span_exporter>> { return std::make_unique<nowhere>(); },
              .random =
                  [&] {
                    auto const lock = std::lock_guard{mutex};
                    return ids();
                  },
              .metrics = &metrics}};
  auto const installed = process_tracer{traces};
  by_name(measured);
  measured.counters["dropped"] = static_cast<double>(traces.status().dropped);
}

BENCHMARK(raw)->ArgsProduct({{0, 1}, {1, 100}})->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(by_name)
    ->ArgsProduct({{0, 1}, {1, 100}})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(by_name_traced)
    ->ArgsProduct({{0, 1}, {1, 100}})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace nexus::benchmarks
