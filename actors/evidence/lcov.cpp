#include "actors/evidence/coverage_formats.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace nexus::evidence {

namespace {

/// Records about functions, branches, conditions and versions: known, and without a part in line coverage.
constexpr auto other_records = std::array<std::string_view, 16>{
    "TN", "VER", "FN", "FNDA", "FNF", "FNH", "FNL", "FNA", "BRDA", "BRF", "BRH", "MCDC", "MCF", "MCH", "MRF", "MRH"};

template <class Number>
auto number(std::string_view text) -> std::optional<Number> {
  auto value = Number{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class reader {
public:
  explicit reader(coverage_lines result) : result_(std::move(result)) {}

  auto read(std::string_view text) -> expected<coverage_lines> {
    while (!text.empty()) {
      ++at_;
      auto const end = std::min(text.find('\n'), text.size());
      auto line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
      if (line.empty() || line.starts_with('#')) continue;
      if (auto done = record(line); !done) return tl::unexpected{done.error()};
    }
    if (file_) return refuse("the file ends within the record of a source file, without end_of_record");
    for (auto& [name, lines] : result_.files) settle(lines);
    return std::move(result_);
  }

private:
  auto record(std::string_view line) -> expected<void> {
    if (line == "end_of_record") return close();
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) return refuse("no LCOV record");
    auto const key = line.substr(0, colon);
    auto const value = line.substr(colon + 1);
    if (key == "SF") return open(value);
    if (key == "DA") return data(value);
    if (key == "LF" || key == "LH") {
      auto const count = number<std::uint32_t>(value);
      if (!file_ || !count) return refuse("LF and LH need a count, and a source file before them");
      (key == "LF" ? found_ : hit_) = count;
      return {};
    }
    if (std::ranges::find(other_records, key) != other_records.end()) return {};
    if (key.empty() || !std::ranges::all_of(key, [](char c) { return c >= 'A' && c <= 'Z'; }))
      return refuse("no LCOV record");
    if (!std::exchange(met_unknown_, true))
      warn(result_.warnings, fmt::format("{}:{}: unknown record '{}'", result_.source, at_, clip(key, 32)));
    return {};
  }

  auto open(std::string_view name) -> expected<void> {
    if (file_) return refuse("a new source file begins within the record of another");
    if (name.empty()) return refuse("SF without a name");
    file_ = source_name({}, name);
    return {};
  }

  auto data(std::string_view value) -> expected<void> {
    if (!file_) return refuse("DA without a source file before it");
    auto const comma = std::min(value.find(','), value.size());
    auto const rest = value.substr(std::min(comma + 1, value.size()));
    auto const line = number<std::uint32_t>(value.substr(0, comma));
    auto const hits = number<double>(rest.substr(0, rest.find(',')));
    if (!line || !hits || !std::isfinite(*hits) || *line > last_line) return refuse("DA is LINE,HITS");
    // Compilers attribute generated code to line 0; gcc's counters have gone negative. Neither is a covered line.
    if (*line != 0) lines_.push_back({*line, *hits > 0});
    return {};
  }

  auto close() -> expected<void> {
    if (!file_) return refuse("end_of_record without a source file");
    if (lines_.empty() && found_ && hit_ && *hit_ <= *found_) {
      result_.stated_total += *found_;
      result_.stated_covered += *hit_;
    } else if (!lines_.empty()) {
      settle(lines_);
      auto const covered = covered_count(lines_);
      if ((found_ && *found_ != lines_.size()) || (hit_ && *hit_ != covered))
        warn(result_.warnings, fmt::format("{}:{}: LF and LH of {} differ from its lines: {} of {} are covered",
                                           result_.source, at_, *file_, covered, lines_.size()));
      auto& known = result_.files[*file_];
      known.insert(known.end(), lines_.begin(), lines_.end());
    }
    lines_.clear();
    file_.reset();
    found_.reset();
    hit_.reset();
    return {};
  }

  auto refuse(std::string_view problem) const -> tl::unexpected<error> {
    return fail_at(fmt::format("{}:{}", result_.source, at_), errc::malformed, "not LCOV: {}", problem);
  }

  coverage_lines result_;
  std::size_t at_ = 0;
  std::optional<std::string> file_;
  std::vector<covered_line> lines_;
  std::optional<std::uint32_t> found_;
  std::optional<std::uint32_t> hit_;
  bool met_unknown_ = false;
};

} // namespace

auto parse_lcov(std::string_view text, coverage_lines result) -> expected<coverage_lines> {
  return reader{std::move(result)}.read(text);
}

} // namespace nexus::evidence
