#include "messages/core/text.hpp"
#include "simulator/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace nexus::simulator {
namespace {

using namespace std::chrono;

/// "Filter the audit trail by team" -> "filter-the-audit-trail".
auto slug(std::string_view text) -> std::string {
  std::string result;
  for (char c : lower_case(std::string{text})) {
    auto keeps = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (keeps)
      result += c;
    else if (!result.empty() && result.back() != '-')
      result += '-';
    if (result.size() >= 28 && result.back() == '-') break;
  }
  while (result.ends_with('-')) result.pop_back();
  return result;
}

auto commit_kind(dice& roll, ticket_type type) -> std::string_view {
  constexpr std::array<std::string_view, 5> chores{"chore", "refactor", "docs", "test", "perf"};
  return type == ticket_type::story ? "feat" : type == ticket_type::bug ? "fix" : roll.pick(chores);
}

class repository_maker {
public:
  repository_maker(data_set& world, repository repo, std::string_view purpose)
      : world_(world), repo_(std::move(repo)), roll_(world.seed, purpose) {}

  /// A pull request for this ticket: merged when the ticket is done, open otherwise.
  void plan_pull(ticket const& x) {
    pull_plan plan;
    plan.source = &x;
    if (x.resolved) {
      plan.merged = *x.resolved - minutes{roll_.between(10, 90)};
      plan.created = std::max(x.created, *plan.merged - hours{roll_.between(3, 90)});
      plan.merged = std::max(*plan.merged, plan.created + minutes{5});
    } else {
      plan.created = std::max(x.created, world_.anchor - hours{roll_.between(4, 120)});
    }
    plans_.push_back(plan);
  }

  /// Work without a ticket: dependency bumps and the like.
  void plan_chores(int every_days) {
    constexpr std::array<std::string_view, 8> chores{"chore(deps): bump fmt from 9.0.0 to 9.1.0",
                                                     "ci: cache the compiler between runs",
                                                     "docs: describe the local set-up",
                                                     "chore(deps): bump spdlog from 1.9.2 to 1.10.0",
                                                     "test: make the clock of the fixtures explicit",
                                                     "style: apply clang-format",
                                                     "build: raise the minimum CMake version",
                                                     "chore: update the list of owners"};
    for (auto day = days{362}; day > days{1}; day -= days{roll_.between(1, 2 * every_days - 1)})
      events_.push_back({working_hour(roll_, world_.anchor - day),
                         std::string{roll_.pick(chores)},
                         1 + roll_.below(world_.people.size() - 1),
                         {},
                         {}});
  }

  void plan_release(release_plan const& plan) {
    events_.push_back({plan.date - hours{1}, fmt::format("chore(release): {}", plan.name), 0, {}, plan.name});
  }

  auto make() -> repository {
    events_.push_back({world_.anchor - days{364}, "chore: import the project", 1, {}, {}});
    number_pulls();
    std::stable_sort(events_.begin(), events_.end(), [](auto const& a, auto const& b) { return a.when < b.when; });
    for (auto const& each : events_) add_to_main(each);
    repo_.commits.back().health = commit::checks::passing;
    repo_.branches.push_back({repo_.default_branch, repo_.commits.size() - 1, true});
    main_length_ = repo_.commits.size();
    for (auto& pull : repo_.pulls) finish_pull(pull);
    std::reverse(repo_.tags.begin(), repo_.tags.end());
    return std::move(repo_);
  }

