#pragma once

#include "messages/git_ci.hpp"

#include <span>
#include <string>
#include <vector>

/// Figures over builds, and which build answers for a commit. Pure.
namespace nexus::git_ci {

/// Fills in last_successful_build, build_frequency_per_week and average_build_duration_minutes from a job's builds,
/// and takes the reasons for their absence away. The frequency is that of the span between the oldest of the builds and
/// `now`.
void add_build_figures(repository_health& to, std::span<build_status const> builds, timestamp now);

/// The newest completed build of the commit; without one, of the branch or tag; null without either. Commits may be
/// abbreviated to 7 digits on either side, refs may carry their prefix. `builds` are newest first.
auto newest_build_of(std::span<build_status const> builds, std::string_view commit, std::string_view ref)
    -> build_status const*;

/// A branch or tag without remote and prefix: "refs/remotes/origin/release/2.0" is "release/2.0".
auto short_ref(std::string_view ref) -> std::string;

} // namespace nexus::git_ci
