#include "actors/jira/operations.hpp"

namespace nexus::jira {

auto operations(supervision::address<jira_agent_actor> agent) -> operation_table {
  using jira = jira_agent_actor;
  return {
      .role = "jira",
      .service = "jira-agent",
      .description = "Reads tickets, sprints and releases from Jira, and changes tickets.",
      .operations =
          {
              operation<jira, get_ticket>(agent, "get_jira_ticket", "Read one Jira ticket with its subtasks.")
                  .get("/issue/{ticket_key}")
                  .as_task()
                  .action("get_issue", {{"key", "ticket_key"}}),
              operation<jira, get_ticket_hierarchy>(agent, "get_ticket_hierarchy",
                                                    "Read a ticket and everything below it.")
                  .get("/hierarchy/{ticket_key}")
                  .as_task()
                  .action("get_hierarchy", {{"key", "ticket_key"}}),
              operation<jira, search_tickets>(agent, "search_jira", "Find tickets by a JQL query.")
                  .get("/search")
                  .as_task()
                  .action("search"),
              operation<jira, update_ticket>(agent, "update_jira_ticket",
                                             "Move a Jira ticket to another status, comment on it, or both.")
                  .post("/update")
                  .as_task()
                  .writes(reconciliation::probe)
                  .action("update", {{"ticket_key", "key"}}),
              operation<jira, update_ticket_fields>(agent, "update_jira_ticket_fields",
                                                    "Set fields of a Jira ticket by their ids or names.")
                  .post("/update-ticket")
                  .as_task()
                  .writes(reconciliation::idempotent)
                  .action("update_fields", {{"key", "ticket_key"}}),
              operation<jira, get_sprint_stats>(agent, "get_sprint_stats",
                                                "Add up the open sprint of a project, or the sprint that is named.")
                  .get("/sprint-stats/{project_key}")
                  .as_task()
                  .action("sprint_stats"),
              operation<jira, list_projects>(agent, "list_projects", "List the Jira projects.")
                  .get("/projects")
                  .as_task(),
              operation<jira, list_releases>(agent, "list_releases", "List the releases (versions) of a project.")
                  .get("/releases/{project_key}")
                  .as_task(),
              operation<jira, get_release_stats>(agent, "get_release_stats",
                                                 "Add up the tickets of a release: done, in progress, blocked.")
                  .get("/releases/{project_key}/{release}")
                  .as_task(),
          },
  };
}

} // namespace nexus::jira
