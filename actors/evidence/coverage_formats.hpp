#pragma once

#include "actors/evidence/coverage_report.hpp"

namespace nexus::evidence {

/// The two formats behind parse_coverage; `result` has its source and time already.
auto parse_cobertura(std::string_view text, coverage_lines result) -> expected<coverage_lines>;
auto parse_lcov(std::string_view text, coverage_lines result) -> expected<coverage_lines>;

/// The largest line number that is believed.
inline constexpr std::uint32_t last_line = 10'000'000;

/// A source file's name in one form, so that reports can be merged.
auto source_name(std::string_view directory, std::string_view name) -> std::string;

/// Sorts, and joins records of the same line: covered once is covered.
void settle(std::vector<covered_line>& lines);

auto covered_count(std::vector<covered_line> const& lines) -> std::size_t;

} // namespace nexus::evidence
