#include "simulator/jira.hpp"
#include "simulator/jql.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator::jira {
namespace {

auto render_board(std::string_view base, project const& p) -> json {
  return {{"id", p.board},
          {"self", fmt::format("{}/rest/agile/1.0/board/{}", base, p.board)},
          {"name", fmt::format("{} board", p.key)},
          {"type", p.team_managed ? "simple" : "scrum"},
          {"location",
           {{"projectId", p.id},
            {"displayName", fmt::format("{} ({})", p.name, p.key)},
            {"projectName", p.name},
            {"projectKey", p.key},
            {"projectTypeKey", "software"},
            {"name", fmt::format("{} ({})", p.name, p.key)}}}};
}

/// One page of a list, as the agile API frames it.
template <class Render>
auto page(visit const& v, std::size_t total, Render render) -> http::response {
  auto start = static_cast<std::size_t>(v.number("startAt", 0, 1'000'000, 0));
  auto limit = static_cast<std::size_t>(v.number("maxResults", 1, 50, 50));
  auto values = json::array();
  for (auto i = start; i < total && values.size() < limit; ++i) values.push_back(render(i));
  auto last = start + values.size() >= total;
  return json_answer(
      200,
      {{"maxResults", limit}, {"startAt", start}, {"total", total}, {"isLast", last}, {"values", std::move(values)}});
}

auto find_board(data_set const& world, std::string_view id) -> project const* {
  for (auto const& p : world.projects)
    if (p.board != 0 && fmt::format("{}", p.board) == id) return &p;
  return nullptr;
}

auto answer_boards(data_set const& world, visit const& v) -> http::response {
  auto wanted = v.parameter("projectKeyOrId");
  std::vector<project const*> boards;
  auto known = !wanted;
  for (auto const& p : world.projects) {
    auto asked = !wanted || p.key == *wanted || fmt::format("{}", p.id) == *wanted;
    known = known || asked;
    if (p.board != 0 && asked) boards.push_back(&p);
  }
  if (!known) return problem(400, fmt::format("No project could be found with key or id '{}'.", *wanted));
  return page(v, boards.size(), [&](auto i) { return render_board(v.base, *boards[i]); });
}

auto answer_board_sprints(project const& p, visit const& v) -> http::response {
  auto states = split(v.parameter("state").value_or("active,closed,future"), ',');
  for (auto const& state : states)
    if (state != "active" && state != "closed" && state != "future")
      return problem(400, fmt::format("The value '{}' is not a valid sprint state.", state));
  std::vector<sprint const*> sprints;
  for (auto const& s : p.sprints)
    if (std::find(states.begin(), states.end(), s.state) != states.end()) sprints.push_back(&s);
  return page(v, sprints.size(), [&](auto i) { return render_sprint(v.base, p, *sprints[i]); });
}

auto answer_sprint_issues(data_set const& world, std::size_t project_index, std::size_t sprint_index, visit const& v)
    -> http::response {
  auto query = jql::parse(v.parameter("jql").value_or(""));
  if (!query) return problem(400, query.error().message);
  if (query->order_by.empty()) query->order_by.push_back({"key", false});
  auto found = jql::select(world, *query, v.now);
  if (!found) return problem(400, found.error().message);
  std::erase_if(*found, [&](auto i) {
    auto const& x = world.tickets[i];
    return x.project != project_index || std::find(x.sprints.begin(), x.sprints.end(), sprint_index) == x.sprints.end();
  });
  auto names = split(v.parameter("fields").value_or("*all"), ',');
  if (names.empty()) names = {"*all"};
  field_selection fields{std::move(names)};
  auto start = static_cast<std::size_t>(v.number("startAt", 0, 1'000'000, 0));
  auto limit = static_cast<std::size_t>(v.number("maxResults", 1, 100, 50));
  auto issues = json::array();
  for (auto i = start; i < found->size() && issues.size() < limit; ++i)
    issues.push_back(render_issue(world, v.base, world.tickets[(*found)[i]], fields));
  return json_answer(200, {{"expand", "schema,names"},
                           {"startAt", start},
                           {"maxResults", limit},
                           {"total", found->size()},
                           {"issues", std::move(issues)}});
}

} // namespace

auto answer_agile(data_set const& world, visit const& v) -> http::response {
  auto path = v.path.subspan(3);
  if (v.raw.method != "GET") return problem(405, "Method Not Allowed");
  if (path.size() == 1 && path[0] == "board") return answer_boards(world, v);
  if (path.size() >= 2 && path[0] == "board") {
    auto const* found = find_board(world, path[1]);
    if (found == nullptr)
      return problem(404, "The requested board cannot be viewed because it either does not exist or you do not have "
                          "permission to view it.");
    if (path.size() == 2) return json_answer(200, render_board(v.base, *found));
    if (path.size() == 3 && path[2] == "sprint") return answer_board_sprints(*found, v);
  }
  if (path.size() >= 2 && path[0] == "sprint") {
    for (std::size_t i = 0; i < world.projects.size(); ++i)
      for (std::size_t j = 0; j < world.projects[i].sprints.size(); ++j) {
        if (fmt::format("{}", world.projects[i].sprints[j].id) != path[1]) continue;
        if (path.size() == 2)
          return json_answer(200, render_sprint(v.base, world.projects[i], world.projects[i].sprints[j]));
        if (path.size() == 3 && path[2] == "issue") return answer_sprint_issues(world, i, j, v);
      }
    return problem(404, "Sprint does not exist or you do not have permission to view it.");
  }
  return problem(404, "Not Found");
}

} // namespace nexus::simulator::jira
