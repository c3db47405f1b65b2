#include "actors/git_ci/pull_request_mapping.hpp"

#include "runtime/rest/json_view.hpp"

#include <map>

namespace nexus::git_ci {

using rest::json_view;

auto pull_request_from_json(nlohmann::json const& value) -> expected<pr_status> {
  auto const view = json_view{value};
  auto const number = view["number"].count();
  if (!number) return fail(errc::upstream, "GitHub sent a pull request without a number");
  auto const merged_at = view["merged_at"].time();
  auto result =
      pr_status{.pr_number = *number,
                .title = view["title"].text().value_or(""),
                .state = view["state"].text().value_or(""),
                .author = view["user"]["login"].text().value_or(""),
                .base_branch = view["base"]["ref"].text().value_or(""),
                .head_branch = view["head"]["ref"].text().value_or(""),
                .url = view["html_url"].text().value_or(""),
                .draft = view["draft"].boolean().value_or(false),
                .mergeable = view["mergeable"].boolean(),
                .merged = view["merged"].boolean().value_or(merged_at.has_value()),
                .merged_by = view["merged_by"]["login"].words(),
                .merged_at = merged_at,
                .ci_status = {},
                .required_checks_passed = {},
                .additions = view["additions"].count().value_or(0),
                .deletions = view["deletions"].count().value_or(0),
                .changed_files = view["changed_files"].count().value_or(0),
                .commits = view["commits"].count().value_or(0),
                .comments = view["comments"].count().value_or(0) + view["review_comments"].count().value_or(0),
                .created_at = view["created_at"].time(),
                .updated_at = view["updated_at"].time(),
                .unavailable = {}};
  if (!result.mergeable && result.state == "open")
    result.unavailable["mergeable"] = "GitHub has not worked it out yet; ask again";
  return result;
}

void add_reviews(pr_status& to, std::vector<nlohmann::json> const& pages) {
  enum class decision : std::uint8_t { none, approved, changes };
  std::map<std::string, decision> latest;
  for (auto const& page : pages)
    for (auto const& each : json_view{page}.items()) {
      auto const review = json_view{each};
      auto const who = review["user"]["login"].text().value_or("");
      auto const state = review["state"].text().value_or("");
      if (who == to.author) continue;
      if (state == "APPROVED")
        latest[who] = decision::approved;
      else if (state == "CHANGES_REQUESTED")
        latest[who] = decision::changes;
      else if (state == "DISMISSED")
        latest[who] = decision::none;
    }
  for (auto const& [who, what] : latest) {
    if (what == decision::approved) ++to.approvals;
    if (what == decision::changes) to.changes_requested = true;
  }
}

auto head_commit(nlohmann::json const& pull_request) -> std::string {
  return json_view{pull_request}["head"]["sha"].text().value_or("");
}

auto count_stale(std::vector<nlohmann::json> const& pages, timestamp now) -> std::int32_t {
  std::int32_t result = 0;
  for (auto const& page : pages)
    for (auto const& each : json_view{page}.items()) {
      auto const touched = json_view{each}["updated_at"].time();
      if (touched && now - *touched > std::chrono::days{7}) ++result;
    }
  return result;
}

} // namespace nexus::git_ci
