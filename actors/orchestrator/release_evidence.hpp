#pragma once

#include "messages/git_ci.hpp"
#include "messages/jira.hpp"
#include "messages/readiness.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nexus::orchestrator {

/// Where the evidence for a project's releases comes from.
struct release_source {
  /// Jira's project key.
  std::string project;
  std::string repository;
  /// The Jenkins job that builds releases, with its folders.
  std::string job;
};

/// What the agents answered for one release; an error where they could not.
struct release_observations {
  std::string release;
  release_source source;
  expected<jira_release_stats> tickets = fail(errc::unavailable, "not asked");
  expected<release_candidate> candidate = fail(errc::unavailable, "not asked");
  expected<build_status> build = fail(errc::unavailable, "not asked");
  expected<security_scan_result> scan = fail(errc::unavailable, "not asked");
  /// When the answers came.
  timestamp observed_at{};
};

/// The observations as facts. Every fact that a release could have is there, with its value or with the reason why not.
struct release_evidence {
  std::vector<evidence_item> items;
  /// The commit that the evidence is bound to; empty when there is no candidate.
  std::string commit;
  /// What went wrong, as opposed to what is merely not there.
  std::vector<std::string> degraded_reasons;
};

/// Pure. An error that says that something does not exist is missing evidence; any other is degraded as well.
auto evidence_of(release_observations const& observed) -> release_evidence;

} // namespace nexus::orchestrator
