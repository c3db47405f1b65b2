#pragma once

#include "actors/readiness/policy_cases.hpp"
#include "actors/readiness/policy_diff.hpp"
#include "apps/terminal.hpp"

#include <string>

namespace nexus::apps {

/// A policy as a table of its objectives and as sentences.
auto render_policy(readiness::policy const& policy, terminal const& where) -> std::string;

/// What a change of a policy means, objective by objective.
auto render_difference(policy_difference const& difference, terminal const& where) -> std::string;

/// Each case with mark and name; below those that failed, what was different.
auto render_cases(std::string const& file, std::vector<policy_case_result> const& results, terminal const& where)
    -> std::string;

} // namespace nexus::apps
