#include "messages/core/text.hpp"
#include "simulator/github.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator::github {
namespace {

auto time_or_null(std::optional<instant> when) -> json { return when ? json(iso_time(*when)) : json(nullptr); }

auto labels_of(visit const& v, repository const& repo, pull_request const& p) -> json {
  auto labels = json::array();
  for (auto const& label : p.labels)
    labels.push_back({{"id", hash_text(label) % 1'000'000},
                      {"url", fmt::format("{}/labels/{}", repository_url(v.base, repo), label)},
                      {"name", label},
                      {"color", "ededed"},
                      {"default", false},
                      {"description", nullptr}});
  return labels;
}

auto render_end(visit const& v, data_set const& world, repository const& repo, std::string const& ref,
                std::string const& sha, std::size_t who) -> json {
  return {{"label", fmt::format("{}:{}", repo.owner, ref)},
          {"ref", ref},
          {"sha", sha},
          {"user", render_user(v.base, world.people[who])},
          {"repo",
           {{"id", repo.id},
            {"name", repo.name},
            {"full_name", repo.full_name()},
            {"private", true},
            {"url", repository_url(v.base, repo)},
            {"default_branch", repo.default_branch}}}};
}

auto links_of(visit const& v, repository const& repo, pull_request const& p, std::string const& url,
              std::string const& html) -> json {
  auto const base = repository_url(v.base, repo);
  auto link = [](std::string to) { return json{{"href", std::move(to)}}; };
  return {{"self", link(url)},
          {"html", link(html)},
          {"issue", link(fmt::format("{}/issues/{}", base, p.number))},
          {"comments", link(fmt::format("{}/issues/{}/comments", base, p.number))},
          {"review_comments", link(url + "/comments")},
          {"review_comment", link(fmt::format("{}/pulls/comments{{/number}}", base))},
          {"commits", link(url + "/commits")},
          {"statuses", link(fmt::format("{}/statuses/{}", base, repo.commits[p.head].sha))}};
}

auto render_pull(data_set const& world, visit const& v, repository const& repo, pull_request const& p) -> json {
  auto url = fmt::format("{}/pulls/{}", repository_url(v.base, repo), p.number);
  auto html = fmt::format("https://github.com/{}/pull/{}", repo.full_name(), p.number);
  auto base_commit = find_commit(repo, p.base_ref);
  auto const& base_sha =
      p.closed ? repo.commits[repo.commits[p.head].parent.value_or(0)].sha : repo.commits[base_commit.value_or(0)].sha;
  auto approved = std::any_of(p.reviews.begin(), p.reviews.end(), [](auto const& r) { return r.state == "APPROVED"; });
  auto reviewers = json::array();
  // Who has reviewed is not asked any more.
  if (!p.closed && !approved)
    reviewers.push_back(render_user(v.base, world.people[1 + (p.author + 2) % (world.people.size() - 1)]));
  return {{"url", url},
          {"id", 2'000'000'000LL + repo.id % 1000 * 100'000 + p.number},
          {"node_id", node_id("PR", html)},
          {"html_url", html},
          {"diff_url", html + ".diff"},
          {"patch_url", html + ".patch"},
          {"issue_url", fmt::format("{}/issues/{}", repository_url(v.base, repo), p.number)},
          {"number", p.number},
          {"state", p.closed ? "closed" : "open"},
          {"locked", false},
          {"title", p.title},
          {"user", render_user(v.base, world.people[p.author])},
          {"body", p.body},
          {"created_at", iso_time(p.created)},
          {"updated_at", iso_time(p.updated)},
          {"closed_at", time_or_null(p.closed)},
          {"merged_at", time_or_null(p.merged)},
          {"merge_commit_sha", p.merge_commit ? json(repo.commits[*p.merge_commit].sha) : json(nullptr)},
          {"assignee", nullptr},
          {"assignees", json::array()},
          {"requested_reviewers", std::move(reviewers)},
          {"requested_teams", json::array()},
          {"labels", labels_of(v, repo, p)},
          {"milestone", nullptr},
          {"draft", p.draft},
          {"_links", links_of(v, repo, p, url, html)},
          {"commits_url", url + "/commits"},
          {"statuses_url", fmt::format("{}/statuses/{}", repository_url(v.base, repo), repo.commits[p.head].sha)},
          {"head", render_end(v, world, repo, p.head_ref, repo.commits[p.head].sha, p.author)},
          {"base", render_end(v, world, repo, p.base_ref, base_sha, 0)},
          {"author_association", "MEMBER"},
          {"auto_merge", nullptr}};
}

auto mergeable_state(repository const& repo, pull_request const& p) -> std::string_view {
  if (p.closed) return "unknown";
  if (p.draft) return "draft";
  if (!p.mergeable) return "dirty";
  auto approved = std::any_of(p.reviews.begin(), p.reviews.end(), [](auto const& r) { return r.state == "APPROVED"; });
  if (!approved) return "blocked";
  return repo.commits[p.head].health == commit::checks::passing ? "clean" : "unstable";
}

/// The single pull request shows more than the list does.
auto render_whole_pull(data_set const& world, visit const& v, repository const& repo, pull_request const& p) -> json {
  auto result = render_pull(world, v, repo, p);
  auto additions = 0, deletions = 0;
  auto files = files_of(repo, repo.commits[p.head]);
  for (auto const& file : files) additions += file.additions, deletions += file.deletions;
  result["merged"] = p.merged.has_value();
  result["mergeable"] = p.closed ? json(nullptr) : json(p.mergeable);
  result["rebaseable"] = result["mergeable"];
  result["mergeable_state"] = mergeable_state(repo, p);
  result["merged_by"] =
      p.merged && !p.reviews.empty() ? render_user(v.base, world.people[p.reviews.back().author]) : json(nullptr);
  result["comments"] = p.reviews.size();
  result["review_comments"] = p.reviews.size() / 2;
  result["maintainer_can_modify"] = false;
  result["commits"] = 1;
  result["additions"] = additions;
  result["deletions"] = deletions;
  result["changed_files"] = files.size();
  return result;
}

auto answer_pull_list(data_set const& world, visit const& v, repository const& repo) -> http::response {
  auto state = v.parameter("state").value_or("open");
  if (state != "open" && state != "closed" && state != "all") return problem(422, "Validation Failed");
  auto base = v.parameter("base");
  auto head = v.parameter("head");
  std::vector<pull_request const*> pulls;
  for (auto const& p : repo.pulls) {
    auto state_fits = state == "all" || (state == "open") == !p.closed;
    auto head_fits = !head || fmt::format("{}:{}", repo.owner, p.head_ref) == *head;
    if (state_fits && head_fits && (!base || p.base_ref == *base)) pulls.push_back(&p);
  }
  auto by_update = v.parameter("sort").value_or("created") == "updated";
  std::stable_sort(pulls.begin(), pulls.end(), [&](auto const* a, auto const* b) {
    return by_update ? a->updated < b->updated : a->number < b->number;
  });
  if (v.parameter("direction").value_or("desc") != "asc") std::reverse(pulls.begin(), pulls.end());
  return page(v, pulls.size(), [&](auto i) { return render_pull(world, v, repo, *pulls[i]); });
}

/// A search of the form "is:pr is:open repo:nexus/backend some words".
struct search {
  std::vector<std::string> repositories, words;
  std::string organisation, author, base;
  std::optional<bool> open, merged, draft;
  bool pulls = true;
};

auto read_search(std::string_view text) -> search {
  search wanted;
  for (auto const& part : split(text, ' ')) {
    auto colon = part.find(':');
    auto name = part.substr(0, colon), value = colon == std::string::npos ? std::string{} : part.substr(colon + 1);
    if (colon == std::string::npos)
      wanted.words.push_back(lower_case(part));
    else if (name == "repo")
      wanted.repositories.push_back(value);
    else if (name == "org" || name == "user")
      wanted.organisation = value;
    else if (name == "author")
      wanted.author = value;
    else if (name == "base")
      wanted.base = value;
    else if (name == "draft")
      wanted.draft = value == "true";
    else if ((name == "is" || name == "type") && value == "issue")
      wanted.pulls = false;
    else if ((name == "is" || name == "state") && (value == "open" || value == "closed"))
      wanted.open = value == "open";
    else if (name == "is" && value == "merged")
      wanted.merged = true;
  }
  return wanted;
}

auto matches(data_set const& world, search const& s, repository const& repo, pull_request const& p) -> bool {
  auto in_repository = s.repositories.empty() || std::find(s.repositories.begin(), s.repositories.end(),
                                                           repo.full_name()) != s.repositories.end();
  auto owner_fits = s.organisation.empty() || s.organisation == repo.owner;
  auto author_fits = s.author.empty() || s.author == world.people[p.author].login;
  auto base_fits = s.base.empty() || s.base == p.base_ref;
  auto state_fits =
      (!s.open || *s.open == !p.closed) && (!s.merged || p.merged.has_value()) && (!s.draft || *s.draft == p.draft);
  auto text = s.words.empty() ? std::string{} : lower_case(p.title + ' ' + p.body);
  auto words_fit = std::all_of(s.words.begin(), s.words.end(),
                               [&](auto const& word) { return text.find(word) != std::string::npos; });
  return s.pulls && in_repository && owner_fits && author_fits && base_fits && state_fits && words_fit;
}

} // namespace

