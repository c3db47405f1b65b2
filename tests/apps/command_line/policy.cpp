#include "tests/apps/command_line/program.hpp"

using namespace nexus::apps;

namespace {

constexpr auto sound = "name: own\nversion: \"3\"\nextends: ci\nobjectives:\n"
                       "  - {name: test-coverage, pass: '>= 90 %'}\n"
                       "environments:\n  production:\n    pass: 99\n";

constexpr auto broken =
    "name: own\nversion: \"1\"\nobjectives:\n  - name: a\n    fact: test.failed\n    pass: \"== 0\"\n"
    "    wieght: 2\nwaivers:\n  - {objective: b, owner: x, reason: r, expires: soon}\n";

} // namespace

BOOST_AUTO_TEST_CASE(a_valid_policy_is_said_to_be_so) {
  auto const files = temporary_directory{};
  auto const policy = files.write("release.yaml", sound);
  auto const result = run({"policy", "validate", policy, "default", "ci"});
  BOOST_TEST(result.code == 0);
  BOOST_TEST(contains(result.out, "release.yaml: valid, policy own 3 with 7 objectives"));
  auto const json = run({"policy", "validate", policy, "--json"}).json();
  BOOST_TEST(json["valid"] == true);
  BOOST_TEST(json["files"][0]["environments"][0] == "production");
}

BOOST_AUTO_TEST_CASE(every_problem_of_a_policy_is_told_with_line_and_column) {
  auto const files = temporary_directory{};
  auto const policy = files.write("release.yaml", broken);
  auto const result = run({"policy", "validate", policy});
  BOOST_TEST(result.code == 2);
  BOOST_TEST(result.out == "");
  for (auto const* part : {"release.yaml:5:5: $.objectives[0].fact", "release.yaml:7:5: $.objectives[0].wieght",
                           "release.yaml:9:6: $.waivers[0].objective", "release.yaml:9:41: $.waivers[0].expires",
                           "release.yaml:9:5: $.waivers[0]: nobody approved"})
    BOOST_TEST(contains(result.err, part), result.err);
  auto const json = run({"policy", "validate", policy, "--json"});
  BOOST_TEST(json.code == 2);
  BOOST_TEST(json.json()["files"][0]["problems"].size() == 5U);
  BOOST_TEST(run({"policy", "validate", files.path() + "/none.yaml"}).code == 2);
}

BOOST_AUTO_TEST_CASE(policies_that_extend_each_other_in_a_circle_are_refused) {
  auto const files = temporary_directory{};
  auto const first = files.write("a.yaml", "name: a\nversion: \"1\"\nextends: ./sub/b.yaml\n");
  files.write("sub/b.yaml", "name: b\nversion: \"1\"\nextends: ../a.yaml\n");
  auto const result = run({"policy", "validate", first});
  BOOST_TEST(result.code == 2);
  BOOST_TEST(contains(result.err, "in a circle"), result.err);
}

BOOST_AUTO_TEST_CASE(a_policy_is_explained_for_its_environment) {
  auto const files = temporary_directory{};
  auto const policy = files.write("release.yaml", sound);
  auto const result = run({"policy", "explain", policy, "--environment", "production"});
  BOOST_TEST(result.code == 0);
  BOOST_TEST(contains(result.out, "Policy own 3"));
  BOOST_TEST(contains(result.out, "GO needs a score of 99"));
  BOOST_TEST(
      contains(result.out, "test-coverage: coverage.line_percentage (lines that tests execute) has to be >= 90 %"));
  BOOST_TEST(run({"policy", "explain", policy, "--json"}).json()["pass"] == 90);
  auto const unknown = run({"policy", "explain", policy, "--environment", "prodution"});
  BOOST_TEST(unknown.code == 2);
  BOOST_TEST(contains(unknown.err, "did you mean 'production'?"));
}

BOOST_AUTO_TEST_CASE(the_cases_beside_a_policy_are_its_tests) {
  auto const files = temporary_directory{};
  auto const policy = files.write("release.yaml", sound);
  BOOST_TEST(run({"policy", "test", policy}).code == 2);
  auto const cases = files.write("release.test.yaml", "cases:\n"
                                                      "  - name: thin coverage is a warning\n"
                                                      "    evidence: {coverage.line_percentage: 85}\n"
                                                      "    expect: {objectives: {test-coverage: warn}}\n");
  auto const good = run({"policy", "test", policy});
  BOOST_TEST(good.code == 0, good.err);
  BOOST_TEST(contains(good.out, "1 of 1 cases as expected"));
  BOOST_TEST(run({"policy", "test", cases}).out == good.out);
  files.write("release.test.yaml", "cases:\n  - name: too hopeful\n    evidence: {tests.failed: 1}\n"
                                   "    expect: {verdict: GO}\n");
  auto const bad = run({"policy", "test", policy});
  BOOST_TEST(bad.code == 1);
  BOOST_TEST(contains(bad.out, "verdict: GO expected, NO_GO decided"), bad.out);
  BOOST_TEST(run({"policy", "test", policy, "--json"}).json()["failed"] == 1);
}

BOOST_AUTO_TEST_CASE(a_difference_is_told_by_what_it_means) {
  auto const files = temporary_directory{};
  auto const policy = files.write("release.yaml", sound);
  auto const result = run({"policy", "diff", "ci", policy});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(contains(result.out, "~ test-coverage (coverage.line_percentage)"), result.out);
  BOOST_TEST(contains(result.out, "from 80 % to below 90 %: pass -> warn; alone that makes GO CONDITIONAL"),
             result.out);
  BOOST_TEST(run({"policy", "diff", policy, policy}).code == 0);
  BOOST_TEST(run({"policy", "diff", policy}).code == 2);
  auto const json = run({"policy", "diff", "ci", policy, "--json"}).json();
  BOOST_TEST(json["objectives"][0]["effects"][0]["verdict_after"] == "CONDITIONAL");
}

BOOST_AUTO_TEST_CASE(the_schemas_are_the_shipped_ones) {
  auto const root = std::string{NEXUS_SOURCE_DIR};
  BOOST_TEST(run({"policy", "schema"}).out == read_all(root + "/config/schemas/policy.schema.json"));
  BOOST_TEST(run({"policy", "schema", "--cases"}).out == read_all(root + "/config/schemas/policy-test.schema.json"));
}
