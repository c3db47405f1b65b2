#pragma once

#include "actors/readiness/policy.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace nexus::readiness {

/// What would turn an objective green, as an imperative without a full stop: "close 4 more of 45 tickets". `value` is
/// null without a usable one, which is either `stale` or missing; `whole` is how many things a share is a share of.
auto remedy_for(policy_objective const& written, fact_description const& fact, criteria const& pass,
                std::string const& wanted, fact_value const* value, bool stale, std::optional<double> whole)
    -> std::string;

/// What people call the objective: its description, else its name.
auto title_of(objective_result const& objective) -> std::string const&;

/// "45 s", "12 min", "3 h", "2 d 4 h".
auto show_age(std::chrono::seconds age) -> std::string;

/// The verdict and why, as one sentence, from everything else in the decision.
auto rationale_of(decision const& decision) -> std::string;

} // namespace nexus::readiness
