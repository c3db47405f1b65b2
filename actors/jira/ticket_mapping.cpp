#include "actors/jira/ticket_mapping.hpp"

#include "actors/jira/document_text.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"
#include "runtime/rest/json_view.hpp"

#include <array>

namespace nexus::jira {
namespace {

using rest::json_view;

constexpr std::size_t max_comments = 50;
constexpr std::size_t comment_limit = 8 * 1024;

template <std::size_t N>
auto contains_any(std::string_view text, std::array<std::string_view, N> const& words) -> bool {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return text.find(word) != std::string_view::npos; });
}

auto status_in(json_view const& fields) -> std::optional<ticket_status> {
  auto const name = fields["status"]["name"].text();
  if (!name) return {};
  return status_of(*name, fields["status"]["statusCategory"]["key"].text().value_or(""));
}

/// What every issue shows of itself, also as a subtask or at the end of a link.
void read_core(ticket& result, json_view const& issue) {
  auto const fields = issue["fields"];
  result.key = issue["key"].text().value_or("");
  result.id = issue["id"].words();
  result.summary = fields["summary"].text().value_or("");
  result.issue_type = fields["issuetype"]["name"].text().value_or("");
  result.status_name = fields["status"]["name"].text().value_or("");
  result.status = status_in(fields).value_or(ticket_status::to_do);
  result.priority = fields["priority"]["name"].words();
  auto const dash = result.key.rfind('-');
  result.project_key = fields["project"]["key"].words();
  if (!result.project_key && dash != std::string::npos) result.project_key = result.key.substr(0, dash);
}

auto names_in(json_view const& list) -> std::vector<std::string> {
  std::vector<std::string> result;
  for (auto const& each : list.items()) {
    auto const view = json_view{each};
    if (auto name = view.is_null() ? std::nullopt : view["name"].words() ? view["name"].words() : view.words())
      result.push_back(std::move(*name));
  }
  return result;
}

auto links_in(json_view const& list) -> std::vector<ticket_link> {
  std::vector<ticket_link> result;
  for (auto const& each : list.items()) {
    auto const link = json_view{each};
    for (auto const& [end, wording] : {std::pair{"inwardIssue", "inward"}, std::pair{"outwardIssue", "outward"}}) {
      auto const other = link[end];
      if (auto key = other["key"].words())
        result.push_back({.key = std::move(*key),
                          .relation = link["type"][wording].words().value_or(link["type"]["name"].text().value_or("")),
                          .summary = other["fields"]["summary"].text(),
                          .status = status_in(other["fields"])});
    }
  }
  return result;
}

auto comments_in(json_view const& value) -> std::optional<std::vector<ticket_comment>> {
  if (!value["comments"].raw().is_array()) return {};
  auto const& all = value["comments"].items();
  std::vector<ticket_comment> result;
  for (auto i = all.size() - std::min(all.size(), max_comments); i < all.size(); ++i) {
    auto const comment = json_view{all[i]};
    result.push_back({.id = comment["id"].text().value_or(""),
                      .author = user_from_json(comment["author"].raw()),
                      .body = document_text(comment["body"].raw(), comment_limit),
                      .created_at = comment["created"].time()});
  }
  return result;
}

auto worklogs_in(json_view const& value) -> std::optional<std::vector<ticket_worklog>> {
  if (!value["worklogs"].raw().is_array()) return {};
  std::vector<ticket_worklog> result;
  for (auto const& each : value["worklogs"].items()) {
    auto const entry = json_view{each};
    result.push_back({.id = entry["id"].text().value_or(""),
                      .author = user_from_json(entry["author"].raw()),
                      .time_spent_seconds = entry["timeSpentSeconds"].integer(),
                      .started_at = entry["started"].time()});
  }
  return result;
}

/// The sprint that matters of those a ticket has been in: the active one, else the last. Cloud lists objects, older
/// sites texts such as "...Sprint@1f[id=42,state=ACTIVE,name=Sprint 42,goal=]".
void read_sprint(ticket& result, json_view const& list) {
  for (auto const& each : list.items()) {
    auto const sprint = json_view{each};
    auto id = sprint["id"].integer();
    auto name = sprint["name"].words();
    auto active = sprint["state"].text() == "active";
    if (auto const text = sprint.text()) {
      auto const part = [&](std::string_view label) -> std::string {
        for (auto const mark : {'[', ','}) {
          auto const start = text->find(mark + std::string{label} + '=');
          if (start == std::string::npos) continue;
          auto const from = start + label.size() + 2;
          return text->substr(from, text->find_first_of(",]", from) - from);
        }
        return {};
      };
      auto const digits = nlohmann::json(part("id"));
      id = json_view{digits}.integer();
      name = part("name");
      active = part("state") == "ACTIVE";
    }
    if (!id && !name) continue;
    result.sprint_id = id;
    result.sprint_name = name;
    if (active) return;
  }
}

} // namespace

