#include "actors/git_ci/git_ci_agent.hpp"

#include "actors/git_ci/build_figures.hpp"

namespace nexus::git_ci {
namespace {

/// How many builds the figures of a repository are made from.
constexpr std::int32_t builds_for_figures = 50;

} // namespace

git_ci_agent::git_ci_agent(git_ci_agent_actor::pointer self, std::shared_ptr<git_ci_agent_options const> options)
    : self_(self),
      options_(std::move(options)),
      github_http_(options_->transport, options_->github_client, http::environment_of(self, options_->random)),
      jenkins_http_(options_->transport, options_->jenkins_client, http::environment_of(self, options_->random)),
      github_(options_->github, github_http_.as_exchange(), [system = &self->system()] { return now(*system); }),
      jenkins_(
          options_->jenkins, jenkins_http_.as_exchange(), [system = &self->system()] { return now(*system); },
          http::environment_of(self, options_->random).schedule) {}

auto git_ci_agent::make_behavior() -> git_ci_agent_actor::behavior_type {
  return {
      [](continuation& next) { next.run(); },
      [this](call const& context, get_repo_health const& wanted) { return read_health(context, wanted); },
      [this](call const& context, get_pr_status const& wanted) -> caf::result<pr_status> {
        return read(github_, context, wanted);
      },
      [this](call const& context, list_pull_requests const& wanted) -> caf::result<pr_list> {
        return read(github_, context, wanted);
      },
      [this](call const& context, get_build_status const& wanted) -> caf::result<build_status> {
        return read(jenkins_, context, wanted);
      },
      [this](call const& context, get_build_history const& wanted) -> caf::result<build_history> {
        return read(jenkins_, context, wanted);
      },
      [this](call const& context, get_security_scan const& wanted) -> caf::result<security_scan_result> {
        return read(github_, context, wanted);
      },
      [this](call const& context, find_release_candidate const& wanted) -> caf::result<release_candidate> {
        return read(github_, context, wanted);
      },
      [this](call const& context, get_release_build const& wanted) -> caf::result<build_status> {
        return read(jenkins_, context, wanted);
      },
      [this](call const& context, list_jobs const& wanted) -> caf::result<job_list> {
        return read(jenkins_, context, wanted);
      },
      [this](call const& context, list_repositories const& wanted) -> caf::result<repository_list> {
        return read(github_, context, wanted);
      },
      [this](call const& context, list_deployments const& wanted) -> caf::result<deployment_list> {
        return read(github_, context, wanted);
      },
      [this](call const& context, trigger_build const& wanted) -> caf::result<build_trigger> {
        return http::answer_by_writing(self_, jenkins_, triggering_, context, wanted);
      },
      [this](call const& context, set_commit_status const& wanted) -> caf::result<commit_status> {
        return http::answer_by_writing(self_, github_, marking_, context, wanted);
      },
  };
}

auto git_ci_agent::read_health(call const& context, get_repo_health const& wanted) -> caf::result<repository_health> {
  auto [reply, promise] = begin_reply<repository_health>(self_);
  github_.read(context, wanted, [this, context, reply = reply](expected<repository_health> health) {
    if (!health) return reply(tl::unexpected{health.error()});
    read_builds(context, std::move(*health), reply);
  });
  return promise;
}

void git_ci_agent::read_builds(call const& context, repository_health health, pending_reply<repository_health> reply) {
  auto const without = [reply](repository_health seen, std::string const& why) {
    for (auto& [member, reason] : seen.unavailable)
      if (member == "last_successful_build" || member == "build_frequency_per_week" ||
          member == "average_build_duration_minutes")
        reason = why;
    reply(std::move(seen));
  };
  jenkins_.read(context, list_jobs{},
                [this, context, health = std::move(health), reply, without](expected<job_list> jobs) {
                  if (!jobs) return without(health, jobs.error().render());
                  auto const job = std::find_if(jobs->jobs.begin(), jobs->jobs.end(),
                                                [&](auto const& each) { return each.repo_name == health.repo_name; });
                  if (job == jobs->jobs.end()) return without(health, "no Jenkins job builds this repository");
                  jenkins_.read(context, get_build_history{job->job_name, builds_for_figures},
                                [this, health, reply, without](expected<build_history> history) {
                                  if (!history) return without(health, history.error().render());
                                  auto seen = health;
                                  add_build_figures(seen, history->builds, now(self_->system()));
                                  reply(std::move(seen));
                                });
                });
}

} // namespace nexus::git_ci
