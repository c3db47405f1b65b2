#pragma once

#include "actors/readiness/policy.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace nexus::readiness {

/// Checks what the codec cannot: either both ends or a recurrence, in their forms, ends behind starts, notice,
/// patterns. Time zones are not looked up (check_zone). `path` is the freeze's JSON path; problems are appended.
void check_freeze(policy_freeze const& freeze, std::string const& path, std::vector<error>& problems);

/// Whether the zone of the freeze exists here.
auto check_zone(policy_freeze const& freeze) -> expected<void>;

/// The policy's freezes as moments: the window of each that holds at `now`, else the next one. What is over for good is
/// left out; what cannot be told says why.
auto windows_of(policy const& policy, timestamp now) -> std::vector<freeze_window>;

/// What the freezes say of a release at `now`, from windows that were found before.
auto judge_freezes(policy const& policy, std::span<freeze_window const> windows, std::string_view release,
                   std::span<std::string const> labels, timestamp now) -> std::vector<freeze_result>;

/// Whether a text fits a pattern, in which * stands for any characters and ? for one. Case counts.
auto fits(std::string_view pattern, std::string_view text) -> bool;

} // namespace nexus::readiness
