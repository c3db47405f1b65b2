#pragma once

#include "messages/core/describe.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a policy asks of a release: the file format of config/policies/*.yaml. The functions that read and judge it are
/// in actors/readiness.

namespace nexus {

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
  /// When it passes: ">= 90 %", "== 0", "in [SUCCESS, UNSTABLE]", ">= 1 and <= 10"; or held against earlier releases:
  /// ">= previous - 2", "<= 1.1 x median(5)".
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
  /// The group whose weight it shares; empty for none.
  std::string group;

  friend auto operator==(policy_objective const&, policy_objective const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(policy_objective, (),
                      (name, description, fact, pass, warn, weight, key, risk, informational, on_missing, on_stale,
                       max_age, remedy, group))
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
                  .description = "When it passes: '>= 90 %', '== 0', 'in [SUCCESS, UNSTABLE]', '>= 1 and <= 10', "
                                 "'>= previous - 2', '<= 1.1 x median(5)'.",
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
      member_note{.name = "group",
                  .description = "The group whose weight it shares with the others in it.",
                  .defaulted = true,
                  .maximum = 64},
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
  /// A second person, who agreed; another one than the owner.
  std::string approved_by;

  friend auto operator==(policy_waiver const&, policy_waiver const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(policy_waiver, (), (objective, owner, reason, ticket, expires, approved_by))
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
      member_note{.name = "approved_by",
                  .description = "A second person, who agreed; another one than the owner.",
                  .defaulted = true,
                  .maximum = 200},
  };
}

/// Objectives that share one weight, so that many small demands do not outweigh one large.
struct policy_group {
  std::string name;
  std::string description;
  /// What all its objectives together weigh; they divide it by their own weights.
  double weight = 1;

  friend auto operator==(policy_group const&, policy_group const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(policy_group, (), (name, description, weight))
constexpr auto describe_notes(tag<policy_group>) {
  return std::array{
      member_note{.name = "name", .description = "What objectives call it.", .minimum = 1, .maximum = 64},
      member_note{
          .name = "description", .description = "What its objectives are about.", .defaulted = true, .maximum = 500},
      member_note{.name = "weight",
                  .description = "What its objectives together weigh, above 0.",
                  .defaulted = true,
                  .minimum = 0,
                  .maximum = 1000},
  };
}

/// What a freeze makes of a release that is ready.
enum class freeze_effect : std::uint8_t { no_go, conditional };
BOOST_DESCRIBE_ENUM(freeze_effect, no_go, conditional)

/// A time in which releases do not go out: once (`starts` to `ends`) or again and again (`recurrence`).
struct policy_freeze {
  /// Short and unique within the policy: "year-end".
  std::string name;
  std::string reason;
  /// The zone of all its times, by its IANA name: "Europe/Berlin".
  std::string time_zone = "UTC";
  /// "2026-12-20" or "2026-12-20T18:00", local; empty with a recurrence.
  std::string starts;
  /// The last day ("2027-01-03", all of it) or the moment at which it is over; empty with a recurrence.
  std::string ends;
  /// "weekly from Fri 16:00 to Mon 08:00": readiness::parse_recurrence.
  std::string recurrence;
  freeze_effect effect = freeze_effect::no_go;
  /// How long before it begins it is announced: "3d"; empty for not at all.
  std::string notice;
  /// Patterns of releases that it does not bind: "*-hotfix*".
  std::vector<std::string> exempt_releases;
  /// Labels of releases that it does not bind: "security".
  std::vector<std::string> exempt_labels;

  friend auto operator==(policy_freeze const&, policy_freeze const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(policy_freeze, (),
                      (name, reason, time_zone, starts, ends, recurrence, effect, notice, exempt_releases,
                       exempt_labels))
constexpr auto describe_notes(tag<policy_freeze>) {
  return std::array{
      member_note{.name = "name", .description = "Short and unique: year-end.", .minimum = 1, .maximum = 64},
      member_note{.name = "reason", .description = "Why nothing goes out.", .defaulted = true, .maximum = 500},
      member_note{.name = "time_zone",
                  .description = "The zone of its times, by IANA name: Europe/Berlin.",
                  .defaulted = true,
                  .minimum = 1,
                  .maximum = 64},
      member_note{.name = "starts",
                  .description = "Local day or moment: 2026-12-20, 2026-12-20T18:00.",
                  .defaulted = true,
                  .maximum = 16},
      member_note{.name = "ends",
                  .description = "The last day, all of it (2027-01-03), or the local moment at which it is over.",
                  .defaulted = true,
                  .maximum = 16},
      member_note{.name = "recurrence",
                  .description = "Instead of starts and ends: 'daily from 18:00 to 08:00', 'weekly from Fri 16:00 to "
                                 "Mon 08:00', 'monthly from last Fri to last', 'yearly from Dec 20 to Jan 3'.",
                  .defaulted = true,
                  .maximum = 80},
      member_note{.name = "effect", .description = "What it makes of a release that is ready.", .defaulted = true},
      member_note{.name = "notice",
                  .description = "How long before it begins it is announced: 3d, 12h.",
                  .defaulted = true,
                  .maximum = 32},
      member_note{.name = "exempt_releases",
                  .description =
                      "Patterns of releases that it does not bind: '*-hotfix*'; * stands for any characters, "
                      "? for one.",
                  .defaulted = true,
                  .maximum = 20},
      member_note{.name = "exempt_labels",
                  .description = "Labels of releases that it does not bind: security.",
                  .defaulted = true,
                  .maximum = 20},
  };
}

/// Whether a waiver needs a second person.
enum class approval_rule : std::uint8_t { required, optional };
BOOST_DESCRIBE_ENUM(approval_rule, required, optional)

/// Which earlier releases a relative criterion looks at.
enum class baseline_rule : std::uint8_t {
  /// All that were judged.
  all,
  /// Those that were GO or CONDITIONAL.
  accepted,
};
BOOST_DESCRIBE_ENUM(baseline_rule, all, accepted)

/// A versioned set of demands, complete: what policy files with their overlays come down to (policy_file.hpp).
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
  std::vector<policy_group> groups;
  std::vector<policy_freeze> freezes;
  approval_rule waiver_approval = approval_rule::required;
  baseline_rule baseline = baseline_rule::all;

  friend auto operator==(readiness_policy const&, readiness_policy const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(readiness_policy, (),
                      (name, version, description, pass, warn, objectives, waivers, groups, freezes, waiver_approval,
                       baseline))
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
      member_note{.name = "groups", .description = "Objectives that share a weight.", .defaulted = true, .maximum = 50},
      member_note{
          .name = "freezes", .description = "Times in which nothing goes out.", .defaulted = true, .maximum = 50},
      member_note{
          .name = "waiver_approval", .description = "Whether a waiver needs a second person.", .defaulted = true},
      member_note{
          .name = "baseline", .description = "Which earlier releases relative criteria look at.", .defaulted = true},
  };
}

NEXUS_CODECS(absence_rule, policy_objective, policy_waiver, policy_group, freeze_effect, policy_freeze, approval_rule,
             baseline_rule, readiness_policy)

} // namespace nexus
