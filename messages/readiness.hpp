#pragma once

#include "messages/core/describe.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is known about a release, what a policy asks of it, and what follows from the two. The functions that decide
/// are in actors/readiness; here are the shapes that are stored, sent and shown.

namespace nexus {

/// The answer to "is this release ready?".
enum class release_decision : std::uint8_t {
  go,
  no_go,
  conditional,
  /// No decision was made yet. Never the result of a decision.
  pending,
  /// An objective that counts has no usable evidence: neither yes nor no can be said.
  inconclusive,
};
BOOST_DESCRIBE_ENUM(release_decision, go, no_go, conditional, pending, inconclusive)
constexpr auto describe_names(tag<release_decision>) {
  using enum release_decision;
  return std::array<std::pair<release_decision, std::string_view>, 5>{{{go, "GO"},
                                                                       {no_go, "NO_GO"},
                                                                       {conditional, "CONDITIONAL"},
                                                                       {pending, "PENDING"},
                                                                       {inconclusive, "INCONCLUSIVE"}}};
}

// -- evidence

/// One observation, or the reason why there is none. Build them with readiness::measured and readiness::missing.
struct evidence_item {
  /// Which fact: a name of readiness::facts(), such as "tickets.completion_rate".
  std::string fact;
  /// A finite number, a text or a boolean as JSON; empty when there is no value.
  json_text value;
  /// The fact's unit: "percent", "tickets"; empty for texts and booleans.
  std::string unit;
  /// Where the value came from: a file or a URL, never with credentials.
  std::string source;
  /// When it was observed at its source.
  timestamp observed_at{};
  /// Why there is no value; empty when there is one.
  std::string missing_reason;

