#pragma once

#include "messages/core/describe.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the jira agent reads, writes and answers. What Jira does not tell is absent (null in JSON), never a default;
/// where the reason is not plain, the reply's `notes` give it.

namespace nexus {

// -- tickets ------------------------------------------------------------------

/// Where a ticket stands. Jira's status names are free text: names that say so map to in_review, blocked and cancelled,
/// all others by their status category (new, indeterminate, done).
enum class ticket_status : std::uint8_t { to_do, in_progress, in_review, done, blocked, cancelled };
BOOST_DESCRIBE_ENUM(ticket_status, to_do, in_progress, in_review, done, blocked, cancelled)

constexpr auto describe_names(tag<ticket_status>) {
  using enum ticket_status;
  return std::array<std::pair<ticket_status, std::string_view>, 6>{{{to_do, "To Do"},
                                                                    {in_progress, "In Progress"},
                                                                    {in_review, "In Review"},
                                                                    {done, "Done"},
                                                                    {blocked, "Blocked"},
                                                                    {cancelled, "Cancelled"}}};
}

/// Somebody with a Jira account.
struct jira_user {
  std::string account_id;
  std::string display_name;
  /// Hidden by many users' privacy settings.
  std::optional<std::string> email;
  std::optional<std::string> avatar_url;
  bool active = true;
};
BOOST_DESCRIBE_STRUCT(jira_user, (), (account_id, display_name, email, avatar_url, active))

/// A link from one ticket to another.
struct ticket_link {
  /// The ticket at the other end.
  std::string key;
  /// As read from this end: "is blocked by", "relates to".
  std::string relation;
  std::optional<std::string> summary;
  std::optional<ticket_status> status;
};
BOOST_DESCRIBE_STRUCT(ticket_link, (), (key, relation, summary, status))

struct ticket_comment {
  std::string id;
  std::optional<jira_user> author;
  /// Plain text.
  std::string body;
  std::optional<timestamp> created_at;
};
BOOST_DESCRIBE_STRUCT(ticket_comment, (), (id, author, body, created_at))

struct ticket_worklog {
  std::string id;
  std::optional<jira_user> author;
  std::optional<std::int64_t> time_spent_seconds;
  std::optional<timestamp> started_at;
};
BOOST_DESCRIBE_STRUCT(ticket_worklog, (), (id, author, time_spent_seconds, started_at))

/// One ticket as Jira knows it.
struct ticket {
  std::string key;
  std::optional<std::string> id;
  std::string summary;
  /// Plain text.
  std::optional<std::string> description;
  /// As Jira names it: "Epic", "Story", "Task", "Sub-task", "Bug", "Spike" or a type of the site's own.
  std::string issue_type;
  ticket_status status = ticket_status::to_do;
  /// The status as Jira names it: "Ready for QA".
  std::string status_name;
  std::optional<std::string> resolution;
  std::optional<std::string> priority;
  std::optional<std::string> project_key;
  std::optional<std::string> parent_key;
  std::optional<std::string> epic_key;
  std::vector<ticket> subtasks;
  std::vector<ticket_link> linked_issues;
  std::optional<jira_user> assignee;
  std::optional<jira_user> reporter;
  /// Absent where they were not read; so are comments and worklogs.
  std::optional<std::vector<jira_user>> watchers;
  std::optional<double> story_points;
  std::optional<std::int64_t> original_estimate_seconds;
  std::optional<std::int64_t> remaining_estimate_seconds;
  std::optional<std::int64_t> time_spent_seconds;
  std::optional<std::int64_t> sprint_id;
  std::optional<std::string> sprint_name;
  std::vector<std::string> fix_versions;
  std::vector<std::string> labels;
  std::vector<std::string> components;
  /// Flagged as an impediment on its board.
  bool flagged = false;
  std::optional<timestamp> created_at;
  std::optional<timestamp> updated_at;
  std::optional<timestamp> resolved_at;
  /// A date: "2026-11-23".
  std::optional<std::string> due_date;
  /// The newest 50, oldest of them first.
  std::optional<std::vector<ticket_comment>> comments;
  std::optional<std::vector<ticket_worklog>> worklogs;
  /// The custom fields that the settings name, by id ("customfield_10050").
  std::map<std::string, json_text> custom_fields;
};
BOOST_DESCRIBE_STRUCT(ticket, (),
                      (key, id, summary, description, issue_type, status, status_name, resolution, priority,
                       project_key, parent_key, epic_key, subtasks, linked_issues, assignee, reporter, watchers,
                       story_points, original_estimate_seconds, remaining_estimate_seconds, time_spent_seconds,
                       sprint_id, sprint_name, fix_versions, labels, components, flagged, created_at, updated_at,
                       resolved_at, due_date, comments, worklogs, custom_fields))

/// A ticket in one line.
struct ticket_summary {
  std::string key;
  std::string summary;
  std::string issue_type;
  ticket_status status = ticket_status::to_do;
  std::string status_name;
  std::optional<std::string> priority;
  /// The assignee's display name.
  std::optional<std::string> assignee;
  std::optional<double> story_points;
};
BOOST_DESCRIBE_STRUCT(ticket_summary, (),
                      (key, summary, issue_type, status, status_name, priority, assignee, story_points))

/// A ticket with everything under it, nested in `subtasks`.
struct ticket_hierarchy {
  ticket hierarchy;
  /// The root included.
  std::int32_t total_tickets = 0;
  /// Whether every ticket down to the asked depth is there.
  bool complete = true;
  /// What is missing or odd: a limit that was reached, a ticket that is its own ancestor.
  std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(ticket_hierarchy, (), (hierarchy, total_tickets, complete, notes))

struct jira_search_result {
  /// How many tickets match, as Jira estimates it; absent when Jira does not say.
  std::optional<std::int64_t> total;
  std::int32_t start_at = 0;
  std::int32_t max_results = 0;
  std::vector<ticket> issues;
  std::optional<std::string> expand;
  /// Whether there are matches beyond these.
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(jira_search_result, (), (total, start_at, max_results, issues, expand, more))

// -- sprints, releases, projects ----------------------------------------------

/// A sprint's progress. Cancelled tickets count nowhere. Blocked are tickets that are not done and whose status says
/// "blocked" or that are flagged as an impediment; in progress are those being worked on or reviewed and not blocked.
struct jira_sprint_stats {
  std::int64_t sprint_id = 0;
  std::string sprint_name;
  /// "active", "closed" or "future".
  std::optional<std::string> sprint_state;
  std::optional<timestamp> start_date;
  std::optional<timestamp> end_date;
  std::int32_t total_issues = 0;
  std::int32_t completed_issues = 0;
  std::int32_t in_progress_issues = 0;
  std::int32_t blocked_issues = 0;
  /// Absent when no ticket is estimated.
  std::optional<double> total_story_points;
  std::optional<double> completed_story_points;
  /// 0 to 100: completed of total issues; absent for an empty sprint.
  std::optional<double> completion_percentage;
  /// Keys of the blocked tickets.
  std::vector<std::string> blockers;
  std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(jira_sprint_stats, (),
                      (sprint_id, sprint_name, sprint_state, start_date, end_date, total_issues, completed_issues,
                       in_progress_issues, blocked_issues, total_story_points, completed_story_points,
                       completion_percentage, blockers, notes))

/// A version of a project, as fixVersion names it.
struct jira_release {
  std::string version;
  std::string project_key;
  bool released = false;
  bool archived = false;
  /// A date: "2026-11-23".
  std::optional<std::string> release_date;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(jira_release, (), (version, project_key, released, archived, release_date, description))

struct release_list {
  std::string project_key;
  /// In Jira's order: oldest first, unless somebody rearranged them.
  std::vector<jira_release> releases;
};
BOOST_DESCRIBE_STRUCT(release_list, (), (project_key, releases))

/// A release's tickets (fixVersion). Counts follow the same rules as a sprint's.
struct jira_release_stats {
  /// The version as Jira names it, which may be written otherwise than asked ("v2.0.0" for "2.0").
  std::string release;
  std::string project_key;
  bool released = false;
  /// A date: "2026-11-23".
  std::optional<std::string> release_date;
  std::int32_t total_tickets = 0;
  std::int32_t completed_tickets = 0;
  std::int32_t in_progress_tickets = 0;
  std::int32_t blocked_tickets = 0;
  /// 0 to 100: completed of total tickets; absent for a release without tickets.
  std::optional<double> ticket_completion_rate;
  /// Absent when no ticket is estimated.
  std::optional<double> total_story_points;
  std::optional<double> completed_story_points;
  /// Tickets that are not done, blocked ones first; at most 20.
  std::vector<ticket_summary> open_tickets;
  /// The blocked ones; at most 20.
  std::vector<ticket_summary> blockers;
  std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(jira_release_stats, (),
                      (release, project_key, released, release_date, total_tickets, completed_tickets,
                       in_progress_tickets, blocked_tickets, ticket_completion_rate, total_story_points,
                       completed_story_points, open_tickets, blockers, notes))

struct jira_project {
  std::string project_key;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(jira_project, (), (project_key, name))

struct project_list {
  std::vector<jira_project> projects;
};
BOOST_DESCRIBE_STRUCT(project_list, (), (projects))

// -- requests -----------------------------------------------------------------

/// Reads one ticket with its direct subtasks.
struct get_ticket {
  using reply = ticket;
  std::string ticket_key;
};
BOOST_DESCRIBE_STRUCT(get_ticket, (), (ticket_key))
constexpr auto describe_notes(tag<get_ticket>) {
  return std::array{
      member_note{.name = "ticket_key", .description = "The ticket's key: PROJ-123.", .minimum = 3, .maximum = 64}};
}

/// Reads a ticket with everything under it: an epic's stories, their subtasks.
struct get_ticket_hierarchy {
  using reply = ticket_hierarchy;
  std::string ticket_key;
  std::int32_t max_depth = 3;
};
BOOST_DESCRIBE_STRUCT(get_ticket_hierarchy, (), (ticket_key, max_depth))
constexpr auto describe_notes(tag<get_ticket_hierarchy>) {
  return std::array{
      member_note{.name = "ticket_key", .description = "The root's key: PROJ-100.", .minimum = 3, .maximum = 64},
      member_note{.name = "max_depth",
                  .description = "How many levels under the root to read.",
                  .defaulted = true,
                  .minimum = 1,
                  .maximum = 5}};
}

/// Finds tickets by a query in Jira's language.
struct search_tickets {
  using reply = jira_search_result;
  std::string jql;
  std::int32_t start_at = 0;
  std::int32_t max_results = 50;
};
BOOST_DESCRIBE_STRUCT(search_tickets, (), (jql, start_at, max_results))
constexpr auto describe_notes(tag<search_tickets>) {
  return std::array{member_note{.name = "jql",
                                .description = "The query in JQL: project = PROJ AND status = Blocked.",
                                .minimum = 1,
                                .maximum = 4000},
                    member_note{.name = "start_at",
                                .description = "How many matches to skip.",
                                .defaulted = true,
                                .minimum = 0,
                                .maximum = 10'000},
                    member_note{.name = "max_results",
                                .description = "How many matches to return.",
                                .defaulted = true,
                                .minimum = 1,
                                .maximum = 100}};
}

/// Counts a sprint's tickets and points.
struct get_sprint_stats {
  using reply = jira_sprint_stats;
  std::string project_key;
  std::optional<std::string> sprint_name;
};
BOOST_DESCRIBE_STRUCT(get_sprint_stats, (), (project_key, sprint_name))
constexpr auto describe_notes(tag<get_sprint_stats>) {
  return std::array{
      member_note{.name = "project_key", .description = "The project's key: PROJ.", .minimum = 1, .maximum = 64},
      member_note{.name = "sprint_name",
                  .description = "The sprint's name; left out for the open sprint.",
                  .minimum = 1,
                  .maximum = 200}};
}

/// Lists a project's releases.
struct list_releases {
  using reply = release_list;
  std::string project_key;
};
BOOST_DESCRIBE_STRUCT(list_releases, (), (project_key))
constexpr auto describe_notes(tag<list_releases>) {
  return std::array{
      member_note{.name = "project_key", .description = "The project's key: PROJ.", .minimum = 1, .maximum = 64}};
}

/// Counts a release's tickets and points and lists what is open.
struct get_release_stats {
  using reply = jira_release_stats;
  std::string project_key;
  std::string release;
};
BOOST_DESCRIBE_STRUCT(get_release_stats, (), (project_key, release))
constexpr auto describe_notes(tag<get_release_stats>) {
  return std::array{
      member_note{.name = "project_key", .description = "The project's key: PROJ.", .minimum = 1, .maximum = 64},
      member_note{.name = "release",
                  .description = "The release's version as people write it: v2.0.0, 2.0.",
                  .minimum = 1,
                  .maximum = 200}};
}

/// Lists the projects that the credentials can see.
struct list_projects {
  using reply = project_list;
};
BOOST_DESCRIBE_STRUCT(list_projects, (), ())

// -- writes -------------------------------------------------------------------

/// What became of a change to a ticket's status, and of a comment on it.
struct ticket_update {
  /// "PROJ-123 is Done now; the comment was added".
  std::string message;
  /// The status as Jira names it; absent when no change was asked for.
  std::optional<std::string> status;
  bool comment_added = false;
};
BOOST_DESCRIBE_STRUCT(ticket_update, (), (message, status, comment_added))

/// Moves a ticket to another status, comments on it, or both. At least one of the two must be given.
struct update_ticket {
  using reply = ticket_update;
  std::string key;
  std::optional<std::string> status;
  std::optional<std::string> comment;
};
BOOST_DESCRIBE_STRUCT(update_ticket, (), (key, status, comment))
constexpr auto describe_notes(tag<update_ticket>) {
  return std::array{
      member_note{.name = "key", .description = "The ticket's key: PROJ-123.", .minimum = 3, .maximum = 64},
      member_note{.name = "status",
                  .description = "Name of the status to move it to: In Review.",
                  .minimum = 1,
                  .maximum = 255},
      member_note{.name = "comment",
                  .description = "Text of a comment; empty lines part its paragraphs.",
                  .minimum = 1,
                  .maximum = 30'000}};
}

struct ticket_fields_update {
  std::string message;
  /// The fields that were set, by id ("customfield_10016").
  std::vector<std::string> fields_updated;
  std::optional<std::string> updated_by;
};
BOOST_DESCRIBE_STRUCT(ticket_fields_update, (), (message, fields_updated, updated_by))

/// Sets fields of a ticket, all of them or none.
struct update_ticket_fields {
  using reply = ticket_fields_update;
  std::string ticket_key;
  std::map<std::string, json_text> fields;
  std::optional<std::string> updated_by;
};
BOOST_DESCRIBE_STRUCT(update_ticket_fields, (), (ticket_key, fields, updated_by))
constexpr auto describe_notes(tag<update_ticket_fields>) {
  return std::array{
      member_note{.name = "ticket_key", .description = "The ticket's key: PROJ-123.", .minimum = 3, .maximum = 64},
      member_note{.name = "fields",
                  .description =
                      "New values by the field's id or name: {\"priority\": \"High\"}. null empties a field."},
      member_note{
          .name = "updated_by", .description = "Who asked for it, for the answer.", .minimum = 1, .maximum = 255}};
}

NEXUS_CODECS(ticket_update, update_ticket, ticket_fields_update, update_ticket_fields, ticket_status, jira_user,
             ticket_link, ticket_comment, ticket_worklog, ticket, ticket_summary, ticket_hierarchy, jira_search_result,
             jira_sprint_stats, jira_release, release_list, jira_release_stats, jira_project, project_list, get_ticket,
             get_ticket_hierarchy, search_tickets, get_sprint_stats, list_releases, get_release_stats, list_projects)

} // namespace nexus
