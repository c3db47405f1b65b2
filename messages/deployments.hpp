#pragma once

#include "messages/git_ci.hpp"

/// What the git_ci agent reads of GitHub's deployments and answers. What GitHub does not tell is absent, as in
/// git_ci.hpp.

namespace nexus {

/// How far a deployment has come, in GitHub's words. `inactive` is what a later one has replaced; `error` is trouble of
/// whoever deploys, `failure` one of what was deployed.
enum class deployment_state : std::uint8_t { error, failure, inactive, in_progress, queued, pending, success };
BOOST_DESCRIBE_ENUM(deployment_state, error, failure, inactive, in_progress, queued, pending, success)

/// A deployment as GitHub was told of it, with its newest status.
struct deployment {
  std::int64_t deployment_id = 0;
  /// As it was named when it was made: "production".
  std::string environment;
  /// The branch, tag or SHA that was asked for, and the commit that it was at that time.
  std::string ref;
  std::string commit;
  std::optional<std::string> description;
  /// The login of the person or app that made it.
  std::optional<std::string> creator;
  /// Whether users see this environment, as its maker said.
  std::optional<bool> production;
  std::optional<timestamp> created_at;
  /// Absent when nobody has said anything of it yet, or it cannot be read.
  std::optional<deployment_state> state;
  /// Since when.
  std::optional<timestamp> state_since;
  std::optional<std::string> state_description;
  /// Where the environment is reached, and where the deployment's log is.
  std::optional<std::string> environment_url;
  std::optional<std::string> log_url;
  /// Why a member is absent, by its name.
  std::map<std::string, std::string> unavailable;
};
BOOST_DESCRIBE_STRUCT(deployment, (),
                      (deployment_id, environment, ref, commit, description, creator, production, created_at, state,
                       state_since, state_description, environment_url, log_url, unavailable))

struct deployment_list {
  /// With its owner: "nexus/backend".
  std::string repo_name;
  /// Newest first.
  std::vector<deployment> deployments;
  /// Whether there are more than these.
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(deployment_list, (), (repo_name, deployments, more))

/// Lists a repository's deployments with their newest status, newest first.
struct list_deployments {
  using reply = deployment_list;
  std::string repo_name;
  std::optional<std::string> environment;
  std::optional<std::string> ref;
  std::optional<std::string> commit;
  std::int32_t limit = 10;
};
BOOST_DESCRIBE_STRUCT(list_deployments, (), (repo_name, environment, ref, commit, limit))
constexpr auto describe_notes(tag<list_deployments>) {
  return std::array{
      detail::repo_name_note,
      member_note{.name = "environment", .description = "Only this one: production.", .minimum = 1, .maximum = 250},
      member_note{.name = "ref",
                  .description = "Only of this branch or tag, as it was deployed: v2.0.0.",
                  .minimum = 1,
                  .maximum = 250},
      member_note{.name = "commit", .description = "Only of this commit: the full SHA.", .minimum = 40, .maximum = 64},
      member_note{.name = "limit",
                  .description = "How many deployments to return.",
                  .defaulted = true,
                  .minimum = 1,
                  .maximum = 50}};
}

NEXUS_CODECS(deployment_state, deployment, deployment_list, list_deployments)

} // namespace nexus
