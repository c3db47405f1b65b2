#include "actors/git_ci/operations.hpp"

namespace nexus::git_ci {

auto operations(supervision::address<git_ci_agent_actor> agent) -> operation_table {
  using git_ci = git_ci_agent_actor;
  return {
      .role = "git_ci",
      .service = "git-ci-agent",
      .description = "Reads repositories, pull requests, deployments, security alerts and builds from GitHub and "
                     "Jenkins, and starts builds.",
      .operations =
          {
              operation<git_ci, get_repo_health>(agent, "get_repo_health", "Read how a repository is doing.")
                  .get("/repo/{repo_name...}/health")
                  .as_task()
                  .action("repo_health"),
              operation<git_ci, get_pr_status>(agent, "get_pr_status",
                                               "Read one pull request with its reviews and checks.")
                  .get("/repo/{repo_name...}/pr/{pr_number}")
                  .as_task()
                  .action("pr_status"),
              operation<git_ci, list_pull_requests>(agent, "list_pull_requests",
                                                    "List a repository's pull requests, newest first.")
                  .get("/repo/{repo_name...}/prs")
                  .as_task()
                  .action("list_prs"),
              operation<git_ci, trigger_build>(agent, "trigger_build",
                                               "Start a build of a job and follow it from the queue to its number.")
                  .post("/build/{job_name...}")
                  .body("parameters")
                  .as_task()
                  .writes(reconciliation::probe),
              operation<git_ci, set_commit_status>(agent, "set_commit_status",
                                                   "Set the status that GitHub shows beside a commit.")
                  .post("/repo/{repo_name...}/commit/{commit}/status")
                  .as_task()
                  .not_a_tool()
                  .writes(reconciliation::idempotent),
              operation<git_ci, get_build_status>(agent, "get_build_status", "Read one build of a job, or its newest.")
                  .get("/build/{job_name...}/status")
                  .as_task()
                  .action("build_status"),
              operation<git_ci, get_build_history>(agent, "get_build_history", "List a job's builds, newest first.")
                  .get("/build/{job_name...}/history")
                  .as_task()
                  .action("build_history"),
              operation<git_ci, get_security_scan>(agent, "get_security_scan",
                                                   "Read the open security alerts of a branch.")
                  .get("/security/{repo_name...}")
                  .as_task()
                  .action("security_scan"),
              operation<git_ci, find_release_candidate>(
                  agent, "find_release_candidate", "Find the commit of a release: its tag, else its release branch.")
                  .get("/repo/{repo_name...}/candidate/{release}")
                  .as_task(),
              operation<git_ci, get_release_build>(agent, "get_release_build",
                                                   "Read the newest completed build of a commit or its branch.")
                  .get("/build/{job_name...}/release")
                  .as_task(),
              operation<git_ci, list_jobs>(agent, "list_jobs", "List the Jenkins jobs, folders included.")
                  .get("/jobs")
                  .as_task(),
              operation<git_ci, list_repositories>(agent, "list_repositories",
                                                   "List the repositories of the configured owner.")
                  .get("/repositories")
                  .as_task(),
              operation<git_ci, list_deployments>(
                  agent, "list_deployments", "List a repository's deployments with their newest status, newest first.")
                  .get("/repo/{repo_name...}/deployments")
                  .as_task(),
          },
  };
}

} // namespace nexus::git_ci
