#pragma once

#include "actors/git_ci/check_mapping.hpp"
#include "actors/git_ci/github_client.hpp"
#include "runtime/rest/json_view.hpp"

#include <vector>

/// Inside the GitHub client: what its operations share.
namespace nexus::git_ci {

/// Passes an error on; false for a success.
template <class Reply, class T>
auto failed(expected<T>& result, rest::continuation<Reply> const& done) -> bool {
  if (result) return false;
  done(tl::unexpected{std::move(result.error())});
  return true;
}

/// Whether GitHub takes the text for a full SHA.
auto is_sha(std::string_view text) -> bool;

/// What says that something is not there for this repository or token; any other error is a failure to read it.
inline auto not_available(error const& why) -> bool {
  return why.code == errc::not_found || why.code == errc::permission_denied;
}

struct github_client::core : std::enable_shared_from_this<core> {
  github_settings settings;
  rest::service github;

  core(github_settings given, http::exchange exchange, std::function<timestamp()> now);

  /// The repository resource. `name` is "owner/name".
  void repository(call const& context, std::string const& name, rest::continuation<nlohmann::json> done) const;
  void repositories(call const& context, rest::continuation<repository_list> done) const;
  /// The checks and statuses of a commit.
  void checks(call const& context, std::string const& name, std::string const& sha,
              rest::continuation<check_results> done) const;
  void pull_request(call const& context, std::string const& name, std::int32_t number,
                    rest::continuation<pr_status> done) const;
  void health(call const& context, std::string const& name, rest::continuation<repository_health> done) const;
  void security(call const& context, std::string const& name, std::optional<std::string> const& branch,
                rest::continuation<security_scan_result> done) const;
  void candidate(call const& context, std::string const& name, std::string const& release,
                 rest::continuation<release_candidate> done) const;
};

} // namespace nexus::git_ci
