#include "actors/git_ci/github_core.hpp"

#include <algorithm>

// Statuses of commits: POST /repos/{owner}/{repo}/statuses/{sha}.

namespace nexus::git_ci {
namespace {

/// GitHub takes 140 characters of a description, which are at least as many bytes; three of them say that there is
/// more.
constexpr std::size_t most_shown = 140 - 3;

} // namespace

auto is_sha(std::string_view text) -> bool {
  return (text.size() == 40 || text.size() == 64) &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void github_client::write(call const& context, set_commit_status const& wanted,
                          rest::continuation<commit_status> done) const {
  auto name = full_repository_name(wanted.repo_name, core_->settings.organisation);
  if (failed(name, done)) return;
  if (!is_sha(wanted.commit))
    return done(fail_at("$.commit", errc::invalid_argument, "'{}' is no full SHA", rest::one_line(wanted.commit, 64)));
  auto body = nlohmann::json{{"state", name_of(wanted.state)},
                             {"context", wanted.context},
                             {"description", rest::one_line(wanted.description, most_shown)}};
  if (wanted.target_url) body["target_url"] = *wanted.target_url;
  core_->github.change(context, "POST", fmt::format("/repos/{}/statuses/{}", *name, wanted.commit), body,
                       [wanted, body, name = *name, done = std::move(done)](expected<rest::answer> got) {
                         if (!got && got.error().code == errc::not_found)
                           got.error().remedy =
                               fmt::format("look whether {} exists and the token may write its commit statuses", name);
                         if (failed(got, done)) return;
                         auto const answer = rest::json_view{got->body};
                         done(commit_status{.commit = wanted.commit,
                                            .context = wanted.context,
                                            .state = wanted.state,
                                            .description = body["description"].get<std::string>(),
                                            .target_url = wanted.target_url,
                                            .url = answer["url"].text()});
                       });
}

} // namespace nexus::git_ci
