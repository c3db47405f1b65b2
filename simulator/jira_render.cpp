#include "simulator/jira.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator::jira {
namespace {

constexpr std::array<std::string_view, 5> priority_ids{"1", "2", "3", "4", "5"};
constexpr std::array<std::string_view, 5> status_ids{"10000", "10001", "10002", "10003", "10004"};

auto render_status_category(std::string_view base, ticket_status status) -> json {
  if (status == ticket_status::to_do)
    return {{"self", fmt::format("{}/rest/api/3/statuscategory/2", base)},
            {"id", 2},
            {"key", "new"},
            {"colorName", "blue-gray"},
            {"name", "To Do"}};
  if (status == ticket_status::done)
    return {{"self", fmt::format("{}/rest/api/3/statuscategory/3", base)},
            {"id", 3},
            {"key", "done"},
            {"colorName", "green"},
            {"name", "Done"}};
  return {{"self", fmt::format("{}/rest/api/3/statuscategory/4", base)},
          {"id", 4},
          {"key", "indeterminate"},
          {"colorName", "yellow"},
          {"name", "In Progress"}};
}

auto render_type(std::string_view base, ticket_type type) -> json {
  auto id = fmt::format("{}", 10100 + static_cast<int>(type));
  auto level = type == ticket_type::epic ? 1 : type == ticket_type::subtask ? -1 : 0;
  return {{"self", fmt::format("{}/rest/api/3/issuetype/{}", base, id)},
          {"id", id},
          {"description", ""},
          {"iconUrl", fmt::format("{}/rest/api/2/universal_avatar/view/type/issuetype/avatar/{}", base, id)},
          {"name", name_of(type)},
          {"subtask", type == ticket_type::subtask},
          {"hierarchyLevel", level}};
}

auto render_priority(std::string_view base, priority p) -> json {
  auto id = priority_ids[static_cast<std::size_t>(p)];
  return {{"self", fmt::format("{}/rest/api/3/priority/{}", base, id)},
          {"iconUrl", fmt::format("{}/images/icons/priorities/{}.svg", base, id)},
          {"name", name_of(p)},
          {"id", id}};
}

/// The short form in which an issue appears inside another.
auto render_reference(std::string_view base, ticket const& x) -> json {
  return {{"id", fmt::format("{}", x.id)},
          {"key", x.key},
          {"self", fmt::format("{}/rest/api/3/issue/{}", base, x.id)},
          {"fields",
           {{"summary", x.summary},
            {"status", render_status(base, x.status)},
            {"priority", render_priority(base, x.priority)},
            {"issuetype", render_type(base, x.type)}}}};
}

auto paragraph(std::string_view text) -> json {
  return {{"type", "paragraph"}, {"content", json::array({{{"type", "text"}, {"text", text}}})}};
}

/// The Atlassian Document Format of a description.
auto render_document(std::string_view text) -> json {
  auto content = json::array();
  for (auto& line : split(text, '\n')) {
    if (!line.starts_with("- ")) {
      content.push_back(paragraph(line));
      continue;
    }
    if (content.empty() || content.back()["type"] != "bulletList")
      content.push_back({{"type", "bulletList"}, {"content", json::array()}});
    content.back()["content"].push_back({{"type", "listItem"}, {"content", json::array({paragraph(line.substr(2))})}});
  }
  return {{"type", "doc"}, {"version", 1}, {"content", std::move(content)}};
}

auto render_links(data_set const& world, std::string_view base, ticket const& x) -> json {
  auto links = json::array();
  for (auto const& link : x.links) {
    auto const* other = world.find_ticket(link.other);
    if (other == nullptr) continue;
    links.push_back({{"id", fmt::format("{}", link.id)},
                     {"self", fmt::format("{}/rest/api/3/issueLink/{}", base, link.id)},
                     {"type",
                      {{"id", "10000"},
                       {"name", "Blocks"},
                       {"inward", "is blocked by"},
                       {"outward", "blocks"},
                       {"self", fmt::format("{}/rest/api/3/issueLinkType/10000", base)}}},
                     {link.is_blocked_by ? "inwardIssue" : "outwardIssue", render_reference(base, *other)}});
  }
  return links;
}

auto render_subtasks(data_set const& world, std::string_view base, ticket const& x) -> json {
  auto list = json::array();
  if (auto found = world.children.find(x.key); found != world.children.end())
    for (auto i : found->second)
      if (world.tickets[i].type == ticket_type::subtask) list.push_back(render_reference(base, world.tickets[i]));
  return list;
}

/// customfield_10020: the sprints as the board sees them, null outside of any.
auto render_sprints(project const& p, ticket const& x) -> json {
  if (x.sprints.empty()) return nullptr;
  auto list = json::array();
  for (auto i : x.sprints) {
    auto const& s = p.sprints[i];
    json entry{{"id", s.id}, {"name", s.name}, {"state", s.state}, {"boardId", p.board}, {"goal", s.goal}};
    entry["startDate"] = agile_time(s.start);
    entry["endDate"] = agile_time(s.end);
    if (s.completed) entry["completeDate"] = agile_time(*s.completed);
    list.push_back(std::move(entry));
  }
  return list;
}

} // namespace

