#include "actors/orchestrator/release_evidence.hpp"
#include "actors/readiness/facts.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace nexus;
using namespace nexus::orchestrator;

namespace {

auto observed() -> release_observations {
  auto all = release_observations{};
  all.release = "v2.0.0";
  all.source = {"NEXUS", "nexus/backend", "nexus-main"};
  all.observed_at = timestamp{std::chrono::milliseconds{1'768'471'200'000}};
  all.tickets = jira_release_stats{.release = "v2.0.0",
                                   .project_key = "NEXUS",
                                   .total_tickets = 40,
                                   .completed_tickets = 30,
                                   .in_progress_tickets = 8,
                                   .blocked_tickets = 2,
                                   .ticket_completion_rate = 75.0};
  all.candidate = release_candidate{.repo_name = "nexus/backend",
                                    .release = "v2.0.0",
                                    .commit = "c0ffee",
                                    .ref = "release/2.0",
                                    .kind = ref_kind::branch};
  auto build = build_status{.job_name = "nexus-main", .build_number = 143, .status = build_result::success};
  build.test_results = test_summary{};
  build.test_results->total_tests = 100;
  build.test_results->failed = 3;
  build.coverage_percentage = 81.5;
  all.build = build;
  auto scan = security_scan_result{.scan_id = "github:nexus/backend@release/2.0"};
  scan.critical_vulnerabilities = 1;
  scan.high_vulnerabilities = 0;
  all.scan = scan;
  return all;
}

auto item(release_evidence const& evidence, std::string_view fact) -> evidence_item {
  auto found = std::vector<evidence_item>{};
  for (auto const& each : evidence.items)
    if (each.fact == fact) found.push_back(each);
  BOOST_REQUIRE_MESSAGE(found.size() == 1, fact << " is there " << found.size() << " times");
  return found.front();
}

constexpr auto decisive =
    std::array{"tickets.completion_rate",  "tickets.blocked",      "coverage.line_percentage", "tests.failed",
               "vulnerabilities.critical", "vulnerabilities.high", "build.last_result"};

} // namespace

BOOST_AUTO_TEST_CASE(every_figure_becomes_a_fact_with_its_source) {
  auto const evidence = evidence_of(observed());
  BOOST_TEST(item(evidence, "tickets.completion_rate").value.text == "75");
  BOOST_TEST(item(evidence, "tickets.completion_rate").source == "jira:NEXUS fixVersion v2.0.0");
  BOOST_TEST(item(evidence, "tickets.blocked").value.text == "2");
  BOOST_TEST(item(evidence, "build.last_result").source == "jenkins:nexus-main #143");
  BOOST_TEST(item(evidence, "tests.failed").value.text == "3");
  BOOST_TEST(item(evidence, "coverage.line_percentage").value.text == "81.5");
  BOOST_TEST(item(evidence, "vulnerabilities.critical").value.text == "1");
  BOOST_TEST(item(evidence, "vulnerabilities.high").value.text == "0");
  BOOST_TEST(evidence.commit == "c0ffee");
  BOOST_TEST(evidence.degraded_reasons.empty());
  for (auto const& each : evidence.items)
    BOOST_TEST((each.value.text.empty() || each.value.text == "null") != each.missing_reason.empty(), each.fact);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_missing_with_its_reason_and_never_a_zero) {
  auto all = observed();
  all.tickets->total_tickets = 0;
  all.tickets->ticket_completion_rate.reset();
  all.build->status = build_result::building;
  all.build->test_results.reset();
  all.build->coverage_percentage.reset();
  all.build->unavailable["coverage_percentage"] = "the coverage plugin is not installed";
  all.scan->critical_vulnerabilities.reset();
  all.scan->unavailable["critical_vulnerabilities"] = "code scanning is off";
  auto const evidence = evidence_of(all);
  for (auto const* fact : {"tickets.completion_rate", "tickets.blocked", "build.last_result", "tests.failed",
                           "coverage.line_percentage", "vulnerabilities.critical"})
    BOOST_TEST(!item(evidence, fact).missing_reason.empty(), fact);
  BOOST_TEST(item(evidence, "coverage.line_percentage").missing_reason.find("not installed") != std::string::npos);
  BOOST_TEST(item(evidence, "vulnerabilities.critical").missing_reason.find("code scanning is off") !=
             std::string::npos);
  BOOST_TEST(evidence.degraded_reasons.empty(), "nothing went wrong");
}

BOOST_AUTO_TEST_CASE(an_outage_is_degraded_and_what_does_not_exist_is_not) {
  auto all = observed();
  all.tickets = fail(errc::upstream, "Jira answered 500");
  all.candidate = fail(errc::not_found, "no tag and no branch");
  all.build = fail(errc::not_found, "no build of that commit");
  all.scan = fail(errc::deadline_exceeded, "GitHub did not answer");
  auto const evidence = evidence_of(all);
  for (auto const* fact : decisive) BOOST_TEST(!item(evidence, fact).missing_reason.empty(), fact);
  BOOST_TEST(evidence.commit.empty());
  BOOST_REQUIRE_EQUAL(evidence.degraded_reasons.size(), 2u);
  BOOST_TEST(evidence.degraded_reasons[0].find("Jira answered 500") != std::string::npos);
  BOOST_TEST(evidence.degraded_reasons[1].find("GitHub did not answer") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_fact_is_one_that_policies_know) {
  auto none = observed();
  none.tickets = fail(errc::upstream, "x");
  none.build = fail(errc::upstream, "x");
  none.scan = fail(errc::upstream, "x");
  for (auto const& evidence : {evidence_of(observed()), evidence_of(none)})
    for (auto const& each : evidence.items) BOOST_TEST(readiness::find_fact(each.fact) != nullptr, each.fact);
}
