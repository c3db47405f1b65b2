#include "actors/llm/answer_text.hpp"

#include <fmt/format.h>

namespace nexus::llm {

namespace {

using nlohmann::json;

constexpr int deepest_level = 8;

auto status_of(json const& ticket) -> std::string {
  if (auto name = text_at(ticket, "status_name")) return *name;
  return text_at(ticket, "status").value_or("status unknown");
}

// A name where the shape has a user, and where it has only the name.
auto person_at(json const& ticket, char const* role) -> std::optional<std::string> {
  if (auto name = text_at(ticket, role)) return name;
  return text_at(object_at(ticket, role), "display_name");
}

auto one_line(json const& ticket) -> std::string {
  auto line = text_at(ticket, "key").value_or("(no key)");
  if (auto summary = text_at(ticket, "summary")) line += fmt::format(" \"{}\"", *summary);
  std::vector<std::string> facts{status_of(ticket)};
  if (auto priority = text_at(ticket, "priority")) facts.push_back(*priority);
  if (auto assignee = person_at(ticket, "assignee")) facts.push_back(*assignee);
  return fmt::format("{} ({})", line, enumerate(facts));
}

struct tally {
  std::size_t total = 0, done = 0, cancelled = 0;
  std::vector<std::string> blocked, open;
};

void count_below(json const& ticket, int level, tally& counts) {
  if (level > deepest_level) return;
  for (auto const& child : list_at(ticket, "subtasks")) {
    ++counts.total;
    auto const status = text_at(child, "status").value_or("");
    if (status == "Done")
      ++counts.done;
    else if (status == "Cancelled")
      ++counts.cancelled;
    else if (status == "Blocked")
      counts.blocked.push_back(one_line(child));
    else
      counts.open.push_back(one_line(child));
    count_below(child, level + 1, counts);
  }
}

} // namespace

auto tell_ticket(observation const& seen) -> std::string {
  auto const& ticket = seen.result;
  auto text = text_at(ticket, "key").value_or("The ticket");
  if (auto type = text_at(ticket, "issue_type")) text += fmt::format(" ({})", *type);
  if (auto summary = text_at(ticket, "summary")) text += fmt::format(" \"{}\"", *summary);
  text += fmt::format(": {}", status_of(ticket));
  if (auto priority = text_at(ticket, "priority")) text += fmt::format(", priority {}", *priority);
  if (auto assignee = person_at(ticket, "assignee"))
    text += fmt::format(", assigned to {}", *assignee);
  else
    text += ", nobody assigned";
  if (auto points = figure_at(ticket, "story_points"))
    text += fmt::format(", {}", counted(*points, "story point", "story points"));
  text += '.';
  if (auto sprint = text_at(ticket, "sprint_name")) text += fmt::format(" Sprint: {}.", *sprint);
  if (auto versions = texts_at(ticket, "fix_versions"); !versions.empty())
    text += fmt::format(" Release: {}.", enumerate(versions));
  if (auto epic = text_at(ticket, "epic_key"))
    text += fmt::format(" Epic: {}.", *epic);
  else if (auto parent = text_at(ticket, "parent_key"))
    text += fmt::format(" Parent: {}.", *parent);
  if (flag_at(ticket, "flagged").value_or(false)) text += " It is flagged as an impediment.";
  std::vector<std::string> links;
  for (auto const& link : list_at(ticket, "linked_issues"))
    if (auto key = text_at(link, "key"))
      links.push_back(fmt::format("{} {}{}", text_at(link, "relation").value_or("linked to"), *key,
                                  text_at(link, "status") ? " (" + *text_at(link, "status") + ")" : ""));
  if (!links.empty()) text += fmt::format(" Links: {}.", enumerate(links));
  if (auto const& subtasks = list_at(ticket, "subtasks"); !subtasks.empty()) {
    tally counts;
    count_below(ticket, 0, counts);
    text += fmt::format(" {} of {} subtasks done.", counts.done, counts.total);
  }
  if (auto reporter = person_at(ticket, "reporter")) text += fmt::format(" Reported by {}.", *reporter);
  if (auto due = text_at(ticket, "due_date")) text += fmt::format(" Due {}.", *due);
  if (auto resolved = time_at(ticket, "resolved_at")) text += fmt::format(" Resolved {}.", *resolved);
  if (auto updated = time_at(ticket, "updated_at")) text += fmt::format(" Last updated {}.", *updated);
  return text;
}

auto tell_hierarchy(observation const& seen) -> std::string {
  auto const& root = seen.result.contains("hierarchy") ? object_at(seen.result, "hierarchy") : seen.result;
  auto text = fmt::format("{}.", one_line(root));
  tally counts;
  count_below(root, 0, counts);
  if (counts.total == 0) {
    text += " There are no tickets under it.";
  } else {
    text += fmt::format(" {} of the {} under it done", counts.done,
                        counts.total == 1 ? "1 ticket" : fmt::format("{} tickets", counts.total));
    if (!counts.blocked.empty()) text += fmt::format(", {} blocked", counts.blocked.size());
    if (counts.cancelled > 0) text += fmt::format(", {} cancelled", counts.cancelled);
    text += '.';
    if (!counts.blocked.empty()) text += fmt::format(" Blocked: {}.", enumerate(counts.blocked, 5));
    if (!counts.open.empty()) text += fmt::format(" Open: {}.", enumerate(counts.open, 8));
  }
  if (!flag_at(seen.result, "complete").value_or(true)) text += " The list is not complete.";
  if (auto notes = texts_at(seen.result, "notes"); !notes.empty()) text += fmt::format(" Note: {}.", enumerate(notes));
  return text;
}

auto tell_search(observation const& seen, std::string_view what) -> std::string {
  auto const& issues = list_at(seen.result, "issues");
  auto const more = flag_at(seen.result, "more").value_or(false);
  auto const total = figure_at(seen.result, "total");
  if (issues.empty()) return fmt::format("{}: none.", what);
  std::vector<std::string> lines;
  for (auto const& issue : issues) lines.push_back(one_line(issue));
  auto const figure = total  ? *total
                      : more ? fmt::format("more than {}", issues.size())
                             : std::to_string(issues.size());
  return fmt::format("{}: {}. {}.", what, figure, enumerate(lines, 10));
}

auto tell_sprint(observation const& seen, std::string_view project) -> std::string {
  auto const& sprint = seen.result;
  auto text = fmt::format("{} of {}", text_at(sprint, "sprint_name").value_or("The sprint"), project);
  if (auto state = text_at(sprint, "sprint_state")) text += fmt::format(" ({})", *state);
  if (auto total = figure_at(sprint, "total_issues")) {
    text += fmt::format(": {}", counted(*total, "issue", "issues"));
    if (auto done = figure_at(sprint, "completed_issues")) text += fmt::format(", {} completed", *done);
    if (auto busy = figure_at(sprint, "in_progress_issues")) text += fmt::format(", {} in progress", *busy);
    if (auto blocked = figure_at(sprint, "blocked_issues")) text += fmt::format(", {} blocked", *blocked);
    if (auto rate = figure_at(sprint, "completion_percentage")) text += fmt::format("; {} % complete", *rate);
  } else {
    text += ": the number of its issues is not known";
  }
  text += '.';
  auto const points = figure_at(sprint, "total_story_points");
  auto const done = figure_at(sprint, "completed_story_points");
  if (points && done) text += fmt::format(" {} of {} story points are done.", *done, *points);
  if (auto blockers = texts_at(sprint, "blockers"); !blockers.empty())
    text += fmt::format(" Blocked: {}.", enumerate(blockers));
  if (auto end = time_at(sprint, "end_date")) text += fmt::format(" It ends {}.", *end);
  if (auto notes = texts_at(sprint, "notes"); !notes.empty()) text += fmt::format(" Note: {}.", enumerate(notes));
  return text;
}

auto tell_projects(observation const& seen) -> std::string {
  std::vector<std::string> lines;
  for (auto const& project : list_at(seen.result, "projects"))
    if (auto key = text_at(project, "project_key"))
      lines.push_back(text_at(project, "name") ? fmt::format("{} ({})", *key, *text_at(project, "name")) : *key);
  return lines.empty() ? "There are no projects that I can see." : fmt::format("Projects: {}.", enumerate(lines, 20));
}

} // namespace nexus::llm
