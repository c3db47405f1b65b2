#pragma once

#include "simulator/data.hpp"
#include "simulator/random.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The steps of generate(), in their order. Each draws from its own stream of random numbers.
namespace nexus::simulator {

/// v1.0.0 to v1.9.0 (released), v2.0.0 (due in a few days) and v2.1.0 (early), oldest first.
auto plan_releases(instant anchor, names const& called) -> std::vector<release_plan>;

/// Twelve people; the first is the account that Nexus itself uses.
auto make_people() -> std::vector<person>;

/// PROJ, NEXUS and OPS with their versions and sprints.
void make_projects(data_set& world, std::vector<release_plan> const& releases, names const& called);
/// The tickets of PROJ and NEXUS.
void make_tickets(data_set& world, std::vector<release_plan> const& releases);
/// Repositories with history, branches, tags and pull requests that carry the tickets' keys.
void make_repositories(data_set& world, std::vector<release_plan> const& releases, names const& called);
/// Dependabot's and code scanning's findings.
void make_alerts(data_set& world, std::vector<release_plan> const& releases);
/// A year of deployments of the backend and the frontend.
void make_deployments(data_set& world, std::vector<release_plan> const& releases);
/// OPS tickets for deployments that hurt.
void make_incidents(data_set& world);
/// Jenkins jobs with their builds.
void make_builds(data_set& world, std::vector<release_plan> const& releases, names const& called);

/// Enters a ticket into the world's lists and maps.
void add_ticket(data_set& world, ticket entry);
/// Enters a commit and answers its index; the hash follows from repository, parent, message and time.
auto add_commit(repository& repo, commit entry) -> std::size_t;

/// A summary as people write them, for a ticket of that kind about the project's subject matter.
auto write_summary(dice& roll, std::string_view project, ticket_type type) -> std::string;
/// A description for that summary: paragraphs, steps or acceptance criteria.
auto write_description(dice& roll, ticket_type type, std::string_view summary) -> std::string;

/// A moment in working hours of that day.
auto working_hour(dice& roll, instant day) -> instant;
/// So many hexadecimal digits drawn from a hash.
auto hex_digits(std::uint64_t seed, std::size_t count) -> std::string;

} // namespace nexus::simulator