auto render_status(std::string_view base, ticket_status status) -> json {
  auto id = status_ids[static_cast<std::size_t>(status)];
  return {{"self", fmt::format("{}/rest/api/3/status/{}", base, id)},
          {"description", ""},
          {"iconUrl", fmt::format("{}/images/icons/statuses/generic.png", base)},
          {"name", name_of(status)},
          {"id", id},
          {"statusCategory", render_status_category(base, status)}};
}

auto render_comment(data_set const& world, std::string_view base, ticket const& on, ticket_comment const& c,
                    bool with_properties) -> json {
  json result{{"self", fmt::format("{}/rest/api/3/issue/{}/comment/{}", base, on.id, c.id)},
              {"id", fmt::format("{}", c.id)},
              {"author", render_user(world, base, c.author)},
              {"updateAuthor", render_user(world, base, c.author)},
              {"body", json::parse(c.document, nullptr, false)},
              {"created", jira_time(c.created)},
              {"updated", jira_time(c.created)},
              {"jsdPublic", true}};
  if (with_properties) {
    result["properties"] = json::array();
    for (auto const& [key, value] : c.properties)
      result["properties"].push_back({{"key", key}, {"value", json::parse(value, nullptr, false)}});
  }
  return result;
}

field_selection::field_selection(std::vector<std::string> names) : names_(std::move(names)) {
  auto only_exclusions =
      !names_.empty() && std::all_of(names_.begin(), names_.end(), [](auto const& x) { return x.starts_with('-'); });
  all_ = only_exclusions || std::find(names_.begin(), names_.end(), "*all") != names_.end() ||
         std::find(names_.begin(), names_.end(), "*navigable") != names_.end();
}

auto field_selection::wants(std::string_view field) const -> bool {
  auto named = false;
  for (auto const& name : names_) {
    if (name.starts_with('-') && std::string_view{name}.substr(1) == field) return false;
    named = named || name == field;
  }
  return named || all_;
}

auto render_user(data_set const& world, std::string_view base, std::size_t who) -> json {
  auto const& p = world.people[who];
  return {{"self", fmt::format("{}/rest/api/3/user?accountId={}", base, p.account_id)},
          {"accountId", p.account_id},
          {"emailAddress", p.email},
          {"avatarUrls",
           {{"48x48", fmt::format("{}/avatar/{}/48", base, p.login)},
            {"24x24", fmt::format("{}/avatar/{}/24", base, p.login)}}},
          {"displayName", p.name},
          {"active", true},
          {"timeZone", "Etc/UTC"},
          {"accountType", "atlassian"}};
}

