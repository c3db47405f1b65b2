#pragma once

#include "messages/actors.hpp"
#include "messages/core/type_ids.hpp"

/// Every message of the product that may travel between nodes: requests, then replies, in the order of the interfaces.
CAF_BEGIN_TYPE_ID_BLOCK(nexus, nexus_core_last_type_id + 1)
CAF_ADD_TYPE_ID(nexus, (nexus::get_ticket))
CAF_ADD_TYPE_ID(nexus, (nexus::get_ticket_hierarchy))
CAF_ADD_TYPE_ID(nexus, (nexus::search_tickets))
CAF_ADD_TYPE_ID(nexus, (nexus::get_sprint_stats))
CAF_ADD_TYPE_ID(nexus, (nexus::list_releases))
CAF_ADD_TYPE_ID(nexus, (nexus::get_release_stats))
CAF_ADD_TYPE_ID(nexus, (nexus::list_projects))
CAF_ADD_TYPE_ID(nexus, (nexus::get_repo_health))
CAF_ADD_TYPE_ID(nexus, (nexus::get_pr_status))
CAF_ADD_TYPE_ID(nexus, (nexus::list_pull_requests))
CAF_ADD_TYPE_ID(nexus, (nexus::get_build_status))
CAF_ADD_TYPE_ID(nexus, (nexus::get_build_history))
CAF_ADD_TYPE_ID(nexus, (nexus::get_security_scan))
CAF_ADD_TYPE_ID(nexus, (nexus::find_release_candidate))
CAF_ADD_TYPE_ID(nexus, (nexus::get_release_build))
CAF_ADD_TYPE_ID(nexus, (nexus::list_jobs))
CAF_ADD_TYPE_ID(nexus, (nexus::list_repositories))
CAF_ADD_TYPE_ID(nexus, (nexus::complete_chat))
CAF_ADD_TYPE_ID(nexus, (nexus::assess_release_readiness))
CAF_ADD_TYPE_ID(nexus, (nexus::ask_question))
CAF_ADD_TYPE_ID(nexus, (nexus::start_run))
CAF_ADD_TYPE_ID(nexus, (nexus::get_run))
CAF_ADD_TYPE_ID(nexus, (nexus::list_runs))
CAF_ADD_TYPE_ID(nexus, (nexus::cancel_run))
CAF_ADD_TYPE_ID(nexus, (nexus::list_decisions))
CAF_ADD_TYPE_ID(nexus, (nexus::get_decision))
CAF_ADD_TYPE_ID(nexus, (nexus::get_decision_bundle))
CAF_ADD_TYPE_ID(nexus, (nexus::ticket))
CAF_ADD_TYPE_ID(nexus, (nexus::ticket_hierarchy))
CAF_ADD_TYPE_ID(nexus, (nexus::jira_search_result))
CAF_ADD_TYPE_ID(nexus, (nexus::jira_sprint_stats))
CAF_ADD_TYPE_ID(nexus, (nexus::release_list))
CAF_ADD_TYPE_ID(nexus, (nexus::jira_release_stats))
CAF_ADD_TYPE_ID(nexus, (nexus::project_list))
CAF_ADD_TYPE_ID(nexus, (nexus::repository_health))
CAF_ADD_TYPE_ID(nexus, (nexus::pr_status))
CAF_ADD_TYPE_ID(nexus, (nexus::pr_list))
CAF_ADD_TYPE_ID(nexus, (nexus::build_status))
CAF_ADD_TYPE_ID(nexus, (nexus::build_history))
CAF_ADD_TYPE_ID(nexus, (nexus::security_scan_result))
CAF_ADD_TYPE_ID(nexus, (nexus::release_candidate))
CAF_ADD_TYPE_ID(nexus, (nexus::job_list))
CAF_ADD_TYPE_ID(nexus, (nexus::repository_list))
CAF_ADD_TYPE_ID(nexus, (nexus::chat_completion))
CAF_ADD_TYPE_ID(nexus, (nexus::decision))
CAF_ADD_TYPE_ID(nexus, (nexus::query_answer))
CAF_ADD_TYPE_ID(nexus, (nexus::run_accepted))
CAF_ADD_TYPE_ID(nexus, (nexus::run))
CAF_ADD_TYPE_ID(nexus, (nexus::run_list))
CAF_ADD_TYPE_ID(nexus, (nexus::decision_list))
CAF_END_TYPE_ID_BLOCK(nexus)

namespace nexus {

/// Announces every message type to an actor system's configuration.
void announce_messages(caf::actor_system_config& config);

} // namespace nexus
