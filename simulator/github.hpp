#pragma once

#include "simulator/data.hpp"
#include "simulator/web.hpp"

#include <functional>
#include <string>
#include <string_view>

/// GitHub's REST API (versions 2022-11-28 and 2026-03-10).
namespace nexus::simulator::github {

/// Answers a request below the API's root, ETag included. Credentials have been checked.
auto answer(data_set& world, visit const& v) -> http::response;

/// {"message", "documentation_url", "status"}.
auto problem(int status, std::string_view message) -> http::response;
inline auto not_found() { return problem(404, "Not Found"); }

/// True for an Authorization of "Bearer <token>" or "token <token>".
auto authorised(http::request const& raw, std::string_view token) -> bool;

/// One page of a list of `total` things with its Link header (per_page up to 100, 30 by default). `frame` puts the
/// items into an object when the answer is not the bare list.
auto page(visit const& v, std::size_t total, std::function<json(std::size_t)> const& render,
          std::function<json(json)> const& frame = {}) -> http::response;
/// The same for lists that are walked by cursors (`after`).
auto cursor_page(visit const& v, std::size_t total, std::function<json(std::size_t)> const& render) -> http::response;

/// The commit that a branch, tag, full ref or (abbreviated) hash means.
auto find_commit(repository const& repo, std::string_view ref) -> std::optional<std::size_t>;
auto find_branch(repository const& repo, std::string_view name) -> branch const*;

/// Links within the API: "{base}/repos/{owner}/{name}".
auto repository_url(std::string_view base, repository const& repo) -> std::string;

auto render_user(std::string_view base, person const& p) -> json;
auto render_repository(std::string_view base, repository const& repo, instant now) -> json;
auto render_commit(data_set const& world, std::string_view base, repository const& repo, std::size_t index) -> json;

/// A file that a commit touches, with the lines added and deleted.
struct changed_file {
  std::string name;
  int additions = 0, deletions = 0;
};
/// Which files a commit touches: follows from its hash.
auto files_of(repository const& repo, commit const& c) -> std::vector<changed_file>;

/// A path's segments as one text, since refs contain slashes.
auto join(std::span<std::string const> path) -> std::string;
/// An opaque id, as GitHub gives to every entity.
auto node_id(std::string_view kind, std::string_view key) -> std::string;

// -- parts: `path` is what follows /repos/{owner}/{name} ---------------------------

using path_view = std::span<std::string const>;
auto answer_branches(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response;
auto answer_commits(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response;
/// POST /repos/{owner}/{name}/statuses/{sha}.
auto answer_set_status(visit const& v, repository& repo, std::string const& sha) -> http::response;
auto answer_compare(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response;
auto answer_tags(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response;
auto answer_releases(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response;
auto answer_pulls(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response;
auto answer_alerts(visit const& v, repository const& repo, path_view path) -> http::response;
auto answer_deployments(data_set const& world, visit const& v, repository const& repo, path_view path)
    -> http::response;
/// search/issues, for pull requests.
auto answer_search(data_set const& world, visit const& v) -> http::response;

} // namespace nexus::simulator::github