auto render_project(data_set const& world, std::string_view base, project const& p) -> json {
  return {{"expand", "description,lead,issueTypes,url,projectKeys,permissions,insight"},
          {"self", fmt::format("{}/rest/api/3/project/{}", base, p.id)},
          {"id", fmt::format("{}", p.id)},
          {"key", p.key},
          {"name", p.name},
          {"lead", render_user(world, base, p.lead)},
          {"projectTypeKey", "software"},
          {"simplified", p.team_managed},
          {"style", p.team_managed ? "next-gen" : "classic"},
          {"isPrivate", false}};
}

auto render_version(std::string_view base, project const& p, version const& v, instant now) -> json {
  json result{{"self", fmt::format("{}/rest/api/3/version/{}", base, v.id)},
              {"id", fmt::format("{}", v.id)},
              {"description", v.description},
              {"name", v.name},
              {"archived", v.archived},
              {"released", v.released},
              {"startDate", date_text(v.start)},
              {"releaseDate", date_text(v.release)},
              {"projectId", p.id}};
  // Jira says so only of versions that are not out yet.
  if (!v.released) result["overdue"] = v.release < now;
  return result;
}

auto render_sprint(std::string_view base, project const& p, sprint const& s) -> json {
  json result{{"id", s.id},
              {"self", fmt::format("{}/rest/agile/1.0/sprint/{}", base, s.id)},
              {"state", s.state},
              {"name", s.name},
              {"startDate", agile_time(s.start)},
              {"endDate", agile_time(s.end)},
              {"createdDate", agile_time(s.start - std::chrono::days{7})},
              {"originBoardId", p.board},
              {"goal", s.goal}};
  if (s.completed) result["completeDate"] = agile_time(*s.completed);
  return result;
}

auto render_issue(data_set const& world, std::string_view base, ticket const& x, field_selection const& fields)
    -> json {
  json issue{{"id", fmt::format("{}", x.id)}};
  if (fields.none()) return issue;
  auto const& p = world.projects[x.project];
  issue["expand"] = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations";
  issue["self"] = fmt::format("{}/rest/api/3/issue/{}", base, x.id);
  issue["key"] = x.key;
  auto& shown = issue["fields"] = json::object();
  auto show = [&](char const* name, auto&& render) {
    if (fields.wants(name)) shown[name] = render();
  };
  auto user = [&](std::optional<std::size_t> who) { return who ? render_user(world, base, *who) : json(nullptr); };
  show("summary", [&] { return json(x.summary); });
  show("status", [&] { return render_status(base, x.status); });
  show("statuscategorychangedate", [&] { return json(jira_time(x.resolved.value_or(x.updated))); });
  show("issuetype", [&] { return render_type(base, x.type); });
  show("priority", [&] { return render_priority(base, x.priority); });
  show("project", [&] {
    return json{{"self", fmt::format("{}/rest/api/3/project/{}", base, p.id)},
                {"id", fmt::format("{}", p.id)},
                {"key", p.key},
                {"name", p.name},
                {"projectTypeKey", "software"},
                {"simplified", p.team_managed}};
  });
  show("assignee", [&] { return user(x.assignee); });
  show("reporter", [&] { return user(x.reporter); });
  show("creator", [&] { return user(x.reporter); });
  show("labels", [&] { return json(x.labels); });
  show("created", [&] { return json(jira_time(x.created)); });
  show("updated", [&] { return json(jira_time(x.updated)); });
  show("resolutiondate", [&] { return x.resolved ? json(jira_time(*x.resolved)) : json(nullptr); });
  show("resolution", [&] {
    if (!x.resolved) return json(nullptr);
    return json{{"self", fmt::format("{}/rest/api/3/resolution/10000", base)},
                {"id", "10000"},
                {"description", "Work has been completed on this issue."},
                {"name", "Done"}};
  });
  show("duedate", [&] { return x.due ? json(date_text(*x.due)) : json(nullptr); });
  show("description", [&] { return render_document(x.description); });
  show("components", [&] {
    auto list = json::array();
    if (x.component)
      list.push_back({{"id", fmt::format("{}", p.id * 100 + static_cast<int>(*x.component))},
                      {"name", p.components[*x.component]}});
    return list;
  });
  show("fixVersions", [&] {
    auto list = json::array();
    for (auto i : x.versions) {
      auto const& v = p.versions[i];
      list.push_back({{"self", fmt::format("{}/rest/api/3/version/{}", base, v.id)},
                      {"id", fmt::format("{}", v.id)},
                      {"description", v.description},
                      {"name", v.name},
                      {"archived", v.archived},
                      {"released", v.released},
                      {"releaseDate", date_text(v.release)}});
    }
    return list;
  });
  show("versions", [] { return json::array(); });
  show("subtasks", [&] { return render_subtasks(world, base, x); });
  show("issuelinks", [&] { return render_links(world, base, x); });
  show("comment", [&] {
    auto list = json::array();
    for (auto const& c : x.comments) list.push_back(render_comment(world, base, x, c, false));
    auto total = list.size();
    return json{{"comments", std::move(list)}, {"maxResults", total}, {"total", total}, {"startAt", 0}};
  });
  // A top-level issue has no such member at all.
  auto const* parent = world.find_ticket(x.parent);
  if (parent != nullptr) show("parent", [&] { return render_reference(base, *parent); });
  show("customfield_10016", [&] { return x.points ? json(*x.points) : json(nullptr); });
  show("customfield_10020", [&] { return render_sprints(p, x); });
  if (!p.team_managed)
    show("customfield_10014",
         [&] { return parent != nullptr && parent->type == ticket_type::epic ? json(parent->key) : json(nullptr); });
  return issue;
}

