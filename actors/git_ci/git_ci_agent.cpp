#include "actors/git_ci/git_ci_agent.hpp"

namespace nexus::git_ci {

git_ci_agent::git_ci_agent(git_ci_agent_actor::pointer self, std::shared_ptr<git_ci_agent_options const> options)
  : self_(self), options_(std::move(options)),
    github_http_(options_->transport, options_->github_client, http::environment_of(self, options_->random)),
    jenkins_http_(options_->transport, options_->jenkins_client, http::environment_of(self, options_->random)),
    github_(options_->github, github_http_.as_exchange(), [system = &self->system()] { return now(*system); }),
    jenkins_(options_->jenkins, jenkins_http_.as_exchange(), [system = &self->system()] { return now(*system); }) {}

auto git_ci_agent::make_behavior() -> git_ci_agent_actor::behavior_type {
  return {
    [](continuation& next) { next.run(); },
    [this](call const& context, get_repo_health const& wanted) -> caf::result<repository_health> { return read(github_, context, wanted); },
    [this](call const& context, get_pr_status const& wanted) -> caf::result<pr_status> { return read(github_, context, wanted); },
    [this](call const& context, list_pull_requests const& wanted) -> caf::result<pr_list> { return read(github_, context, wanted); },
    [this](call const& context, get_build_status const& wanted) -> caf::result<build_status> { return read(jenkins_, context, wanted); },
    [this](call const& context, get_build_history const& wanted) -> caf::result<build_history> { return read(jenkins_, context, wanted); },
    [this](call const& context, get_security_scan const& wanted) -> caf::result<security_scan_result> { return read(github_, context, wanted); },
    [this](call const& context, find_release_candidate const& wanted) -> caf::result<release_candidate> { return read(github_, context, wanted); },
    [this](call const& context, get_release_build const& wanted) -> caf::result<build_status> { return read(jenkins_, context, wanted); },
    [this](call const& context, list_jobs const& wanted) -> caf::result<job_list> { return read(jenkins_, context, wanted); },
    [this](call const& context, list_repositories const& wanted) -> caf::result<repository_list> { return read(github_, context, wanted); },
  };
}

} // namespace nexus::git_ci
