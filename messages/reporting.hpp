#pragma once

#include "messages/core/raw_document.hpp"
#include "messages/readiness.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Reports about releases: what callers state, what is made of it, and where it is published. Every figure that is not
/// there stays not there: a report says "not available" and why.

namespace nexus {

/// How a report is written.
enum class report_format : std::uint8_t {
  /// A page of its own.
  html,
  /// GitHub's Markdown.
  markdown,
  /// Confluence's storage format, a fragment of XHTML.
  storage,
};
BOOST_DESCRIBE_ENUM(report_format, html, markdown, storage)

// -- what callers state

/// One line of a checklist that the caller went through.
struct stated_check {
  std::optional<std::string> item;
  std::optional<bool> passed;
  std::optional<std::string> details;
  std::optional<bool> required;
};
BOOST_DESCRIBE_STRUCT(stated_check, (), (item, passed, details, required))

/// A release's figures as the caller knows them. Whatever is absent is not known.
struct report_stats {
  std::optional<std::string> release_version;
  std::optional<std::string> release_date;
  std::optional<double> total_tickets;
  std::optional<double> completed_tickets;
  std::optional<double> in_progress_tickets;
  std::optional<double> blocked_tickets;
  /// Percent.
  std::optional<double> ticket_completion_rate;
  std::optional<double> total_story_points;
  std::optional<double> completed_story_points;
  /// Percent.
  std::optional<double> test_coverage_percentage;
  std::optional<double> passing_tests;
  std::optional<double> failing_tests;
  /// 0 (none) to 100.
  std::optional<double> security_risk_score;
  std::optional<double> critical_vulnerabilities;
  std::optional<double> high_vulnerabilities;
  /// "SUCCESS", "FAILURE", ..., in any letter case.
  std::optional<std::string> last_build_status;
  /// Percent.
  std::optional<double> build_success_rate;
  /// What the caller takes the decision to be; shown as a claim, never as the decision.
  std::optional<std::string> go_no_go;
  std::optional<std::string> decision_rationale;
  std::vector<std::string> blockers;
  std::vector<std::string> risks;
  std::vector<stated_check> checklist;
  /// Why a member is absent, by its name.
  std::map<std::string, std::string> unavailable;
};
BOOST_DESCRIBE_STRUCT(report_stats, (),
                      (release_version, release_date, total_tickets, completed_tickets, in_progress_tickets,
                       blocked_tickets, ticket_completion_rate, total_story_points, completed_story_points,
                       test_coverage_percentage, passing_tests, failing_tests, security_risk_score,
                       critical_vulnerabilities, high_vulnerabilities, last_build_status, build_success_rate, go_no_go,
                       decision_rationale, blockers, risks, checklist, unavailable))
constexpr auto describe_notes(tag<report_stats>) {
  return std::array{
      member_note{.name = "blockers", .description = "Shown as stated.", .defaulted = true, .maximum = 500},
      member_note{.name = "risks", .description = "Shown as stated.", .defaulted = true, .maximum = 500},
      member_note{.name = "checklist", .description = "Shown as stated.", .defaulted = true, .maximum = 500},
      member_note{.name = "unavailable", .description = "Why a figure is absent, by its name.", .defaulted = true},
      member_note{.name = "go_no_go", .description = "A claim; the decision is made by policy."},
  };
}

struct report_person {
  std::optional<std::string> display_name;
};
BOOST_DESCRIBE_STRUCT(report_person, (), (display_name))

/// A ticket as a report lists it.
struct report_ticket {
  std::optional<std::string> key;
  std::optional<std::string> summary;
  std::optional<std::string> issue_type;
  std::optional<std::string> status;
  std::optional<std::string> priority;
  std::optional<report_person> assignee;
  std::optional<double> story_points;
};
BOOST_DESCRIBE_STRUCT(report_ticket, (), (key, summary, issue_type, status, priority, assignee, story_points))

/// A build as a report lists it.
struct report_build {
  std::optional<std::string> job_name;
  std::optional<std::int64_t> build_number;
  std::optional<std::string> status;
  std::optional<std::string> url;
  /// When it began, as the caller writes it.
  std::optional<std::string> timestamp;
  std::optional<double> duration_seconds;
  std::optional<std::string> branch;
};
BOOST_DESCRIBE_STRUCT(report_build, (), (job_name, build_number, status, url, timestamp, duration_seconds, branch))

/// A security scan as a report lists it.
struct report_scan {
  std::optional<std::string> repo_name;
  std::optional<std::string> branch;
  std::optional<std::string> scanner_name;
  std::optional<std::string> scan_timestamp;
  /// 0 (none) to 100.
  std::optional<double> risk_score;
  std::optional<double> critical_vulnerabilities;
  std::optional<double> high_vulnerabilities;
  std::optional<double> medium_vulnerabilities;
  std::optional<double> low_vulnerabilities;
  std::optional<std::string> report_url;
};
BOOST_DESCRIBE_STRUCT(report_scan, (),
                      (repo_name, branch, scanner_name, scan_timestamp, risk_score, critical_vulnerabilities,
                       high_vulnerabilities, medium_vulnerabilities, low_vulnerabilities, report_url))

/// What a report is about. With `decision_id`, or with `release` and without `stats`, it is made from a decision of
/// Nexus and its evidence; otherwise from what the caller states.
struct report_subject {
  std::optional<std::string> release;
  std::optional<std::string> project;
  std::optional<std::string> decision_id;
  std::optional<std::string> report_id;
  std::optional<report_stats> stats;
  std::vector<report_ticket> jira_tickets;
  std::vector<report_build> builds;
  std::vector<report_scan> security_scans;
};
BOOST_DESCRIBE_STRUCT(report_subject, (),
                      (release, project, decision_id, report_id, stats, jira_tickets, builds, security_scans))

namespace detail {

/// The notes of report_subject, and of what has its members too.
template <std::size_t N>
constexpr auto report_notes(std::array<member_note, N> more) {
  constexpr auto shared = std::to_array<member_note>({
      {.name = "release",
       .description = "The release as people write it; alone, the report is made from Nexus' own decision.",
       .minimum = 1,
       .maximum = 100},
      {.name = "project",
       .description = "Key of the project that the release belongs to.",
       .minimum = 1,
       .maximum = 50},
      {.name = "decision_id", .description = "Report this stored decision.", .minimum = 1, .maximum = 100},
      {.name = "report_id", .description = "The report's id; made up without.", .minimum = 1, .maximum = 100},
      {.name = "stats", .description = "The release's figures, when the caller states them."},
      {.name = "jira_tickets", .description = "Tickets to list.", .defaulted = true, .maximum = 5'000},
      {.name = "builds", .description = "Builds to list.", .defaulted = true, .maximum = 500},
      {.name = "security_scans", .description = "Security scans to list.", .defaulted = true, .maximum = 500},
  });
  auto result = std::array<member_note, shared.size() + N>{};
  for (std::size_t i = 0; i < shared.size(); ++i) result[i] = shared[i];
  for (std::size_t i = 0; i < N; ++i) result[shared.size() + i] = more[i];
  return result;
}

} // namespace detail

constexpr auto describe_notes(tag<report_subject>) { return detail::report_notes(std::array<member_note, 0>{}); }

// -- operations

/// A report as text.
struct generated_report {
  report_format format = report_format::html;
  /// The text, under the name of its format.
  std::optional<std::string> html;
  std::optional<std::string> markdown;
  std::optional<std::string> storage;
  std::int64_t size_bytes = 0;
  std::string report_id;
  /// What the decision says: Nexus' own, or the policy's over the stated figures.
  release_decision decision = release_decision::inconclusive;
  std::string rationale;
  /// The stored decision that is reported, when there is one.
  std::optional<std::string> decision_id;
  /// Figures that the report shows as not available.
  std::vector<std::string> not_available;
};
BOOST_DESCRIBE_STRUCT(generated_report, (),
                      (format, html, markdown, storage, size_bytes, report_id, decision, rationale, decision_id,
                       not_available))

/// Writes a report.
struct generate_report : report_subject {
  using reply = generated_report;
  report_format format = report_format::html;
};
BOOST_DESCRIBE_STRUCT(generate_report, (report_subject), (format))
constexpr auto describe_notes(tag<generate_report>) {
  return detail::report_notes(std::array{
      member_note{.name = "format", .description = "html, markdown or storage (Confluence).", .defaulted = true}});
}

/// Shows the report of a release as a page.
struct preview_report {
  using reply = raw_document;
  std::string release_version;
  std::optional<std::string> project;
};
BOOST_DESCRIBE_STRUCT(preview_report, (), (release_version, project))
constexpr auto describe_notes(tag<preview_report>) {
  return std::array{
      member_note{
          .name = "release_version", .description = "The release as people write it.", .minimum = 1, .maximum = 100},
      member_note{.name = "project",
                  .description = "Key of the project that the release belongs to.",
                  .minimum = 1,
                  .maximum = 50},
  };
}

/// A page in Confluence that holds a report.
struct published_report {
  std::string page_id;
  std::string title;
  std::string url;
  std::string space_key;
  /// The page's version that holds the report.
  std::int64_t version = 0;
  /// Whether the page is new.
  bool created = false;
  std::string report_id;
  release_decision decision = release_decision::inconclusive;
  std::optional<std::string> decision_id;
};
BOOST_DESCRIBE_STRUCT(published_report, (),
                      (page_id, title, url, space_key, version, created, report_id, decision, decision_id))

/// Writes a report to a page in Confluence: the page that is named, the one of that title if Nexus made it, or a new
/// one.
struct publish_report : report_subject {
  using reply = published_report;
  std::string title;
  std::string space_key = "REL";
  std::optional<std::string> page_id;
  /// Under which page a new one is put.
  std::optional<std::string> parent_id;
  /// The report's members, for callers who give them apart.
  std::optional<report_subject> report_data;
};
BOOST_DESCRIBE_STRUCT(publish_report, (report_subject), (title, space_key, page_id, parent_id, report_data))
constexpr auto describe_notes(tag<publish_report>) {
  return detail::report_notes(std::to_array<member_note>({
      {.name = "title", .description = "The page's title.", .minimum = 1, .maximum = 255},
      {.name = "space_key",
       .description = "Key of the space that the page is in.",
       .defaulted = true,
       .minimum = 1,
       .maximum = 255},
      {.name = "page_id", .description = "Id of the page to update.", .minimum = 1, .maximum = 20},
      {.name = "parent_id", .description = "Id of the page to put a new one under.", .minimum = 1, .maximum = 20},
      {.name = "report_data", .description = "The report's members, when they are given apart."},
  }));
}

/// What the policy says about figures that the caller states.
struct readiness_analysis {
  release_decision decision = release_decision::inconclusive;
  std::string rationale;
  std::vector<release_checklist> checklist;
  std::vector<std::string> blockers;
  std::vector<std::string> risks;
  /// What could not be judged, and why.
  std::vector<std::string> unknowns;
  /// Whether every criterion that can block alone was met by a figure that is there.
  bool required_criteria_passed = false;
  double score = 0;
  std::string policy;
  std::string policy_version;
};
BOOST_DESCRIBE_STRUCT(readiness_analysis, (),
                      (decision, rationale, checklist, blockers, risks, unknowns, required_criteria_passed, score,
                       policy, policy_version))

/// Decides by policy over figures that the caller states. A figure that is not stated is unknown, never a pass.
struct analyze_readiness {
  using reply = readiness_analysis;
  report_stats stats;
};
BOOST_DESCRIBE_STRUCT(analyze_readiness, (), (stats))
constexpr auto describe_notes(tag<analyze_readiness>) {
  return std::array{member_note{
      .name = "stats", .description = "The release's figures; what is absent is unknown.", .defaulted = true}};
}

NEXUS_CODECS(report_format, stated_check, report_stats, report_person, report_ticket, report_build, report_scan,
             report_subject, generated_report, generate_report, preview_report, published_report, publish_report,
             readiness_analysis, analyze_readiness)

} // namespace nexus
