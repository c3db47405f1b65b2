#pragma once

#include "messages/deployments.hpp"
#include "runtime/rest/service.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::git_ci {

/// How GitHub is reached.
struct github_settings {
  /// "https://api.github.com", or "https://github.example.org/api/v3" (GITHUB_URL).
  std::string url = "https://api.github.com";
  /// GITHUB_TOKEN.
  std::string token;
  /// The owner of repositories that are named without one (GITHUB_ORG); may be empty.
  std::string organisation;
  /// How many pull requests a list shows; each costs five requests.
  std::size_t max_listed = 20;
  /// Which sources a security result needs; without one of them its counts are absent.
  bool needs_dependabot = true;
  bool needs_code_scanning = true;
};

/// GitHub's REST API, version 2022-11-28. What was read before is asked for with its ETag, so that it does not count
/// against the rate limit unless it has changed, and GitHub is left alone while it limits us. Every read() calls `done`
/// exactly once, wherever the exchange answers; one client's answers must come one at a time. Reads outlive the client.
///
/// Errors: those of rest::service; an unknown repository, pull request or release is errc::not_found and says what
/// there is. What the token may not see is absent, with the reason in `unavailable`.
class github_client {
public:
  github_client(github_settings settings, http::exchange exchange, std::function<timestamp()> now);

  /// Figures over builds stay absent: they come from Jenkins (add_build_figures).
  void read(call const& context, get_repo_health const& wanted, rest::continuation<repository_health> done) const;
  void read(call const& context, get_pr_status const& wanted, rest::continuation<pr_status> done) const;
  void read(call const& context, list_pull_requests const& wanted, rest::continuation<pr_list> done) const;
  /// Dependabot's alerts are about the default branch, whatever branch is asked for; `sources` say so.
  void read(call const& context, get_security_scan const& wanted, rest::continuation<security_scan_result> done) const;
  /// A tag that means the version, else a release branch.
  void read(call const& context, find_release_candidate const& wanted,
            rest::continuation<release_candidate> done) const;
  void read(call const& context, list_repositories const& wanted, rest::continuation<repository_list> done) const;
  /// Costs a request for each deployment. One whose statuses may not be read, or are gone, has no state and says why.
  void read(call const& context, list_deployments const& wanted, rest::continuation<deployment_list> done) const;
  /// Setting the same status again leaves what people see as it is. A commit that GitHub does not know is
  /// errc::refused.
  void write(call const& context, set_commit_status const& wanted, rest::continuation<commit_status> done) const;

private:
  struct core;
  std::shared_ptr<core const> core_;
};

/// "owner/name" for a name as people write it; errc::invalid_argument when it cannot be one.
auto full_repository_name(std::string_view written, std::string_view organisation) -> expected<std::string>;

} // namespace nexus::git_ci
