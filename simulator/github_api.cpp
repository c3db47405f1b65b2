#include "simulator/github.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator::github {
namespace {

auto supported_version(visit const& v) -> bool {
  auto version = v.raw.fields.find("X-GitHub-Api-Version");
  return !version || *version == "2022-11-28" || *version == "2026-03-10";
}

/// The request's address with one parameter set, for Link headers.
auto address_with(visit const& v, std::string_view name, std::string const& value) -> std::string {
  auto query = std::string{};
  auto add = [&](std::string_view key, std::string_view text) {
    query += fmt::format("{}{}={}", query.empty() ? '?' : '&', http::percent_encode(key), http::percent_encode(text));
  };
  for (auto const& [key, text] : v.target.query)
    if (key != name) add(key, text);
  add(name, value);
  // The base ends with the service's name, with which the path begins.
  return v.base.substr(0, v.base.rfind('/')) + v.target.path + query;
}

void add_links(http::response& answer, std::vector<std::pair<std::string, std::string>> const& links) {
  std::string text;
  for (auto const& [address, relation] : links)
    text += fmt::format("{}<{}>; rel=\"{}\"", text.empty() ? "" : ", ", address, relation);
  if (!text.empty()) answer.fields.add("Link", std::move(text));
}

auto answer_repository(data_set const& world, visit const& v, repository const& repo, path_view path)
    -> http::response {
  if (path.empty()) return json_answer(200, render_repository(v.base, repo, v.now));
  auto const& what = path[0];
  auto rest = path.subspan(1);
  if (what == "branches") return answer_branches(world, v, repo, rest);
  if (what == "commits") return answer_commits(world, v, repo, rest);
  if (what == "compare") return answer_compare(world, v, repo, rest);
  if (what == "tags" || what == "git") return answer_tags(world, v, repo, path);
  if (what == "releases") return answer_releases(world, v, repo, rest);
  if (what == "pulls") return answer_pulls(world, v, repo, rest);
  if (what == "dependabot" || what == "code-scanning") return answer_alerts(v, repo, path);
  if (what == "deployments") return answer_deployments(world, v, repo, rest);
  return not_found();
}

auto answer_path(data_set& world, visit const& v) -> http::response {
  auto path = v.path;
  if (v.raw.method == "POST" && path.size() == 5 && path[0] == "repos" && path[3] == "statuses")
    for (auto& repo : world.repositories)
      if (repo.owner == path[1] && repo.name == path[2]) {
        auto result = answer_set_status(v, repo, path[4]);
        if (result.status == 201) ++world.edition;
        return result;
      }
  if (v.raw.method != "GET") return not_found();
  if (path.size() >= 3 && path[0] == "repos") {
    auto const* repo = world.find_repository(path[1], path[2]);
    return repo == nullptr ? not_found() : answer_repository(world, v, *repo, path.subspan(3));
  }
  if (path.size() == 1 && path[0] == "user") return json_answer(200, render_user(v.base, world.people[0]));
  if (path.size() == 1 && path[0] == "rate_limit")
    return json_answer(200, {{"resources",
                              {{"core",
                                {{"limit", 5000},
                                 {"used", 0},
                                 {"remaining", 5000},
                                 {"reset", v.now.time_since_epoch().count() + 3600}}}}}});
  if (path.size() == 3 && path[0] == "orgs" && path[2] == "repos") {
    std::vector<repository const*> owned;
    for (auto const& repo : world.repositories)
      if (repo.owner == path[1]) owned.push_back(&repo);
    if (owned.empty()) return not_found();
    return page(v, owned.size(), [&](auto i) { return render_repository(v.base, *owned[i], v.now); });
  }
  if (path.size() == 2 && path[0] == "search" && path[1] == "issues") return answer_search(world, v);
  return not_found();
}

} // namespace

auto join(std::span<std::string const> path) -> std::string {
  return fmt::format("{}", fmt::join(path.begin(), path.end(), "/"));
}

auto node_id(std::string_view kind, std::string_view key) -> std::string {
  return fmt::format("{}_kwDO{:016x}", kind, mix(hash_text(key)));
}

auto problem(int status, std::string_view message) -> http::response {
  return json_answer(status, {{"message", message},
                              {"documentation_url", "https://docs.github.com/rest"},
                              {"status", fmt::format("{}", status)}});
}

auto authorised(http::request const& raw, std::string_view token) -> bool {
  auto field = raw.fields.find("Authorization");
  if (!field) return false;
  for (std::string_view scheme : {"Bearer ", "bearer ", "token "})
    if (field->starts_with(scheme)) return same_secret(field->substr(scheme.size()), token);
  return false;
}