  /// A protected branch that left the main line ten days ago, with fixes of its own, whose last two do not pass.
  void add_release_branch(repository& repo, std::string const& name) {
    auto head = main_at(repo, world_.anchor - days{10});
    constexpr std::array<std::string_view, 6> fixes{"fix(api): keep the order of results when a page is reloaded",
                                                    "fix(storage): close the cursor after a failed read",
                                                    "fix(pipeline): do not retry a cancelled stage",
                                                    "chore(release): raise the version number",
                                                    "feat(api): stream large exports in chunks",
                                                    "fix(security): check the token before the cache"};
    for (std::size_t i = 0; i < fixes.size(); ++i) {
      commit entry;
      entry.message = fixes[i];
      entry.author = 1 + roll_.below(world_.people.size() - 1);
      entry.when = working_hour(roll_, world_.anchor - days{9 - static_cast<int>(i) - (i > 3 ? 1 : 0)});
      entry.parent = head;
      entry.health = i + 2 >= fixes.size() ? commit::checks::failing : commit::checks::passing;
      head = add_commit(repo, std::move(entry));
    }
    repo.branches.insert(repo.branches.begin() + 1, {name, head, true});
  }

private:
  struct pull_plan {
    ticket const* source = nullptr;
    instant created;
    std::optional<instant> merged;
  };
  struct event {
    instant when;
    std::string message;
    std::size_t author;
    /// Index of the pull request that it merges.
    std::optional<std::size_t> pull;
    /// Name of the tag that it gets.
    std::optional<std::string> tagged;
  };

  void number_pulls() {
    std::stable_sort(plans_.begin(), plans_.end(), [](auto const& a, auto const& b) { return a.created < b.created; });
    for (auto const& plan : plans_) {
      auto const& x = *plan.source;
      auto scope = lower_case(world_.projects[x.project].components[x.component.value_or(0)]);
      pull_request pull;
      pull.number = static_cast<int>(repo_.pulls.size()) + 1;
      pull.title = fmt::format("{}({}): {} ({})", commit_kind(roll_, x.type), scope,
                               lower_case(x.summary.substr(0, 1)) + x.summary.substr(1), x.key);
      pull.body = fmt::format("Closes {}.\n\n{}", x.key, x.description.substr(0, x.description.find('\n')));
      pull.author = x.assignee.value_or(1);
      pull.head_ref = fmt::format("feature/{}-{}", x.key, slug(x.summary));
      pull.base_ref = repo_.default_branch;
      pull.created = plan.created;
      pull.merged = pull.closed = plan.merged;
      pull.updated = plan.merged.value_or(std::max(plan.created, world_.anchor - hours{roll_.between(1, 60)}));
      pull.draft = !plan.merged && x.status == ticket_status::in_progress && roll_.chance(40);
      pull.mergeable = plan.merged.has_value() || roll_.chance(80);
      constexpr std::array<std::string_view, 4> labels{"backend", "needs-tests", "dependencies", "ready"};
      if (roll_.chance(60)) pull.labels.emplace_back(roll_.pick(labels));
      if (plan.merged)
        events_.push_back(
            {*plan.merged, fmt::format("{} (#{})", pull.title, pull.number), pull.author, repo_.pulls.size(), {}});
      repo_.pulls.push_back(std::move(pull));
    }
  }

  void add_to_main(event const& from) {
    commit entry;
    entry.message = from.message;
    entry.author = from.author;
    entry.when = from.when;
    if (!repo_.commits.empty()) entry.parent = repo_.commits.size() - 1;
    entry.health = from.tagged || !roll_.chance(8) ? commit::checks::passing : commit::checks::failing;
    auto index = add_commit(repo_, std::move(entry));
    if (from.pull) repo_.pulls[*from.pull].merge_commit = index;
    if (from.tagged) repo_.tags.push_back({*from.tagged, index, from.when});
  }

  auto main_at(repository const& repo, instant when) const -> std::size_t {
    std::size_t at = 0;
    while (at + 1 < main_length_ && repo.commits[at + 1].when <= when) ++at;
    return at;
  }

  void finish_pull(pull_request& pull) {
    commit head;
    head.message = pull.title;
    head.author = pull.author;
    head.when =
        std::min(pull.created + minutes{roll_.between(1, 120)}, pull.merged.value_or(world_.anchor) - minutes{1});
    head.parent = main_at(repo_, pull.created);
    auto x = static_cast<int>(roll_.below(100));
    head.health = pull.merged || x < 60 ? commit::checks::passing
                  : x < 85              ? commit::checks::failing
                                        : commit::checks::pending;
    pull.head = add_commit(repo_, std::move(head));
    if (!pull.merged) repo_.branches.push_back({pull.head_ref, pull.head, false});
    add_reviews(pull);
  }

