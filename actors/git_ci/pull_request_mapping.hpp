#pragma once

#include "messages/core/error.hpp"
#include "messages/git_ci.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

/// From GitHub's JSON about pull requests to messages. Pure.
namespace nexus::git_ci {

/// What the pull request resource itself shows; reviews and checks are added by the functions below. errc::upstream
/// without a number.
auto pull_request_from_json(nlohmann::json const& value) -> expected<pr_status>;

/// Counts each reviewer's latest decision. A comment is no decision and leaves an earlier one standing, a dismissal
/// withdraws it; the author's own reviews count for nothing. `pages` are lists in GitHub's order, oldest first.
void add_reviews(pr_status& to, std::vector<nlohmann::json> const& pages);

/// The head commit's SHA; empty when it is not told.
auto head_commit(nlohmann::json const& pull_request) -> std::string;

/// Open pull requests that nobody touched for more than 7 days.
auto count_stale(std::vector<nlohmann::json> const& pages, timestamp now) -> std::int32_t;

} // namespace nexus::git_ci