auto page(visit const& v, std::size_t total, std::function<json(std::size_t)> const& render,
          std::function<json(json)> const& frame) -> http::response {
  auto size = static_cast<std::size_t>(v.number("per_page", 1, 100, 30));
  auto number = static_cast<std::size_t>(v.number("page", 1, 1'000'000, 1));
  auto last = std::max<std::size_t>((total + size - 1) / size, 1);
  auto items = json::array();
  for (auto i = (number - 1) * size; i < std::min(total, number * size); ++i) items.push_back(render(i));
  auto answer = json_answer(200, frame ? frame(std::move(items)) : std::move(items));
  std::vector<std::pair<std::string, std::string>> links;
  auto link = [&](std::size_t to, char const* relation) {
    links.emplace_back(address_with(v, "page", fmt::format("{}", to)), relation);
  };
  if (number > 1) link(std::min(number - 1, last), "prev");
  if (number < last) link(number + 1, "next"), link(last, "last");
  if (number > 1) link(1, "first");
  add_links(answer, links);
  return answer;
}

auto cursor_page(visit const& v, std::size_t total, std::function<json(std::size_t)> const& render) -> http::response {
  auto size = static_cast<std::size_t>(v.number("per_page", 1, 100, 30));
  auto start = static_cast<std::size_t>(v.number("after", 0, 1'000'000, 0));
  auto items = json::array();
  for (auto i = start; i < std::min(total, start + size); ++i) items.push_back(render(i));
  auto answer = json_answer(200, items);
  if (start + size < total) add_links(answer, {{address_with(v, "after", fmt::format("{}", start + size)), "next"}});
  return answer;
}

auto repository_url(std::string_view base, repository const& repo) -> std::string {
  return fmt::format("{}/repos/{}", base, repo.full_name());
}

auto render_user(std::string_view base, person const& p) -> json {
  return {{"login", p.login},
          {"id", 1'000'000 + hash_text(p.login) % 1'000'000},
          {"node_id", node_id("U", p.login)},
          {"avatar_url", fmt::format("{}/avatars/{}", base, p.login)},
          {"url", fmt::format("{}/users/{}", base, p.login)},
          {"html_url", fmt::format("https://github.com/{}", p.login)},
          {"type", "User"},
          {"site_admin", false}};
}

auto render_repository(std::string_view base, repository const& repo, instant now) -> json {
  auto newest = std::max_element(repo.commits.begin(), repo.commits.end(),
                                 [](auto const& a, auto const& b) { return a.when < b.when; });
  auto open = std::count_if(repo.pulls.begin(), repo.pulls.end(), [](auto const& p) { return !p.closed; });
  return {{"id", repo.id},
          {"node_id", node_id("R", repo.full_name())},
          {"name", repo.name},
          {"full_name", repo.full_name()},
          {"private", true},
          {"owner",
           {{"login", repo.owner},
            {"id", hash_text(repo.owner) % 1'000'000},
            {"node_id", node_id("O", repo.owner)},
            {"type", "Organization"},
            {"site_admin", false},
            {"url", fmt::format("{}/orgs/{}", base, repo.owner)}}},
          {"html_url", fmt::format("https://github.com/{}", repo.full_name())},
          {"description", repo.description},
          {"fork", false},
          {"url", repository_url(base, repo)},
          {"clone_url", fmt::format("https://github.com/{}.git", repo.full_name())},
          {"ssh_url", fmt::format("git@github.com:{}.git", repo.full_name())},
          {"created_at", iso_time(repo.created)},
          {"updated_at", iso_time(newest->when)},
          {"pushed_at", iso_time(std::min(newest->when, now))},
          {"language", repo.language},
          {"has_issues", true},
          {"archived", false},
          {"disabled", false},
          {"visibility", "private"},
          {"open_issues_count", open},
          {"open_issues", open},
          {"forks_count", 0},
          {"forks", 0},
          {"stargazers_count", 0},
          {"watchers_count", 0},
          {"watchers", 0},
          {"subscribers_count", 0},
          {"network_count", 0},
          {"homepage", nullptr},
          {"size", 48'211},
          {"license", nullptr},
          {"topics", json::array()},
          {"default_branch", repo.default_branch}};
}

auto answer(data_set& world, visit const& v) -> http::response {
  if (!supported_version(v)) {
    auto version = std::string{*v.raw.fields.find("X-GitHub-Api-Version")};
    return problem(
        400, fmt::format("Bad Request: API version '{}' is not supported. Supported versions: 2022-11-28, 2026-03-10.",
                         version));
  }
  auto result = answer_path(world, v);
  result.fields.set("Content-Type", "application/json; charset=utf-8");
  result.fields.add("X-GitHub-Media-Type", "github.v3; format=json");
  result.fields.add("x-github-api-version-selected",
                    std::string{v.raw.fields.find("X-GitHub-Api-Version").value_or("2022-11-28")});
  if (result.status == 200) {
    auto hash = hash_text(result.body);
    result.fields.add("ETag", fmt::format("W/\"{:016x}{:016x}\"", hash, mix(hash ^ result.body.size())));
  }
  return result;
}

} // namespace nexus::simulator::github
