#include "actors/evidence/coverage_report.hpp"

#include "actors/evidence/coverage_formats.hpp"

#include <algorithm>
#include <tuple>

namespace nexus::evidence {

namespace {

constexpr std::size_t most_files_kept = 1000;
constexpr std::size_t longest_name = 1000;

/// Moves one file's lines into what is known already.
void add(coverage_lines& into, coverage_lines& part) {
  into.observed_at = oldest(into.observed_at, part.observed_at);
  into.stated_covered += part.stated_covered;
  into.stated_total += part.stated_total;
  for (auto& warning : part.warnings) warn(into.warnings, std::move(warning));
  for (auto& [name, lines] : part.files) {
    auto& known = into.files[name];
    known.insert(known.end(), lines.begin(), lines.end());
    settle(known);
  }
}

auto by_badness(file_coverage const& left, file_coverage const& right) -> bool {
  // Cross-multiplied: no rounding decides.
  auto const a = left.covered * right.total;
  auto const b = right.covered * left.total;
  return std::tuple{a, right.total - right.covered, std::string_view{left.file}} <
         std::tuple{b, left.total - left.covered, std::string_view{right.file}};
}

auto report_of(coverage_lines const& lines, std::string source) -> coverage_report {
  auto result = coverage_report{std::move(source),  lines.observed_at, lines.stated_covered, lines.stated_total, {}, {},
                                lines.files.size(), lines.warnings};
  for (auto const& [name, known] : lines.files) {
    auto const covered = covered_count(known);
    result.covered += covered;
    result.total += known.size();
    result.files.push_back({name, covered, known.size()});
  }
  std::ranges::sort(result.files, by_badness);
  if (result.files.size() > most_files_kept) result.files.resize(most_files_kept);
  if (result.total > 0)
    result.percentage = 100.0 * static_cast<double>(result.covered) / static_cast<double>(result.total);
  else
    result.percentage = lines.stated_percentage;
  if (!result.percentage) warn(result.warnings, fmt::format("{} counts no line", result.source));
  return result;
}

auto mixes_rate(std::string const& source) {
  return fail_at(source, errc::refused,
                 "this report states only a line-rate, which cannot be merged with other reports; give it alone or "
                 "with its lines");
}

} // namespace

auto source_name(std::string_view directory, std::string_view name) -> std::string {
  auto path = std::filesystem::path{clip(name, longest_name)};
  if (path.is_relative() && !directory.empty()) path = std::filesystem::path{directory} / path;
  return path.lexically_normal().generic_string();
}

void settle(std::vector<covered_line>& lines) {
  // Covered ones first, so that unique() keeps them.
  std::ranges::sort(lines, [](auto const& left, auto const& right) {
    return std::tuple{left.line, !left.covered} < std::tuple{right.line, !right.covered};
  });
  lines.erase(std::ranges::unique(lines, {}, &covered_line::line).begin(), lines.end());
}

auto covered_count(std::vector<covered_line> const& lines) -> std::size_t {
  return static_cast<std::size_t>(std::ranges::count_if(lines, &covered_line::covered));
}

auto parse_coverage(std::string_view text, std::string const& source, std::optional<timestamp> written_at)
    -> expected<coverage_lines> {
  if (text.size() > report_limit)
    return fail_at(source, errc::too_large, "the report is larger than {} MiB", report_limit / (1024 * 1024));
  auto result = coverage_lines{};
  result.source = source;
  result.observed_at = written_at;
  auto const first = text.find_first_not_of("\xef\xbb\xbf \t\r\n");
  auto const start = first == std::string_view::npos ? std::string_view{} : text.substr(first);
  if (start.starts_with('<')) return parse_cobertura(text, std::move(result));
  if (start.starts_with("TN:") || start.starts_with("SF:") || start.starts_with('#'))
    return parse_lcov(text, std::move(result));
  return fail_at(source, errc::malformed,
                 "this is neither Cobertura XML nor LCOV, which are the coverage formats that are read");
}

auto merge(std::vector<coverage_lines> parts) -> expected<coverage_report> {
  if (parts.size() == 1) return report_of(parts.front(), parts.front().source);
  auto all = coverage_lines{};
  auto sources = std::vector<std::string>{};
  for (auto& part : parts) {
    if (part.stated_percentage) return mixes_rate(part.source);
    sources.push_back(part.source);
    add(all, part);
  }
  return report_of(all, joined_sources(sources));
}

auto read_coverage(std::span<std::string const> patterns) -> expected<coverage_report> {
  auto const paths = expand_globs(patterns);
  if (!paths) return tl::unexpected{paths.error()};
  auto all = coverage_lines{};
  auto sources = std::vector<std::string>{};
  for (auto const& path : *paths) {
    auto const file = read_file(path);
    if (!file) return tl::unexpected{file.error()};
    auto part = parse_coverage(file->text, file->source, file->modified_at);
    if (!part) return tl::unexpected{part.error()};
    sources.push_back(file->source);
    if (paths->size() > 1 && part->stated_percentage) return mixes_rate(file->source);
    all.stated_percentage = part->stated_percentage;
    add(all, *part);
  }
  return report_of(all, joined_sources(sources));
}

} // namespace nexus::evidence
