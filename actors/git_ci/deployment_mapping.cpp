#include "actors/git_ci/deployment_mapping.hpp"

#include "runtime/rest/json_view.hpp"
#include "runtime/rest/service.hpp"

#include <algorithm>

namespace nexus::git_ci {
namespace {

using rest::json_view;

auto state_from(std::string_view word) -> std::optional<deployment_state> {
  using enum deployment_state;
  for (auto const each : {error, failure, inactive, in_progress, queued, pending, success})
    if (word == name_of(each)) return each;
  return {};
}

/// By time, and by number within a second.
auto is_older(nlohmann::json const& a, nlohmann::json const& b) -> bool {
  auto const age = [](json_view status) { return std::pair{status["created_at"].time(), status["id"].integer()}; };
  return age(json_view{a}) < age(json_view{b});
}

} // namespace

auto deployment_from_json(nlohmann::json const& value) -> expected<deployment> {
  auto const view = json_view{value};
  auto const id = view["id"].integer();
  auto environment = view["environment"].words();
  auto commit = view["sha"].words();
  if (!id || *id < 0 || !environment || !commit)
    return fail(errc::upstream, "GitHub sent a deployment without id, environment or commit");
  return deployment{.deployment_id = *id,
                    .environment = std::move(*environment),
                    .ref = view["ref"].text().value_or(""),
                    .commit = std::move(*commit),
                    .description = view["description"].words(),
                    .creator = view["creator"]["login"].words(),
                    .production = view["production_environment"].boolean(),
                    .created_at = view["created_at"].time(),
                    .state = {},
                    .state_since = {},
                    .state_description = {},
                    .environment_url = {},
                    .log_url = {},
                    .unavailable = {}};
}

void add_newest_status(deployment& to, nlohmann::json const& statuses) {
  auto const& all = json_view{statuses}.items();
  auto const newest = std::max_element(all.begin(), all.end(), is_older);
  if (newest == all.end()) return add_no_status(to, "nobody has said yet how it goes");
  auto const status = json_view{*newest};
  auto const word = status["state"].text().value_or("");
  to.state = state_from(word);
  if (!to.state)
    return add_no_status(
        to, fmt::format("GitHub says '{}', which is no state that is known here", rest::one_line(word, 40)));
  to.state_since = status["created_at"].time();
  to.state_description = status["description"].words();
  to.environment_url = status["environment_url"].words();
  auto log = status["log_url"].words();
  // What the log's address was called before.
  to.log_url = log ? std::move(log) : status["target_url"].words();
}

void add_no_status(deployment& to, std::string const& why) { to.unavailable["state"] = why; }

} // namespace nexus::git_ci
