#pragma once

#include "actors/readiness/policy_file.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus {

/// An earlier release in a case: its numbers by fact.
struct case_release {
  std::string release;
  std::map<std::string, double> evidence;
  release_decision verdict = release_decision::go;
};
BOOST_DESCRIBE_STRUCT(case_release, (), (release, evidence, verdict))
constexpr auto describe_notes(tag<case_release>) {
  return std::array{
      member_note{.name = "verdict", .description = "How it was decided; GO by default.", .defaulted = true}};
}

/// A piece of evidence with more than a value.
struct case_evidence {
  json_text value;
  /// How old it is: "3d".
  std::string age;
  /// Why there is none.
  std::string missing;
};
BOOST_DESCRIBE_STRUCT(case_evidence, (), (value, age, missing))
constexpr auto describe_notes(tag<case_evidence>) {
  return std::array{member_note{.name = "value", .description = "The value.", .defaulted = true},
                    member_note{.name = "age", .description = "How old it is: 3d, 1h30m.", .defaulted = true},
                    member_note{.name = "missing", .description = "Why there is none.", .defaulted = true}};
}

/// What a case wants to see. What it does not name may be anything.
struct case_expectation {
  std::optional<release_decision> verdict;
  std::optional<double> score;
  std::map<std::string, objective_status> objectives;
  std::map<std::string, freeze_state> freezes;
};
BOOST_DESCRIBE_STRUCT(case_expectation, (), (verdict, score, objectives, freezes))
constexpr auto describe_notes(tag<case_expectation>) {
  return std::array{
      member_note{.name = "verdict", .description = "GO, CONDITIONAL, INCONCLUSIVE or NO_GO."},
      member_note{.name = "score", .description = "Percent, to a tenth."},
      member_note{.name = "objectives", .description = "Statuses by the objectives' names.", .defaulted = true},
      member_note{.name = "freezes",
                  .description = "States by the freezes' names; unlisted when it neither holds nor is announced.",
                  .defaulted = true}};
}

/// Evidence, and what follows from it.
struct policy_case {
  std::string name;
  std::string release = "v1.0.0";
  std::string project;
  std::string environment;
  std::vector<std::string> labels;
  std::optional<timestamp> now;
  /// By fact: a value, or a case_evidence.
  std::map<std::string, json_text> evidence;
  /// The last release first.
  std::vector<case_release> baselines;
  case_expectation expect;
};
BOOST_DESCRIBE_STRUCT(policy_case, (), (name, release, project, environment, labels, now, evidence, baselines, expect))
constexpr auto describe_notes(tag<policy_case>) {
  return std::array{
      member_note{.name = "name", .description = "What is shown, as a sentence.", .minimum = 1, .maximum = 200},
      member_note{.name = "release", .description = "Its name; v1.0.0 by default.", .defaulted = true},
      member_note{.name = "project", .description = "Whose overlay holds.", .defaulted = true},
      member_note{.name = "environment", .description = "Whose overlay holds.", .defaulted = true},
      member_note{.name = "labels", .description = "What the release is.", .defaulted = true, .maximum = 20},
      member_note{.name = "now", .description = "When it is decided; that of the file by default."},
      member_note{.name = "evidence", .description = "By fact: a value, or {value, age, missing}.", .defaulted = true},
      member_note{
          .name = "baselines", .description = "Earlier releases, the last first.", .defaulted = true, .maximum = 20},
  };
}

/// Cases for a policy: the file beside it.
struct policy_case_file {
  std::optional<std::string> policy;
  std::optional<timestamp> now;
  std::vector<policy_case> cases;
};
BOOST_DESCRIBE_STRUCT(policy_case_file, (), (policy, now, cases))
constexpr auto describe_notes(tag<policy_case_file>) {
  return std::array{
      member_note{.name = "policy", .description = "The policy's file, as seen from this one."},
      member_note{.name = "now", .description = "When cases are decided; 2026-01-01T12:00:00Z by default."},
      member_note{.name = "cases", .description = "What is given, and what follows.", .minimum = 1, .maximum = 500},
  };
}

/// How a case came out.
struct policy_case_result {
  std::string name;
  release_decision verdict = release_decision::pending;
  double score = 0;
  /// "verdict: GO expected, NO_GO decided"; empty when all is as expected.
  std::vector<std::string> differences;
};
BOOST_DESCRIBE_STRUCT(policy_case_result, (), (name, verdict, score, differences))

NEXUS_CODECS(case_release, case_evidence, case_expectation, policy_case, policy_case_file, policy_case_result)

} // namespace nexus

namespace nexus::readiness {

/// Reads cases in YAML. Errors name file and line: unknown members and facts, bad values and ages.
auto parse_policy_cases(std::string_view text, std::string const& source) -> expected<policy_case_file>;

/// Decides each case. Objectives and freezes that the policy does not have are differences.
auto run_policy_cases(policy_family const& family, policy_case_file const& file) -> std::vector<policy_case_result>;

/// The JSON Schema of case files, as shipped in config/schemas/policy-test.schema.json.
auto policy_case_schema() -> std::string;

} // namespace nexus::readiness
