#pragma once

#include "messages/git_ci.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What GitHub's check runs and commit statuses say. Pure.
namespace nexus::git_ci {

/// A commit's checks by name: check runs and the older statuses alike.
using check_results = std::map<std::string, check_state>;

/// Adds the statuses of a "combined status" resource (/commits/{ref}/status).
void add_statuses(check_results& checks, nlohmann::json const& combined);
/// Adds the runs of a "check runs" resource (/commits/{ref}/check-runs). Neutral and skipped runs count as successes,
/// as they do for GitHub's own merge button.
void add_check_runs(check_results& checks, nlohmann::json const& runs);

/// A failure wins over what is pending, that over successes; nothing without any check.
auto combined_state(check_results const& checks) -> std::optional<check_state>;

/// The names of the checks that a branch requires before a merge, from a branch resource; nothing when the branch is
/// not protected or requires none.
auto required_checks(nlohmann::json const& branch) -> std::vector<std::string>;

/// Whether all required checks succeeded; one that did not run has not.
auto all_passed(check_results const& checks, std::vector<std::string> const& required) -> bool;

} // namespace nexus::git_ci
