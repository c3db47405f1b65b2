#include "simulator/jenkins.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nexus::simulator::jenkins {
namespace {

constexpr std::array<std::string_view, 12> areas{"export", "login",   "search", "paging", "webhook", "retry",
                                                 "policy", "storage", "audit",  "quota",  "report",  "session"};
constexpr std::array<std::string_view, 10> behaviours{
    "keeps_order",   "refuses_empty_input", "survives_restart",  "respects_time_zone", "is_idempotent",
    "honours_limit", "reports_progress",    "closes_connection", "handles_unicode",    "checks_permission"};
constexpr std::array<std::string_view, 6> situations{
    "", "_under_load", "_without_network", "_after_timeout", "_for_guests", "_with_large_data"};

auto is_java(job const& j) { return j.full_name.find("backend") != std::string::npos; }

auto camel(std::string_view text) -> std::string {
  std::string result;
  auto upper = true;
  for (char c : text) {
    if (c == '_') {
      upper = true;
      continue;
    }
    result += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return result;
}

} // namespace

auto tests_of(data_set const&, job const& j, build const& b) -> std::vector<test_name> {
  auto count = static_cast<std::size_t>(b.tests);
  auto per_area = (count + areas.size() - 1) / areas.size();
  std::vector<test_name> tests;
  tests.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto area = areas[i / std::max<std::size_t>(per_area, 1) % areas.size()];
    auto within = i % std::max<std::size_t>(per_area, 1);
    auto round = within / (behaviours.size() * situations.size());
    auto what = fmt::format("{}{}{}", behaviours[within % behaviours.size()],
                            situations[within / behaviours.size() % situations.size()],
                            round > 0 ? fmt::format("_{}", round + 1) : "");
    if (is_java(j)) {
      auto name = camel(what);
      name.front() = static_cast<char>(name.front() - 'A' + 'a');
      auto class_name = fmt::format("com.example.nexus.{}Test", camel(area));
      tests.push_back({class_name, class_name, name});
    } else {
      auto file = fmt::format("test_{}", area);
      tests.push_back({file, fmt::format("tests.integration.{}", file), fmt::format("test_{}", what)});
    }
  }
  return tests;
}

auto failing_tests(job const& j, build const& b) -> std::vector<std::size_t> {
  std::vector<std::size_t> failing;
  // The same commit fails in the same places.
  dice roll{hash_text(b.sha), j.full_name};
  while (std::ssize(failing) < std::min(b.failed_tests, b.tests)) {
    auto index = static_cast<std::size_t>(roll.below(static_cast<std::uint64_t>(b.tests)));
    // Neighbours instead of the same once more, so that this ends however many fail.
    while (std::find(failing.begin(), failing.end(), index) != failing.end())
      index = (index + 1) % static_cast<std::size_t>(b.tests);
    failing.push_back(index);
  }
  std::sort(failing.begin(), failing.end());
  return failing;
}

