#include "actors/llm/inquiry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::llm {

using nlohmann::json;

auto inquiry::readiness() -> answer {
  if (!notes_.offers("assess_release_readiness")) return missing("assess_release_readiness");
  if (!asked_.version) return discovered_readiness();
  json arguments{{"release", *asked_.version}};
  if (!asked_.names.empty() && notes_.offers("list_projects")) {
    auto const project = find_.named_project();
    if (project.waiting()) return waiting;
    if (project.found() && !project.name.empty()) arguments["project"] = project.name;
  }
  auto const* seen = notes_.look("assess_release_readiness", arguments);
  if (!seen) return waiting;
  if (seen->ok()) return reply{tell_decision(*seen)};
  // Written otherwise than it is named, or not there at all: see what there is.
  auto const meaning = seen->failed->code == "not_found" || seen->failed->code == "refused";
  if (!meaning || !notes_.offers("list_releases")) return reply{tell_failure(*seen)};
  return discovered_readiness();
}

auto inquiry::discovered_readiness() -> answer {
  auto const release = find_.release();
  if (release.waiting()) return waiting;
  if (!release.found()) return ask_back(release);
  auto const* seen = notes_.look("assess_release_readiness", {{"release", release.name}, {"project", release.project}});
  if (!seen) return waiting;
  return with_rule(release, seen->ok() ? tell_decision(*seen) : tell_failure(*seen));
}

auto inquiry::release_figures() -> answer {
  if (!notes_.offers("get_release_stats")) return missing("get_release_stats");
  auto const release = find_.release();
  if (release.waiting()) return waiting;
  if (!release.found()) return ask_back(release);
  auto const* seen = notes_.look("get_release_stats", {{"project_key", release.project}, {"release", release.name}});
  if (!seen) return waiting;
  return with_rule(release, seen->ok() ? tell_release_figures(*seen) : tell_failure(*seen));
}

auto inquiry::release_blockers() -> answer {
  if (!notes_.offers("get_release_stats")) return readiness();
  auto const release = find_.release();
  if (release.waiting()) return waiting;
  if (!release.found()) return ask_back(release);
  auto const* figures = notes_.look("get_release_stats", {{"project_key", release.project}, {"release", release.name}});
  auto const* decision =
      notes_.offers("assess_release_readiness")
          ? notes_.look("assess_release_readiness", {{"release", release.name}, {"project", release.project}})
          : figures;
  if (!figures || !decision) return waiting;
  auto text = figures->ok() ? tell_release_blockers(*figures) : tell_failure(*figures);
  if (decision != figures) text += '\n' + (decision->ok() ? tell_decision(*decision) : tell_failure(*decision));
  return with_rule(release, std::move(text));
}

auto inquiry::releases() -> answer {
  if (!notes_.offers("list_releases")) return missing("list_releases");
  auto const projects = find_.list("list_projects");
  if (!projects) return waiting;
  auto named = find_.match(*projects);
  if (named.empty() && !asked_.names.empty()) {
    auto const project = find_.project();
    if (!project.found()) return ask_back(project);
    named = {{.name = project.name, .also = {}}};
  }
  auto const& among = named.empty() ? *projects : named;
  if (among.empty()) return ask_back(find_.release());
  std::string text;
  auto pending = false;
  for (std::size_t i = 0; i < std::min(among.size(), most_probed); ++i) {
    auto const* seen = notes_.look("list_releases", {{"project_key", among[i].name}});
    pending = pending || !seen;
    if (seen) text += (text.empty() ? "" : "\n") + (seen->ok() ? tell_releases(*seen) : tell_failure(*seen));
  }
  if (pending) return waiting;
  return reply{std::move(text)};
}

} // namespace nexus::llm
