#include "simulator/generate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator {
namespace {

using namespace std::chrono;

/// The newest commit of the default branch at that time.
auto head_at(repository const& repo, instant when) -> std::size_t {
  auto at = repo.branches.front().head;
  while (repo.commits[at].parent && repo.commits[at].when > when) at = *repo.commits[at].parent;
  return at;
}

class deployer {
public:
  deployer(data_set const& world, repository& repo, std::int64_t first_id)
      : world_(world), repo_(repo), next_id_(first_id), roll_(world.seed, "deployments of " + repo.full_name()) {}

  void deploy(std::string environment, instant when, std::optional<tag> release, int failing_percent) {
    deployment entry;
    entry.environment = std::move(environment);
    entry.commit = release ? release->commit : head_at(repo_, when);
    entry.ref = release ? release->name : repo_.default_branch;
    entry.creator = roll_.chance(70) ? 0 : 1 + roll_.below(world_.people.size() - 1);
    entry.created = when;
    auto started = when + seconds{roll_.between(5, 40)};
    auto ended = started + seconds{roll_.between(90, 900)};
    entry.states = {
        {"pending", when}, {"in_progress", started}, {roll_.chance(failing_percent) ? "failure" : "success", ended}};
    repo_.deployments.push_back(std::move(entry));
  }

  void over_a_year(std::string const& environment, int every_days, int failing_percent) {
    for (auto day = days{360}; day > days{0}; day -= days{roll_.between(1, 2 * every_days - 1)})
      deploy(environment, working_hour(roll_, world_.anchor - day), std::nullopt, failing_percent);
  }

  void finish() {
    std::stable_sort(repo_.deployments.begin(), repo_.deployments.end(),
                     [](auto const& a, auto const& b) { return a.created < b.created; });
    for (auto& entry : repo_.deployments) entry.id = next_id_ += roll_.between(1, 900);
    std::reverse(repo_.deployments.begin(), repo_.deployments.end());
  }

private:
  data_set const& world_;
  repository& repo_;
  std::int64_t next_id_;
  dice roll_;
};

} // namespace

void make_deployments(data_set& world, std::vector<release_plan> const& releases) {
  deployer backend{world, world.repositories[0], 2'400'000'000};
  backend.over_a_year("staging", 3, 10);
  backend.over_a_year("production", 8, 12);
  for (auto const& plan : releases)
    for (auto const& t : world.repositories[0].tags)
      if (t.name == plan.name) backend.deploy("production", plan.date + hours{1}, t, 0);
  backend.finish();
  deployer frontend{world, world.repositories[1], 2'500'000'000};
  frontend.over_a_year("staging", 4, 8);
  frontend.over_a_year("production", 10, 8);
  frontend.finish();
}

void make_incidents(data_set& world) {
  constexpr std::size_t operations = 2;
  dice roll{world.seed, "incidents"};
  auto const& owner = world.projects[operations];
  constexpr std::array<std::string_view, 6> symptoms{"Error rate above 5 %",    "Sign-in is slow",
                                                     "Queue grows without end", "Time-outs between services",
                                                     "Memory use keeps rising", "Reports show old figures"};
  struct cause {
    repository const* repo;
    deployment const* deployed;
  };
  std::vector<cause> causes;
  for (auto const& repo : world.repositories)
    for (auto const& d : repo.deployments)
      if (d.environment == "production" && roll.chance(d.states.back().first == "failure" ? 70 : 12))
        causes.push_back({&repo, &d});
  std::sort(causes.begin(), causes.end(),
            [](auto const& a, auto const& b) { return a.deployed->created < b.deployed->created; });
  int number = 0;
  for (auto const& [repo, deployed] : causes) {
    ticket entry;
    entry.number = ++number;
    entry.key = fmt::format("{}-{}", owner.key, entry.number);
    entry.id = owner.id * 1000 + entry.number;
    entry.project = operations;
    entry.type = ticket_type::incident;
    entry.status = ticket_status::done;
    entry.priority = roll.chance(40) ? priority::highest : priority::high;
    entry.reporter = 0;
    entry.assignee = 1 + roll.below(world.people.size() - 1);
    entry.component = 0;
    entry.created = deployed->states.back().second + minutes{roll.between(2, 45)};
    entry.resolved = entry.updated = entry.created + minutes{roll.between(20, 600)};
    auto symptom = roll.pick(symptoms);
    entry.summary = fmt::format("{} in production after deployment of {}", symptom, repo->name);
    entry.labels = {fmt::format("deployment-{}", deployed->id), "incident",
                    entry.priority == priority::highest ? "sev1" : "sev2"};
    entry.description = fmt::format("{}. Began shortly after deployment {} of {} ({} at {}).\n\nWhat was done:\n\n- "
                                    "Rolled back to the version before\n- "
                                    "Confirmed that the figures returned to normal\n- Scheduled a review with the team",
                                    symptom, deployed->id, repo->full_name(), deployed->ref,
                                    repo->commits[deployed->commit].sha.substr(0, 10));
    if (*entry.resolved > world.anchor) {
      entry.status = ticket_status::in_progress;
      entry.resolved.reset();
      entry.updated = world.anchor;
    }
    add_ticket(world, std::move(entry));
  }
}

} // namespace nexus::simulator
