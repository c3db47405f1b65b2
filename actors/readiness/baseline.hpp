#pragma once

#include "actors/readiness/policy.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::readiness {

/// What a stored bundle tells of its release: every number that was usable when it was decided. Errors are those of
/// replay().
auto baseline_of(std::string_view bundle_json) -> expected<baseline_release>;

/// The releases before `release`, the last one first: by version, and of each version its newest decision. For a
/// release whose name is no version: all, by the time of their decision.
auto earlier_releases(std::string_view release, std::vector<baseline_release> candidates)
    -> std::vector<baseline_release>;

/// Those that the policy looks at, with the facts it compares. `earlier` has the last one first.
auto relevant_baselines(policy const& policy, std::span<baseline_release const> earlier)
    -> std::vector<baseline_release>;

/// What earlier releases had of one fact.
struct baseline_value {
  double median = 0;
  /// "82 % in v1.9.0", "median 81 % of v1.9.0, v1.8.0, v1.7.0".
  std::string text;
};

/// The median over the last `count` releases; all of them must have the fact, else the error says what is missing.
auto baseline_value_of(fact_description const& fact, std::uint32_t count, std::span<baseline_release const> baselines)
    -> tl::expected<baseline_value, std::string>;

} // namespace nexus::readiness
