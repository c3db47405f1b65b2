#include "simulator/generate.hpp"

#include <fmt/format.h>

namespace nexus::simulator {
namespace {

using namespace std::chrono;

constexpr int closed_sprints = 26;

/// Two-week sprints over a year, one that is mid-way at the anchor, and one to come.
auto make_sprints(project const& owner, instant anchor, int first_id) -> std::vector<sprint> {
  std::vector<sprint> sprints;
  auto active_start = day_of(anchor) - days{7} + hours{9};
  for (int i = 0; i <= closed_sprints + 1; ++i) {
    sprint entry;
    entry.id = first_id + i;
    entry.name = fmt::format("{} Sprint {}", owner.key, i + 1);
    entry.start = active_start + days{14 * (i - closed_sprints)};
    entry.end = entry.start + days{14};
    entry.state = i < closed_sprints ? "closed" : i == closed_sprints ? "active" : "future";
    if (i < closed_sprints) entry.completed = entry.end + minutes{20};
    entry.goal = i % 2 == 0 ? "Finish what was begun before anything new" : "Bring the next release closer";
    sprints.push_back(std::move(entry));
  }
  return sprints;
}

auto make_versions(std::vector<release_plan> const& releases, int first_id) -> std::vector<version> {
  std::vector<version> versions;
  for (auto const& plan : releases) {
    version entry;
    entry.id = first_id + static_cast<int>(versions.size());
    entry.name = plan.name;
    entry.released = plan.stage == release_plan::stage_type::released;
    // Only the last five are still shown in Jira's lists.
    entry.archived = entry.released && versions.size() + 7 < releases.size();
    entry.start = plan.date - days{35};
    entry.release = plan.date;
    entry.description = entry.released ? "Regular release" : "In preparation";
    versions.push_back(std::move(entry));
  }
  return versions;
}

auto make_mobile_versions(instant anchor, int first_id) -> std::vector<version> {
  std::vector<version> versions;
  for (int i = 0; i < 4; ++i) {
    version entry;
    entry.id = first_id + i;
    entry.name = fmt::format("Mobile 3.{}", i + 1);
    entry.description = "Release to both app stores";
    entry.release = day_of(anchor) + hours{12} + days{12 - 50 * (3 - i)};
    entry.start = entry.release - days{50};
    entry.released = entry.release < anchor;
    versions.push_back(std::move(entry));
  }
  return versions;
}

} // namespace

void make_projects(data_set& world, std::vector<release_plan> const& releases, names const& called) {
  project shop;
  shop.id = 10001;
  shop.key = called.project("PROJ");
  shop.name = "Customer Apps";
  shop.lead = 3;
  shop.board = 1;
  shop.components = {"Mobile", "Checkout", "Search", "Accounts"};
  shop.versions = make_mobile_versions(world.anchor, 10300);
  shop.sprints = make_sprints(shop, world.anchor, 100);

  project platform;
  platform.id = 10002;
  platform.key = called.project("NEXUS");
  platform.name = "Nexus Platform";
  platform.team_managed = true;
  platform.lead = 1;
  platform.board = 2;
  platform.components = {"API", "Pipeline", "Dashboard", "Notifications", "Storage", "Security"};
  platform.versions = make_versions(releases, 10100);
  platform.sprints = make_sprints(platform, world.anchor, 200);

  project operations;
  operations.id = 10003;
  operations.key = called.project("OPS");
  operations.name = "Operations";
  operations.lead = 8;
  operations.components = {"Production", "Staging"};

  world.projects = {std::move(shop), std::move(platform), std::move(operations)};
}

} // namespace nexus::simulator
