#pragma once

#include "actors/git_ci/github_client.hpp"
#include "actors/git_ci/jenkins_client.hpp"
#include "messages/actors.hpp"
#include "runtime/http/actor_client.hpp"

namespace nexus::git_ci {

/// What the Git/CI agent works with.
struct git_ci_agent_options {
  github_settings github;
  jenkins_settings jenkins;
  std::shared_ptr<http::transport> transport;
  http::client_options github_client;
  http::client_options jenkins_client;
  std::function<double()> random;
};

/// The state of the GIT/CI AGENT. GitHub and Jenkins each have a client of their own, so that the trouble of one is not
/// the other's.
class git_ci_agent {
public:
  git_ci_agent(git_ci_agent_actor::pointer self, std::shared_ptr<git_ci_agent_options const> options);
  auto make_behavior() -> git_ci_agent_actor::behavior_type;

private:
  template <class Client, class Request>
  auto read(Client const& client, call const& context, Request const& wanted) {
    return http::answer_by_reading(self_, client, context, wanted);
  }

  /// GitHub's part, and the figures of the job that builds the repository.
  auto read_health(call const& context, get_repo_health const& wanted) -> caf::result<repository_health>;
  void read_builds(call const& context, repository_health health, pending_reply<repository_health> reply);

  git_ci_agent_actor::pointer self_;
  std::shared_ptr<git_ci_agent_options const> options_;
  http::client github_http_;
  http::client jenkins_http_;
  github_client github_;
  jenkins_client jenkins_;
  http::running_writes<build_trigger> triggering_;
  http::running_writes<commit_status> marking_;
};

} // namespace nexus::git_ci
