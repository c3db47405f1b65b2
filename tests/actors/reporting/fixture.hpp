#pragma once

#include "actors/readiness/decide.hpp"
#include "actors/readiness/policy_file.hpp"
#include "actors/reporting/render_report.hpp"
#include "messages/core/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <pugixml.hpp>

#include <string>

namespace nexus::reporting::testing {

inline auto const present = *parse_timestamp("2026-11-23T12:00:00Z");

/// A policy of this test's own, so that the shipped one may change.
inline auto policy() -> readiness::policy const& {
  static auto const result = *readiness::parse_policy(R"(
name: test
version: "1"
pass: 90
warn: 70
objectives:
  - {name: completion, description: Tickets done, fact: tickets.completion_rate, pass: ">= 90 %", key: true, max_age: 24h}
  - {name: blocked, description: No blocked tickets, fact: tickets.blocked, pass: "== 0", key: true}
  - {name: coverage, description: Lines covered, fact: coverage.line_percentage, pass: ">= 80 %", risk: true}
  - {name: tests, description: No failing tests, fact: tests.failed, pass: "== 0", key: true}
  - {name: critical, description: No critical vulnerabilities, fact: vulnerabilities.critical, pass: "== 0", key: true}
  - {name: high, description: No high vulnerabilities, fact: vulnerabilities.high, pass: "== 0", risk: true}
  - {name: build, description: Last build successful, fact: build.last_result, pass: "== SUCCESS", key: true}
)",
                                                      "test.yaml");
  return result;
}

/// What a caller can state, all of it. Every number stands for itself.
inline auto full_statement() -> nlohmann::json {
  return nlohmann::json::parse(R"json({
    "report_id": "rep-77",
    "stats": {
      "release_version": "v2.0.0", "release_date": "2026-12-01",
      "total_tickets": 451, "completed_tickets": 422, "in_progress_tickets": 23, "blocked_tickets": 6,
      "ticket_completion_rate": 93.6, "total_story_points": 893, "completed_story_points": 824,
      "test_coverage_percentage": 85.5, "passing_tests": 1245, "failing_tests": 7,
      "security_risk_score": 27, "critical_vulnerabilities": 11, "high_vulnerabilities": 12,
      "last_build_status": "FAILURE", "build_success_rate": 95.7,
      "go_no_go": "GO", "decision_rationale": "we are tired",
      "blockers": ["the data migration <takes> a day"], "risks": ["holidays & snow"],
      "checklist": [{"item": "Runbook read", "passed": true, "details": "by both", "required": false},
                    {"item": "Rollback tried", "passed": false}]
    },
    "jira_tickets": [
      {"key": "PROJ-1", "summary": "Log in with a passkey", "issue_type": "Story", "status": "Done", "priority": "High",
       "assignee": {"display_name": "Ada Lovelace"}, "story_points": 5},
      {"key": "PROJ-2", "summary": "The export | drops the last row", "issue_type": "Bug", "status": "Blocked",
       "priority": "Highest", "assignee": {"display_name": "Grace Hopper"}, "story_points": 3.5},
      {"key": "PROJ-3", "summary": "Dark mode", "status": "In Progress"}
    ],
    "builds": [
      {"job_name": "nexus-main", "build_number": 143, "status": "FAILURE", "url": "https://ci.example.com/job/nexus-main/143/",
       "timestamp": "2026-11-23T09:30:00Z", "duration_seconds": 750, "branch": "release/2.0"},
      {"job_name": "nightly", "status": "SUCCESS", "url": "javascript:alert(1)"}
    ],
    "security_scans": [
      {"repo_name": "nexus/backend", "branch": "release/2.0", "scanner_name": "CodeQL", "scan_timestamp": "2026-11-22",
       "risk_score": 64, "critical_vulnerabilities": 1, "high_vulnerabilities": 2, "medium_vulnerabilities": 3,
       "low_vulnerabilities": 4, "report_url": "https://github.com/nexus/backend/security"}
    ]
})json");
}

