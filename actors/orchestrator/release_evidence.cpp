#include "actors/orchestrator/release_evidence.hpp"

#include "actors/readiness/evidence.hpp"
#include "messages/core/codec.hpp"

namespace nexus::orchestrator {
namespace {

/// Collects facts of one source, all of them missing for one reason, or each with its value.
class collector {
public:
  collector(release_evidence& into, std::string source, timestamp observed_at)
      : into_(into), source_(std::move(source)), observed_at_(observed_at) {}

  template <class Number>
  void number(std::string_view fact, std::optional<Number> const& value, std::string const& otherwise) {
    into_.items.push_back(value ? readiness::measured(fact, static_cast<double>(*value), source_, observed_at_)
                                : readiness::missing(fact, otherwise, source_, observed_at_));
  }
  void text(std::string_view fact, std::string const& value) {
    into_.items.push_back(readiness::measured(fact, value, source_, observed_at_));
  }
  void none(std::vector<std::string_view> const& facts, std::string const& reason) {
    for (auto fact : facts) into_.items.push_back(readiness::missing(fact, reason, source_, observed_at_));
  }
  /// The facts are missing because of an error; one that is more than "does not exist" degrades the decision.
  void failed(std::vector<std::string_view> const& facts, error const& problem) {
    none(facts, problem.render());
    if (problem.code != errc::not_found && problem.code != errc::refused)
      into_.degraded_reasons.push_back(fmt::format("{}: {}", source_, problem.render()));
  }

private:
  release_evidence& into_;
  std::string source_;
  timestamp observed_at_;
};

auto reason_for(std::map<std::string, std::string> const& unavailable, std::string const& member,
                std::string const& otherwise) -> std::string {
  auto const found = unavailable.find(member);
  return found == unavailable.end() ? otherwise : found->second;
}

/// Either may be abbreviated.
auto same_commit(std::string_view a, std::string_view b) -> bool {
  auto const digits = std::min(a.size(), b.size());
  return digits >= 7 && a.substr(0, digits) == b.substr(0, digits);
}

void add_tickets(release_observations const& observed, release_evidence& evidence) {
  auto facts = collector{evidence, fmt::format("jira:{} fixVersion {}", observed.source.project, observed.release),
                         observed.observed_at};
  if (!observed.tickets)
    return facts.failed(
        {"tickets.total", "tickets.completed", "tickets.in_progress", "tickets.blocked", "tickets.completion_rate"},
        observed.tickets.error());
  auto const& tickets = *observed.tickets;
  facts.number("tickets.total", std::optional{tickets.total_tickets}, {});
  if (tickets.total_tickets == 0)
    return facts.none({"tickets.completed", "tickets.in_progress", "tickets.blocked", "tickets.completion_rate"},
                      fmt::format("no ticket names {} as its fix version", observed.release));
  facts.number("tickets.completed", std::optional{tickets.completed_tickets}, {});
  facts.number("tickets.in_progress", std::optional{tickets.in_progress_tickets}, {});
  facts.number("tickets.blocked", std::optional{tickets.blocked_tickets}, {});
  facts.number("tickets.completion_rate", tickets.ticket_completion_rate, "Jira gave no tickets to count");
  facts.number("tickets.points_total", tickets.total_story_points, "no ticket is estimated");
  facts.number("tickets.points_completed", tickets.completed_story_points, "no ticket is estimated");
}

void add_build(release_observations const& observed, release_evidence& evidence) {
  auto const all =
      std::vector<std::string_view>{"build.last_result", "tests.total", "tests.failed", "coverage.line_percentage"};
  if (!observed.build)
    return collector{evidence, "jenkins:" + observed.source.job, observed.observed_at}.failed(all,
                                                                                              observed.build.error());
  auto const& build = *observed.build;
  // A finished build does not change; what matters is that it is the newest one now.
  auto facts =
      collector{evidence, fmt::format("jenkins:{} #{}", build.job_name, build.build_number), observed.observed_at};
  // A build of an earlier commit of the branch says nothing about this one.
  if (observed.candidate && build.commit_sha && !same_commit(*build.commit_sha, observed.candidate->commit))
    return facts.none(all, fmt::format("commit {} was not built yet; the newest build of {} is #{}, of {}",
                                       observed.candidate->commit.substr(0, 12), observed.candidate->ref,
                                       build.build_number, build.commit_sha->substr(0, 12)));
  if (build.status == build_result::building)
    facts.none({"build.last_result"}, "the build is still running");
  else
    facts.text("build.last_result", std::string{name_of(build.status)});
  facts.number("build.duration_minutes", std::optional{build.duration_seconds / 60}, {});
  auto const no_report = reason_for(build.unavailable, "test_results", "the build published no test report");
  auto const& tests = build.test_results;
  facts.number("tests.total", tests ? std::optional{tests->total_tests} : std::nullopt, no_report);
  facts.number("tests.failed", tests ? std::optional{tests->failed} : std::nullopt, no_report);
  facts.number("tests.passed", tests ? std::optional{tests->passed} : std::nullopt, no_report);
  facts.number("tests.skipped", tests ? std::optional{tests->skipped} : std::nullopt, no_report);
  facts.number("coverage.line_percentage", build.coverage_percentage,
               reason_for(build.unavailable, "coverage_percentage", "the build published no coverage"));
}

void add_scan(release_observations const& observed, release_evidence& evidence) {
  auto const all = std::vector<std::string_view>{"vulnerabilities.critical", "vulnerabilities.high",
                                                 "vulnerabilities.medium", "vulnerabilities.low"};
  if (!observed.scan)
    return collector{evidence, "github:" + observed.source.repository, observed.observed_at}.failed(
        all, observed.scan.error());
  auto const& scan = *observed.scan;
  auto facts = collector{evidence, scan.scan_id, observed.observed_at};
  auto const why = [&](char const* member) {
    return reason_for(scan.unavailable, member, "the alerts could not be read");
  };
  facts.number("vulnerabilities.critical", scan.critical_vulnerabilities, why("critical_vulnerabilities"));
  facts.number("vulnerabilities.high", scan.high_vulnerabilities, why("high_vulnerabilities"));
  facts.number("vulnerabilities.medium", scan.medium_vulnerabilities, why("medium_vulnerabilities"));
  facts.number("vulnerabilities.low", scan.low_vulnerabilities, why("low_vulnerabilities"));
}

} // namespace

auto evidence_of(release_observations const& observed) -> release_evidence {
  auto evidence = release_evidence{};
  add_tickets(observed, evidence);
  add_build(observed, evidence);
  add_scan(observed, evidence);
  if (observed.candidate)
    evidence.commit = observed.candidate->commit;
  else if (auto const& problem = observed.candidate.error();
           problem.code != errc::not_found && problem.code != errc::refused)
    evidence.degraded_reasons.push_back(fmt::format("github:{}: {}", observed.source.repository, problem.render()));
  return evidence;
}

} // namespace nexus::orchestrator