auto answer_pulls(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response {
  if (path.empty()) return answer_pull_list(world, v, repo);
  auto found = std::find_if(repo.pulls.begin(), repo.pulls.end(),
                            [&](auto const& p) { return fmt::format("{}", p.number) == path[0]; });
  if (found == repo.pulls.end()) return not_found();
  auto const& p = *found;
  if (path.size() == 1) return json_answer(200, render_whole_pull(world, v, repo, p));
  if (path.size() != 2) return not_found();
  if (path[1] == "reviews")
    return page(v, p.reviews.size(), [&](auto i) {
      auto const& r = p.reviews[i];
      auto html = fmt::format("https://github.com/{}/pull/{}#pullrequestreview-{}", repo.full_name(), p.number, r.id);
      return json{{"id", r.id},
                  {"node_id", node_id("PRR", html)},
                  {"user", render_user(v.base, world.people[r.author])},
                  {"body", r.state == "CHANGES_REQUESTED" ? "Please add a test for the empty case." : ""},
                  {"state", r.state},
                  {"html_url", html},
                  {"pull_request_url", fmt::format("{}/pulls/{}", repository_url(v.base, repo), p.number)},
                  {"author_association", "MEMBER"},
                  {"submitted_at", iso_time(r.when)},
                  {"_links",
                   {{"html", {{"href", html}}},
                    {"pull_request", {{"href", fmt::format("{}/pulls/{}", repository_url(v.base, repo), p.number)}}}}},
                  {"commit_id", repo.commits[p.head].sha}};
    });
  if (path[1] == "commits") return page(v, 1, [&](auto) { return render_commit(world, v.base, repo, p.head); });
  if (path[1] == "files") {
    auto files = files_of(repo, repo.commits[p.head]);
    return page(v, files.size(), [&](auto i) {
      return json{{"filename", files[i].name},
                  {"status", "modified"},
                  {"additions", files[i].additions},
                  {"deletions", files[i].deletions},
                  {"changes", files[i].additions + files[i].deletions}};
    });
  }
  return not_found();
}

auto answer_search(data_set const& world, visit const& v) -> http::response {
  auto text = v.parameter("q").value_or("");
  if (text.empty()) return problem(422, "Validation Failed");
  auto wanted = read_search(text);
  for (auto const& name : wanted.repositories) {
    auto known = std::any_of(world.repositories.begin(), world.repositories.end(),
                             [&](auto const& r) { return r.full_name() == name; });
    if (!known) return problem(422, "Validation Failed");
  }
  std::vector<std::pair<repository const*, pull_request const*>> found;
  for (auto const& repo : world.repositories)
    for (auto const& p : repo.pulls)
      if (matches(world, wanted, repo, p)) found.emplace_back(&repo, &p);
  std::stable_sort(found.begin(), found.end(),
                   [](auto const& a, auto const& b) { return a.second->created > b.second->created; });
  auto render = [&](std::size_t i) {
    auto const& [repo, p] = found[i];
    auto whole = render_pull(world, v, *repo, *p);
    json item;
    for (auto name :
         {"id", "node_id", "number", "state", "locked", "title", "user", "body", "created_at", "updated_at",
          "closed_at", "assignee", "assignees", "labels", "milestone", "draft", "author_association", "html_url"})
      item[name] = whole[name];
    item["url"] = whole["issue_url"];
    item["repository_url"] = repository_url(v.base, *repo);
    item["comments"] = p->reviews.size();
    item["score"] = 1.0;
    item["pull_request"] = {{"url", whole["url"]},
                            {"html_url", whole["html_url"]},
                            {"diff_url", whole["diff_url"]},
                            {"patch_url", whole["patch_url"]},
                            {"merged_at", whole["merged_at"]}};
    return item;
  };
  return page(v, found.size(), render, [&](json items) {
    return json{{"total_count", found.size()}, {"incomplete_results", false}, {"items", std::move(items)}};
  });
}

} // namespace nexus::simulator::github
