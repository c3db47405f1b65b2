#pragma once

#include "actors/evidence/report_file.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::evidence {

/// One executable line and whether any test ran it.
struct covered_line {
  std::uint32_t line = 0;
  bool covered = false;
};

/// What one coverage file says, line by line, so that several can be merged.
struct coverage_lines {
  std::string source;
  /// The file's own time (Cobertura), else when it was written.
  std::optional<timestamp> observed_at;
  /// Lines by source file, sorted, each once.
  std::map<std::string, std::vector<covered_line>> files;
  /// Totals that are stated without line records (a Cobertura summary, an LCOV record with LF and LH alone).
  std::size_t stated_covered = 0;
  std::size_t stated_total = 0;
  /// A rate stated without any count, in percent: it cannot be merged with anything.
  std::optional<double> stated_percentage;
  std::vector<std::string> warnings;
};

/// One source file's share. `total` is at least 1.
struct file_coverage {
  std::string file;
  std::size_t covered = 0;
  std::size_t total = 0;
  auto percentage() const -> double { return 100.0 * static_cast<double>(covered) / static_cast<double>(total); }
};

/// Line coverage of a release.
struct coverage_report {
  std::string source;
  /// The oldest of the files that were merged.
  std::optional<timestamp> observed_at;
  std::size_t covered = 0;
  std::size_t total = 0;
  /// 0 to 100; absent when no line is counted.
  std::optional<double> percentage;
  /// At most 1,000, the worst first: lowest percentage, then most uncovered lines, then name.
  std::vector<file_coverage> files;
  /// How many source files there are.
  std::size_t file_count = 0;
  std::vector<std::string> warnings;
};

/// Reads Cobertura XML (coverage-04.dtd) or an LCOV tracefile (geninfo(1)), told apart by their content; other formats
/// are errc::malformed with the formats that are read.
auto parse_coverage(std::string_view text, std::string const& source, std::optional<timestamp> written_at = {})
    -> expected<coverage_lines>;

/// Merges by source file and line: a line covered in one is covered. errc::refused when a file that states only a rate
/// meets others.
auto merge(std::vector<coverage_lines> parts) -> expected<coverage_report>;

/// Reads and merges all files that the patterns name (expand_glob).
auto read_coverage(std::span<std::string const> patterns) -> expected<coverage_report>;

} // namespace nexus::evidence
