#pragma once

#include "tests/actors/llm/paraphrase.hpp"

namespace nexus::llm::tests {

/// Written before the planner (by its author) and never tuned on: what fails here stays as it is. Five expectations
/// were changed before the first run, when it turned out which tool has a release's blocked tickets and which its
/// coverage. Understood at the first run: 75 of 76, in both worlds. The test demands nine in ten.
constexpr paraphrase held_out_paraphrases[] = {
    // readiness
    {"Can we ship {release} this afternoon?", "assess_release_readiness", "release={release}"},
    {"Would you sign off on {release}?", "assess_release_readiness", "release={release}"},
    {"{release_short} - go or no go?", "assess_release_readiness", "release={release}"},
    {"How far away are we from releasing {release_short}?", "assess_release_readiness", "release={release}"},
    {"Give me the readiness verdict for version {release_short}", "assess_release_readiness", "release={release}"},
    {"Are there any open risks that should stop {release} from going out?", "assess_release_readiness",
     "release={release}"},
    {"Should I be worried about {release}?", "assess_release_readiness", "release={release}"},
    {"can {release_short} go live", "assess_release_readiness", "release={release}"},
    // figures of a release
    {"How complete is {release}?", "get_release_stats|assess_release_readiness", "release={release}"},
    {"what test coverage do we have on {release}", "assess_release_readiness", "release={release}"},
    {"number of tickets still to do for release {release_short}", "get_release_stats", "release={release}"},
    {"How many story points are finished in {release_short}?", "get_release_stats", "release={release}"},
    // releases
    {"Which versions does {project} have?", "list_releases", "project_key={project}"},
    {"what's the next release of {project_name}?", "list_releases", "project_key={project}"},
    // a ticket
    {"Tell me what {ticket} is about", "get_jira_ticket", "ticket_key={ticket}"},
    {"who works on {ticket}?", "get_jira_ticket", "ticket_key={ticket}"},
    {"has {ticket} been closed yet", "get_jira_ticket", "ticket_key={ticket}"},
    {"priority of {ticket} please", "get_jira_ticket", "ticket_key={ticket}"},
    {"Any news on {ticket}?", "get_jira_ticket", "ticket_key={ticket}"},
    {"Give me a summary of issue {ticket}", "get_jira_ticket", "ticket_key={ticket}"},
    {"which sprint is {ticket} in?", "get_jira_ticket", "ticket_key={ticket}"},
    // an epic
    {"what stories belong to {epic}?", "get_ticket_hierarchy", "ticket_key={epic}"},
    {"break down epic {epic} for me", "get_ticket_hierarchy", "ticket_key={epic}"},
    {"How much of {epic} and its children is finished?", "get_ticket_hierarchy", "ticket_key={epic}"},
    {"list the subtasks of {epic}", "get_ticket_hierarchy", "ticket_key={epic}"},
    // searches
    {"How many bugs are still open in {project}?", "search_jira", "jql=project&{project}&bug"},
    {"List all unresolved defects of {project}", "search_jira", "jql=project&{project}&bug"},
    {"Show blocked tickets in {project}", "search_jira", "jql=project&{project}&blocked"},
    {"which high priority issues are open in {project_name}?", "search_jira", "jql=project&{project}&priority&high"},
    {"unassigned stories in {project}", "search_jira", "jql=project&{project}&assignee is empty&story"},
    {"Which tickets does {person} have?", "search_jira", "jql=assignee&{person}"},
    {"what is {person} working on right now?", "search_jira", "jql=assignee&{person}"},
    {"open issues owned by {person}", "search_jira", "jql=assignee&{person}"},
    {"show me everything assigned to {person} in {project}", "search_jira", "jql=assignee&{person}&project&{project}"},
    {"What stands in the way of {release}?", "get_release_stats|assess_release_readiness", ""},
    {"list the blockers for {release_short}", "get_release_stats", "release={release}"},
    {"which tickets are blocking {release}?", "get_release_stats", "release={release}"},
    {"is anything blocking release {release_short}?", "get_release_stats", "release={release}"},
    // sprints
    {"how is {project}'s sprint looking?", "get_sprint_stats", "project_key={project}"},
    {"Sprint progress for {project_name}", "get_sprint_stats", "project_key={project}"},
    {"are we on track with the current sprint in {project}?", "get_sprint_stats", "project_key={project}"},
    {"how many points did {project} burn this sprint?", "get_sprint_stats", "project_key={project}"},
    {"Show me {sprint} of {project}", "get_sprint_stats", "project_key={project}; sprint_name={sprint}"},
    // builds
    {"what went wrong in {job} #{build}?", "get_build_status", "job_name={job}; build_number={build}"},
    {"Did {job_loose} {build} pass?", "get_build_status", "job_name={job}; build_number={build}"},
    {"explain the failure of build {build} of {job}", "get_build_status", "job_name={job}; build_number={build}"},
    {"who triggered build number {build} of {job}", "get_build_status", "job_name={job}; build_number={build}"},
    {"how did the latest {job_loose} run go?", "get_build_status", "job_name={job}"},
    {"status of {job}", "get_build_status", "job_name={job}"},
    {"Is the {job_loose} pipeline broken?", "get_build_status", "job_name={job}"},
    {"did the most recent {job} build succeed", "get_build_status", "job_name={job}"},
    {"{job} still red?", "get_build_status", "job_name={job}"},
    {"How often did {job} fail lately?", "get_build_history", "job_name={job}"},
    {"show the last 20 builds of {job}", "get_build_history", "job_name={job}; limit=20"},
    {"success rate of the {job_loose} pipeline", "get_build_history", "job_name={job}"},
    {"is the {branch} branch passing?", "get_build_status|get_repo_health", ""},
    // pull requests
    {"Can pull request {pr} in {repository} be merged?", "get_pr_status", "repo_name={repository}; pr_number={pr}"},
    {"who still has to review PR #{pr} of {repository_short}?", "get_pr_status",
     "repo_name={repository}; pr_number={pr}"},
    {"{repository}#{pr} status", "get_pr_status", "repo_name={repository}; pr_number={pr}"},
    {"has PR {pr} on {repository_short} got its approvals?", "get_pr_status", "repo_name={repository}; pr_number={pr}"},
    {"Which pull requests are open in {repository}?", "list_pull_requests", "repo_name={repository}"},
    {"anything waiting for review in {repository_short}?", "list_pull_requests", "repo_name={repository}"},
    {"list PRs for {repository}", "list_pull_requests", "repo_name={repository}"},
    // repositories
    {"what shape is {repository} in?", "get_repo_health", "repo_name={repository}"},
    {"is branch protection on for {repository_short}?", "get_repo_health", "repo_name={repository}"},
    {"How healthy is the {repository_short} repo?", "get_repo_health", "repo_name={repository}"},
    // security
    {"Any CVEs in {repository_short}?", "get_security_scan", "repo_name={repository}"},
    {"how many critical vulnerabilities does {repository} have?", "get_security_scan", "repo_name={repository}"},
    {"Is {repository} secure?", "get_security_scan", "repo_name={repository}"},
    {"run me through the security findings of {repository_short}", "get_security_scan", "repo_name={repository}"},
    // what there is
    {"what jobs are there?", "list_jobs", ""},
    {"Which repositories can you see?", "list_repositories", ""},
    // not ours
    {"Who won the world cup in 2014?", "", ""},
    {"tell me a joke", "", ""},
    {"Deploy {release} to production now", "", ""},
    {"please delete ticket {ticket}", "", ""},
};

} // namespace nexus::llm::tests