auto status_of(std::string_view name, std::string_view category_key) -> ticket_status {
  using enum ticket_status;
  auto const words = lower_case(name);
  auto const done_category = category_key == "done";
  auto const known_category = done_category || category_key == "new" || category_key == "indeterminate";
  if (!done_category && words.find("block") != std::string::npos && words.find("unblock") == std::string::npos)
    return blocked;
  if ((done_category || !known_category) &&
      contains_any(words, std::array<std::string_view, 5>{"cancel", "won't", "wont ", "rejected", "abandoned"}))
    return cancelled;
  if (done_category) return done;
  if (category_key != "new" && words.find("review") != std::string::npos) return in_review;
  if (category_key == "indeterminate") return in_progress;
  if (category_key == "new") return to_do;
  // Without a category, only the names that every site starts with say anything.
  if (contains_any(words, std::array<std::string_view, 3>{"done", "closed", "resolved"})) return done;
  return words.find("progress") != std::string::npos ? in_progress : to_do;
}

auto user_from_json(nlohmann::json const& value) -> std::optional<jira_user> {
  auto const user = json_view{value};
  auto id = user["accountId"].words();
  if (!id) return {};
  return jira_user{.account_id = std::move(*id),
                   .display_name = user["displayName"].text().value_or(""),
                   .email = user["emailAddress"].words(),
                   .avatar_url = user["avatarUrls"]["48x48"].words(),
                   .active = user["active"].boolean().value_or(true)};
}

auto ticket_from_json(nlohmann::json const& issue, field_ids const& ids) -> expected<ticket> {
  auto const view = json_view{issue};
  if (!view["key"].words()) return fail(errc::upstream, "Jira sent an issue without a key");
  auto const fields = view["fields"];
  ticket result;
  read_core(result, view);
  if (auto const description = fields["description"]; !description.is_null())
    if (auto text = document_text(description.raw()); !text.empty()) result.description = std::move(text);
  result.resolution = fields["resolution"]["name"].words();

  auto const parent = fields["parent"];
  result.parent_key = parent["key"].words();
  result.epic_key = fields[ids.epic_link].words();
  if (!result.epic_key && (parent["fields"]["issuetype"]["hierarchyLevel"].integer() == 1 ||
                           same_word(parent["fields"]["issuetype"]["name"].text().value_or(""), "epic")))
    result.epic_key = result.parent_key;

  for (auto const& each : fields["subtasks"].items())
    if (json_view{each}["key"].words()) {
      read_core(result.subtasks.emplace_back(), json_view{each});
      result.subtasks.back().parent_key = result.key;
    }
  result.linked_issues = links_in(fields["issuelinks"]);
  result.assignee = user_from_json(fields["assignee"].raw());
  result.reporter = user_from_json(fields["reporter"].raw());
  result.story_points = fields[ids.story_points].number();
  result.original_estimate_seconds = fields["timeoriginalestimate"].integer();
  result.remaining_estimate_seconds = fields["timeestimate"].integer();
  result.time_spent_seconds = fields["timespent"].integer();
  read_sprint(result, fields[ids.sprint]);
  result.fix_versions = names_in(fields["fixVersions"]);
  result.labels = names_in(fields["labels"]);
  result.components = names_in(fields["components"]);
  result.flagged = !fields[ids.flagged].items().empty();
  result.created_at = fields["created"].time();
  result.updated_at = fields["updated"].time();
  result.resolved_at = fields["resolutiondate"].time();
  result.due_date = fields["duedate"].words();
  result.comments = comments_in(fields["comment"]);
  result.worklogs = worklogs_in(fields["worklog"]);
  for (auto const& id : ids.others)
    if (auto const value = fields[id]; !value.is_null()) result.custom_fields[id] = {dump_json(value.raw())};
  return result;
}

auto summary_of(ticket const& whole) -> ticket_summary {
  return {.key = whole.key,
          .summary = whole.summary,
          .issue_type = whole.issue_type,
          .status = whole.status,
          .status_name = whole.status_name,
          .priority = whole.priority,
          .assignee = whole.assignee ? std::optional{whole.assignee->display_name} : std::nullopt,
          .story_points = whole.story_points};
}

auto field_names(field_ids const& fields, ticket_detail detail) -> std::string {
  auto result = std::string{"summary,issuetype,status,priority,assignee"};
  for (auto const* id : {&fields.story_points, &fields.flagged})
    if (!id->empty()) result += ',' + *id;
  if (detail == ticket_detail::figures) return result;
  result += ",resolution,project,parent,issuelinks,reporter,timeoriginalestimate,timeestimate,timespent,fixVersions,"
            "labels,components,created,updated,resolutiondate,duedate";
  if (detail == ticket_detail::everything) result += ",description,comment,worklog,subtasks";
  for (auto const* id : {&fields.epic_link, &fields.sprint})
    if (!id->empty()) result += ',' + *id;
  for (auto const& id : fields.others) result += ',' + id;
  return result;
}

auto release_from_json(nlohmann::json const& value, std::string const& project_key) -> std::optional<jira_release> {
  auto const version = json_view{value};
  auto name = version["name"].words();
  if (!name) return {};
  return jira_release{.version = std::move(*name),
                      .project_key = project_key,
                      .released = version["released"].boolean().value_or(false),
                      .archived = version["archived"].boolean().value_or(false),
                      .release_date = version["releaseDate"].words(),
                      .description = version["description"].words()};
}

} // namespace nexus::jira
