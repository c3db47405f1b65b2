#include "actors/llm/inquiry.hpp"
#include "actors/llm/name_matching.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::llm {

using nlohmann::json;

auto inquiry::tickets(std::string_view tool, teller tell) -> answer {
  if (!notes_.offers(tool)) return missing(tool);
  std::string text;
  auto pending = false;
  for (auto const& key : asked_.ticket_keys) {
    auto const* seen = notes_.look(tool, {{"ticket_key", key}});
    pending = pending || !seen;
    if (seen) text += (text.empty() ? "" : "\n") + (seen->ok() ? tell(*seen) : tell_failure(*seen));
  }
  if (pending) return waiting;
  return reply{std::move(text)};
}

auto inquiry::quoted(std::string_view value) -> std::string {
  std::string text;
  for (auto c : value)
    if (c == '"' || c == '\\')
      text += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) >= ' ')
      text += c;
  return fmt::format("\"{}\"", text);
}

auto inquiry::any_of(std::string_view field, std::vector<std::string> const& values) -> std::string {
  std::vector<std::string> quotes;
  for (auto const& value : values) quotes.push_back(quoted(value));
  return quotes.size() == 1 ? fmt::format("{} = {}", field, quotes[0])
                            : fmt::format("{} in ({})", field, fmt::join(quotes, ", "));
}

auto inquiry::search() -> answer {
  if (!notes_.offers("search_jira")) return missing("search_jira");
  auto const& filter = asked_.filter;
  subject release, project;
  auto const has_release = asked_.version.has_value();
  if (has_release) {
    release = find_.release();
    if (release.waiting()) return waiting;
    if (!release.found()) return ask_back(release);
  }
  std::string person;
  if (!asked_.names.empty() && notes_.offers("list_projects")) {
    project = find_.named_project();
    if (project.waiting()) return waiting;
    if (!project.found()) return ask_back(project);
  }
  if (filter.by_person) person = person_named(project.name);
  if (person.empty() && project.name.empty() && !asked_.names.empty() && !has_release) {
    project = find_.project();
    if (project.waiting()) return waiting;
    if (!project.found()) return ask_back(project);
  }
  return search_for(project.name, release, person);
}

// The first run of unknown words that does not name the project.
auto inquiry::person_named(std::string const& project) -> std::string {
  auto const projects = find_.list("list_projects");
  for (auto const& name : asked_.names) {
    std::vector<listed> own;
    for (auto const& p : projects.value_or(std::vector<listed>{}))
      if (p.name == project) own.push_back(p);
    std::vector<candidate> names;
    for (auto const& p : own) {
      names.push_back({{p.name}});
      names.back().names.insert(names.back().names.end(), p.also.begin(), p.also.end());
    }
    if (match_names(split_words(name), names).empty()) return name;
  }
  return {};
}

