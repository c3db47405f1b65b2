#include "actors/evidence/release_facts.hpp"

#include "actors/readiness/evidence.hpp"
#include "actors/readiness/facts.hpp"
#include "tests/actors/evidence/fixture.hpp"

using namespace nexus;
using namespace nexus::evidence;

namespace {

/// The value of a fact as JSON text, or why it is missing.
auto value(std::vector<evidence_item> const& items, std::string_view fact) -> std::string {
  auto const found = std::ranges::find(items, fact, &evidence_item::fact);
  BOOST_REQUIRE_MESSAGE(found != items.end(), fact);
  return found->missing_reason.empty() ? found->value.text : "missing: " + found->missing_reason;
}

auto point(std::string ref, char const* time) -> git_point {
  auto const written = read_version(ref);
  return {.ref = ref,
          .sha = "sha of " + ref,
          .time = at(time),
          .spelled_version = written ? std::optional{written->value} : std::nullopt};
}

/// v1.2.0 two days after v1.1.0, with two commits.
auto second_release() -> git_history {
  auto history = git_history{};
  history.source = "repo@sha";
  history.observed_at = at("2026-01-03T00:00:00Z");
  history.release = point("v1.2.0", "2026-01-03T00:00:00Z");
  history.since = point("v1.1.0", "2026-01-01T00:00:00Z");
  history.origin = since_origin::previous_version;
  history.commits.resize(2);
  history.authors = {{"Ada", 2}};
  history.lead_time = lead_times{12, 20};
  history.changes = 2;
  history.conventional_share = 0.5;
  history.since_is_ancestor = true;
  return history;
}

auto first_release() -> git_history {
  auto history = second_release();
  history.since.reset();
  history.since_is_ancestor.reset();
  history.origin = since_origin::whole_history;
  return history;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_history_states_its_facts) {
  auto const items = history_facts(second_release());
  BOOST_TEST(value(items, "history.in_order") == "true");
  BOOST_TEST(value(items, "history.days_since_previous") == "2");
  BOOST_TEST(value(items, "commits.total") == "2");
  BOOST_TEST(value(items, "commits.authors") == "1");
  BOOST_TEST(value(items, "commits.conventional_percentage") == "50");
  BOOST_TEST(value(items, "commits.lead_time_median_hours") == "12");
  BOOST_TEST(value(items, "versioning.undeclared_breaking_changes") == "0");
  for (auto const& item : items) {
    BOOST_TEST(item.source == "repo@sha");
    BOOST_TEST((item.observed_at == at("2026-01-03T00:00:00Z")));
  }
}

BOOST_AUTO_TEST_CASE(breaking_changes_count_as_undeclared_unless_the_version_announces_them) {
  auto history = second_release();
  history.breaking_count = 3;
  BOOST_TEST(value(history_facts(history), "versioning.breaking_changes") == "3");
  BOOST_TEST(value(history_facts(history), "versioning.undeclared_breaking_changes") == "3");
  history.release = point("v2.0.0", "2026-01-03T00:00:00Z");
  BOOST_TEST(value(history_facts(history), "versioning.undeclared_breaking_changes") == "0");
  history.release = point("HEAD", "2026-01-03T00:00:00Z");
  BOOST_TEST(value(history_facts(history), "versioning.undeclared_breaking_changes") == "3");
  history.release = point("v2.0.0", "2026-01-03T00:00:00Z");
  history.since = point("main", "2026-01-01T00:00:00Z");
  BOOST_TEST(value(history_facts(history), "versioning.undeclared_breaking_changes").starts_with("missing: 'main'"));
}

BOOST_AUTO_TEST_CASE(a_first_release_is_in_order_and_breaks_nobody) {
  auto history = first_release();
  history.breaking_count = 1;
  auto const items = history_facts(history);
  BOOST_TEST(value(items, "history.in_order") == "true");
  BOOST_TEST(value(items, "versioning.undeclared_breaking_changes") == "0");
  BOOST_TEST(value(items, "history.days_since_previous") == "missing: there is no earlier release");
}

BOOST_AUTO_TEST_CASE(a_history_out_of_order_is_said_to_be_so) {
  auto aside = second_release();
  aside.since_is_ancestor = false;
  BOOST_TEST(value(history_facts(aside), "history.in_order") == "false");

  auto future = second_release();
  future.commits_in_future = 1;
  BOOST_TEST(value(history_facts(future), "history.in_order") == "false");

  auto backwards = second_release();
  backwards.since = point("v1.3.0", "2026-01-01T00:00:00Z");
  BOOST_TEST(value(history_facts(backwards), "history.in_order") == "false");

  auto overtaken = second_release();
  overtaken.tags = {point("v1.5.0", "2026-01-02T00:00:00Z")};
  BOOST_TEST(value(history_facts(overtaken), "history.in_order") == "false");
  overtaken.tags.front().sha = overtaken.release.sha; // another name of the release itself
  BOOST_TEST(value(history_facts(overtaken), "history.in_order") == "true");
}

BOOST_AUTO_TEST_CASE(what_a_shallow_clone_cannot_tell_is_missing) {
  auto first = first_release();
  first.shallow = true;
  auto const items = history_facts(first);
  for (auto const* fact : {"history.in_order", "commits.total", "versioning.undeclared_breaking_changes"})
    BOOST_TEST(value(items, fact).starts_with("missing: the clone holds only the latest commits"));
  auto second = second_release();
  second.shallow = true;
  BOOST_TEST(value(history_facts(second), "history.in_order") == "true");
}

BOOST_AUTO_TEST_CASE(tests_are_counted_when_they_ran_to_a_verdict) {
  auto report = junit_report{};
  report.source = "report.xml";
  report.totals = {.tests = 10, .failures = 1, .errors = 1, .skipped = 2, .disabled = 1, .flaky = 1};
  auto const items = test_facts(report);
  BOOST_TEST(value(items, "tests.total") == "7");
  BOOST_TEST(value(items, "tests.failed") == "2");
  BOOST_TEST(value(items, "tests.passed") == "5");
  BOOST_TEST(value(items, "tests.skipped") == "3");
  BOOST_TEST(value(items, "tests.flaky") == "1");
  BOOST_TEST((items.front().observed_at == timestamp{}));
  report.totals = {.tests = 2, .skipped = 2};
  BOOST_TEST(value(test_facts(report), "tests.total") == "0");
  BOOST_TEST(value(test_facts(report), "tests.failed") == "missing: no test ran to a verdict");
}

BOOST_AUTO_TEST_CASE(coverage_without_lines_is_missing) {
  auto report = coverage_report{};
  BOOST_TEST(value(coverage_facts(report), "coverage.line_percentage") == "missing: no line is counted");
  report.total = 4;
  report.percentage = 75;
  BOOST_TEST(value(coverage_facts(report), "coverage.line_percentage") == "75");
  BOOST_TEST(value(coverage_facts(report), "coverage.lines_total") == "4");
}

BOOST_AUTO_TEST_CASE(no_finding_of_a_scan_that_failed_means_nothing) {
  auto report = sarif_report{};
  report.counts.high = 2;
  BOOST_TEST(value(finding_facts(report), "findings.critical") == "0");
  BOOST_TEST(value(finding_facts(report), "findings.high") == "2");
  report.usable = false;
  report.warnings = {"the run failed"};
  BOOST_TEST(value(finding_facts(report), "findings.critical") == "missing: the run failed");
}

BOOST_AUTO_TEST_CASE(every_fact_stated_is_one_that_policies_can_name) {
  auto all = history_facts(second_release());
  for (auto const& items : {test_facts({}), coverage_facts({}), finding_facts({})})
    all.insert(all.end(), items.begin(), items.end());
  for (auto const& item : all) BOOST_TEST(readiness::find_fact(item.fact) != nullptr, item.fact);
}