/// The hashes follow the shape of a policy's text, which is not what these tests are about.
inline void fix_hashes(decision& made) {
  made.policy_sha256 = std::string(64, 'a');
  if (!made.decision_id.empty()) made.bundle_sha256 = std::string(64, 'b');
}

/// The report of what a caller states.
inline auto report_of(nlohmann::json const& statement) -> report {
  auto const subject = decode_json<report_subject>(statement, decode_mode::open);
  BOOST_REQUIRE_MESSAGE(subject.has_value(), (subject ? "" : subject.error().render()));
  auto result = report{};
  result.id = subject->report_id.value_or("rep-1");
  result.generated_at = present;
  result.stated = subject->stats.value_or(report_stats{});
  result.tickets = subject->jira_tickets;
  result.builds = subject->builds;
  result.scans = subject->security_scans;
  result.evidence = stated_evidence(*result.stated, present);
  result.decision = decide_on(policy(), *result.stated, {}, {}, present);
  fix_hashes(result.decision);
  return result;
}

/// The report of a decision of Nexus' own, two minutes old, whose coverage could not be read.
inline auto stored_report() -> report {
  using namespace readiness;
  auto const seen = present - std::chrono::minutes{2};
  auto items = std::vector<evidence_item>{};
  auto const add = [&](char const* fact, fact_value const& value, char const* from) {
    items.push_back(measured(fact, value, from, seen));
  };
  add("tickets.total", 45.0, "jira:NEXUS fixVersion v2.0.0");
  add("tickets.completed", 35.0, "jira:NEXUS fixVersion v2.0.0");
  add("tickets.in_progress", 8.0, "jira:NEXUS fixVersion v2.0.0");
  add("tickets.blocked", 2.0, "jira:NEXUS fixVersion v2.0.0");
  add("tickets.completion_rate", 77.8, "jira:NEXUS fixVersion v2.0.0");
  add("build.last_result", std::string{"UNSTABLE"}, "jenkins:nexus-main #143");
  add("tests.passed", 409.0, "jenkins:nexus-main #143");
  add("tests.failed", 3.0, "jenkins:nexus-main #143");
  items.push_back(
      missing("coverage.line_percentage", "the build published no coverage", "jenkins:nexus-main #143", seen));
  add("vulnerabilities.critical", 0.0, "github:nexus/backend@release/2.0");
  add("vulnerabilities.high", 2.0, "github:nexus/backend@release/2.0");
  auto result = report{};
  result.id = "rep_01";
  result.generated_at = present;
  result.evidence = items;
  result.decision =
      decide(policy(), {"dec_01", "v2.0.0", "NEXUS", "4f2a9c1be0d54f2a9c1be0d54f2a9c1be0d54f2a"}, items, seen).result;
  fix_hashes(result.decision);
  return result;
}

/// The names of a document's elements with those of their attributes, in order: what a text must not be able to change.
inline auto structure_of(std::string const& text, bool fragment) -> std::vector<std::string> {
  auto document = pugi::xml_document{};
  auto const whole = fragment ? "<page>" + text + "</page>" : text;
  auto const parsed = document.load_string(whole.c_str(), pugi::parse_default | pugi::parse_doctype);
  BOOST_REQUIRE_MESSAGE(parsed, parsed.description()
                                    << " at " << whole.substr(std::max<std::ptrdiff_t>(parsed.offset - 60, 0), 120));
  auto names = std::vector<std::string>{};
  auto const walk = [&](auto const& self, pugi::xml_node node) -> void {
    if (node.type() == pugi::node_element) {
      auto name = std::string{node.name()};
      for (auto const& attribute : node.attributes()) name += fmt::format(" {}", attribute.name());
      names.push_back(std::move(name));
    }
    for (auto const& child : node.children()) self(self, child);
  };
  walk(walk, document);
  return names;
}

} // namespace nexus::reporting::testing
