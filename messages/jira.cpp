#include "messages/jira.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(ticket_update, update_ticket, ticket_fields_update, update_ticket_fields, ticket_status, jira_user,
                    ticket_link, ticket_comment, ticket_worklog, ticket, ticket_summary, ticket_hierarchy,
                    jira_search_result, jira_sprint_stats, jira_release, release_list, jira_release_stats, jira_project,
                    project_list, get_ticket, get_ticket_hierarchy, search_tickets, get_sprint_stats, list_releases,
                    get_release_stats, list_projects)

} // namespace nexus
