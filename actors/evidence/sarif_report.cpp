#include "actors/evidence/sarif_report.hpp"

#include "messages/core/codec.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace nexus::evidence {

namespace {

using nlohmann::json;

constexpr std::size_t most_kept = 1000;
constexpr std::size_t longest_text = 200;
constexpr std::size_t longest_message = 500;

/// A member, or null when it is absent or `object` is no object.
auto member(json const& object, char const* name) -> json const& {
  static auto const absent = json{};
  if (!object.is_object()) return absent;
  auto const found = object.find(name);
  return found == object.end() ? absent : *found;
}

template <class... Names>
auto member(json const& object, char const* name, char const* next, Names... rest) -> json const& {
  return member(member(object, name), next, rest...);
}

/// The elements of an array; none when it is something else.
auto elements(json const& value) -> std::vector<json> const& {
  static auto const none = std::vector<json>{};
  return value.is_array() ? value.get_ref<json::array_t const&>() : none;
}

auto text_of(json const& value) -> std::string_view {
  return value.is_string() ? std::string_view{value.get_ref<std::string const&>()} : std::string_view{};
}

/// An index into an array of the same file; nothing when it is absent, -1 or beyond any array.
auto index_of(json const& value) -> std::optional<std::size_t> {
  if (!value.is_number_integer() || value < 0 || value > std::uint32_t{0xffffffff}) return std::nullopt;
  return value.get<std::size_t>();
}

auto element(json const& array, json const& index) -> json const& {
  static auto const absent = json{};
  auto const at = index_of(index);
  return at && *at < elements(array).size() ? array[*at] : absent;
}

/// GitHub's property, a number or (as GitHub writes it) a text with one; nothing outside 0 to 10.
auto security_severity(json const& rule) -> std::optional<double> {
  auto const& property = member(rule, "properties", "security-severity");
  auto value = -1.0;
  if (property.is_number()) {
    value = property.get<double>();
  } else {
    auto const text = text_of(property);
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  }
  return value >= 0 && value <= 10 ? std::optional{value} : std::nullopt;
}

auto severity_of(json const& rule, std::string_view level) -> severity {
  if (auto const score = security_severity(rule)) {
    if (*score >= 9) return severity::critical;
    if (*score >= 7) return severity::high;
    if (*score >= 4) return severity::medium;
    return *score > 0 ? severity::low : severity::info;
  }
  if (level == "error") return severity::high;
  if (level == "warning") return severity::medium;
  return level == "note" ? severity::low : severity::info;
}

/// Section 3.27.23: suppressed when there are suppressions, and none is under review or rejected.
auto is_suppressed(json const& result) -> bool {
  auto const& suppressions = elements(member(result, "suppressions"));
  return !suppressions.empty() && std::ranges::none_of(suppressions, [](json const& suppression) {
    auto const status = text_of(member(suppression, "status"));
    return !status.empty() && status != "accepted";
  });
}

/// Replaces {0}, {1}... by the message's arguments; {{ and }} stand for braces (section 3.11.5). Stops soon after
/// `longest_message`.
auto with_arguments(std::string_view text, std::vector<json> const& arguments) -> std::string {
  auto result = std::string{};
  for (std::size_t i = 0; i < text.size() && result.size() <= longest_message; ++i) {
    if ((text[i] == '{' || text[i] == '}') && i + 1 < text.size() && text[i + 1] == text[i]) {
      result += text[i++];
      continue;
    }
    auto const close = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
    std::size_t number{};
    if (close != std::string_view::npos) {
      auto const [end, problem] = std::from_chars(text.data() + i + 1, text.data() + close, number);
      if (problem == std::errc{} && end == text.data() + close && number < arguments.size()) {
        result += text_of(arguments[number]).substr(0, longest_message + 1);
        i = close;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

/// One run of a tool.
class run_reader {
public:
  run_reader(json const& run, sarif_report& report)
      : run_(run), report_(report), tool_(clip(text_of(member(run, "tool", "driver", "name")), longest_text)) {
    index(member(run, "tool", "driver"));
  }

  void read(std::optional<timestamp> written_at) {
    auto version = text_of(member(run_, "tool", "driver", "semanticVersion"));
    if (version.empty()) version = text_of(member(run_, "tool", "driver", "version"));
    if (report_.tools.size() < most_kept) report_.tools.push_back({tool_, clip(version, longest_text)});
    invocations(written_at);
    auto const& results = member(run_, "results");
    // Section 3.14.23: no array means that the scan yielded no results, an empty one that it found nothing.
    if (!results.is_array()) unusable("has no results: the scan did not complete, or keeps them in another file");
    for (auto const& entry : elements(results)) result(entry);
  }

private:
  void unusable(std::string_view why) {
    report_.usable = false;
    warn(report_.warnings, fmt::format("{}: the run of {} {}", report_.source, tool_, why));
  }

  void index(json const& component) {
    for (auto const& rule : elements(member(component, "rules")))
      if (auto const id = text_of(member(rule, "id")); !id.empty()) rules_.emplace(id, &rule);
  }

  void invocations(std::optional<timestamp> written_at) {
    auto stated = std::optional<timestamp>{};
    for (auto const& invocation : elements(member(run_, "invocations"))) {
      if (member(invocation, "executionSuccessful") == false) unusable("did not succeed");
      for (auto const* name : {"endTimeUtc", "startTimeUtc"})
        if (auto const text = text_of(member(invocation, name)); !text.empty()) {
          stated = oldest(stated, observed_at(text, written_at));
          break;
        }
      auto const& notes = elements(member(invocation, "toolExecutionNotifications"));
      auto const failed =
          std::ranges::count_if(notes, [](json const& note) { return member(note, "level") == "error"; });
      if (failed > 0)
        warn(report_.warnings, fmt::format("{}: {} reports {} errors of its own", report_.source, tool_, failed));
    }
    if (stated) report_.observed_at = report_.observed_at == written_at ? stated : oldest(report_.observed_at, stated);
  }

  /// The rule by its index, else by its id; a null value when the tool describes none.
  auto rule_of(json const& result, std::string_view id) -> json const& {
    auto const& reference = member(result, "rule");
    auto const& extension = element(member(run_, "tool", "extensions"), member(reference, "toolComponent", "index"));
    auto const& component = extension.is_null() ? member(run_, "tool", "driver") : extension;
    auto const& index =
        member(result, "ruleIndex").is_null() ? member(reference, "index") : member(result, "ruleIndex");
    if (auto const& rule = element(member(component, "rules"), index); !rule.is_null()) return rule;
    if (!std::exchange(extensions_indexed_, true))
      for (auto const& other : elements(member(run_, "tool", "extensions"))) this->index(other);
    // Section 3.27.5: "CA1000/1" is a refinement of the rule "CA1000".
    for (auto name = id; !name.empty();) {
      if (auto const found = rules_.find(name); found != rules_.end()) return *found->second;
      auto const slash = name.rfind('/');
      name = slash == std::string_view::npos ? std::string_view{} : name.substr(0, slash);
    }
    static auto const none = json{};
    return none;
  }

  void result(json const& result) {
    if (!result.is_object())
      return warn(report_.warnings, fmt::format("{}: {} has a result that is no object", report_.source, tool_));
    auto const kind = text_of(member(result, "kind"));
    if (!kind.empty() && kind != "fail") {
      ++report_.not_failures;
      return;
    }
    if (text_of(member(result, "baselineState")) == "absent") {
      ++report_.absent;
      return;
    }
    if (is_suppressed(result)) {
      ++report_.suppressed;
      return;
    }
    auto id = text_of(member(result, "ruleId"));
    if (id.empty()) id = text_of(member(result, "rule", "id"));
    auto const& rule = rule_of(result, id);
    if (id.empty()) id = text_of(member(rule, "id"));
    auto level = text_of(member(result, "level"));
    if (level.empty()) level = text_of(member(rule, "defaultConfiguration", "level"));
    if (level != "error" && level != "note" && level != "none") level = "warning";
    if (!member(rule, "properties", "security-severity").is_null() && !security_severity(rule))
      warn(report_.warnings, fmt::format("{}: rule {} of {} has a security-severity that is no number from 0 to 10",
                                         report_.source, clip(id, longest_text), tool_));
    auto const weight = severity_of(rule, level);
    ++report_.counts.of(weight);
    keep(result, rule, id, level, weight);
  }

  void keep(json const& result, json const& rule, std::string_view id, std::string_view level, severity weight) {
    auto& findings = report_.findings;
    // Kept sorted, so that what is dropped beyond the limit is the least.
    auto const place = std::ranges::upper_bound(findings, weight, std::ranges::greater{}, &finding::severity);
    if (place == findings.end() && findings.size() >= most_kept) return;
    auto const& location =
        elements(member(result, "locations")).empty() ? json{} : elements(member(result, "locations")).front();
    auto const& artifact = member(location, "physicalLocation", "artifactLocation");
    auto file = text_of(member(artifact, "uri"));
    if (file.empty())
      file = text_of(member(element(member(run_, "artifacts"), member(artifact, "index")), "location", "uri"));
    auto const line = index_of(member(location, "physicalLocation", "region", "startLine"));
    findings.insert(place, {tool_, clip(id, longest_text), std::string{level}, weight, clip(file, longest_text),
                            static_cast<std::uint32_t>(line.value_or(0)), message_of(member(result, "message"), rule)});
    if (findings.size() > most_kept) findings.pop_back();
  }

  static auto message_of(json const& message, json const& rule) -> std::string {
    auto text = text_of(member(message, "text"));
    if (text.empty())
      if (auto const id = text_of(member(message, "id")); !id.empty())
        text = text_of(member(rule, "messageStrings", std::string{id}.c_str(), "text"));
    if (text.empty()) text = text_of(member(message, "markdown"));
    return clip(with_arguments(text, elements(member(message, "arguments"))), longest_message);
  }

  json const& run_;
  sarif_report& report_;
  std::string tool_;
  std::unordered_map<std::string_view, json const*> rules_;
  bool extensions_indexed_ = false;
};

/// Moves one report into another, all but its source.
void add(sarif_report& result, sarif_report& report) {
  result.observed_at = oldest(result.observed_at, report.observed_at);
  for (auto value : {severity::info, severity::low, severity::medium, severity::high, severity::critical})
    result.counts.of(value) += report.counts.of(value);
  result.suppressed += report.suppressed;
  result.absent += report.absent;
  result.not_failures += report.not_failures;
  result.usable = result.usable && report.usable;
  std::ranges::move(report.tools, std::back_inserter(result.tools));
  std::ranges::move(report.findings, std::back_inserter(result.findings));
  std::ranges::stable_sort(result.findings, std::ranges::greater{}, &finding::severity);
  if (result.tools.size() > most_kept) result.tools.resize(most_kept);
  if (result.findings.size() > most_kept) result.findings.resize(most_kept);
  for (auto& warning : report.warnings) warn(result.warnings, std::move(warning));
}

} // namespace

auto to_string(severity value) noexcept -> std::string_view {
  switch (value) {
  case severity::info:
    return "info";
  case severity::low:
    return "low";
  case severity::medium:
    return "medium";
  case severity::high:
    return "high";
  case severity::critical:
    return "critical";
  }
  return "info";
}

auto severity_counts::of(severity value) -> std::size_t& {
  switch (value) {
  case severity::critical:
    return critical;
  case severity::high:
    return high;
  case severity::medium:
    return medium;
  case severity::low:
    return low;
  case severity::info:
    break;
  }
  return info;
}

auto parse_sarif(std::string_view text, std::string const& source, std::optional<timestamp> written_at)
    -> expected<sarif_report> {
  // Microsoft's tools write a byte order mark.
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  auto document = parse_json(text, {report_limit, depth_limit});
  if (!document) {
    auto problem = document.error();
    problem.where = source;
    return tl::unexpected{std::move(problem)};
  }
  auto const version = text_of(member(*document, "version"));
  auto const& runs = member(*document, "runs");
  if (version.empty() || !(runs.is_array() || runs.is_null()))
    return fail_at(source, errc::invalid_argument, "not a SARIF file: it has no version, or its runs are no list");
  if (version != "2.1.0")
    return fail_at(source, errc::invalid_argument, "SARIF {} is not read; the version that is read is 2.1.0",
                   clip(version, 32));

  auto report = sarif_report{};
  report.source = source;
  report.observed_at = written_at;
  for (std::size_t i = 0; i < elements(runs).size(); ++i) {
    if (text_of(member(runs[i], "tool", "driver", "name")).empty())
      return fail_at(fmt::format("{}: $.runs[{}].tool.driver.name", source, i), errc::invalid_argument,
                     "the name of the tool is missing");
    run_reader{runs[i], report}.read(written_at);
  }
  if (elements(runs).empty()) {
    report.usable = false;
    warn(report.warnings, fmt::format("{} contains no run of a tool", source));
  }
  return report;
}

auto combine(std::vector<sarif_report> reports) -> sarif_report {
  auto result = sarif_report{};
  auto sources = std::vector<std::string>{};
  for (auto& report : reports) {
    sources.push_back(report.source);
    add(result, report);
  }
  result.source = joined_sources(sources);
  result.usable = result.usable && !sources.empty();
  return result;
}

auto read_sarif(std::span<std::string const> patterns) -> expected<sarif_report> {
  auto const paths = expand_globs(patterns);
  if (!paths) return tl::unexpected{paths.error()};
  auto result = sarif_report{};
  auto sources = std::vector<std::string>{};
  for (auto const& path : *paths) {
    auto const file = read_file(path);
    if (!file) return tl::unexpected{file.error()};
    auto report = parse_sarif(file->text, file->source, file->modified_at);
    if (!report) return report;
    sources.push_back(file->source);
    add(result, *report);
  }
  result.source = joined_sources(sources);
  result.usable = result.usable && !sources.empty();
  return result;
}

} // namespace nexus::evidence
