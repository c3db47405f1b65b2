#include "simulator/generate.hpp"

#include "messages/core/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator {

using namespace std::chrono;

auto data_set::find_project(std::string_view key) const -> project const* {
  auto found = std::find_if(projects.begin(), projects.end(), [&](auto const& x) { return x.key == key; });
  return found == projects.end() ? nullptr : &*found;
}

auto data_set::find_ticket(std::string_view key) const -> ticket const* {
  auto found = tickets_by_key.find(std::string{key});
  return found == tickets_by_key.end() ? nullptr : &tickets[found->second];
}

auto data_set::find_repository(std::string_view owner, std::string_view name) const -> repository const* {
  auto found = std::find_if(repositories.begin(), repositories.end(),
                            [&](auto const& x) { return x.owner == owner && x.name == name; });
  return found == repositories.end() ? nullptr : &*found;
}

auto data_set::find_job(std::string_view full_name) const -> job const* {
  auto found = std::find_if(jobs.begin(), jobs.end(), [&](auto const& x) { return x.full_name == full_name; });
  return found == jobs.end() ? nullptr : &*found;
}

auto job::last_completed() const -> build const& {
  return *std::find_if(builds.rbegin(), builds.rend(), [](auto const& b) { return !b.building(); });
}

auto working_hour(dice& roll, instant day) -> instant {
  return day_of(day) + hours{roll.between(8, 17)} + minutes{roll.between(0, 59)} + seconds{roll.between(0, 59)};
}

auto hex_digits(std::uint64_t seed, std::size_t count) -> std::string {
  std::string text;
  for (std::uint64_t block = 0; text.size() < count; ++block)
    text += fmt::format("{:016x}", mix(seed + (block + 1) * 0x9e3779b97f4a7c15ULL));
  text.resize(count);
  return text;
}

void add_ticket(data_set& world, ticket entry) {
  auto index = world.tickets.size();
  world.tickets_by_key.emplace(entry.key, index);
  if (!entry.parent.empty()) world.children[entry.parent].push_back(index);
  world.tickets.push_back(std::move(entry));
}

auto add_commit(repository& repo, commit entry) -> std::size_t {
  auto parent = entry.parent ? repo.commits[*entry.parent].sha : std::string{};
  entry.sha = hex_digits(hash_text(fmt::format("{}\n{}\n{}\n{}\n{}", repo.full_name(), parent, entry.message,
                                               entry.when.time_since_epoch().count(), repo.commits.size())),
                         40);
  auto index = repo.commits.size();
  repo.by_sha.emplace(entry.sha, index);
  repo.commits.push_back(std::move(entry));
  return index;
}

auto plan_releases(instant anchor, names const& called) -> std::vector<release_plan> {
  auto branch_of = [](std::string_view name) {
    if (!name.empty() && name.front() == 'v') name.remove_prefix(1);
    auto dot = name.rfind('.');
    auto minor = std::count(name.begin(), name.end(), '.') >= 2 ? name.substr(0, dot) : name;
    return fmt::format("release/{}", minor);
  };
  std::vector<release_plan> plans;
  auto today = day_of(anchor) + hours{15};
  for (int minor = 0; minor <= 9; ++minor) {
    auto name = called.release(fmt::format("v1.{}.0", minor));
    plans.push_back({name, branch_of(name), today - days{21 + 35 * (9 - minor)}, release_plan::stage_type::released});
  }
  auto next = called.release("v2.0.0");
  plans.push_back({next, branch_of(next), today + days{4}, release_plan::stage_type::due});
  auto later = called.release("v2.1.0");
  plans.push_back({later, branch_of(later), today + days{46}, release_plan::stage_type::early});
  return plans;
}

auto make_people() -> std::vector<person> {
  constexpr std::array<std::string_view, 12> full_names{
      "Nexus Bot",      "Amara Okafor", "Jonas Lindqvist", "Priya Raman",  "Mateo Alvarez",  "Hannah Weiss",
      "Kenji Watanabe", "Sofia Rossi",  "Tomasz Nowak",    "Leila Haddad", "Oliver Bennett", "Chen Wei"};
  std::vector<person> people;
  for (auto full_name : full_names) {
    auto login = lower_case(full_name);
    std::replace(login.begin(), login.end(), ' ', '-');
    auto mailbox = login;
    std::replace(mailbox.begin(), mailbox.end(), '-', '.');
    auto account = "712020:" + hex_digits(hash_text(full_name), 8) + '-' + hex_digits(hash_text(login), 12);
    people.push_back({account, std::string{full_name}, mailbox + "@example.com", login});
  }
  return people;
}

auto generate(std::uint64_t seed, instant anchor, names const& called) -> data_set {
  data_set world;
  world.seed = seed;
  world.anchor = anchor;
  world.people = make_people();
  auto releases = plan_releases(anchor, called);
  make_projects(world, releases, called);
  make_tickets(world, releases);
  make_repositories(world, releases, called);
  make_alerts(world, releases);
  make_deployments(world, releases);
  make_incidents(world);
  make_builds(world, releases, called);
  return world;
}

} // namespace nexus::simulator
