#include "actors/jira/sprint_mapping.hpp"

#include "messages/core/text.hpp"
#include "runtime/rest/json_view.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::jira {
namespace {

constexpr std::size_t max_named = 10;

auto latest_names(std::vector<sprint> const& sprints) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (auto each = sprints.rbegin(); each != sprints.rend() && names.size() < max_named; ++each)
    names.push_back(each->state.empty() ? each->name : fmt::format("{} ({})", each->name, each->state));
  return names;
}

} // namespace

auto sprint_from_json(nlohmann::json const& value) -> std::optional<sprint> {
  auto const view = rest::json_view{value};
  auto const id = view["id"].integer();
  if (!id) return {};
  return sprint{.id = *id,
                .name = view["name"].text().value_or(""),
                .state = view["state"].text().value_or(""),
                .start = view["startDate"].time(),
                .end = view["endDate"].time()};
}

auto choose_sprint(std::vector<sprint> const& sprints, std::optional<std::string> const& name,
                   std::string const& project_key) -> expected<sprint> {
  if (sprints.empty()) return fail(errc::not_found, "project {} has no sprints", project_key);
  if (!name) {
    sprint const* open = nullptr;
    for (auto const& each : sprints)
      if (each.state == "active" && (open == nullptr || each.start > open->start)) open = &each;
    if (open != nullptr) return *open;
    return fail(errc::not_found, "project {} has no open sprint; its latest are: {}", project_key,
                fmt::join(latest_names(sprints), ", "));
  }
  auto const wanted = lower_case(*name);
  // A later sprint of the same name is meant rather than an earlier one.
  for (auto each = sprints.rbegin(); each != sprints.rend(); ++each)
    if (lower_case(each->name) == wanted) return *each;
  for (auto each = sprints.rbegin(); each != sprints.rend(); ++each)
    if (lower_case(each->name).ends_with(' ' + wanted)) return *each;
  return fail(errc::not_found, "project {} has no sprint '{}'; its latest are: {}", project_key, *name,
              fmt::join(latest_names(sprints), ", "));
}

} // namespace nexus::jira
