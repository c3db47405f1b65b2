#include "actors/git_ci/check_mapping.hpp"

#include "runtime/rest/json_view.hpp"

#include <algorithm>

namespace nexus::git_ci {
namespace {

using rest::json_view;

/// The same name may stand twice (an app and a status, a matrix): the worse outcome counts.
void add(check_results& checks, std::string name, check_state state) {
  auto const rank = [](check_state x) { return x == check_state::failure ? 2 : x == check_state::pending ? 1 : 0; };
  auto const [place, fresh] = checks.try_emplace(std::move(name), state);
  if (!fresh && rank(state) > rank(place->second)) place->second = state;
}

} // namespace

void add_statuses(check_results& checks, nlohmann::json const& combined) {
  for (auto const& each : json_view{combined}["statuses"].items()) {
    auto const status = json_view{each};
    auto const state = status["state"].text().value_or("");
    add(checks, status["context"].text().value_or(""),
        state == "success"   ? check_state::success
        : state == "pending" ? check_state::pending
                             : check_state::failure);
  }
}

void add_check_runs(check_results& checks, nlohmann::json const& runs) {
  for (auto const& each : json_view{runs}["check_runs"].items()) {
    auto const run = json_view{each};
    auto const conclusion = run["conclusion"].text().value_or("");
    add(checks, run["name"].text().value_or(""),
        run["status"].text() != "completed"                                             ? check_state::pending
        : conclusion == "success" || conclusion == "neutral" || conclusion == "skipped" ? check_state::success
                                                                                        : check_state::failure);
  }
}

auto combined_state(check_results const& checks) -> std::optional<check_state> {
  if (checks.empty()) return {};
  auto const any = [&](check_state wanted) {
    return std::any_of(checks.begin(), checks.end(), [&](auto const& each) { return each.second == wanted; });
  };
  return any(check_state::failure)   ? check_state::failure
         : any(check_state::pending) ? check_state::pending
                                     : check_state::success;
}

auto required_checks(nlohmann::json const& branch) -> std::vector<std::string> {
  auto const wanted = json_view{branch}["protection"]["required_status_checks"];
  if (wanted["enforcement_level"].text() == "off") return {};
  std::vector<std::string> names;
  for (auto const& each : wanted["checks"].items())
    if (auto name = json_view{each}["context"].words()) names.push_back(std::move(*name));
  for (auto const& each : wanted["contexts"].items())
    if (auto name = json_view{each}.words(); name && std::find(names.begin(), names.end(), *name) == names.end())
      names.push_back(std::move(*name));
  return names;
}

auto all_passed(check_results const& checks, std::vector<std::string> const& required) -> bool {
  return std::all_of(required.begin(), required.end(), [&](auto const& name) {
    auto const found = checks.find(name);
    return found != checks.end() && found->second == check_state::success;
  });
}

} // namespace nexus::git_ci