  friend auto operator==(evidence_item const&, evidence_item const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(evidence_item, (), (fact, value, unit, source, observed_at, missing_reason))
constexpr auto describe_notes(tag<evidence_item>) {
  return std::array{
      member_note{.name = "fact", .description = "Name of the fact, such as tickets.completion_rate."},
      member_note{.name = "value", .description = "A number, a text or a boolean; null when there is none."},
      member_note{.name = "unit", .description = "The number's unit.", .defaulted = true},
      member_note{.name = "source", .description = "The file or URL it came from.", .defaulted = true},
      member_note{.name = "observed_at", .description = "When it was observed at its source."},
      member_note{.name = "missing_reason", .description = "Why there is no value.", .defaulted = true},
  };
}

// -- policy

/// What an objective without a value, or with one that is too old, counts as.
enum class absence_rule : std::uint8_t { inconclusive, fail, warn, skip };
BOOST_DESCRIBE_ENUM(absence_rule, inconclusive, fail, warn, skip)

/// One demand of a policy on one fact.
struct policy_objective {
  /// Short and unique within the policy: "failing-tests".
  std::string name;
  std::string description;
  /// A name of readiness::facts().
  std::string fact;
  /// When it passes: ">= 90 %", "== 0", "in [SUCCESS, UNSTABLE]", ">= 1 and <= 10".
  std::string pass;
  /// When it is only a warning, tried after `pass`; empty for objectives that pass or fail.
  std::string warn;
  /// Its share of the score.
  double weight = 1;
  /// Its failure alone makes the decision NO_GO.
  bool key = false;
  /// Its failure makes the decision at best CONDITIONAL.
  bool risk = false;
  /// Shown, and without any influence.
  bool informational = false;
  absence_rule on_missing = absence_rule::inconclusive;
  absence_rule on_stale = absence_rule::inconclusive;
  /// Evidence older than this is stale: "90s", "30m", "24h", "7d", "1h30m"; empty for no limit.
  std::string max_age;
  /// What to do when it does not pass; empty for a sentence made from criterion and value.
  std::string remedy;

  friend auto operator==(policy_objective const&, policy_objective const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(policy_objective, (),
                      (name, description, fact, pass, warn, weight, key, risk, informational, on_missing, on_stale,
                       max_age, remedy))
constexpr auto describe_notes(tag<policy_objective>) {
  return std::array{
      member_note{.name = "name",
                  .description = "Short and unique within the policy: failing-tests.",
                  .minimum = 1,
                  .maximum = 64},
      member_note{
          .name = "description", .description = "What is demanded, as a phrase.", .defaulted = true, .maximum = 500},
      member_note{.name = "fact", .description = "The fact it looks at: tests.failed.", .minimum = 1, .maximum = 64},
      member_note{.name = "pass",
                  .description = "When it passes: '>= 90 %', '== 0', 'in [SUCCESS, UNSTABLE]', '>= 1 and <= 10'.",
                  .minimum = 1,
                  .maximum = 200},
      member_note{.name = "warn",
                  .description = "When it is only a warning, tried after pass; written as pass.",
                  .defaulted = true,
                  .maximum = 200},
      member_note{.name = "weight",
                  .description = "Its share of the score, above 0.",
                  .defaulted = true,
                  .minimum = 0,
                  .maximum = 1000},
      member_note{.name = "key", .description = "Its failure alone makes the decision NO_GO.", .defaulted = true},
      member_note{
          .name = "risk", .description = "Its failure makes the decision at best CONDITIONAL.", .defaulted = true},
      member_note{.name = "informational", .description = "Shown, and without any influence.", .defaulted = true},
      member_note{.name = "on_missing", .description = "What it counts as without evidence.", .defaulted = true},
      member_note{.name = "on_stale",
                  .description = "What it counts as when its evidence is older than max_age.",
                  .defaulted = true},
      member_note{.name = "max_age",
                  .description = "Evidence older than this is stale: 90s, 30m, 24h, 7d, 1h30m.",
                  .defaulted = true,
                  .maximum = 32},
      member_note{.name = "remedy",
                  .description = "What to do when it does not pass, instead of the sentence that is made up from "
                                 "criterion and value.",
                  .defaulted = true,
                  .maximum = 500},
  };
}

/// Somebody answers for an objective that is not met, for a time. It then counts as a warning.
struct policy_waiver {
  /// The objective's name.
  std::string objective;
  /// Who answers for it.
  std::string owner;
  std::string reason;
  /// Where it is tracked; may be empty.
  std::string ticket;
  /// The last day (UTC) on which it holds, or an RFC 3339 moment from which on it no longer does.
  std::string expires;

  friend auto operator==(policy_waiver const&, policy_waiver const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(policy_waiver, (), (objective, owner, reason, ticket, expires))
constexpr auto describe_notes(tag<policy_waiver>) {
  return std::array{
      member_note{.name = "objective", .description = "The name of the objective waived.", .minimum = 1, .maximum = 64},
      member_note{.name = "owner", .description = "Who answers for it.", .minimum = 1, .maximum = 200},
      member_note{.name = "reason", .description = "Why it is acceptable.", .minimum = 1, .maximum = 1000},
      member_note{.name = "ticket", .description = "Where it is tracked.", .defaulted = true, .maximum = 200},
      member_note{.name = "expires",
                  .description = "The last day (UTC) on which it holds (2026-12-31), or an RFC 3339 moment.",
                  .minimum = 1,
                  .maximum = 40},
  };
}

/// A versioned set of demands. The file format of config/policies/*.yaml.
struct readiness_policy {
  std::string name;
  /// Free text: "1", "2026-11".
  std::string version;
  std::string description;
  /// From this score (percent) on GO is possible.
  double pass = 90;
  /// Below this score (percent) the decision is NO_GO.
  double warn = 75;
  std::vector<policy_objective> objectives;
  std::vector<policy_waiver> waivers;

  friend auto operator==(readiness_policy const&, readiness_policy const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(readiness_policy, (), (name, version, description, pass, warn, objectives, waivers))
constexpr auto describe_notes(tag<readiness_policy>) {
  return std::array{
      member_note{.name = "name", .description = "The policy's name.", .minimum = 1, .maximum = 64},
      member_note{
          .name = "version", .description = "Its version, as a quoted text: \"1\".", .minimum = 1, .maximum = 64},
      member_note{.name = "description", .description = "What the policy is for.", .defaulted = true, .maximum = 2000},
      member_note{.name = "pass",
                  .description = "From this score (percent) on GO is possible.",
                  .defaulted = true,
                  .minimum = 0,
                  .maximum = 100},
      member_note{.name = "warn",
                  .description = "Below this score (percent) the decision is NO_GO.",
                  .defaulted = true,
                  .minimum = 0,
                  .maximum = 100},
      member_note{.name = "objectives", .description = "What is demanded.", .minimum = 1, .maximum = 200},
      member_note{.name = "waivers",
                  .description = "Objectives that somebody answers for, for a time.",
                  .defaulted = true,
                  .maximum = 200},
  };
}

/// Everything a decision follows from: the decision can be derived again from this alone, byte for byte.
struct evidence_bundle {
  std::string decision_id;
  std::string release;
  /// May be empty.
  std::string project;
  /// The full SHA that the release stands for; empty when it is not known.
  std::string commit;
  timestamp evaluated_at{};
  /// SHA-256 of the policy's canonical JSON.
  std::string policy_sha256;
  readiness_policy policy;
  /// Sorted, so that the order in which evidence arrived leaves no trace.
  std::vector<evidence_item> items;
  /// What went wrong while evidence was collected.
  std::vector<std::string> degraded_reasons;

  friend auto operator==(evidence_bundle const&, evidence_bundle const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(evidence_bundle, (),
                      (decision_id, release, project, commit, evaluated_at, policy_sha256, policy, items,
                       degraded_reasons))

// -- decision

/// How an objective came out.
enum class objective_status : std::uint8_t {
  pass,
  warn,
  fail,
  /// No value, and the policy does not say what that counts as.
  missing,
  /// A value that is too old, and the policy does not say what that counts as.
  stale,
  /// Not met, and somebody answers for it.
  waived,
  /// No usable value, and the policy says to leave it out.
  skipped,
};
BOOST_DESCRIBE_ENUM(objective_status, pass, warn, fail, missing, stale, waived, skipped)

/// One objective of the policy, held against the evidence.
struct objective_result {
  std::string name;
  std::string description;
  std::string fact;
  objective_status status = objective_status::missing;
  bool key = false;
  bool risk = false;
  bool informational = false;
  /// True when there was a value, fresh enough to be held against the criteria.
  bool usable = false;
  /// The value observed, as in the evidence; empty when there is none.
  json_text value;
  std::string unit;
  /// Value and unit as people read them: "92.5 %", "3 tickets", "SUCCESS"; empty without a value.
  std::string observed;
  std::string source;
  std::optional<timestamp> observed_at;
  /// How old the value was at the decision.
  std::optional<std::int64_t> age_seconds;
  /// The criteria as the policy writes them.
  std::string pass;
  std::string warn;
  double weight = 1;
  /// Points earned and points possible; both 0 for what does not count.
  double points = 0;
  double max_points = 0;
  /// Why the status is what it is, as a sentence without a full stop.
  std::string reason;
  /// What would turn it green; empty when it is.
  std::string remedy;

  friend auto operator==(objective_result const&, objective_result const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(objective_result, (),
                      (name, description, fact, status, key, risk, informational, usable, value, unit, observed, source,
                       observed_at, age_seconds, pass, warn, weight, points, max_points, reason, remedy))

/// What became of a waiver.
enum class waiver_state : std::uint8_t {
  /// The objective is not met, and the waiver holds.
  active,
  /// The objective passes (or does not count) without it.
  unneeded,
  /// Its time is over; it has no effect.
  expired,
};
BOOST_DESCRIBE_ENUM(waiver_state, active, unneeded, expired)

/// A waiver of the policy at the time of the decision.
struct waiver_result {
  std::string objective;
  waiver_state state = waiver_state::unneeded;
  std::string owner;
  std::string reason;
  std::string ticket;
  std::string expires;

  friend auto operator==(waiver_result const&, waiver_result const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(waiver_result, (), (objective, state, owner, reason, ticket, expires))

/// One line of a release checklist, in the shape that clients know.
struct release_checklist {
  std::string item;
  bool passed = false;
  std::optional<std::string> details;
  bool required = true;
  std::optional<timestamp> checked_at;

  friend auto operator==(release_checklist const&, release_checklist const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(release_checklist, (), (item, passed, details, required, checked_at))

/// The decision on one release with everything that explains it.
struct decision {
  std::string decision_id;
  std::string release;
  std::string project;
  release_decision verdict = release_decision::pending;
  /// Points earned in percent of those possible, to a tenth. What has no evidence earns nothing.
  double score = 0;
  /// The verdict and its reason as one sentence.
  std::string rationale;
  /// The objectives that count; `required` are those that can block alone.
  std::vector<release_checklist> checklist;
  /// What makes it NO_GO.
  std::vector<std::string> blockers;
  /// What else is not as it should be: warnings, risks, waivers.
  std::vector<std::string> risks;
  /// What could not be judged.
  std::vector<std::string> unknowns;
  std::vector<objective_result> objectives;
  std::vector<waiver_result> waivers;
  std::string policy;
  std::string policy_version;
  std::string policy_sha256;
  /// The policy's thresholds for the score.
  double pass_score = 0;
  double warn_score = 0;
  std::string commit;
  /// SHA-256 of the evidence bundle's canonical JSON.
  std::string bundle_sha256;
  /// True when collecting the evidence went wrong somewhere; the reasons say where.
  bool degraded = false;
  std::vector<std::string> degraded_reasons;
  timestamp decided_at{};

  friend auto operator==(decision const&, decision const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(decision, (),
                      (decision_id, release, project, verdict, score, rationale, checklist, blockers, risks, unknowns,
                       objectives, waivers, policy, policy_version, policy_sha256, pass_score, warn_score, commit,
                       bundle_sha256, degraded, degraded_reasons, decided_at))

NEXUS_CODECS(release_decision, evidence_item, absence_rule, policy_objective, policy_waiver, readiness_policy,
             evidence_bundle, objective_status, objective_result, waiver_state, waiver_result, release_checklist,
             decision)

} // namespace nexus