  void add_reviews(pull_request& pull) {
    auto until = pull.merged.value_or(world_.anchor);
    auto room = static_cast<std::uint64_t>(std::max<std::int64_t>((until - pull.created).count() - 60, 1));
    auto add = [&](std::string_view state) {
      auto who = 1 + roll_.below(world_.people.size() - 1);
      if (who == pull.author) who = 1 + who % (world_.people.size() - 1);
      pull.reviews.push_back(
          {std::int64_t{1'800'000'000} + repo_.id % 1000 * 100'000 + pull.number * 10 + std::ssize(pull.reviews), who,
           std::string{state}, pull.created + seconds{roll_.below(room)}});
    };
    if (roll_.chance(25)) add("COMMENTED");
    if (roll_.chance(pull.merged ? 15 : 25)) add("CHANGES_REQUESTED");
    if (pull.merged || roll_.chance(35)) add("APPROVED");
    std::stable_sort(pull.reviews.begin(), pull.reviews.end(),
                     [](auto const& a, auto const& b) { return a.when < b.when; });
    // The last word on a merged pull request is an approval.
    if (pull.merged) {
      auto approval =
          std::find_if(pull.reviews.begin(), pull.reviews.end(), [](auto const& r) { return r.state == "APPROVED"; });
      approval->when = pull.reviews.back().when;
      std::rotate(approval, approval + 1, pull.reviews.end());
    }
  }

  data_set& world_;
  repository repo_;
  dice roll_;
  std::vector<pull_plan> plans_;
  std::vector<event> events_;
  std::size_t main_length_ = 0;
};

auto describe(names const& called, std::string const& full_name, int id, std::string description, std::string language,
              instant created) -> repository {
  auto name = called.repository(full_name);
  auto slash = name.find('/');
  repository repo;
  repo.id = id;
  repo.owner = slash == std::string::npos ? "nexus" : name.substr(0, slash);
  repo.name = slash == std::string::npos ? name : name.substr(slash + 1);
  repo.description = std::move(description);
  repo.language = std::move(language);
  repo.default_branch = "main";
  repo.created = created;
  return repo;
}

} // namespace

void make_repositories(data_set& world, std::vector<release_plan> const& releases, names const& called) {
  auto begin = world.anchor - days{364};
  repository_maker backend{world, describe(called, "nexus/backend", 700100001, "The platform's services", "C++", begin),
                           "backend"};
  repository_maker frontend{
      world, describe(called, "nexus/frontend", 700100002, "Web and mobile clients", "TypeScript", begin), "frontend"};
  repository_maker infra{world, describe(called, "nexus/infra", 700100003, "Environments as code", "HCL", begin),
                         "infra"};
  repository_maker docs{world, describe(called, "nexus/docs", 700100004, "Handbook and user guide", "Markdown", begin),
                        "docs"};
  for (auto const& x : world.tickets) {
    auto codes = x.type == ticket_type::story || x.type == ticket_type::bug || x.type == ticket_type::task;
    auto is_open = x.status == ticket_status::in_review || x.status == ticket_status::in_progress;
    if (!codes || !(is_open || x.resolved)) continue;
    auto const& component = world.projects[x.project].components[x.component.value_or(0)];
    if (x.project == 0 || (component == "Dashboard" && !is_open))
      frontend.plan_pull(x);
    else if (component == "Storage" && x.number % 3 == 0 && !is_open)
      infra.plan_pull(x);
    else
      backend.plan_pull(x);
  }
  backend.plan_chores(4);
  frontend.plan_chores(6);
  infra.plan_chores(7);
  docs.plan_chores(6);
  for (auto const& plan : releases)
    if (plan.stage == release_plan::stage_type::released) backend.plan_release(plan);
  auto made = backend.make();
  for (auto const& plan : releases)
    if (plan.stage == release_plan::stage_type::due) backend.add_release_branch(made, plan.branch);
  world.repositories.push_back(std::move(made));
  world.repositories.push_back(frontend.make());
  world.repositories.push_back(infra.make());
  world.repositories.push_back(docs.make());
}

} // namespace nexus::simulator
