#include "simulator/jira.hpp"
#include "simulator/jql.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace nexus::simulator::jira {
namespace {

constexpr std::string_view removed_search = "The requested API has been removed. Please migrate to the "
                                            "/rest/api/3/search/jql API. A full migration guideline is "
                                            "available at https://developer.atlassian.com/changelog/#CHANGE-2046";

auto find_project(data_set const& world, std::string_view key_or_id) -> project const* {
  for (auto const& p : world.projects)
    if (p.key == key_or_id || fmt::format("{}", p.id) == key_or_id) return &p;
  return nullptr;
}

auto no_project(std::string_view key) {
  return problem(404, fmt::format("No project could be found with key '{}'.", key));
}

auto method_is(visit const& v, std::string_view method) { return v.raw.method == method; }

auto answer_issue(data_set const& world, visit const& v) -> http::response {
  if (!method_is(v, "GET")) return problem(405, "Method Not Allowed");
  auto const* found = find_issue(world, v.path[4]);
  if (found == nullptr) return no_issue();
  auto names = split(v.parameter("fields").value_or("*all"), ',');
  if (names.empty()) names = {"*all"};
  return json_answer(200, render_issue(world, v.base, *found, field_selection{std::move(names)}));
}

auto answer_projects(data_set const& world, visit const& v) -> http::response {
  if (v.path.size() == 5 && v.path[4] == "search") {
    auto start = v.number("startAt", 0, 1'000'000, 0);
    auto limit = v.number("maxResults", 1, 50, 50);
    auto values = json::array();
    for (auto i = static_cast<std::size_t>(start);
         i < world.projects.size() && values.size() < static_cast<std::size_t>(limit); ++i)
      values.push_back(render_project(world, v.base, world.projects[i]));
    auto last = static_cast<std::size_t>(start) + values.size() >= world.projects.size();
    return json_answer(200, {{"self", v.base + "/rest/api/3/project/search"},
                             {"maxResults", limit},
                             {"startAt", start},
                             {"total", world.projects.size()},
                             {"isLast", last},
                             {"values", std::move(values)}});
  }
  auto const* found = find_project(world, v.path[4]);
  if (found == nullptr) return no_project(v.path[4]);
  if (v.path.size() == 5) {
    auto result = render_project(world, v.base, *found);
    result["versions"] = json::array();
    for (auto const& each : found->versions) result["versions"].push_back(render_version(v.base, *found, each, v.now));
    result["components"] = json::array();
    for (std::size_t i = 0; i < found->components.size(); ++i)
      result["components"].push_back(
          {{"id", fmt::format("{}", found->id * 100 + static_cast<int>(i))}, {"name", found->components[i]}});
    return json_answer(200, result);
  }
  if (v.path.size() == 6 && v.path[5] == "versions") {
    auto list = json::array();
    for (auto const& each : found->versions) list.push_back(render_version(v.base, *found, each, v.now));
    return json_answer(200, list);
  }
  return problem(404, "Not Found");
}

/// What search/jql reads, from the query string or the body.
struct search_request {
  std::string jql, token;
  std::vector<std::string> fields;
  int limit = 50;
};

auto read_search(visit const& v) -> std::optional<search_request> {
  search_request wanted;
  if (method_is(v, "GET")) {
    wanted.jql = v.parameter("jql").value_or("");
    wanted.token = v.parameter("nextPageToken").value_or("");
    wanted.fields = split(v.parameter("fields").value_or(""), ',');
    wanted.limit = v.number("maxResults", 1, 100, 50);
    return wanted;
  }
  auto body = body_object(v.raw);
  if (!body) return std::nullopt;
  auto text = [&](char const* name) {
    auto found = body->find(name);
    return found != body->end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  wanted.jql = text("jql");
  wanted.token = text("nextPageToken");
  if (auto found = body->find("fields"); found != body->end() && found->is_array())
    for (auto const& field : *found)
      if (field.is_string()) wanted.fields.push_back(field.get<std::string>());
  if (auto found = body->find("maxResults"); found != body->end() && found->is_number_integer())
    wanted.limit = static_cast<int>(std::clamp<std::int64_t>(found->get<std::int64_t>(), 1, 100));
  return wanted;
}

/// A token says where the next page begins, and of which query.
auto page_token(std::size_t offset, std::string_view jql) -> std::string {
  return fmt::format("{:x}.{:016x}", offset, mix(hash_text(jql)));
}

auto token_offset(std::string_view token, std::string_view jql) -> std::optional<std::size_t> {
  if (token.empty()) return 0;
  std::size_t offset = 0;
  auto [end, bad] = std::from_chars(token.data(), token.data() + token.size(), offset, 16);
  if (bad != std::errc{} || page_token(offset, jql) != token) return std::nullopt;
  return offset;
}

} // namespace

auto no_issue() -> http::response {
  return problem(404, "Issue does not exist or you do not have permission to see it.");
}

auto find_issue(data_set const& world, std::string const& key_or_id) -> ticket const* {
  if (auto const* found = world.find_ticket(key_or_id)) return found;
  int id = 0;
  auto [end, bad] = std::from_chars(key_or_id.data(), key_or_id.data() + key_or_id.size(), id);
  if (bad == std::errc{} && end == key_or_id.data() + key_or_id.size())
    for (auto const& x : world.tickets)
      if (x.id == id) return &x;
  // Keys are accepted in any case.
  auto upper = key_or_id;
  for (auto& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return world.find_ticket(upper);
}

auto problem(int status, std::string_view message) -> http::response {
  return json_answer(status, {{"errorMessages", json::array({message})}, {"errors", json::object()}});
}

auto unauthenticated() -> http::response {
  auto answer =
      json_answer(401, {{"message", "Client must be authenticated to access this resource."}, {"status-code", 401}});
  answer.fields.add("WWW-Authenticate", "OAuth realm=\"nexus.atlassian.net\"");
  return answer;
}

auto answer_search(data_set const& world, visit const& v) -> http::response {
  auto counting = v.path.back() == "approximate-count";
  if (!method_is(v, "POST") && (counting || !method_is(v, "GET"))) return problem(405, "Method Not Allowed");
  auto wanted = read_search(v);
  if (!wanted) return problem(400, "Invalid request payload. Refer to the REST API documentation and try again.");
  auto parsed = jql::parse(wanted->jql);
  if (!parsed) return problem(400, parsed.error().message);
  if (!parsed->where)
    return problem(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.");
  auto found = jql::select(world, *parsed, v.now);
  if (!found) return problem(400, found.error().message);
  if (counting) return json_answer(200, {{"count", found->size()}});
  auto offset = token_offset(wanted->token, wanted->jql);
  if (!offset) return problem(400, "The provided nextPageToken is invalid or has expired.");
  field_selection fields{wanted->fields};
  auto issues = json::array();
  auto end = std::min(found->size(), *offset + static_cast<std::size_t>(wanted->limit));
  for (auto i = *offset; i < end; ++i)
    issues.push_back(render_issue(world, v.base, world.tickets[(*found)[i]], fields));
  json result{{"issues", std::move(issues)}, {"isLast", end == found->size() || *offset >= end}};
  if (end < found->size() && *offset < end) result["nextPageToken"] = page_token(end, wanted->jql);
  return json_answer(200, result);
}

auto answer(data_set& world, visit const& v) -> http::response {
  auto path = v.path;
  if (path.size() >= 3 && path[0] == "rest" && path[1] == "agile" && path[2] == "1.0") return answer_agile(world, v);
  if (path.size() < 4 || path[0] != "rest" || path[1] != "api" || (path[2] != "3" && path[2] != "latest"))
    return problem(404, "Not Found");
  auto what = std::string_view{path[3]};
  if (auto changed = answer_change(world, v)) return std::move(*changed);
  if (what == "issue" && path.size() == 5) return answer_issue(world, v);
  if (what == "search" && path.size() == 4) return problem(410, removed_search);
  if (what == "search" && path.size() == 5 && (path[4] == "jql" || path[4] == "approximate-count"))
    return answer_search(world, v);
  if (!method_is(v, "GET")) return problem(405, "Method Not Allowed");
  if (what == "project" && path.size() >= 5) return answer_projects(world, v);
  if (what == "field" && path.size() == 4) return json_answer(200, render_fields());
  if (what == "myself" && path.size() == 4) return json_answer(200, render_user(world, v.base, 0));
  if (what == "mypermissions" && path.size() == 4) {
    auto const project = v.parameter("projectKey").value_or("");
    if (!project.empty() && find_project(world, project) == nullptr) return no_project(project);
    auto held = json::object();
    for (auto const& name : split(v.parameter("permissions").value_or(""), ','))
      held[name] = {{"key", name}, {"type", "PROJECT"}, {"havePermission", true}};
    return json_answer(200, {{"permissions", std::move(held)}});
  }
  if (what == "serverInfo" && path.size() == 4)
    return json_answer(200, {{"baseUrl", v.base},
                             {"version", "1001.0.0-SNAPSHOT"},
                             {"versionNumbers", json::array({1001, 0, 0})},
                             {"deploymentType", "Cloud"},
                             {"buildNumber", 100291},
                             {"serverTime", jira_time(v.now)},
                             {"serverTitle", "Jira"},
                             {"defaultLocale", {{"locale", "en_US"}}}});
  return problem(404, "Not Found");
}

} // namespace nexus::simulator::jira
