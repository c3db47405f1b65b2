#pragma once

#include "messages/jira.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What a set of tickets adds up to. Pure.
namespace nexus::jira {

/// Whether a ticket that is not done waits for something: its status says "blocked", or its board flags it.
auto is_blocked(ticket const& x) -> bool;
/// Whether a ticket is neither done nor cancelled.
auto is_open(ticket const& x) -> bool;

/// Counts over tickets; cancelled ones count nowhere, and a ticket that stands twice counts once.
struct ticket_tally {
  std::int32_t total = 0;
  std::int32_t completed = 0;
  /// In progress or in review, and not blocked.
  std::int32_t in_progress = 0;
  std::int32_t blocked = 0;
  std::int32_t cancelled = 0;
  /// Tickets without an estimate, of the total.
  std::int32_t unestimated = 0;
  /// Absent when no ticket is estimated.
  std::optional<double> points;
  std::optional<double> completed_points;

  /// 0 to 100, to one decimal; absent without tickets.
  auto completion() const -> std::optional<double>;
};

auto tally(std::span<ticket const> tickets) -> ticket_tally;

/// A sprint as its board shows it.
struct sprint {
  std::int64_t id = 0;
  std::string name;
  /// "active", "closed" or "future".
  std::string state;
  std::optional<timestamp> start;
  std::optional<timestamp> end;
};

/// A sprint's figures from its tickets. `complete` says whether these are all of them.
auto sprint_statistics(sprint const& of, std::span<ticket const> tickets, bool complete) -> jira_sprint_stats;

/// A release's figures from its tickets. `complete` says whether these are all of them.
auto release_statistics(jira_release const& of, std::span<ticket const> tickets, bool complete) -> jira_release_stats;

} // namespace nexus::jira
