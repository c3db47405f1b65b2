#pragma once

#include "actors/readiness/policy.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nexus {

/// What a change means for some values of a fact, while everything else passes.
struct policy_effect {
  /// "from 60 to below 80", "SUCCESS", "without evidence", "older than 7d".
  std::string when;
  /// Empty where the objective does not exist.
  std::string status_before;
  std::string status_after;
  release_decision verdict_before = release_decision::pending;
  release_decision verdict_after = release_decision::pending;
};
BOOST_DESCRIBE_STRUCT(policy_effect, (), (when, status_before, status_after, verdict_before, verdict_after))

/// One objective that is not the same in both.
struct objective_change {
  std::string name;
  std::string fact;
  /// "added", "removed", "changed".
  std::string kind;
  /// "pass: '>= 80 %' -> '>= 90 %'"
  std::vector<std::string> members;
  std::vector<policy_effect> effects;
};
BOOST_DESCRIBE_STRUCT(objective_change, (), (name, fact, kind, members, effects))

/// What is different between two policies.
struct policy_difference {
  /// Thresholds, groups, waivers and freezes, a line each.
  std::vector<std::string> general;
  std::vector<objective_change> objectives;

  auto empty() const -> bool { return general.empty() && objectives.empty(); }
};
BOOST_DESCRIBE_STRUCT(policy_difference, (), (general, objectives))

NEXUS_CODECS(policy_effect, objective_change, policy_difference)

} // namespace nexus

namespace nexus::readiness {

/// Decides by both on values around every limit and tells where status or verdict differ. Earlier releases count as 50
/// percent, or ten of anything else. Waivers and freezes are compared by their text and have no part in the verdicts.
auto difference_between(policy const& before, policy const& after) -> policy_difference;

} // namespace nexus::readiness
