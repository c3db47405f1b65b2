#include "actors/readiness/policy_cases.hpp"
#include "actors/readiness/policy_diff.hpp"
#include "actors/readiness/policy_text.hpp"
#include "fixture.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

auto coverage(std::string const& members) -> policy {
  return policy_from("name: p\nversion: \"1\"\nwarn: 40\nobjectives:\n"
                     "  - {name: tests, fact: tests.failed, pass: \"== 0\", key: true}\n"
                     "  - {name: coverage, fact: coverage.line_percentage, " +
                     members + "}\n");
}

auto shown(policy_effect const& effect) -> std::string {
  return fmt::format("{}: {} -> {}, {} -> {}", effect.when, effect.status_before, effect.status_after,
                     name_of(effect.verdict_before), name_of(effect.verdict_after));
}

} // namespace

BOOST_AUTO_TEST_SUITE(policy_tools)

BOOST_AUTO_TEST_CASE(a_difference_tells_for_which_values_which_verdict_changes) {
  auto const difference = difference_between(coverage("pass: \">= 80 %\", warn: \">= 60 %\""),
                                             coverage("pass: \">= 90 %\", warn: \">= 60 %\", max_age: 7d"));
  BOOST_TEST(difference.general.empty());
  BOOST_REQUIRE(difference.objectives.size() == 1U);
  auto const& change = difference.objectives.front();
  BOOST_TEST(change.kind == "changed");
  BOOST_REQUIRE(change.members.size() == 2U);
  BOOST_TEST(change.members[1] == R"(pass: ">= 80 %" -> ">= 90 %")");
  BOOST_REQUIRE(change.effects.size() == 2U);
  BOOST_TEST(shown(change.effects[0]) == "from 80 % to below 90 %: pass -> warn, GO -> CONDITIONAL");
  BOOST_TEST(shown(change.effects[1]) == "older than 7 d: pass -> stale, GO -> INCONCLUSIVE");
}

BOOST_AUTO_TEST_CASE(what_is_added_and_removed_has_its_effects_too) {
  auto const difference =
      difference_between(coverage("pass: \">= 80 %\""),
                         policy_from("name: p\nversion: \"2\"\nwarn: 50\nobjectives:\n"
                                     "  - {name: tests, fact: tests.failed, pass: \"== 0\", key: true}\n"
                                     "  - {name: build, fact: build.last_result, pass: \"== SUCCESS\", risk: true}\n"
                                     "freezes:\n  - {name: nights, recurrence: daily from 18:00 to 08:00}\n"));
  BOOST_REQUIRE(difference.general.size() == 2U);
  BOOST_TEST(difference.general[0] == "NO_GO below a score of 50 instead of 40");
  BOOST_TEST(difference.general[1] == "freeze nights added");
  BOOST_REQUIRE(difference.objectives.size() == 2U);
  BOOST_TEST(difference.objectives[0].kind == "removed");
  BOOST_TEST(difference.objectives[1].kind == "added");
  auto failing = std::string{};
  for (auto const& effect : difference.objectives[1].effects)
    if (effect.when == "FAILURE") failing = shown(effect);
  BOOST_TEST(failing == "FAILURE:  -> fail, GO -> CONDITIONAL");
}

BOOST_AUTO_TEST_CASE(a_policy_compared_with_itself_has_no_difference) {
  BOOST_TEST(difference_between(default_policy(), default_policy()).empty());
  auto const wordy = difference_between(coverage("pass: \">= 80 %\""), coverage("pass: \">= 80\""));
  BOOST_REQUIRE(wordy.objectives.size() == 1U);
  BOOST_TEST(wordy.objectives[0].effects.empty());
}

BOOST_AUTO_TEST_CASE(a_policy_is_told_in_sentences) {
  auto const sentences = sentences_of(
      policy_from("name: p\nversion: \"1\"\ngroups: [{name: g, weight: 3}]\nobjectives:\n"
                  "  - {name: a, fact: tests.failed, pass: \"== 0\", key: true, group: g}\n"
                  "  - {name: b, fact: coverage.line_percentage, pass: \">= previous\", on_missing: skip}\n"
                  "freezes:\n  - {name: f, recurrence: weekly from Sat to Sun, notice: 1d}\n"));
  BOOST_REQUIRE(sentences.size() == 4U);
  BOOST_TEST(sentences[1] ==
             "a: tests.failed (tests that failed or broke) has to be == 0. If it fails, the decision is "
             "NO_GO. It is 75 % of the score, within the group g. Without evidence the decision is "
             "INCONCLUSIVE.");
  BOOST_TEST(sentences[2].find("held against the release before") != std::string::npos);
  BOOST_TEST(sentences[3] ==
             "Freeze f: weekly from Sat to Sun, UTC, makes a release NO_GO; it is announced 1d before.");
}

BOOST_AUTO_TEST_CASE(cases_that_come_out_otherwise_say_how) {
  auto const family = policy_family::load({"p.yaml", read_source("config/policies/ci.yaml")});
  auto const file = parse_policy_cases("cases:\n"
                                       "  - name: hopeful\n"
                                       "    evidence: {tests.failed: 2, tests.total: 3}\n"
                                       "    expect:\n"
                                       "      verdict: GO\n"
                                       "      objectives: {failing-tests: pass, tests-ran: pass, other: pass}\n"
                                       "      freezes: {nights: active}\n",
                                       "p.test.yaml");
  BOOST_REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().render()));
  auto const results = run_policy_cases(*family, *file);
  BOOST_REQUIRE(results.size() == 1U);
  BOOST_REQUIRE(results[0].differences.size() == 4U);
  BOOST_TEST(results[0].differences[0].starts_with("verdict: GO expected, NO_GO decided"));
  BOOST_TEST(results[0].differences[1].starts_with("objective failing-tests: pass expected, fail decided"));
  BOOST_TEST(results[0].differences[2].starts_with("objective other: pass expected, nothing decided"));
  BOOST_TEST(results[0].differences[3].starts_with("freeze nights: active expected, nothing decided"));
}

BOOST_AUTO_TEST_CASE(mistakes_in_cases_are_named_with_their_line) {
  auto const refused = [](std::string const& text, std::string const& part) {
    auto const file = parse_policy_cases(text, "p.test.yaml");
    BOOST_REQUIRE(!file.has_value());
    BOOST_TEST(file.error().render().find(part) != std::string::npos, file.error().render());
  };
  refused(
      "cases:\n  - name: x\n    evidence: {test.failed: 2}\n    expect: {verdict: GO}\n",
      "p.test.yaml:3: $.cases[0].evidence.test.failed: no fact is named 'test.failed' (did you mean 'tests.failed'?)");
  refused("cases:\n  - name: x\n    expect: {verdict: MAYBE}\n", "p.test.yaml:3: $.cases[0].expect.verdict");
  refused("cases:\n  - name: x\n    evidence: {tests.failed: {age: soon}}\n    expect: {}\n", "'soon' is no duration");
  refused("cases: []\n", "number of items");
}

BOOST_AUTO_TEST_CASE(the_shipped_schema_of_cases_is_the_codecs) {
  auto const generated = policy_case_schema();
  auto const path = std::string{NEXUS_BINARY_DIR "/policy-test.schema.json"};
  std::ofstream{path} << generated;
  BOOST_TEST(read_source("config/schemas/policy-test.schema.json") == generated,
             "config/schemas/policy-test.schema.json is out of date; the new one is " << path);
}

BOOST_AUTO_TEST_SUITE_END()
