#pragma once

#include "tests/apps/command_line/repository.hpp"

namespace nexus::apps {

inline constexpr auto passing = R"(<testsuite name="s" tests="2"><testcase name="a"/><testcase name="b"/></testsuite>)";
inline constexpr auto failing =
    R"(<testsuite name="s" tests="2"><testcase name="a"/><testcase name="b"><failure message="1 != 2"/></testcase></testsuite>)";
inline constexpr auto clean =
    R"({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint"}}, "results": []}]})";

inline auto lcov(int covered) -> std::string {
  auto text = std::string{"SF:a.c\n"};
  for (auto line = 1; line <= 10; ++line)
    text += "DA:" + std::to_string(line) + "," + (line <= covered ? "1\n" : "0\n");
  return text + "end_of_record\n";
}

/// A repository with v1.0.0, v1.1.0, and reports that are good unless a test writes others.
struct release {
  sample_repository repository;
  std::string junit = repository.write("reports/unit.xml", passing);
  std::string coverage = repository.write("coverage.info", lcov(9));
  std::string sarif = repository.write("scan.sarif", clean);

  explicit release(std::string const& change = "feat: something new") {
    repository.commit("feat: begin");
    repository.tag("v1.0.0");
    repository.commit(change);
    repository.tag("v1.1.0");
  }

  auto arguments(std::vector<std::string> more = {}) const -> std::vector<std::string> {
    auto all = std::vector<std::string>{"gate", "--repo",     repository.path(), "--release", "v1.1.0", "--junit",
                                        junit,  "--coverage", coverage,          "--sarif",   sarif};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

} // namespace nexus::apps