auto render_tests(data_set const& world, job const& j, build const& b) -> json {
  if (b.tests == 0) return nullptr;
  auto tests = tests_of(world, j, b);
  auto failing = failing_tests(j, b);
  auto suites = json::array();
  auto skipped = 0;
  double total = 0;
  for (std::size_t i = 0; i < tests.size();) {
    auto cases = json::array();
    auto const& suite = tests[i].suite;
    double suite_duration = 0;
    for (; i < tests.size() && tests[i].suite == suite; ++i) {
      auto failed = std::find(failing.begin(), failing.end(), i) != failing.end();
      auto skips = !failed && skipped < b.skipped_tests;
      skipped += skips ? 1 : 0;
      auto duration = static_cast<double>(hash_text(tests[i].name) % 900 + 4) / 1000;
      suite_duration += duration;
      json entry{{"testActions", json::array()},
                 {"age", failed ? 1 : 0},
                 {"className", tests[i].class_name},
                 {"duration", duration},
                 {"errorDetails", nullptr},
                 {"errorStackTrace", nullptr},
                 {"failedSince", failed ? b.number : 0},
                 {"name", tests[i].name},
                 {"properties", json::object()},
                 {"skipped", skips},
                 {"skippedMessage", skips ? json("not on this platform") : json(nullptr)},
                 {"status", failed  ? "REGRESSION"
                            : skips ? "SKIPPED"
                                    : "PASSED"},
                 {"stderr", nullptr},
                 {"stdout", nullptr}};
      if (failed) {
        auto text = is_java(j) ? std::string{"org.opentest4j.AssertionFailedError: expected: <3> but was: <2>"}
                               : std::string{"AssertionError: page token does not belong to this query"};
        auto line = 20 + hash_text(tests[i].name) % 120;
        entry["errorDetails"] = text;
        entry["errorStackTrace"] =
            is_java(j) ? fmt::format("{}\n\tat {}.{}({}.java:{})", text, tests[i].class_name, tests[i].name,
                                     tests[i].class_name.substr(tests[i].class_name.rfind('.') + 1), line)
                       : fmt::format("tests/integration/{}.py:{}: {}", suite, line, text);
      }
      cases.push_back(std::move(entry));
    }
    total += suite_duration;
    auto id = suites.size();
    suites.push_back({{"cases", std::move(cases)},
                      {"duration", std::round(suite_duration * 1000) / 1000},
                      {"enclosingBlockNames", json::array({"Test"})},
                      {"enclosingBlocks", json::array({"42"})},
                      {"id", id == 0 ? json(nullptr) : json(fmt::format("{}", id))},
                      {"name", suite},
                      {"nodeId", "43"},
                      {"properties", json::object()},
                      {"stderr", nullptr},
                      {"stdout", nullptr},
                      {"timestamp", iso_time(b.start).substr(0, 19)}});
  }
  return {{"_class", "hudson.tasks.junit.TestResult"},
          {"testActions", json::array()},
          {"duration", std::round(total * 1000) / 1000},
          {"empty", false},
          {"failCount", failing.size()},
          {"passCount", tests.size() - failing.size() - static_cast<std::size_t>(skipped)},
          {"skipCount", skipped},
          {"suites", std::move(suites)}};
}

auto render_coverage(job const& j, build const& b, bool successor) -> json {
  if (!b.coverage) return nullptr;
  auto lines = 18'000.0 + b.number * 12;
  auto covered = std::round(lines * *b.coverage / 100);
  auto branch = std::round((*b.coverage - 9.4) * 100) / 100;
  if (successor) {
    auto percent = [](double value) { return fmt::format("{:.2f}%", value); };
    json quality{{"overallResult", *b.coverage >= 80 ? "SUCCESS" : "UNSTABLE"},
                 {"resultItems", json::array({{{"qualityGate", "Overall project - Line Coverage"},
                                               {"result", *b.coverage >= 80 ? "SUCCESS" : "UNSTABLE"},
                                               {"threshold", 80.0},
                                               {"value", percent(*b.coverage)}}})}};
    return {{"_class", "io.jenkins.plugins.coverage.metrics.restapi.CoverageApi"},
            {"modifiedFilesDelta", json::object()},
            {"modifiedFilesStatistics", json::object()},
            {"modifiedLinesDelta", json::object()},
            {"modifiedLinesStatistics", json::object()},
            {"projectDelta", json::object()},
            {"projectStatistics",
             {{"line", percent(*b.coverage)},
              {"branch", percent(branch)},
              {"file", "98.40%"},
              {"loc", fmt::format("{:.0f}", lines)}}},
            {"qualityGates", std::move(quality)},
            {"referenceBuild", b.number > 1 ? fmt::format("{} #{}", j.full_name, b.number - 1) : "-"}};
  }
  auto element = [](char const* name, double numerator, double denominator, double ratio) {
    return json{{"denominator", denominator}, {"name", name}, {"numerator", numerator}, {"ratio", ratio}};
  };
  auto branches = std::round(lines / 3);
  return {
      {"_class", "io.jenkins.plugins.coverage.targets.CoverageResult"},
      {"results",
       {{"children", json::array()},
        {"name", "All reports"},
        {"elements", json::array({element("Report", 1, 1, 100), element("File", 246, 250, 98.4),
                                  element("Line", covered, lines, *b.coverage),
                                  element("Conditional", std::round(branches * branch / 100), branches, branch)})}}}};
}

} // namespace nexus::simulator::jenkins
