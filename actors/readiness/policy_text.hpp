#pragma once

#include "actors/readiness/policy.hpp"

#include <string>
#include <vector>

namespace nexus::readiness {

/// What a policy demands and what follows when it is not met, one sentence each: the verdict, then every objective,
/// waiver and freeze.
auto sentences_of(policy const& policy) -> std::vector<std::string>;

/// The share of the score that an objective has when all count, in percent; 0 for an informational one.
auto share_of(policy const& policy, std::size_t objective) -> double;

} // namespace nexus::readiness
