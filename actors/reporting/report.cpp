#include "actors/reporting/report.hpp"

#include "actors/readiness/decide.hpp"
#include "actors/readiness/evidence.hpp"
#include "actors/readiness/facts.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace nexus::reporting {
namespace {

constexpr std::string_view risk_score = "security.risk_score";
constexpr auto source = "stated by the sender";

/// Which member of the stated figures is which fact.
struct stated_number {
  std::string_view member;
  std::optional<double> report_stats::* value;
  std::string_view fact;
};
constexpr stated_number stated_numbers[] = {
    {"total_tickets", &report_stats::total_tickets, "tickets.total"},
    {"completed_tickets", &report_stats::completed_tickets, "tickets.completed"},
    {"in_progress_tickets", &report_stats::in_progress_tickets, "tickets.in_progress"},
    {"blocked_tickets", &report_stats::blocked_tickets, "tickets.blocked"},
    {"ticket_completion_rate", &report_stats::ticket_completion_rate, "tickets.completion_rate"},
    {"total_story_points", &report_stats::total_story_points, "tickets.points_total"},
    {"completed_story_points", &report_stats::completed_story_points, "tickets.points_completed"},
    {"test_coverage_percentage", &report_stats::test_coverage_percentage, "coverage.line_percentage"},
    {"passing_tests", &report_stats::passing_tests, "tests.passed"},
    {"failing_tests", &report_stats::failing_tests, "tests.failed"},
    {"critical_vulnerabilities", &report_stats::critical_vulnerabilities, "vulnerabilities.critical"},
    {"high_vulnerabilities", &report_stats::high_vulnerabilities, "vulnerabilities.high"},
    {"build_success_rate", &report_stats::build_success_rate, "build.success_rate"},
};

auto reason_for(report_stats const& stats, std::string_view member) -> std::string {
  auto const found = stats.unavailable.find(std::string{member});
  return found == stats.unavailable.end() || found->second.empty() ? "the sender did not state it" : found->second;
}

/// "UNKNOWN" is no result of a build, but the word of older clients for none.
auto says_nothing(std::string text) -> bool {
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text.empty() || text == "UNKNOWN";
}

auto no_figure(std::string reason) -> figure {
  return {.number = {}, .shown = {}, .missing_reason = std::move(reason)};
}

} // namespace

auto report::release() const -> std::string {
  if (!decision.release.empty()) return decision.release;
  return stated ? stated->release_version.value_or("") : "";
}

auto report::figure_of(std::string_view fact) const -> figure {
  if (fact == risk_score) {
    if (!stated) return no_figure("the evidence counts vulnerabilities and gives no score");
    auto const& score = stated->security_risk_score;
    if (!score) return no_figure(reason_for(*stated, "security_risk_score"));
    if (!std::isfinite(*score) || *score < 0 || *score > 100) return no_figure("the value is not between 0 and 100");
    return {.number = score, .shown = readiness::show_number(*score, 1), .missing_reason = {}};
  }
  auto const* const known = readiness::find_fact(fact);
  auto reason = std::string{"it is not part of the evidence"};
  for (auto const& item : evidence) {
    if (item.fact != fact || !known) continue;
    auto const value = readiness::usable_value(item, *known);
    if (!value) {
      reason = value.error();
      continue;
    }
    auto const* const number = std::get_if<double>(&*value);
    auto shown = number && known->unit != "percent" ? readiness::show_number(*number, 1)
                                                    : readiness::show(*value, known->unit, 1);
    return {.number = number ? std::optional{*number} : std::nullopt, .shown = std::move(shown), .missing_reason = {}};
  }
  return no_figure(std::move(reason));
}

auto shown_facts() -> std::vector<std::string_view> const& {
  static auto const facts = [] {
    auto names = std::vector<std::string_view>{"build.last_result", risk_score};
    for (auto const& each : stated_numbers) names.push_back(each.fact);
    std::sort(names.begin(), names.end());
    return names;
  }();
  return facts;
}

auto not_available(report const& of) -> std::vector<std::string> {
  auto names = std::vector<std::string>{};
  for (auto const fact : shown_facts())
    if (!of.figure_of(fact).available()) names.emplace_back(fact);
  return names;
}

auto stated_evidence(report_stats const& stats, timestamp now) -> std::vector<evidence_item> {
  auto items = std::vector<evidence_item>{};
  for (auto const& [member, value, fact] : stated_numbers)
    items.push_back(stats.*value ? readiness::measured(fact, *(stats.*value), source, now)
                                 : readiness::missing(fact, reason_for(stats, member), source, now));
  constexpr auto build = "build.last_result";
  auto const& result = stats.last_build_status;
  items.push_back(result && !says_nothing(*result)
                      ? readiness::measured(build, *result, source, now)
                      : readiness::missing(build, reason_for(stats, "last_build_status"), source, now));
  return items;
}

auto decide_on(readiness::policy const& policy, report_stats const& stats, std::string release, std::string project,
               timestamp now) -> decision {
  auto subject = readiness::subject{};
  subject.release = release.empty() ? stats.release_version.value_or("") : std::move(release);
  subject.project = std::move(project);
  return readiness::decide(policy, std::move(subject), stated_evidence(stats, now), now).result;
}

auto analysis_of(decision const& decided) -> readiness_analysis {
  auto const& list = decided.checklist;
  auto const required = [](release_checklist const& line) { return line.required; };
  auto const met = [](release_checklist const& line) { return !line.required || line.passed; };
  return {.decision = decided.verdict,
          .rationale = decided.rationale,
          .checklist = list,
          .blockers = decided.blockers,
          .risks = decided.risks,
          .unknowns = decided.unknowns,
          .required_criteria_passed =
              std::any_of(list.begin(), list.end(), required) && std::all_of(list.begin(), list.end(), met),
          .score = decided.score,
          .policy = decided.policy,
          .policy_version = decided.policy_version};
}

} // namespace nexus::reporting
