#include "actors/readiness/baseline.hpp"
#include "fixture.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

auto coverage_policy(std::string const& criteria, std::string const& more = "") -> policy {
  return policy_from("name: p\nversion: \"1\"\n" + more +
                     "objectives:\n  - {name: a, fact: coverage.line_percentage, pass: \"" + criteria + "\"}\n");
}

auto release(std::string name, double coverage, release_decision verdict = release_decision::go) -> baseline_release {
  return {.release = name,
          .decision_id = "of " + name,
          .decided_at = now - std::chrono::days{1},
          .verdict = verdict,
          .facts = {{"coverage.line_percentage", coverage}}};
}

auto ask_against(policy const& policy, double coverage, std::vector<baseline_release> baselines) -> decision {
  return decide(
             policy,
             {.decision_id = "d", .release = "v2.0.0", .project = {}, .commit = {}, .baselines = std::move(baselines)},
             evidence_of({{"coverage.line_percentage", coverage}}), now)
      .result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(baselines)

BOOST_AUTO_TEST_CASE(the_last_release_sets_the_limit) {
  auto const policy = coverage_policy(">= previous - 2");
  auto const known = std::vector{release("v1.9.0", 82), release("v1.8.0", 10)};
  auto const good = ask_against(policy, 80, known);
  BOOST_TEST(good.verdict == release_decision::go);
  BOOST_TEST(good.objectives[0].wanted == ">= 80 %");
  BOOST_TEST(good.objectives[0].baseline == "82 % in v1.9.0");
  BOOST_TEST(good.baselines.size() == 1U);
  auto const bad = ask_against(policy, 79.9, known);
  BOOST_TEST(result_of(bad, "a").status == objective_status::fail);
  BOOST_TEST(result_of(bad, "a").reason == "79.9 %, wanted >= 80 % (earlier: 82 % in v1.9.0)");
  BOOST_TEST(result_of(bad, "a").remedy.find(">= 80 %") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_median_needs_all_its_releases) {
  auto const policy = coverage_policy(">= 0.9 x median(3)");
  auto known = std::vector{release("v1.9.0", 50), release("v1.8.0", 90), release("v1.7.0", 80)};
  auto const good = ask_against(policy, 72, known);
  BOOST_TEST(good.verdict == release_decision::go);
  BOOST_TEST(good.objectives[0].baseline == "median 80 % of v1.9.0, v1.8.0, v1.7.0");
  known.pop_back();
  auto const open = ask_against(policy, 72, known);
  BOOST_TEST(open.verdict == release_decision::inconclusive);
  BOOST_TEST(result_of(open, "a").status == objective_status::missing);
  BOOST_TEST(result_of(open, "a").reason ==
             "nothing to hold 72 % against: 3 earlier releases are needed and 2 are known");
}

BOOST_AUTO_TEST_CASE(without_a_baseline_it_is_missing_and_never_a_pass) {
  auto const first = ask_against(coverage_policy("<= 100 and >= previous"), 99, {});
  BOOST_TEST(first.verdict == release_decision::inconclusive);
  BOOST_TEST(result_of(first, "a").remedy == "supply the bundles of earlier releases (no earlier release is known)");
  auto const lacking = ask_against(coverage_policy(">= previous"), 99, {{"v1.9.0", "x", now, {}, {}}});
  BOOST_TEST(result_of(lacking, "a").reason ==
             "nothing to hold 99 % against: coverage.line_percentage of v1.9.0 is not known");
  auto const skipping = policy_from("name: p\nversion: \"1\"\nobjectives:\n  - {name: steady, fact: "
                                    "coverage.line_percentage, pass: \">= 50 %\"}\n  - {name: a, fact: "
                                    "coverage.line_percentage, pass: \">= previous\", on_missing: skip}\n");
  BOOST_TEST(ask_against(skipping, 60, {}).verdict == release_decision::go);
}

BOOST_AUTO_TEST_CASE(a_policy_can_look_at_accepted_releases_alone) {
  auto const known = std::vector{release("v1.9.0", 99, release_decision::no_go), release("v1.8.0", 70)};
  BOOST_TEST(ask_against(coverage_policy(">= previous"), 75, known).objectives[0].status == objective_status::fail);
  BOOST_TEST(ask_against(coverage_policy(">= previous", "baseline: accepted\n"), 75, known).verdict ==
             release_decision::go);
}

BOOST_AUTO_TEST_CASE(limits_are_what_a_person_would_compute) {
  auto const fact = find_fact("tests.failed");
  auto const limit = [&](std::string const& text, double before) {
    return std::get<double>(parse_criteria(text, *fact)
                                ->resolved([&](std::uint32_t) { return std::optional{before}; })
                                ->all[0]
                                .operands[0]);
  };
  BOOST_TEST(limit("<= 1.1 x previous", 10) == 11);
  BOOST_TEST(limit("<= 1.1x previous", 30) == 33);
  BOOST_TEST(limit("<= 0.1 x median(5) + 0.2 tests", 1) == 0.3);
  BOOST_TEST(limit("<= previous-1", 1) == 0);
}

BOOST_AUTO_TEST_CASE(mistakes_in_relative_criteria_are_named_with_their_column) {
  auto const refused = [](std::string const& text, std::string const& fact, std::string const& problem) {
    auto const parsed = parse_criteria(text, *find_fact(fact));
    BOOST_REQUIRE_MESSAGE(!parsed.has_value(), text);
    BOOST_TEST(parsed.error().message.find(problem) != std::string::npos, parsed.error().message);
  };
  refused(">= last", "tests.failed", "column 4: expected a number, 'previous' or 'median(5)'");
  refused(">= median(0)", "tests.failed", "column 11: expected 1 to 20 releases");
  refused(">= median(2.5)", "tests.failed", "column 11: expected 1 to 20");
  refused(">= median 5", "tests.failed", "expected '('");
  refused(">= 0 x previous", "tests.failed", "column 4: the factor must be above 0");
  refused(">= previous - 2 %", "tests.failed", "column 17: tests.failed is counted in tests");
  refused(">= previous --2", "tests.failed", "without a sign");
  refused(">= previous previous", "tests.failed", "expected 'and' or the end");
  refused("== previous", "history.in_order", "expected true or false");
}

BOOST_AUTO_TEST_CASE(earlier_releases_go_by_version_not_by_the_time_of_their_decision) {
  auto of = [](std::string name, int day) {
    auto one = release(std::move(name), 1);
    one.decided_at = now - std::chrono::days{day};
    one.decision_id = one.release + "/" + std::to_string(day);
    return one;
  };
  auto names = [](std::vector<baseline_release> const& releases) {
    auto text = std::string{};
    for (auto const& one : releases) text += one.decision_id + " ";
    return text;
  };
  BOOST_TEST(names(earlier_releases("v2.0.0", {of("v1.8.1", 1), of("v1.9.0", 9), of("1.9.0", 3), of("v2.0.0", 1),
                                               of("v2.1.0", 2), of("nightly", 1)})) == "1.9.0/3 v1.8.1/1 ");
  BOOST_TEST(names(earlier_releases("HEAD", {of("HEAD", 5), of("v1.0.0", 2)})) == "v1.0.0/2 HEAD/5 ");
}

BOOST_AUTO_TEST_CASE(a_bundle_tells_the_numbers_that_were_usable) {
  auto items = evidence_of({{"tests.failed", 3.0}, {"coverage.line_percentage", 81.5}});
  items.push_back(measured("tests.total", 1.0, "one", now));
  items.push_back(measured("tests.total", 2.0, "other", now));
  auto const baseline = baseline_of(ask(default_policy(), items).bundle_json);
  BOOST_REQUIRE(baseline.has_value());
  BOOST_TEST(baseline->release == "v2.0.0");
  BOOST_TEST(baseline->facts.size() == 2U);
  BOOST_TEST(baseline->facts.at("coverage.line_percentage") == 81.5);
  BOOST_TEST(!baseline_of("{}").has_value());
}

BOOST_AUTO_TEST_CASE(a_group_divides_its_weight) {
  auto const policy = policy_from("name: p\nversion: \"1\"\npass: 60\nwarn: 10\n"
                                  "groups: [{name: tests, weight: 4}]\n"
                                  "objectives:\n"
                                  "  - {name: a, fact: tests.failed, pass: \"== 0\", group: tests, weight: 3}\n"
                                  "  - {name: b, fact: tests.flaky, pass: \"== 0\", group: tests}\n"
                                  "  - {name: c, fact: tests.total, pass: \"> 0\", group: tests, on_missing: skip}\n"
                                  "  - {name: d, fact: tickets.blocked, pass: \"== 0\", weight: 1}\n");
  auto const decision = ask(policy, {{"tests.failed", 0.0}, {"tests.flaky", 2.0}, {"tickets.blocked", 0.0}});
  BOOST_TEST(result_of(decision, "a").max_points == 3);
  BOOST_TEST(result_of(decision, "b").max_points == 1);
  BOOST_TEST(result_of(decision, "c").max_points == 0);
  BOOST_TEST(decision.score == 80);
  BOOST_TEST(decision.verdict == release_decision::go);
}

BOOST_AUTO_TEST_SUITE_END()
