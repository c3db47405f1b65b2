// How long a report of many tickets takes, in each format: from what a caller states to the text.
#include "actors/readiness/policy_file.hpp"
#include "actors/reporting/render_report.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace nexus;

auto tickets(std::size_t count) -> std::vector<report_ticket> {
  auto result = std::vector<report_ticket>{};
  constexpr char const* statuses[] = {"Done", "In Progress", "Blocked", "To Do"};
  for (std::size_t i = 0; i < count; ++i)
    result.push_back({.key = fmt::format("PROJ-{}", i),
                      .summary = fmt::format("The export of <table> {} & its \"friends\" loses the last row", i),
                      .issue_type = "Bug",
                      .status = statuses[i % 4],
                      .priority = "High",
                      .assignee = report_person{"Ada Lovelace"},
                      .story_points = 3});
  return result;
}

void report_of_tickets(benchmark::State& state) {
  auto const policy = *readiness::parse_policy("name: bench\nversion: \"1\"\nobjectives:\n  - {name: blocked, fact: "
                                               "tickets.blocked, pass: \"== 0\", key: true}\n",
                                               "bench.yaml");
  auto const format = static_cast<report_format>(state.range(0));
  auto const list = tickets(static_cast<std::size_t>(state.range(1)));
  auto const now = timestamp{std::chrono::hours{24 * 20'000}};
  for (auto unused : state) {
    auto made = reporting::report{};
    made.generated_at = now;
    made.stated.emplace();
    made.stated->blocked_tickets = 3;
    made.evidence = reporting::stated_evidence(*made.stated, now);
    made.decision = reporting::decide_on(policy, *made.stated, "v2.0.0", {}, now);
    made.tickets = list;
    benchmark::DoNotOptimize(reporting::render(made, format));
  }
}
BENCHMARK(report_of_tickets)->ArgsProduct({{0, 1, 2}, {1'000}})->Unit(benchmark::kMillisecond);

} // namespace
