#include "actors/readiness/facts.hpp"

#include "messages/core/codec.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace nexus::readiness {
namespace {

using enum fact_kind;

constexpr std::array<std::string_view, 6> build_results{"SUCCESS", "UNSTABLE",  "FAILURE",
                                                        "ABORTED", "NOT_BUILT", "BUILDING"};

constexpr fact_description table[]{
    {.name = "build.duration_minutes",
     .kind = number,
     .unit = "minutes",
     .meaning = "median duration of the recent builds"},
    {.name = "build.last_result",
     .kind = text,
     .unit = "",
     .meaning = "result of the newest finished build of the release's branch",
     .remedy = "run the build on the release's branch until its result is {goal}",
     .values = build_results},
    {.name = "build.success_rate",
     .kind = number,
     .unit = "percent",
     .meaning = "share of the recent finished builds that succeeded"},
    {.name = "commits.authors",
     .kind = number,
     .unit = "authors",
     .meaning = "people who wrote the commits since the previous release"},
    {.name = "commits.conventional_percentage",
     .kind = number,
     .unit = "percent",
     .meaning = "share of the commits since the previous release with a conventional message",
     .whole = "commits.total",
     .whole_remedy = "give {n} more of {total} {unit} a conventional message (type: summary)"},
    {.name = "commits.lead_time_median_hours",
     .kind = number,
     .unit = "hours",
     .meaning = "median time from a commit to the release"},
    {.name = "commits.total", .kind = number, .unit = "commits", .meaning = "commits since the previous release"},
    {.name = "coverage.branch_percentage", .kind = number, .unit = "percent", .meaning = "branches that tests execute"},
    {.name = "coverage.line_percentage",
     .kind = number,
     .unit = "percent",
     .meaning = "lines that tests execute",
     .whole = "coverage.lines_total",
     .whole_remedy = "cover {n} more of {total} {unit} by tests"},
    {.name = "coverage.lines_total", .kind = number, .unit = "lines", .meaning = "lines that tests could execute"},
    {.name = "findings.critical",
     .kind = number,
     .unit = "findings",
     .meaning = "static analysis findings of critical severity",
     .remedy = "resolve {n} critical {unit}"},
    {.name = "findings.high",
     .kind = number,
     .unit = "findings",
     .meaning = "static analysis findings of high severity",
     .remedy = "resolve {n} high {unit}"},
    {.name = "findings.low",
     .kind = number,
     .unit = "findings",
     .meaning = "static analysis findings of low severity",
     .remedy = "resolve {n} low {unit}"},
    {.name = "findings.medium",
     .kind = number,
     .unit = "findings",
     .meaning = "static analysis findings of medium severity",
     .remedy = "resolve {n} medium {unit}"},
    {.name = "history.days_since_previous",
     .kind = number,
     .unit = "days",
     .meaning = "time between the previous release and this one"},
    {.name = "history.in_order",
     .kind = flag,
     .unit = "",
     .meaning = "whether the release descends from the previous one and no tag of a higher version precedes it",
     .remedy = "release from a commit that descends from the previous release, under a higher version"},
    {.name = "incidents.open",
     .kind = number,
     .unit = "incidents",
     .meaning = "incidents in production that are not resolved",
     .remedy = "resolve {n} open {unit}"},
    {.name = "pull_requests.open",
     .kind = number,
     .unit = "requests",
     .meaning = "open pull requests into the release's branch",
     .remedy = "merge, move or close {n} open pull {unit}"},
    {.name = "tests.failed",
     .kind = number,
     .unit = "tests",
     .meaning = "tests that failed or broke",
     .remedy = "fix {n} failing {unit}"},
    {.name = "tests.flaky",
     .kind = number,
     .unit = "tests",
     .meaning = "tests that passed only when tried again",
     .remedy = "stabilise {n} flaky {unit}"},
    {.name = "tests.passed", .kind = number, .unit = "tests", .meaning = "tests that passed"},
    {.name = "tests.skipped",
     .kind = number,
     .unit = "tests",
     .meaning = "tests that were skipped or disabled",
     .remedy = "enable {n} skipped {unit}"},
    {.name = "tests.total", .kind = number, .unit = "tests", .meaning = "tests that ran to a verdict"},
    {.name = "tickets.blocked",
     .kind = number,
     .unit = "tickets",
     .meaning = "tickets of the release that are blocked",
     .remedy = "unblock {n} {unit}, or move them to a later release"},
    {.name = "tickets.completed", .kind = number, .unit = "tickets", .meaning = "tickets of the release that are done"},
    {.name = "tickets.completion_rate",
     .kind = number,
     .unit = "percent",
     .meaning = "share of the release's tickets that are done",
     .whole = "tickets.total",
     .whole_remedy = "close {n} more of {total} {unit}"},
    {.name = "tickets.in_progress",
     .kind = number,
     .unit = "tickets",
     .meaning = "tickets of the release that somebody works on",
     .remedy = "finish {n} {unit}"},
    {.name = "tickets.points_completed",
     .kind = number,
     .unit = "points",
     .meaning = "story points of the tickets that are done"},
    {.name = "tickets.points_total", .kind = number, .unit = "points", .meaning = "story points of all tickets"},
    {.name = "tickets.total", .kind = number, .unit = "tickets", .meaning = "tickets that belong to the release"},
    {.name = "versioning.breaking_changes",
     .kind = number,
     .unit = "changes",
     .meaning = "breaking changes since the previous release",
     .remedy = "make {n} breaking {unit} compatible"},
    {.name = "versioning.undeclared_breaking_changes",
     .kind = number,
     .unit = "changes",
     .meaning = "breaking changes since the previous release that its version does not announce",
     .remedy = "raise the major version, or make {n} breaking {unit} compatible"},
    {.name = "vulnerabilities.critical",
     .kind = number,
     .unit = "vulnerabilities",
     .meaning = "known vulnerabilities of critical severity",
     .remedy = "fix {n} critical {unit}"},
    {.name = "vulnerabilities.high",
     .kind = number,
     .unit = "vulnerabilities",
     .meaning = "known vulnerabilities of high severity",
     .remedy = "fix {n} high {unit}"},
    {.name = "vulnerabilities.low",
     .kind = number,
     .unit = "vulnerabilities",
     .meaning = "known vulnerabilities of low severity",
     .remedy = "fix {n} low {unit}"},
    {.name = "vulnerabilities.medium",
     .kind = number,
     .unit = "vulnerabilities",
     .meaning = "known vulnerabilities of medium severity",
     .remedy = "fix {n} medium {unit}"},
};

static_assert(std::ranges::is_sorted(table, {}, &fact_description::name));

} // namespace

auto facts() -> std::span<fact_description const> { return table; }

auto find_fact(std::string_view name) -> fact_description const* {
  auto const found = std::ranges::lower_bound(table, name, {}, &fact_description::name);
  return found != std::end(table) && found->name == name ? found : nullptr;
}

auto nearest_fact(std::string_view name) -> std::string_view {
  auto names = std::vector<std::string_view>{};
  for (auto const& fact : table) names.push_back(fact.name);
  return did_you_mean(name, names);
}

auto unit_for(std::string_view plural, double count) -> std::string {
  if (count != 1 || !plural.ends_with('s')) return std::string{plural};
  if (plural.ends_with("ies")) return std::string{plural.substr(0, plural.size() - 3)} + "y";
  return std::string{plural.substr(0, plural.size() - 1)};
}

} // namespace nexus::readiness
