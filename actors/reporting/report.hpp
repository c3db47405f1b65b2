#pragma once

#include "actors/readiness/policy.hpp"
#include "messages/reporting.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::reporting {

/// One figure of a report, or the reason why there is none.
struct figure {
  /// Absent for texts, and when there is no value.
  std::optional<double> number;
  /// As people read it: "92.5 %", "SUCCESS"; empty when there is no value.
  std::string shown;
  /// Why there is no value; empty when there is one.
  std::string missing_reason;

  auto available() const -> bool { return missing_reason.empty(); }
};

/// A release's decision with everything that a report shows about it. Texts are as they came.
struct report {
  std::string id;
  timestamp generated_at{};
  nexus::decision decision;
  /// What the decision follows from.
  std::vector<evidence_item> evidence;
  /// Absent when the figures were not stated by a caller.
  std::optional<report_stats> stated;
  std::vector<report_ticket> tickets;
  std::vector<report_build> builds;
  std::vector<report_scan> scans;
  /// Found again in a page that was published; empty otherwise.
  std::string publication;

  /// The figure of that fact (readiness::facts()) or "security.risk_score".
  auto figure_of(std::string_view fact) const -> figure;
  /// True for a decision of Nexus' own, which can be looked up by its id.
  auto is_stored() const -> bool { return !decision.decision_id.empty(); }
  auto release() const -> std::string;
};

/// The figures that every report shows.
auto shown_facts() -> std::vector<std::string_view> const&;

/// The names of those that have no value.
auto not_available(report const& of) -> std::vector<std::string>;

/// What a caller states as evidence, observed now. What is not stated is missing, with the caller's reason if there is
/// one.
auto stated_evidence(report_stats const& stats, timestamp now) -> std::vector<evidence_item>;

/// The policy's decision over what a caller states. It has no id: it is not stored.
auto decide_on(readiness::policy const& policy, report_stats const& stats, std::string release, std::string project,
               timestamp now) -> decision;

/// The same as an answer.
auto analysis_of(decision const& decided) -> readiness_analysis;

} // namespace nexus::reporting
