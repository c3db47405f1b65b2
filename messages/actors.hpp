#pragma once

#include "messages/core/caf.hpp"
#include "messages/deployments.hpp"
#include "messages/git_ci.hpp"
#include "messages/jira.hpp"
#include "messages/llm.hpp"
#include "messages/reporting.hpp"
#include "messages/run.hpp"

/// Every actor interface of the product, in one file. Nodes that are connected trust each other completely:
/// authorisation happens at the HTTP edge, and whoever can send these messages may do what they say.

namespace nexus {

/// The JIRA AGENT reads and writes tickets, and reads sprints and releases.
using jira_agent_actor = interface_of<
    // INTERNAL: work that comes back from the HTTP transport.
    auto(continuation)->caf::result<void>,
    // Reads one ticket with its subtasks.
    auto(call, get_ticket)->caf::result<ticket>,
    // Reads a ticket and everything below it. Cycles are cut and named.
    auto(call, get_ticket_hierarchy)->caf::result<ticket_hierarchy>,
    // Runs a JQL query; a query that Jira refuses is an error with Jira's words.
    auto(call, search_tickets)->caf::result<jira_search_result>,
    // Adds up the open sprint, or the one that is named.
    auto(call, get_sprint_stats)->caf::result<jira_sprint_stats>,
    // Lists a project's versions.
    auto(call, list_releases)->caf::result<release_list>,
    // Adds up the tickets of a version, matched as people write it; what matches nothing is answered with what there
    // is.
    auto(call, get_release_stats)->caf::result<jira_release_stats>,
    // Lists the projects that the credentials can see.
    auto(call, list_projects)->caf::result<project_list>,
    // Moves a ticket to another status, comments on it, or both. The comment carries the call's idempotency key.
    auto(call, update_ticket)->caf::result<ticket_update>,
    // Sets fields of a ticket. A field that cannot be set is an error that names it, and then none is.
    auto(call, update_ticket_fields)->caf::result<ticket_fields_update>>;

/// The GIT/CI AGENT reads repositories, pull requests, deployments, security alerts and builds, and starts builds.
using git_ci_agent_actor = interface_of<
    // INTERNAL: work that comes back from the HTTP transport.
    auto(continuation)->caf::result<void>,
    // Reads how a repository is doing.
    auto(call, get_repo_health)->caf::result<repository_health>,
    // Reads one pull request with its reviews and checks.
    auto(call, get_pr_status)->caf::result<pr_status>,
    // Lists pull requests.
    auto(call, list_pull_requests)->caf::result<pr_list>,
    // Reads a build: the last one, or the one that is named.
    auto(call, get_build_status)->caf::result<build_status>,
    // Lists the last builds of a job, newest first.
    auto(call, get_build_history)->caf::result<build_history>,
    // Reads the open security alerts of a branch. A source that cannot be read is never a zero.
    auto(call, get_security_scan)->caf::result<security_scan_result>,
    // Finds the commit that a release is made of: its tag, or the head of its branch.
    auto(call, find_release_candidate)->caf::result<release_candidate>,
    // Finds the newest completed build of a commit or its branch.
    auto(call, get_release_build)->caf::result<build_status>,
    // Lists the jobs, folders walked.
    auto(call, list_jobs)->caf::result<job_list>,
    // Lists the repositories of the configured owner.
    auto(call, list_repositories)->caf::result<repository_list>,
    // Lists deployments, newest first. One whose status cannot be read says why.
    auto(call, list_deployments)->caf::result<deployment_list>,
    // Starts a build and follows it from the queue to its number. The build carries the call's idempotency key.
    auto(call, trigger_build)->caf::result<build_trigger>,
    // Sets a commit's status. WRITES: setting it again changes nothing.
    auto(call, set_commit_status)->caf::result<commit_status>>;

/// The LLM AGENT completes chats with the configured provider. Its failure is an error, never another provider's
/// answer.
using llm_agent_actor = interface_of<
    // INTERNAL: an answer whose time has come.
    auto(continuation)->caf::result<void>,
    // Answers with text, or with the tools to call next.
    auto(call, complete_chat)->caf::result<chat_completion>>;

/// The READINESS AGENT gathers the evidence for a release, decides by policy and stores decision and evidence.
using readiness_agent_actor = interface_of<
    // INTERNAL: work that comes back from the store.
    auto(continuation)->caf::result<void>,
    // Decides. The decision is on disk when the answer comes.
    auto(call, assess_release_readiness)->caf::result<decision>,
    // Lists stored decisions, newest first.
    auto(call, list_decisions)->caf::result<decision_list>,
    // Reads one stored decision.
    auto(call, get_decision)->caf::result<decision>,
    // Reads the evidence bundle behind a decision, byte for byte.
    auto(call, get_decision_bundle)->caf::result<raw_document>,
    // Draws the newest stored decision on a release as a badge.
    auto(call, get_readiness_badge)->caf::result<raw_document>>;

/// The REPORTING AGENT writes reports about releases and publishes them in Confluence.
using reporting_agent_actor = interface_of<
    // INTERNAL: work that comes back from the HTTP transport.
    auto(continuation)->caf::result<void>,
    // Writes a report, from Nexus' own decision or from what the caller states.
    auto(call, generate_report)->caf::result<generated_report>,
    // Shows the report of a release as a page, or says that there is none.
    auto(call, preview_report)->caf::result<raw_document>,
    // Writes a report to a page in Confluence. WRITES: the page remembers the idempotency key.
    auto(call, publish_report)->caf::result<published_report>,
    // Decides by policy over figures that the caller states. Nothing is stored.
    auto(call, analyze_readiness)->caf::result<readiness_analysis>>;

/// The ORCHESTRATOR accepts questions as runs, and knows all runs.
using orchestrator_actor = interface_of<
    // INTERNAL: work that comes back from the store, and runs that end.
    auto(continuation)->caf::result<void>,
    // Starts a run and answers when it is over. The same idempotency key is the same run.
    auto(call, ask_question)->caf::result<query_answer>,
    // Starts a run and answers once its acceptance is on disk. The same idempotency key is the same run.
    auto(call, start_run)->caf::result<run_accepted>,
    // Reads one run.
    auto(call, get_run)->caf::result<run>,
    // Lists runs, newest first.
    auto(call, list_runs)->caf::result<run_list>,
    // Stops a run.
    auto(call, cancel_run)->caf::result<run>>;

} // namespace nexus
