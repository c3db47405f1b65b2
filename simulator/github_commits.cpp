#include "simulator/github.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace nexus::simulator::github {
namespace {

constexpr std::array<std::string_view, 4> check_names{"build", "unit-tests", "lint", "integration-tests"};

auto commit_url(std::string_view base, repository const& repo, commit const& c) {
  return fmt::format("{}/commits/{}", repository_url(base, repo), c.sha);
}

auto short_commit(std::string_view base, repository const& repo, std::size_t index) -> json {
  auto const& c = repo.commits[index];
  return {{"sha", c.sha}, {"url", commit_url(base, repo, c)}};
}

/// First parents from a commit back to the first one, newest first.
auto history(repository const& repo, std::size_t head) -> std::vector<std::size_t> {
  std::vector<std::size_t> line;
  for (std::optional<std::size_t> at = head; at; at = repo.commits[*at].parent) line.push_back(*at);
  return line;
}

auto render_posted(visit const& v, repository const& repo, commit const& c, posted_status const& posted) -> json {
  auto const when = iso_time(posted.when);
  return {{"url", fmt::format("{}/statuses/{}", repository_url(v.base, repo), c.sha)},
          {"id", hash_text(c.sha + posted.context) % 10'000'000'000},
          {"node_id", node_id("SC", c.sha + posted.context)},
          {"state", posted.state},
          {"description", posted.description.empty() ? json{} : json(posted.description)},
          {"target_url", posted.target_url.empty() ? json{} : json(posted.target_url)},
          {"context", posted.context},
          {"created_at", when},
          {"updated_at", when}};
}

auto render_status(data_set const& world, visit const& v, repository const& repo, commit const& c) -> json {
  auto state = c.health == commit::checks::passing   ? "success"
               : c.health == commit::checks::failing ? "failure"
                                                     : "pending";
  auto when = iso_time(c.when + std::chrono::minutes{12});
  json status{{"url", fmt::format("{}/statuses/{}", repository_url(v.base, repo), c.sha)},
              {"avatar_url", fmt::format("{}/avatars/{}", v.base, world.people[0].login)},
              {"id", hash_text(c.sha) % 10'000'000'000},
              {"node_id", node_id("SC", c.sha)},
              {"state", state},
              {"description", c.health == commit::checks::passing   ? "This commit looks good"
                              : c.health == commit::checks::failing ? "This commit cannot be built"
                                                                    : "This commit is being built"},
              {"target_url", nullptr},
              {"context", "continuous-integration/jenkins/branch"},
              {"created_at", when},
              {"updated_at", when}};
  auto statuses = json::array({std::move(status)});
  auto combined = std::string{state};
  for (auto const& posted : c.statuses) {
    statuses.push_back(render_posted(v, repo, c, posted));
    if (posted.state == "failure" || posted.state == "error")
      combined = "failure";
    else if (posted.state == "pending" && combined == "success")
      combined = "pending";
  }
  auto const total = statuses.size();
  return {{"state", combined},
          {"statuses", std::move(statuses)},
          {"sha", c.sha},
          {"total_count", total},
          {"repository",
           {{"id", repo.id},
            {"name", repo.name},
            {"full_name", repo.full_name()},
            {"private", true},
            {"url", repository_url(v.base, repo)}}},
          {"commit_url", commit_url(v.base, repo, c)},
          {"url", commit_url(v.base, repo, c) + "/status"}};
}

auto render_check(visit const& v, repository const& repo, commit const& c, std::size_t which) -> json {
  // One of the checks carries a commit's trouble.
  auto troubled = which == hash_text(c.sha) % check_names.size();
  auto pending = troubled && c.health == commit::checks::pending;
  auto failed = troubled && c.health == commit::checks::failing;
  auto id = hash_text(c.sha) % 10'000'000'000 + which;
  auto started = c.when + std::chrono::minutes{1};
  return {{"id", id},
          {"head_sha", c.sha},
          {"node_id", node_id("CR", fmt::format("{}", id))},
          {"external_id", ""},
          {"url", fmt::format("{}/check-runs/{}", repository_url(v.base, repo), id)},
          {"html_url", fmt::format("https://github.com/{}/runs/{}", repo.full_name(), id)},
          {"details_url", fmt::format("https://github.com/{}/runs/{}", repo.full_name(), id)},
          {"status", pending ? "in_progress" : "completed"},
          {"conclusion", pending ? json(nullptr) : json(failed ? "failure" : "success")},
          {"started_at", iso_time(started)},
          {"completed_at",
           pending ? json(nullptr) : json(iso_time(started + std::chrono::minutes{4 + static_cast<int>(which) * 3}))},
          {"output",
           {{"title", failed ? json("1 error") : json(nullptr)},
            {"summary", failed ? json("The step ended with exit code 1.") : json(nullptr)},
            {"text", nullptr},
            {"annotations_count", 0},
            {"annotations_url", fmt::format("{}/check-runs/{}/annotations", repository_url(v.base, repo), id)}}},
          {"name", check_names[which]},
          {"check_suite", {{"id", hash_text(c.sha) % 1'000'000'000}}},
          {"app", {{"id", 15368}, {"slug", "github-actions"}, {"name", "GitHub Actions"}}},
          {"pull_requests", json::array()}};
}

auto render_branch(visit const& v, repository const& repo, branch const& b) -> json {
  return {{"name", b.name}, {"commit", short_commit(v.base, repo, b.head)}, {"protected", b.is_protected}};
}

auto render_protection(visit const& v, repository const& repo, branch const& b) -> json {
  auto url = fmt::format("{}/branches/{}/protection", repository_url(v.base, repo), http::percent_encode(b.name));
  auto contexts = json::array({"build", "unit-tests"});
  auto switched = [](bool on) { return json{{"enabled", on}}; };
  return {{"url", url},
          {"required_status_checks",
           {{"url", url + "/required_status_checks"},
            {"strict", true},
            {"contexts", contexts},
            {"contexts_url", url + "/required_status_checks/contexts"},
            {"checks", json::array({{{"context", "build"}, {"app_id", 15368}},
                                    {{"context", "unit-tests"}, {"app_id", 15368}}})}}},
          {"required_pull_request_reviews",
           {{"url", url + "/required_pull_request_reviews"},
            {"dismiss_stale_reviews", true},
            {"require_code_owner_reviews", true},
            {"require_last_push_approval", false},
            {"required_approving_review_count", b.name == repo.default_branch ? 1 : 2}}},
          {"required_signatures", {{"url", url + "/required_signatures"}, {"enabled", false}}},
          {"enforce_admins", {{"url", url + "/enforce_admins"}, {"enabled", true}}},
          {"required_linear_history", switched(true)},
          {"allow_force_pushes", switched(false)},
          {"allow_deletions", switched(false)},
          {"block_creations", switched(false)},
          {"required_conversation_resolution", switched(true)},
          {"lock_branch", switched(false)},
          {"allow_fork_syncing", switched(false)}};
}

auto render_file(visit const& v, repository const& repo, commit const& c, changed_file const& file) -> json {
  return {{"sha", fmt::format("{:016x}{:016x}{:08x}", mix(hash_text(file.name)), hash_text(c.sha),
                              hash_text(file.name) >> 32)},
          {"filename", file.name},
          {"status", file.deletions == 0 ? "added" : "modified"},
          {"additions", file.additions},
          {"deletions", file.deletions},
          {"changes", file.additions + file.deletions},
          {"blob_url", fmt::format("https://github.com/{}/blob/{}/{}", repo.full_name(), c.sha, file.name)},
          {"raw_url", fmt::format("https://github.com/{}/raw/{}/{}", repo.full_name(), c.sha, file.name)},
          {"contents_url", fmt::format("{}/contents/{}?ref={}", repository_url(v.base, repo), file.name, c.sha)},
          {"patch", fmt::format("@@ -1,{} +1,{} @@", file.deletions + 3, file.additions + 3)}};
}

auto answer_list(data_set const& world, visit const& v, repository const& repo) -> http::response {
  auto head = find_commit(repo, v.parameter("sha").value_or(repo.default_branch));
  if (!head) return not_found();
  auto line = history(repo, *head);
  auto limit = [&](char const* name) { return v.parameter(name) ? parse_time(*v.parameter(name)) : std::nullopt; };
  auto since = limit("since"), until = limit("until");
  auto author = v.parameter("author");
  std::erase_if(line, [&](auto i) {
    auto const& c = repo.commits[i];
    auto const& by = world.people[c.author];
    return (since && c.when < *since) || (until && c.when > *until) ||
           (author && by.login != *author && by.email != *author);
  });
  return page(v, line.size(), [&](auto i) { return render_commit(world, v.base, repo, line[i]); });
}

auto answer_one(data_set const& world, visit const& v, repository const& repo, std::size_t index) -> http::response {
  auto result = render_commit(world, v.base, repo, index);
  auto files = json::array();
  auto additions = 0, deletions = 0;
  for (auto const& file : files_of(repo, repo.commits[index])) {
    additions += file.additions;
    deletions += file.deletions;
    files.push_back(render_file(v, repo, repo.commits[index], file));
  }
  result["stats"] = {{"total", additions + deletions}, {"additions", additions}, {"deletions", deletions}};
  result["files"] = std::move(files);
  return json_answer(200, result);
}

} // namespace

auto find_branch(repository const& repo, std::string_view name) -> branch const* {
  auto found = std::find_if(repo.branches.begin(), repo.branches.end(), [&](auto const& b) { return b.name == name; });
  return found == repo.branches.end() ? nullptr : &*found;
}

auto find_commit(repository const& repo, std::string_view ref) -> std::optional<std::size_t> {
  constexpr std::string_view heads = "refs/heads/", tags = "refs/tags/";
  auto short_ref = ref.starts_with(heads)  ? ref.substr(heads.size())
                   : ref.starts_with(tags) ? ref.substr(tags.size())
                                           : ref;
  for (auto prefix : {std::string_view{"heads/"}, std::string_view{"tags/"}})
    if (short_ref.starts_with(prefix)) short_ref.remove_prefix(prefix.size());
  if (auto const* b = find_branch(repo, short_ref)) return b->head;
  for (auto const& t : repo.tags)
    if (t.name == short_ref) return t.commit;
  if (auto found = repo.by_sha.find(std::string{ref}); found != repo.by_sha.end()) return found->second;
  // GitHub takes abbreviations of at least seven digits.
  if (ref.size() >= 7 && ref.size() < 40)
    for (std::size_t i = 0; i < repo.commits.size(); ++i)
      if (repo.commits[i].sha.starts_with(ref)) return i;
  return std::nullopt;
}

auto files_of(repository const& repo, commit const& c) -> std::vector<changed_file> {
  constexpr std::array<std::string_view, 8> cpp{
      "src/api/routes.cpp",     "src/storage/query_builder.cpp",    "src/pipeline/stage.cpp", "src/security/token.cpp",
      "src/notify/webhook.cpp", "tests/integration/test_export.py", "CMakeLists.txt",         "docs/operations.md"};
  constexpr std::array<std::string_view, 8> web{
      "src/pages/Checkout.tsx", "src/pages/Search.tsx", "src/components/Basket.tsx",
      "src/api/client.ts",      "src/styles/theme.css", "tests/checkout.spec.ts",
      "package.json",           "package-lock.json"};
  constexpr std::array<std::string_view, 8> other{
      "README.md",         "environments/staging.tf", "environments/production.tf", "modules/database/main.tf",
      "guide/releases.md", "guide/permissions.md",    "handbook/on-call.md",        "Makefile"};
  dice roll{hash_text(c.sha), "files"};
  auto const& names = repo.language == "C++" ? cpp : repo.language == "TypeScript" ? web : other;
  std::vector<changed_file> files;
  auto first = roll.below(names.size());
  auto count = static_cast<std::size_t>(roll.between(1, 4));
  for (std::size_t i = 0; i < count; ++i)
    files.push_back({std::string{names[(first + i) % names.size()]}, roll.between(1, 120), roll.between(0, 60)});
  return files;
}

auto render_commit(data_set const& world, std::string_view base, repository const& repo, std::size_t index) -> json {
  auto const& c = repo.commits[index];
  auto const& author = world.people[c.author];
  auto url = commit_url(base, repo, c);
  json signature{{"name", author.name}, {"email", author.email}, {"date", iso_time(c.when)}};
  auto tree = fmt::format("{:016x}{:016x}{:08x}", mix(hash_text(c.sha)), hash_text(c.sha), hash_text(c.message) >> 32);
  auto parents = json::array();
  if (c.parent) {
    auto const& parent = repo.commits[*c.parent];
    parents.push_back({{"sha", parent.sha},
                       {"url", commit_url(base, repo, parent)},
                       {"html_url", fmt::format("https://github.com/{}/commit/{}", repo.full_name(), parent.sha)}});
  }
  return {{"sha", c.sha},
          {"node_id", node_id("C", c.sha)},
          {"commit",
           {{"author", signature},
            {"committer", signature},
            {"message", c.message},
            {"tree", {{"sha", tree}, {"url", fmt::format("{}/git/trees/{}", repository_url(base, repo), tree)}}},
            {"url", fmt::format("{}/git/commits/{}", repository_url(base, repo), c.sha)},
            {"comment_count", 0},
            {"verification",
             {{"verified", false},
              {"reason", "unsigned"},
              {"signature", nullptr},
              {"payload", nullptr},
              {"verified_at", nullptr}}}}},
          {"url", url},
          {"html_url", fmt::format("https://github.com/{}/commit/{}", repo.full_name(), c.sha)},
          {"comments_url", url + "/comments"},
          {"author", render_user(base, author)},
          {"committer", render_user(base, author)},
          {"parents", std::move(parents)}};
}

auto answer_branches(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response {
  if (path.empty()) {
    auto wanted = v.parameter("protected");
    std::vector<branch const*> branches;
    for (auto const& b : repo.branches)
      if (!wanted || b.is_protected == (*wanted == "true")) branches.push_back(&b);
    return page(v, branches.size(), [&](auto i) { return render_branch(v, repo, *branches[i]); });
  }
  auto protection = path.size() > 1 && path.back() == "protection";
  auto const* b = find_branch(repo, join(protection ? path.first(path.size() - 1) : path));
  if (b == nullptr) return problem(404, "Branch not found");
  if (protection)
    return b->is_protected ? json_answer(200, render_protection(v, repo, *b)) : problem(404, "Branch not protected");
  auto result = render_branch(v, repo, *b);
  result["commit"] = render_commit(world, v.base, repo, b->head);
  // What everybody who may read is shown of the rules.
  auto contexts = b->is_protected ? json::array({"build", "unit-tests"}) : json::array();
  auto checks = json::array();
  for (auto const& context : contexts) checks.push_back({{"context", context}, {"app_id", nullptr}});
  result["protection"] = {{"enabled", b->is_protected},
                          {"required_status_checks",
                           {{"enforcement_level", b->is_protected ? "non_admins" : "off"},
                            {"contexts", std::move(contexts)},
                            {"checks", std::move(checks)}}}};
  result["_links"] = {
      {"self", fmt::format("{}/branches/{}", repository_url(v.base, repo), http::percent_encode(b->name))},
      {"html", fmt::format("https://github.com/{}/tree/{}", repo.full_name(), b->name)}};
  result["protection_url"] =
      fmt::format("{}/branches/{}/protection", repository_url(v.base, repo), http::percent_encode(b->name));
  return json_answer(200, result);
}

auto answer_commits(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response {
  if (path.empty()) return answer_list(world, v, repo);
  auto const& last = path.back();
  auto detail = path.size() > 1 && (last == "status" || last == "check-runs");
  auto ref = join(detail ? path.first(path.size() - 1) : path);
  auto index = find_commit(repo, ref);
  if (!index) return problem(422, fmt::format("No commit found for SHA: {}", ref));
  auto const& c = repo.commits[*index];
  if (!detail) return answer_one(world, v, repo, *index);
  if (last == "status") return json_answer(200, render_status(world, v, repo, c));
  return page(
      v, check_names.size(), [&](auto i) { return render_check(v, repo, c, i); },
      [](json runs) { return json{{"total_count", check_names.size()}, {"check_runs", std::move(runs)}}; });
}

auto answer_set_status(visit const& v, repository& repo, std::string const& sha) -> http::response {
  auto const found = std::ranges::find(repo.commits, sha, &commit::sha);
  if (found == repo.commits.end()) return problem(422, fmt::format("No commit found for SHA: {}", sha));
  auto const body = json::parse(v.raw.body, nullptr, false);
  if (!body.is_object()) return problem(400, "Problems parsing JSON");
  auto const text = [&](char const* member) {
    auto const at = body.find(member);
    return at != body.end() && at->is_string() ? at->get<std::string>() : std::string{};
  };
  auto posted = posted_status{text("state"), text("context"), text("description"), text("target_url"), v.now};
  if (posted.context.empty()) posted.context = "default";
  auto const states = std::array<std::string_view, 4>{"success", "failure", "error", "pending"};
  if (std::ranges::find(states, posted.state) == states.end())
    return problem(422, "Validation Failed: state is not included in the list");
  if (posted.description.size() > 140) return problem(422, "Validation Failed: description is too long");
  std::erase_if(found->statuses, [&](auto const& old) { return old.context == posted.context; });
  found->statuses.push_back(posted);
  return json_answer(201, render_posted(v, repo, *found, posted));
}

auto answer_compare(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response {
  auto text = join(path);
  auto dots = text.find("...");
  if (dots == std::string::npos) return not_found();
  auto base = find_commit(repo, text.substr(0, dots)), head = find_commit(repo, text.substr(dots + 3));
  if (!base || !head) return not_found();
  auto from = history(repo, *base), to = history(repo, *head);
  // Both lines end with the same first commit: the shared part is their common tail.
  std::size_t shared = 0;
  while (shared < from.size() && shared < to.size() && from[from.size() - 1 - shared] == to[to.size() - 1 - shared])
    ++shared;
  auto ahead = to.size() - shared, behind = from.size() - shared;
  auto size = static_cast<std::size_t>(v.number("per_page", 1, 250, 250));
  auto number = static_cast<std::size_t>(v.number("page", 1, 1'000'000, 1));
  auto commits = json::array();
  for (auto i = (number - 1) * size; i < std::min(ahead, number * size); ++i)
    commits.push_back(render_commit(world, v.base, repo, to[ahead - 1 - i]));
  std::map<std::string, changed_file> touched;
  for (std::size_t i = 0; i < ahead; ++i)
    for (auto const& file : files_of(repo, repo.commits[to[i]])) {
      auto& sum = touched[file.name];
      sum.name = file.name;
      sum.additions += file.additions;
      sum.deletions += file.deletions;
    }
  auto files = json::array();
  for (auto const& [name, file] : touched) files.push_back(render_file(v, repo, repo.commits[*head], file));
  auto url = fmt::format("{}/compare/{}", repository_url(v.base, repo), text);
  auto status = ahead == 0 && behind == 0 ? "identical" : behind == 0 ? "ahead" : ahead == 0 ? "behind" : "diverged";
  return json_answer(200, {{"url", url},
                           {"html_url", fmt::format("https://github.com/{}/compare/{}", repo.full_name(), text)},
                           {"base_commit", render_commit(world, v.base, repo, *base)},
                           {"merge_base_commit", render_commit(world, v.base, repo, from[behind])},
                           {"status", status},
                           {"ahead_by", ahead},
                           {"behind_by", behind},
                           {"total_commits", ahead},
                           {"commits", std::move(commits)},
                           {"files", std::move(files)}});
}

auto answer_tags(data_set const&, visit const& v, repository const& repo, path_view path) -> http::response {
  if (path[0] == "tags" && path.size() == 1)
    return page(v, repo.tags.size(), [&](auto i) {
      auto const& t = repo.tags[i];
      return json{{"name", t.name},
                  {"commit", short_commit(v.base, repo, t.commit)},
                  {"node_id", node_id("REF", t.name)},
                  {"zipball_url", fmt::format("{}/zipball/refs/tags/{}", repository_url(v.base, repo), t.name)},
                  {"tarball_url", fmt::format("{}/tarball/refs/tags/{}", repository_url(v.base, repo), t.name)}};
    });
  if (path[0] != "git" || path.size() < 4 || path[1] != "ref" || (path[2] != "tags" && path[2] != "heads"))
    return not_found();
  auto name = join(path.subspan(3));
  std::optional<std::size_t> commit_index;
  if (path[2] == "heads") {
    if (auto const* b = find_branch(repo, name)) commit_index = b->head;
  } else {
    for (auto const& t : repo.tags)
      if (t.name == name) commit_index = t.commit;
  }
  if (!commit_index) return not_found();
  auto const& c = repo.commits[*commit_index];
  return json_answer(200, {{"ref", fmt::format("refs/{}/{}", path[2], name)},
                           {"node_id", node_id("REF", name)},
                           {"url", fmt::format("{}/git/refs/{}/{}", repository_url(v.base, repo), path[2], name)},
                           {"object",
                            {{"sha", c.sha},
                             {"type", "commit"},
                             {"url", fmt::format("{}/git/commits/{}", repository_url(v.base, repo), c.sha)}}}});
}

auto answer_releases(data_set const& world, visit const& v, repository const& repo, path_view path) -> http::response {
  auto render = [&](tag const& t) {
    auto id = 180'000'000 + hash_text(t.name) % 1'000'000;
    return json{{"url", fmt::format("{}/releases/{}", repository_url(v.base, repo), id)},
                {"html_url", fmt::format("https://github.com/{}/releases/tag/{}", repo.full_name(), t.name)},
                {"id", id},
                {"node_id", node_id("RE", t.name)},
                {"tag_name", t.name},
                {"target_commitish", repo.default_branch},
                {"name", t.name},
                {"draft", false},
                {"prerelease", false},
                {"created_at", iso_time(repo.commits[t.commit].when)},
                {"published_at", iso_time(t.when + std::chrono::minutes{30})},
                {"author", render_user(v.base, world.people[0])},
                {"assets", json::array()},
                {"body", fmt::format("What is new in {} is in the release notes.", t.name)}};
  };
  if (path.empty()) return page(v, repo.tags.size(), [&](auto i) { return render(repo.tags[i]); });
  if (path.size() == 1 && path[0] == "latest" && !repo.tags.empty()) return json_answer(200, render(repo.tags.front()));
  if (path.size() == 2 && path[0] == "tags")
    for (auto const& t : repo.tags)
      if (t.name == path[1]) return json_answer(200, render(t));
  return not_found();
}

} // namespace nexus::simulator::github
