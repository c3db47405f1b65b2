#pragma once

#include "actors/evidence/coverage_report.hpp"
#include "actors/evidence/git_history.hpp"
#include "actors/evidence/junit_report.hpp"
#include "actors/evidence/sarif_report.hpp"
#include "messages/readiness.hpp"

#include <string>
#include <vector>

namespace nexus::evidence {

/// Where the evidence for a release lies: a repository, and report files as patterns (expand_glob). No pattern means
/// that there are no such files, which the facts say.
struct evidence_files {
  git_query repository;
  std::vector<std::string> junit;
  std::vector<std::string> coverage;
  std::vector<std::string> sarif;
};

/// What files show about a release, as readiness policies name it.
struct release_facts {
  /// As it was asked for.
  std::string release;
  std::string commit;
  std::vector<evidence_item> items;
  /// What is odd about the files and does not make them useless.
  std::vector<std::string> degraded_reasons;
};

/// history.*, commits.* and versioning.*. The first release is in order and breaks nobody. What the history at hand
/// cannot tell, because the clone is shallow, is missing.
auto history_facts(git_history const& history) -> std::vector<evidence_item>;

/// tests.*: counts of tests that ran to a verdict. When none did, how many failed is missing.
auto test_facts(junit_report const& report) -> std::vector<evidence_item>;

/// coverage.*; missing when no line is counted.
auto coverage_facts(coverage_report const& report) -> std::vector<evidence_item>;

/// findings.*; missing when a scan failed, for then no finding means nothing.
auto finding_facts(sarif_report const& report) -> std::vector<evidence_item>;

/// Reads everything. Errors are those of read_git_history, read_junit, read_coverage and read_sarif.
auto read_release_facts(evidence_files const& files) -> expected<release_facts>;

} // namespace nexus::evidence
