#pragma once

#include "actors/readiness/evidence.hpp"
#include "actors/readiness/policy.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace nexus::readiness {

/// How far a source's clock may run ahead of ours; evidence from further in the future is not usable.
inline constexpr std::chrono::minutes clock_tolerance{5};

/// Holds each objective of the policy against the evidence, which must be in canonical order. A fact stated by several
/// sources is usable when they agree, and is then as old as the newest.
///
/// Points (after Keptn's quality gates): a pass earns the weight, a warning and a waived objective half of it,
/// everything else nothing. Informational and skipped objectives have no points to earn. The objectives of a group that
/// have divide the group's weight by their own.
///
/// A criterion about earlier releases counts as without evidence when they are not known. `baselines` has the last
/// release first.
auto judge(policy const& policy, std::span<evidence_item const> items, timestamp now,
           std::span<baseline_release const> baselines = {}) -> std::vector<objective_result>;

/// The number that the items agree on; nothing when it is not known or not usable.
auto number_of(std::span<evidence_item const> items, std::string_view fact, timestamp now) -> std::optional<double>;

/// What became of the policy's waivers, in their order.
auto judge_waivers(policy const& policy, std::span<objective_result const> objectives, timestamp now)
    -> std::vector<waiver_result>;

} // namespace nexus::readiness
