#include "actors/evidence/junit_report.hpp"

#include "actors/evidence/xml_text.hpp"

#include <algorithm>
#include <array>

namespace nexus::evidence {

namespace {

constexpr std::size_t most_kept = 1000;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_message = 500;
// A thousand years: what is longer is no duration of a test.
constexpr double longest_duration = 3.2e10;

enum class outcome { passed, failure, error, skipped, disabled };

auto one_of(std::string_view text, std::initializer_list<std::string_view> choices) -> bool {
  return std::ranges::find(choices, text) != choices.end();
}

/// CTest writes a test that it could not start (no executable, failed fixture) as skipped, though it calls the run
/// failed.
auto could_not_start(pugi::xml_node test, pugi::xml_node skipped) -> bool {
  auto const message = text_attribute(skipped, "message");
  return std::string_view{test.attribute("status").value()} == "notrun" && message && !message->starts_with("SKIP_");
}

/// The outcome and the element that explains it, which may be null.
auto judge(pugi::xml_node test) -> std::pair<outcome, pugi::xml_node> {
  if (auto const node = test.child("error")) return {outcome::error, node};
  if (auto const node = test.child("failure")) return {outcome::failure, node};
  if (auto const node = test.child("skipped"))
    return {could_not_start(test, node) ? outcome::error : outcome::skipped, node};
  if (auto const node = test.child("disabled")) return {outcome::disabled, node};
  // GoogleTest says "notrun" and CTest "disabled" without a child element.
  auto const status = std::string_view{test.attribute("status").value()};
  if (one_of(status, {"fail", "failed"})) return {outcome::failure, {}};
  if (one_of(status, {"error", "broken"})) return {outcome::error, {}};
  if (one_of(status, {"skipped", "ignored", "pending"})) return {outcome::skipped, {}};
  if (one_of(status, {"notrun", "disabled"})) return {outcome::disabled, {}};
  return {outcome::passed, {}};
}

/// The headline in the attribute, then the details in the element.
auto message_of(pugi::xml_node explanation) -> std::string {
  auto const headline = std::string_view{explanation.attribute("message").value()};
  auto const details = std::string_view{explanation.child_value()};
  if (headline.empty() || details.starts_with(headline)) return clip(details, longest_message);
  // Bounded before it is joined: either may be megabytes.
  return clip(fmt::format("{}\n{}", clip(headline, longest_message), clip(details, longest_message)), longest_message);
}

class reader {
public:
  reader(std::string const& source, std::optional<timestamp> written_at) : written_at_(written_at) {
    report_.source = source;
    report_.observed_at = written_at;
  }

  auto read(pugi::xml_node root) -> junit_report {
    report_.totals = group(root);
    if (stated_at_) report_.observed_at = stated_at_;
    if (report_.totals.tests == 0)
      warn(report_.warnings, fmt::format("{} contains no test case", report_.source));
    else if (report_.totals.executed() == 0)
      warn(report_.warnings, fmt::format("{} contains only skipped or disabled tests", report_.source));
    return std::move(report_);
  }

private:
  /// A <testsuites> or <testsuite> with all below it; parse_xml bounds the depth.
  auto group(pugi::xml_node node) -> test_counts {
    auto const name = clip(node.attribute("name").value(), longest_name);
    if (auto const stated = text_attribute(node, "timestamp"))
      if (auto const time = observed_at(stated, written_at_); time != written_at_)
        stated_at_ = oldest(stated_at_, time);
    auto own = test_counts{};
    auto nested = test_counts{};
    auto duration = std::chrono::duration<double>{0};
    for (auto child : node.children()) {
      auto const element = std::string_view{child.name()};
      if (element == "testsuite" || element == "testsuites") {
        nested += group(child);
      } else if (element == "testcase") {
        duration += test_case(child, name, clip(node.attribute("file").value(), longest_name), own);
      } else if (element == "error" || element == "failure") {
        // The suite as a whole broke, outside any test.
        ++own.tests;
        ++(element == "error" ? own.errors : own.failures);
        keep({name, {}, name, clip(node.attribute("file").value(), longest_name), message_of(child), {}, true});
      }
    }
    report_.duration += duration;
    if (own.tests > 0 && report_.suites.size() < most_kept) report_.suites.push_back({name, own, duration});
    auto all = own;
    all += nested;
    compare(node, name, own, all);
    return all;
  }

