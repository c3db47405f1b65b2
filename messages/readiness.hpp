#pragma once

#include "messages/policy.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What is known about a release, and what follows from it and a policy (messages/policy.hpp). The functions that
/// decide are in actors/readiness; here are the shapes that are stored, sent and shown.

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

// -- bundle

/// What is known of an earlier release: the facts that the policy compares with. What it lacks was not known then.
struct baseline_release {
  std::string release;
  std::string decision_id;
  timestamp decided_at{};
  release_decision verdict = release_decision::pending;
  std::map<std::string, double> facts;

  friend auto operator==(baseline_release const&, baseline_release const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(baseline_release, (), (release, decision_id, decided_at, verdict, facts))

/// A freeze of the policy as moments: the one that holds or comes next. Part of the evidence, for time zones change
/// their rules.
struct freeze_window {
  std::string name;
  timestamp starts{};
  timestamp ends{};
  /// Why it is not known; empty when it is.
  std::string problem;

  friend auto operator==(freeze_window const&, freeze_window const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(freeze_window, (), (name, starts, ends, problem))

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

/// What was decided, in short: what a replay is held against.
struct bundle_outcome {
  release_decision verdict = release_decision::pending;
  double score = 0;
  /// By the objectives' names.
  std::map<std::string, objective_status> objectives;

  friend auto operator==(bundle_outcome const&, bundle_outcome const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(bundle_outcome, (), (verdict, score, objectives))

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
  /// Where it is to go; may be empty.
  std::string environment;
  /// What the one who asked calls the release, sorted: "security".
  std::vector<std::string> labels;
  /// Earlier releases, the last one first.
  std::vector<baseline_release> baselines;
  /// The policy's freezes that hold or come.
  std::vector<freeze_window> freezes;
  /// Absent in bundles of earlier versions.
  std::optional<bundle_outcome> outcome;

  friend auto operator==(evidence_bundle const&, evidence_bundle const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(evidence_bundle, (),
                      (decision_id, release, project, commit, evaluated_at, policy_sha256, policy, items,
                       degraded_reasons, environment, labels, baselines, freezes, outcome))
constexpr auto describe_notes(tag<evidence_bundle>) {
  return std::array{
      member_note{.name = "environment", .description = "Where it is to go.", .defaulted = true},
      member_note{.name = "labels", .description = "What the release was called.", .defaulted = true, .maximum = 20},
      member_note{.name = "baselines",
                  .description = "Earlier releases, the last one first.",
                  .defaulted = true,
                  .maximum = 50},
      member_note{.name = "freezes", .description = "Freezes that hold or come.", .defaulted = true, .maximum = 50},
  };
}

// -- decision

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
  /// The group whose weight it shares; empty for none.
  std::string group;
  /// `pass` with the numbers that its earlier releases give; the same when it names none.
  std::string wanted;
  /// The earlier releases it was held against: "82 % in v1.9.0"; empty for none.
  std::string baseline;

  friend auto operator==(objective_result const&, objective_result const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(objective_result, (),
                      (name, description, fact, status, key, risk, informational, usable, value, unit, observed, source,
                       observed_at, age_seconds, pass, warn, weight, points, max_points, reason, remedy, group, wanted,
                       baseline))
constexpr auto describe_notes(tag<objective_result>) {
  return std::array{
      member_note{.name = "group", .description = "The group whose weight it shares.", .defaulted = true},
      member_note{
          .name = "wanted", .description = "The criteria with the numbers of the earlier releases.", .defaulted = true},
      member_note{
          .name = "baseline", .description = "The earlier releases that it was held against.", .defaulted = true}};
}

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
  std::string approved_by;

  friend auto operator==(waiver_result const&, waiver_result const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(waiver_result, (), (objective, state, owner, reason, ticket, expires, approved_by))
constexpr auto describe_notes(tag<waiver_result>) {
  return std::array{
      member_note{.name = "approved_by", .description = "The second person who agreed.", .defaulted = true}};
}

/// How a freeze bears on a release.
enum class freeze_state : std::uint8_t {
  /// It holds.
  active,
  /// It holds, and not for this release.
  exempt,
  /// It begins within its notice.
  announced,
  /// When it holds cannot be told.
  unknown,
};
BOOST_DESCRIBE_ENUM(freeze_state, active, exempt, announced, unknown)

/// A freeze that holds at the time of the decision, or is announced.
struct freeze_result {
  std::string name;
  freeze_state state = freeze_state::active;
  freeze_effect effect = freeze_effect::no_go;
  /// Why there is a freeze.
  std::string reason;
  std::optional<timestamp> starts;
  std::optional<timestamp> ends;
  /// What it says of the release, as a sentence without a full stop.
  std::string finding;

  friend auto operator==(freeze_result const&, freeze_result const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(freeze_result, (), (name, state, effect, reason, starts, ends, finding))

/// An earlier release that the decision looked at.
struct baseline_reference {
  std::string release;
  std::string decision_id;

  friend auto operator==(baseline_reference const&, baseline_reference const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(baseline_reference, (), (release, decision_id))

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
  /// Where it is to go; may be empty.
  std::string environment;
  std::vector<std::string> labels;
  std::vector<freeze_result> freezes;
  /// The earlier releases at hand, the last one first.
  std::vector<baseline_reference> baselines;

  friend auto operator==(decision const&, decision const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(decision, (),
                      (decision_id, release, project, verdict, score, rationale, checklist, blockers, risks, unknowns,
                       objectives, waivers, policy, policy_version, policy_sha256, pass_score, warn_score, commit,
                       bundle_sha256, degraded, degraded_reasons, decided_at, environment, labels, freezes, baselines))
constexpr auto describe_notes(tag<decision>) {
  return std::array{
      member_note{.name = "environment", .description = "Where it is to go.", .defaulted = true},
      member_note{.name = "labels", .description = "What the release was called.", .defaulted = true},
      member_note{.name = "freezes", .description = "Freezes that hold or are announced.", .defaulted = true},
      member_note{.name = "baselines", .description = "The earlier releases at hand.", .defaulted = true},
  };
}

NEXUS_CODECS(release_decision, evidence_item, baseline_release, freeze_window, objective_status, bundle_outcome,
             evidence_bundle, objective_result, waiver_state, waiver_result, freeze_state, freeze_result,
             baseline_reference, release_checklist, decision)

} // namespace nexus