auto inquiry::search_for(std::string const& project, subject const& release, std::string const& person) -> answer {
  auto const& filter = asked_.filter;
  auto const done = filter.done;
  std::vector<std::string> clauses;
  auto const in_project = !release.project.empty() ? release.project : project;
  if (!in_project.empty()) clauses.push_back("project = " + quoted(in_project));
  if (!release.name.empty()) clauses.push_back("fixVersion = " + quoted(release.name));
  if (!filter.types.empty()) clauses.push_back(any_of("issuetype", filter.types));
  if (!filter.priorities.empty()) clauses.push_back(any_of("priority", filter.priorities));
  if (!filter.status.empty()) clauses.push_back("status = " + quoted(filter.status));
  if (done) clauses.emplace_back(*done ? "statusCategory = Done" : "statusCategory != Done");
  if (filter.mine) clauses.emplace_back("assignee = currentUser()");
  if (filter.unassigned) clauses.emplace_back("assignee is EMPTY");
  auto const last = clauses.size();
  auto whose = person;
  if (!person.empty()) clauses.push_back("assignee = " + quoted(person));
  if (clauses.empty())
    return refusal("Please say which tickets: of which project, release or person, or of which kind.");
  auto const query = [&] { return fmt::format("{} ORDER BY updated DESC", fmt::join(clauses, " AND ")); };

  auto const* seen = notes_.look("search_jira", {{"jql", query()}});
  if (!seen) return waiting;
  auto const nothing = seen->ok() && list_at(seen->result, "issues").empty();
  if (!person.empty() && (nothing || (seen->failed && seen->failed->code != "unavailable"))) {
    // Jira knows people by their full names: look who has tickets, and match.
    auto const* assigned =
        notes_.look("search_jira", {{"jql", "assignee is not EMPTY ORDER BY updated DESC"}, {"max_results", 100}});
    if (!assigned) return waiting;
    auto const people = assignees(*assigned);
    std::vector<candidate> names;
    for (auto const& name : people) names.push_back({{name}});
    auto const matches = match_names(split_words(person), names);
    if (matches.size() > 1) {
      std::vector<std::string> shown;
      for (auto i : matches) shown.push_back(clean(people[i]));
      return reply{fmt::format("Whom do you mean: {}?", enumerate(shown))};
    }
    if (matches.size() == 1 && people[matches[0]] != person) {
      whose = people[matches[0]];
      clauses[last] = "assignee = " + quoted(whose);
      seen = notes_.look("search_jira", {{"jql", query()}});
      if (!seen) return waiting;
    } else if (matches.empty()) {
      std::vector<std::string> shown;
      for (auto const& name : people) shown.push_back(clean(name));
      return reply{
          fmt::format("I found no tickets of \"{}\". {}", clean(person),
                      shown.empty() ? "" : fmt::format("Lately tickets are assigned to: {}.", enumerate(shown, 20)))};
    }
  }
  if (!seen->ok()) return reply{tell_failure(*seen)};
  return reply{tell_search(*seen, description(in_project, release.name, whose))};
}

// "Open bugs with status Blocked in X of release Y assigned to Z".
auto inquiry::description(std::string_view project, std::string_view release, std::string_view person) const
    -> std::string {
  auto const& filter = asked_.filter;
  std::string text = !filter.done ? "Tickets" : *filter.done ? "Done tickets" : "Open tickets";
  if (!filter.types.empty()) text += fmt::format(" of type {}", fmt::join(filter.types, " or "));
  if (!filter.priorities.empty()) text += fmt::format(" with priority {}", fmt::join(filter.priorities, " or "));
  if (!filter.status.empty()) text += fmt::format(" with status {}", filter.status);
  if (!project.empty()) text += fmt::format(" in {}", clean(project));
  if (!release.empty()) text += fmt::format(" for release {}", clean(release));
  if (filter.mine) text += " assigned to you";
  if (filter.unassigned) text += " that nobody is assigned to";
  if (!person.empty()) text += fmt::format(" assigned to {}", clean(person));
  return text;
}

auto inquiry::assignees(observation const& seen) -> std::vector<std::string> {
  std::vector<std::string> people;
  for (auto const& issue : list_at(seen.result, "issues")) {
    auto name = text_at(object_at(issue, "assignee"), "display_name");
    if (!name) name = text_at(issue, "assignee");
    if (name && std::find(people.begin(), people.end(), *name) == people.end()) people.push_back(*name);
  }
  return people;
}

auto inquiry::sprint() -> answer {
  if (!notes_.offers("get_sprint_stats")) return missing("get_sprint_stats");
  auto const project = find_.project();
  if (project.waiting()) return waiting;
  if (!project.found()) return ask_back(project);
  json arguments{{"project_key", project.name}};
  if (asked_.sprint) arguments["sprint_name"] = *asked_.sprint;
  auto const* seen = notes_.look("get_sprint_stats", std::move(arguments));
  if (!seen) return waiting;
  return with_rule(project, seen->ok() ? tell_sprint(*seen, project.name) : tell_failure(*seen));
}

} // namespace nexus::llm
