#pragma once

#include "actors/evidence/report_file.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::evidence {

/// How many tests ended how. Each test counts in one class only; `flaky` ones are among those that passed.
struct test_counts {
  std::size_t tests = 0;
  /// An assertion did not hold.
  std::size_t failures = 0;
  /// The test broke, or could not be run though it should.
  std::size_t errors = 0;
  std::size_t skipped = 0;
  std::size_t disabled = 0;
  /// Passed, but only when tried again (Surefire and Gradle).
  std::size_t flaky = 0;

  /// Tests that ran to a verdict; zero means that there is no evidence.
  auto executed() const -> std::size_t { return tests - skipped - disabled; }
  auto failed() const -> std::size_t { return failures + errors; }
  auto passed() const -> std::size_t { return executed() - failed(); }

  auto operator+=(test_counts const& other) -> test_counts&;
  friend auto operator==(test_counts const&, test_counts const&) -> bool = default;
};

/// A test that failed or broke. Texts are at most 200 bytes, the message 500.
struct failed_test {
  std::string suite;
  std::string class_name;
  std::string name;
  /// Where the report says the test is; may be empty.
  std::string file;
  /// What the report says about the failure, first its headline.
  std::string message;
  std::chrono::duration<double> duration{0};
  /// True for an error, false for a failed assertion.
  bool broken = false;
};

/// A suite that holds tests itself.
struct test_suite {
  std::string name;
  test_counts counts;
  std::chrono::duration<double> duration{0};
};

/// What JUnit XML says, counted from its test cases.
struct junit_report {
  std::string source;
  /// The oldest timestamp in the report, else the file's time; absent when neither is known.
  std::optional<timestamp> observed_at;
  test_counts totals;
  /// The sum of the test cases' own times.
  std::chrono::duration<double> duration{0};
  /// At most 1,000, in the report's order; `totals` counts all.
  std::vector<failed_test> failed_tests;
  /// At most 1,000, in the report's order.
  std::vector<test_suite> suites;
  /// What is odd: no test case, or counts in attributes that differ from the test cases.
  std::vector<std::string> warnings;
};

/// Reads JUnit XML as pytest, Surefire, Gradle, jest-junit, GoogleTest, Boost.Test, CTest and gotestsum write it. There
/// is no standard; this follows what those producers do. errc::malformed with line and column when it is something
/// else.
auto parse_junit(std::string_view text, std::string const& source, std::optional<timestamp> written_at = {})
    -> expected<junit_report>;

/// Several reports as one: counts add up, evidence is as old as the oldest.
auto combine(std::vector<junit_report> reports) -> junit_report;

/// Reads all files that the patterns name (expand_glob) into one report. The first file that cannot be read or parsed
/// is the error.
auto read_junit(std::span<std::string const> patterns) -> expected<junit_report>;

} // namespace nexus::evidence
