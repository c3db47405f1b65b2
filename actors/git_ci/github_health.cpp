#include "actors/git_ci/github_core.hpp"
#include "actors/git_ci/pull_request_mapping.hpp"

namespace nexus::git_ci {
namespace {

using rest::continuation;
using rest::json_view;

constexpr std::size_t max_pull_pages = 10;

struct reading {
  repository_health health;
  std::optional<std::int32_t> open_issues_with_pulls;
  std::optional<expected<rest::answer>> branch, protection;
  std::optional<expected<rest::page_sequence>> pulls;
};

/// Protection as far as the token may see it: the branch itself says whether it is protected, the rules are shown to
/// administrators only.
void read_protection(repository_health& to, rest::answer const& branch, expected<rest::answer> const& protection) {
  auto const says = json_view{branch.body}["protected"].boolean();
  auto const not_protected = !protection && protection.error().code == errc::not_found;
  to.branch_protection_enabled = says            ? says
                                 : protection    ? std::optional{true}
                                 : not_protected ? std::optional{false}
                                                 : std::nullopt;
  if (!to.branch_protection_enabled) to.unavailable["branch_protection_enabled"] = protection.error().render();

  if (protection)
    to.required_reviews =
        json_view{protection->body}["required_pull_request_reviews"]["required_approving_review_count"]
            .count()
            .value_or(0);
  else if (to.branch_protection_enabled == false)
    to.required_reviews = 0;
  else
    to.unavailable["required_reviews"] =
        not_protected ? "the branch is protected by rules that this token is not shown" : protection.error().render();
}

void read_pulls(repository_health& to, rest::page_sequence const& pulls, std::optional<std::int32_t> with_issues,
                timestamp now) {
  for (auto const& page : pulls.pages) to.open_prs += static_cast<std::int32_t>(json_view{page}.items().size());
  to.stale_prs = count_stale(pulls.pages, now);
  if (pulls.more) to.unavailable["open_prs"] = "there are more open pull requests than were read";
  // GitHub counts pull requests as issues.
  if (with_issues) to.open_issues = std::max(0, *with_issues - to.open_prs);
}

} // namespace

void github_client::core::health(call const& context, std::string const& name,
                                 continuation<repository_health> done) const {
  repository(
      context, name, [self = shared_from_this(), context, name, done = std::move(done)](expected<nlohmann::json> got) {
        if (failed(got, done)) return;
        auto const state = std::make_shared<reading>();
        auto& health = state->health;
        health.repo_name = json_view{*got}["full_name"].words().value_or(name);
        health.default_branch = json_view{*got}["default_branch"].text().value_or("");
        state->open_issues_with_pulls = json_view{*got}["open_issues_count"].count();
        for (auto const* member :
             {"last_successful_build", "build_frequency_per_week", "average_build_duration_minutes"})
          health.unavailable[member] = "no Jenkins job of this repository was read";

        auto const branch = fmt::format("/repos/{}/branches/{}", name, http::percent_encode(health.default_branch));
        auto const get = [=](std::string const& target,
                             std::optional<expected<rest::answer>> reading::* to) -> rest::task {
          return [=](std::function<void()> next) {
            self->github.get(context, target, [=](expected<rest::answer> read) {
              (*state).*to = std::move(read);
              next();
            });
          };
        };
        rest::join({get(branch, &reading::branch), get(branch + "/protection", &reading::protection),
                    [=](std::function<void()> next) {
                      self->github.get_pages(context, fmt::format("/repos/{}/pulls?state=open&per_page=100", name),
                                             max_pull_pages, [=](expected<rest::page_sequence> read) {
                                               state->pulls = std::move(read);
                                               next();
                                             });
                    }},
                   [=] {
                     if (failed(*state->branch, done) || failed(*state->pulls, done)) return;
                     auto& result = state->health;
                     read_protection(result, **state->branch, *state->protection);
                     read_pulls(result, **state->pulls, state->open_issues_with_pulls, self->github.now());
                     result.latest_commit_sha = json_view{(*state->branch)->body}["commit"]["sha"].text().value_or("");
                     self->checks(context, name, result.latest_commit_sha, [=](expected<check_results> checks) {
                       if (failed(checks, done)) return;
                       auto& whole = state->health;
                       whole.latest_commit_status = combined_state(*checks);
                       if (!whole.latest_commit_status)
                         whole.unavailable["latest_commit_status"] = "the commit has neither checks nor statuses";
                       done(std::move(whole));
                     });
                   });
      });
}

} // namespace nexus::git_ci
