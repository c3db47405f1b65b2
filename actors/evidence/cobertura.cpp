#include "actors/evidence/coverage_formats.hpp"
#include "actors/evidence/xml_text.hpp"

#include <cmath>

namespace nexus::evidence {

namespace {

/// Milliseconds since 1970 (Cobertura, coverage.py) or seconds (gcovr): what would be before March 1973 in milliseconds
/// is seconds.
auto time_of(pugi::xml_node root) -> std::optional<timestamp> {
  auto const stated = count_attribute(root, "timestamp");
  if (!stated || *stated == 0 || *stated > 253'402'300'799'000) return std::nullopt;
  auto const count = static_cast<std::int64_t>(*stated);
  return *stated < 100'000'000'000 ? timestamp{std::chrono::seconds{count}}
                                   : timestamp{std::chrono::milliseconds{count}};
}

/// The directory that file names are relative to, if there is exactly one.
auto source_directory(pugi::xml_node root) -> std::string {
  auto const first = root.child("sources").child("source");
  return first.next_sibling("source") ? std::string{} : clip(first.child_value(), 4096);
}

void add_lines(pugi::xml_node owner, std::vector<covered_line>& lines) {
  for (auto line : owner.child("lines").children("line")) {
    auto const number = count_attribute(line, "number");
    if (!number || *number == 0 || *number > last_line) continue;
    lines.push_back({static_cast<std::uint32_t>(*number), number_attribute(line, "hits").value_or(0) > 0});
  }
}

/// What the root's attributes say, for a report without line records.
void take_summary(pugi::xml_node root, bool has_classes, coverage_lines& result) {
  auto const valid = count_attribute(root, "lines-valid");
  auto const covered = count_attribute(root, "lines-covered");
  auto const rate = number_attribute(root, "line-rate");
  if (valid && covered && *covered <= *valid) {
    result.stated_total = *valid;
    result.stated_covered = *covered;
    if (*valid > 0)
      warn(result.warnings, fmt::format("{} has no line records; its stated totals are taken", result.source));
  } else if (!valid && rate && *rate <= 1 && has_classes) {
    result.stated_percentage = *rate * 100;
    warn(result.warnings, fmt::format("{} has no line records; its stated line-rate is taken", result.source));
  }
}

} // namespace

auto parse_cobertura(std::string_view text, coverage_lines result) -> expected<coverage_lines> {
  auto const document = parse_xml(text, result.source);
  if (!document) return tl::unexpected{document.error()};
  auto const root = (*document)->document_element();
  // Clover's root has the same name.
  if (std::string_view{root.name()} != "coverage" || !(root.child("packages") || root.attribute("line-rate")))
    return fail_at(result.source, errc::malformed,
                   "this XML (root element <{}>) is no coverage report that is read: Cobertura XML or LCOV",
                   clip(root.name(), 64));
  if (auto const time = time_of(root)) result.observed_at = time;

  auto const directory = source_directory(root);
  auto has_classes = false;
  for (auto package : root.child("packages").children("package"))
    for (auto unit : package.child("classes").children("class")) {
      has_classes = true;
      auto const name = text_attribute(unit, "filename");
      if (!name)
        return fail_at(place(result.source, text, static_cast<std::size_t>(unit.offset_debug())), errc::malformed,
                       "a <class> without a filename");
      auto lines = std::vector<covered_line>{};
      add_lines(unit, lines);
      for (auto method : unit.child("methods").children("method")) add_lines(method, lines);
      if (lines.empty()) continue;
      auto& known = result.files[source_name(directory, *name)];
      known.insert(known.end(), lines.begin(), lines.end());
    }
  for (auto& [name, lines] : result.files) settle(lines);
  if (result.files.empty()) take_summary(root, has_classes, result);
  return result;
}

} // namespace nexus::evidence
