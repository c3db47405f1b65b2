#pragma once

#include "actors/evidence/report_file.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::evidence {

/// How bad a finding is, worst last.
enum class severity : std::uint8_t { info, low, medium, high, critical };

auto to_string(severity value) noexcept -> std::string_view;

/// Findings by severity.
struct severity_counts {
  std::size_t critical = 0;
  std::size_t high = 0;
  std::size_t medium = 0;
  std::size_t low = 0;
  std::size_t info = 0;

  auto of(severity value) -> std::size_t&;
  auto total() const -> std::size_t { return critical + high + medium + low + info; }
  friend auto operator==(severity_counts const&, severity_counts const&) -> bool = default;
};

/// One result that counts. Texts are at most 200 bytes, the message 500.
struct finding {
  std::string tool;
  std::string rule;
  /// SARIF's own: "error", "warning", "note" or "none".
  std::string level;
  evidence::severity severity = evidence::severity::info;
  /// Where it was found, as the tool writes it; may be empty.
  std::string file;
  /// From 1; zero when the tool does not say.
  std::uint32_t line = 0;
  std::string message;
};

struct scan_tool {
  std::string name;
  /// May be empty.
  std::string version;
};

/// What SARIF files say about a release.
struct sarif_report {
  std::string source;
  /// The oldest scan's end (or start), else the file's time; absent when neither is known.
  std::optional<timestamp> observed_at;
  std::vector<scan_tool> tools;
  severity_counts counts;
  /// At most 1,000, the worst first, then in the report's order; `counts` counts all.
  std::vector<finding> findings;
  /// Results that do not count: accepted suppressions, those gone since the baseline, those that are no failures.
  std::size_t suppressed = 0;
  std::size_t absent = 0;
  std::size_t not_failures = 0;
  /// False when there is no run, or a run failed or has no results: then zero findings mean nothing. `warnings` say
  /// why.
  bool usable = true;
  std::vector<std::string> warnings;
};

/// Reads SARIF 2.1.0 (OASIS). A rule's property `security-severity` decides the severity as on GitHub (from 9.0
/// critical, 7.0 high, 4.0 medium, above 0 low, 0 info); without it the level does: error is high, warning medium, note
/// low, none info. errc::malformed or errc::invalid_argument with the place.
auto parse_sarif(std::string_view text, std::string const& source, std::optional<timestamp> written_at = {})
    -> expected<sarif_report>;

/// Several reports as one: usable when all are, as old as the oldest.
auto combine(std::vector<sarif_report> reports) -> sarif_report;

/// Reads all files that the patterns name (expand_glob) into one report.
auto read_sarif(std::span<std::string const> patterns) -> expected<sarif_report>;

} // namespace nexus::evidence
