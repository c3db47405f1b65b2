#include "fixture.hpp"

#include <limits>

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

BOOST_AUTO_TEST_SUITE(evidence)

BOOST_AUTO_TEST_CASE(facts_are_sorted_unique_and_explained) {
  for (auto const& fact : facts()) {
    BOOST_TEST(find_fact(fact.name) == &fact);
    BOOST_TEST(!fact.meaning.empty(), fact.name);
    BOOST_TEST((fact.kind == fact_kind::number) == !fact.unit.empty(), fact.name);
    if (!fact.whole.empty()) BOOST_TEST(find_fact(fact.whole), fact.name << " is a share of an unknown fact");
  }
  BOOST_TEST(!find_fact("tickets"));
  BOOST_TEST(nearest_fact("tests.fialed") == "tests.failed");
}

BOOST_AUTO_TEST_CASE(measured_values_carry_the_facts_unit) {
  BOOST_TEST(measured("tickets.blocked", 3.0, "x", now).unit == "tickets");
  BOOST_TEST(measured("tickets.blocked", 3.0, "x", now).value.text == "3");
  BOOST_TEST(measured("coverage.line_percentage", 92.5, "x", now).value.text == "92.5");
  BOOST_TEST(measured("history.in_order", true, "x", now).value.text == "true");
  BOOST_TEST(measured("build.last_result", std::string{"SUCCESS"}, "x", now).value.text == "\"SUCCESS\"");
}

BOOST_AUTO_TEST_CASE(numbers_that_are_not_finite_are_missing) {
  using limits = std::numeric_limits<double>;
  for (auto number : {limits::infinity(), -limits::infinity(), limits::quiet_NaN()}) {
    auto const item = measured("tickets.blocked", number, "x", now);
    BOOST_TEST(item.value.text.empty());
    BOOST_TEST(item.missing_reason == "the value is not a finite number");
  }
}

BOOST_AUTO_TEST_CASE(values_that_cannot_be_are_not_usable) {
  struct row {
    std::string_view fact, json;
  };
  for (auto const& [fact, json] :
       {row{"tickets.blocked", ""}, row{"tickets.blocked", "null"}, row{"tickets.blocked", "-1"},
        row{"tickets.blocked", "\"0\""}, row{"tickets.blocked", "true"}, row{"tickets.blocked", "[0]"},
        row{"tickets.blocked", "1e999"}, row{"tickets.blocked", "nan"}, row{"coverage.line_percentage", "100.1"},
        row{"history.in_order", "1"}, row{"build.last_result", "0"}, row{"build.last_result", "{}"}}) {
    auto item = evidence_item{std::string{fact}, {std::string{json}}, "", "", now, ""};
    BOOST_TEST(!usable_value(item, *find_fact(fact)).has_value(), fact << " " << json);
  }
}

BOOST_AUTO_TEST_CASE(values_are_shown_as_people_write_them) {
  BOOST_TEST(show(92.456, "percent") == "92.46 %");
  BOOST_TEST(show(1.0, "tickets") == "1 ticket");
  BOOST_TEST(show(0.0, "vulnerabilities") == "0 vulnerabilities");
  BOOST_TEST(show(1.0, "vulnerabilities") == "1 vulnerability");
  BOOST_TEST(show(1e15, "lines") == "1000000000000000 lines");
}

BOOST_AUTO_TEST_CASE(sources_that_agree_are_as_fresh_as_the_newest) {
  auto items = evidence_of(sound_release());
  items.push_back(measured("tests.failed", 0.0, "http://older", now - std::chrono::hours{5}));
  auto const result = result_of(ask(default_policy(), items).result, "failing-tests");
  BOOST_TEST(result.status == objective_status::pass);
  BOOST_TEST(result.source == "http://source/tests.failed");
  BOOST_TEST(result.age_seconds.value() == 0);
}

BOOST_AUTO_TEST_CASE(sources_that_disagree_are_no_evidence) {
  auto items = evidence_of(sound_release());
  items.push_back(measured("tests.failed", 3.0, "http://other", now));
  auto const decision = ask(default_policy(), items).result;
  BOOST_TEST(decision.verdict == release_decision::inconclusive);
  BOOST_TEST(result_of(decision, "failing-tests").reason.find("sources disagree: 3 tests from http://other, 0 tests") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_source_without_a_value_does_not_hide_one_with_it) {
  auto items = evidence_of(sound_release());
  items.push_back(missing("tests.failed", "timed out", "http://other", now + std::chrono::minutes{1}));
  BOOST_TEST(ask(default_policy(), items).result.verdict == release_decision::go);
}

BOOST_AUTO_TEST_CASE(evidence_from_the_future_is_not_usable) {
  auto items = evidence_of(without(sound_release(), "tests.failed"));
  items.push_back(measured("tests.failed", 0.0, "x", now + std::chrono::minutes{5}));
  BOOST_TEST(ask(default_policy(), items).result.verdict == release_decision::go);
  items.back().observed_at += std::chrono::milliseconds{1};
  auto const decision = ask(default_policy(), items).result;
  BOOST_TEST(decision.verdict == release_decision::inconclusive);
  BOOST_TEST(result_of(decision, "failing-tests").reason ==
             "no usable evidence: it was observed in the future; a clock is wrong");
}

BOOST_AUTO_TEST_SUITE_END()
