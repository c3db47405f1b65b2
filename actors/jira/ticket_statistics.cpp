#include "actors/jira/ticket_statistics.hpp"

#include "actors/jira/ticket_mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

namespace nexus::jira {
namespace {

constexpr std::size_t max_listed = 20;

/// Blocked tickets first, then by priority as Jira's own scheme orders it, then by key.
auto urgency(ticket const& x) -> int {
  constexpr std::array<std::string_view, 5> order{"Highest", "High", "Medium", "Low", "Lowest"};
  auto const found = std::find(order.begin(), order.end(), x.priority.value_or(""));
  return (is_blocked(x) ? 0 : 10) + static_cast<int>(found - order.begin());
}

/// PROJ-9 before PROJ-10.
auto before_by_key(std::string const& left, std::string const& right) -> bool {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

void note_gaps(ticket_tally const& counts, bool complete, std::vector<std::string>& notes) {
  if (!complete)
    notes.push_back(fmt::format("only the first {} tickets were counted", counts.total + counts.cancelled));
  if (counts.cancelled > 0) notes.push_back(fmt::format("{} cancelled tickets are not counted", counts.cancelled));
  if (counts.points && counts.unestimated > 0)
    notes.push_back(fmt::format("{} of {} tickets have no story points", counts.unestimated, counts.total));
}

auto sorted_open(std::span<ticket const> tickets) -> std::vector<ticket const*> {
  std::vector<ticket const*> result;
  std::unordered_set<std::string_view> seen;
  for (auto const& each : tickets)
    if (is_open(each) && seen.insert(each.key).second) result.push_back(&each);
  std::sort(result.begin(), result.end(), [](auto const* a, auto const* b) {
    auto const left = urgency(*a), right = urgency(*b);
    return left != right ? left < right : before_by_key(a->key, b->key);
  });
  return result;
}

} // namespace

auto is_open(ticket const& x) -> bool {
  return x.status != ticket_status::done && x.status != ticket_status::cancelled;
}

auto is_blocked(ticket const& x) -> bool { return x.status == ticket_status::blocked || (x.flagged && is_open(x)); }

auto ticket_tally::completion() const -> std::optional<double> {
  if (total == 0) return {};
  // Rounded down, so that 100 means all of them.
  return std::floor(1000.0 * completed / total) / 10;
}

auto tally(std::span<ticket const> tickets) -> ticket_tally {
  ticket_tally result;
  std::unordered_set<std::string_view> seen;
  for (auto const& each : tickets) {
    if (!seen.insert(each.key).second) continue;
    if (each.status == ticket_status::cancelled) {
      ++result.cancelled;
      continue;
    }
    ++result.total;
    auto const completed = each.status == ticket_status::done;
    if (completed)
      ++result.completed;
    else if (is_blocked(each))
      ++result.blocked;
    else if (each.status != ticket_status::to_do)
      ++result.in_progress;
    if (each.story_points) {
      result.points = result.points.value_or(0) + *each.story_points;
      result.completed_points = result.completed_points.value_or(0) + (completed ? *each.story_points : 0);
    } else {
      ++result.unestimated;
    }
  }
  return result;
}

auto sprint_statistics(sprint const& of, std::span<ticket const> tickets, bool complete) -> jira_sprint_stats {
  auto const counts = tally(tickets);
  auto result = jira_sprint_stats{.sprint_id = of.id,
                                  .sprint_name = of.name,
                                  .sprint_state = of.state.empty() ? std::nullopt : std::optional{of.state},
                                  .start_date = of.start,
                                  .end_date = of.end,
                                  .total_issues = counts.total,
                                  .completed_issues = counts.completed,
                                  .in_progress_issues = counts.in_progress,
                                  .blocked_issues = counts.blocked,
                                  .total_story_points = counts.points,
                                  .completed_story_points = counts.completed_points,
                                  .completion_percentage = counts.completion(),
                                  .blockers = {},
                                  .notes = {}};
  for (auto const* each : sorted_open(tickets))
    if (is_blocked(*each)) result.blockers.push_back(each->key);
  note_gaps(counts, complete, result.notes);
  return result;
}

auto release_statistics(jira_release const& of, std::span<ticket const> tickets, bool complete) -> jira_release_stats {
  auto const counts = tally(tickets);
  auto result = jira_release_stats{.release = of.version,
                                   .project_key = of.project_key,
                                   .released = of.released,
                                   .release_date = of.release_date,
                                   .total_tickets = counts.total,
                                   .completed_tickets = counts.completed,
                                   .in_progress_tickets = counts.in_progress,
                                   .blocked_tickets = counts.blocked,
                                   .ticket_completion_rate = counts.completion(),
                                   .total_story_points = counts.points,
                                   .completed_story_points = counts.completed_points,
                                   .open_tickets = {},
                                   .blockers = {},
                                   .notes = {}};
  auto const open = sorted_open(tickets);
  for (auto const* each : open) {
    if (result.open_tickets.size() < max_listed) result.open_tickets.push_back(summary_of(*each));
    if (is_blocked(*each) && result.blockers.size() < max_listed) result.blockers.push_back(summary_of(*each));
  }
  if (open.size() > max_listed)
    result.notes.push_back(fmt::format("{} of {} open tickets are listed", max_listed, open.size()));
  note_gaps(counts, complete, result.notes);
  return result;
}

} // namespace nexus::jira
