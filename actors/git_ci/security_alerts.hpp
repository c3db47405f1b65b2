#pragma once

#include "messages/git_ci.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// From GitHub's security alerts to one result. Pure.
namespace nexus::git_ci {

/// How many alerts there are of each severity.
struct vulnerability_counts {
  std::int32_t critical = 0, high = 0, medium = 0, low = 0, info = 0;

  auto add(severity_level severity) -> void;
};

/// min(100, 60 critical + 20 high + 5 medium + 1 low).
auto risk_score(vulnerability_counts const& counts) -> std::int32_t;
/// 80 and more critical, 60 high, 40 medium, 20 low, else info.
auto risk_level(std::int32_t score) -> severity_level;

/// GitHub's word ("critical", "moderate"); unknown words are "info".
auto severity_from(std::string_view word) -> severity_level;

/// A Dependabot alert; nothing unless it is open.
auto dependency_alert_from_json(nlohmann::json const& value) -> std::optional<vulnerability>;
/// A code-scanning alert that is open and about security; nothing otherwise.
auto code_alert_from_json(nlohmann::json const& value) -> std::optional<vulnerability>;
/// Whether an open code-scanning alert is no security matter.
auto is_code_smell(nlohmann::json const& value) -> bool;

/// What one source had to say.
struct source_alerts {
  security_source source;
  std::vector<vulnerability> alerts;
  /// Findings that are no security matter.
  std::int32_t smells = 0;
  /// Whether there were more alerts than were read.
  bool more = false;
};

/// Puts the sources together: counts, score and level only when all of them are available and were read to the end.
void summarise(security_scan_result& result, std::vector<source_alerts> sources);

} // namespace nexus::git_ci