auto render_fields() -> json {
  struct row {
    char const *id, *name, *type, *custom;
  };
  constexpr row rows[] = {
      {"summary", "Summary", "string", nullptr},
      {"status", "Status", "status", nullptr},
      {"issuetype", "Issue Type", "issuetype", nullptr},
      {"priority", "Priority", "priority", nullptr},
      {"project", "Project", "project", nullptr},
      {"assignee", "Assignee", "user", nullptr},
      {"reporter", "Reporter", "user", nullptr},
      {"labels", "Labels", "array", nullptr},
      {"components", "Components", "array", nullptr},
      {"fixVersions", "Fix versions", "array", nullptr},
      {"versions", "Affects versions", "array", nullptr},
      {"created", "Created", "datetime", nullptr},
      {"updated", "Updated", "datetime", nullptr},
      {"resolutiondate", "Resolved", "datetime", nullptr},
      {"duedate", "Due date", "date", nullptr},
      {"description", "Description", "string", nullptr},
      {"issuelinks", "Linked Issues", "array", nullptr},
      {"subtasks", "Sub-tasks", "array", nullptr},
      {"parent", "Parent", "issuelink", nullptr},
      {"customfield_10014", "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link"},
      {"customfield_10016", "Story point estimate", "number", "com.pyxis.greenhopper.jira:jsw-story-points"},
      {"customfield_10020", "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint"}};
  auto list = json::array();
  for (auto const& r : rows) {
    json schema{{"type", r.type}};
    if (r.custom != nullptr) {
      schema["custom"] = r.custom;
      schema["customId"] = std::stoi(std::string{r.id}.substr(12));
    } else {
      schema["system"] = r.id;
    }
    list.push_back({{"id", r.id},
                    {"key", r.id},
                    {"name", r.name},
                    {"custom", r.custom != nullptr},
                    {"orderable", true},
                    {"navigable", true},
                    {"searchable", true},
                    {"clauseNames", json::array({r.name})},
                    {"schema", std::move(schema)}});
  }
  return list;
}

} // namespace nexus::simulator::jira