  auto test_case(pugi::xml_node test, std::string const& suite, std::string const& suite_file, test_counts& counts)
      -> std::chrono::duration<double> {
    auto const duration =
        std::chrono::duration<double>{std::min(number_attribute(test, "time").value_or(0), longest_duration)};
    auto const [verdict, explanation] = judge(test);
    ++counts.tests;
    switch (verdict) {
    case outcome::passed:
      if (test.child("flakyFailure") || test.child("flakyError")) ++counts.flaky;
      break;
    case outcome::failure:
      ++counts.failures;
      break;
    case outcome::error:
      ++counts.errors;
      break;
    case outcome::skipped:
      ++counts.skipped;
      break;
    case outcome::disabled:
      ++counts.disabled;
      break;
    }
    if (verdict == outcome::failure || verdict == outcome::error) {
      auto const file = text_attribute(test, "file");
      keep({suite, clip(test.attribute("classname").value(), longest_name),
            clip(test.attribute("name").value(), longest_name), file ? clip(*file, longest_name) : suite_file,
            message_of(explanation), duration, verdict == outcome::error});
    }
    return duration;
  }

  void keep(failed_test test) {
    if (report_.failed_tests.size() < most_kept) report_.failed_tests.push_back(std::move(test));
  }

  /// Producers disagree on whether skipped tests are among "tests" (not for Boost.Test), and whether a suite counts its
  /// nested ones.
  void compare(pugi::xml_node node, std::string const& name, test_counts const& own, test_counts const& all) {
    auto const agrees = [](std::uint64_t stated, test_counts const& counted) {
      return stated == counted.tests || stated == counted.tests - counted.skipped ||
             stated == counted.tests - counted.disabled || stated == counted.executed();
    };
    if (auto const stated = count_attribute(node, "tests"); stated && !agrees(*stated, own) && !agrees(*stated, all))
      warn(report_.warnings, fmt::format("{}: <{} name=\"{}\"> says tests=\"{}\" and contains {}", report_.source,
                                         node.name(), name, *stated, all.tests));
    auto const failures = count_attribute(node, "failures");
    auto const errors = count_attribute(node, "errors");
    if (!failures && !errors) return;
    auto const stated = failures.value_or(0) + errors.value_or(0);
    if (stated != own.failed() && stated != all.failed())
      warn(report_.warnings, fmt::format("{}: <{} name=\"{}\"> says {} failures and errors and contains {}",
                                         report_.source, node.name(), name, stated, all.failed()));
  }

  std::optional<timestamp> written_at_;
  std::optional<timestamp> stated_at_;
  junit_report report_;
};

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  auto const room = most_kept - std::min(most_kept, to.size());
  std::move(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(std::min(room, from.size())),
            std::back_inserter(to));
}

/// Moves one report into another, all but its source.
void add(junit_report& result, junit_report& report) {
  result.observed_at = oldest(result.observed_at, report.observed_at);
  result.totals += report.totals;
  result.duration += report.duration;
  append(result.failed_tests, report.failed_tests);
  append(result.suites, report.suites);
  for (auto& warning : report.warnings) warn(result.warnings, std::move(warning));
}

} // namespace

auto test_counts::operator+=(test_counts const& other) -> test_counts& {
  tests += other.tests;
  failures += other.failures;
  errors += other.errors;
  skipped += other.skipped;
  disabled += other.disabled;
  flaky += other.flaky;
  return *this;
}

auto parse_junit(std::string_view text, std::string const& source, std::optional<timestamp> written_at)
    -> expected<junit_report> {
  auto const document = parse_xml(text, source);
  if (!document) return tl::unexpected{document.error()};
  auto const root = (*document)->document_element();
  if (!one_of(root.name(), {"testsuites", "testsuite"}))
    return fail_at(source, errc::malformed,
                   "not a JUnit report: the root element is <{}>, not <testsuites> or <testsuite>",
                   clip(root.name(), 64));
  return reader{source, written_at}.read(root);
}

auto combine(std::vector<junit_report> reports) -> junit_report {
  auto result = junit_report{};
  auto sources = std::vector<std::string>{};
  for (auto& report : reports) {
    sources.push_back(report.source);
    add(result, report);
  }
  result.source = joined_sources(sources);
  return result;
}

auto read_junit(std::span<std::string const> patterns) -> expected<junit_report> {
  auto const paths = expand_globs(patterns);
  if (!paths) return tl::unexpected{paths.error()};
  auto result = junit_report{};
  auto sources = std::vector<std::string>{};
  for (auto const& path : *paths) {
    auto const file = read_file(path);
    if (!file) return tl::unexpected{file.error()};
    auto report = parse_junit(file->text, file->source, file->modified_at);
    if (!report) return report;
    sources.push_back(file->source);
    add(result, *report);
  }
  result.source = joined_sources(sources);
  return result;
}

} // namespace nexus::evidence
