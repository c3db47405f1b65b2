#include "actors/git_ci/build_figures.hpp"
#include "actors/git_ci/build_mapping.hpp"
#include "actors/git_ci/release_refs.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace nexus;
using namespace nexus::git_ci;
using json = nlohmann::json;

namespace {

auto const now = timestamp{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}};

/// As Jenkins answers /job/platform/job/nightly/12/api/json, shortened.
auto whole_build() -> json {
  return json::parse(R"({
    "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun",
    "number": 12, "url": "https://ci/job/platform/job/nightly/12/", "result": "UNSTABLE", "building": false,
    "timestamp": 1768392000000, "duration": 480500,
    "actions": [{},
      {"_class": "hudson.model.CauseAction", "causes": [{"shortDescription": "Started by user Ada"}]},
      {"_class": "hudson.model.ParametersAction", "parameters": [{"name": "TARGET", "value": "prod"}, {"name": "DRY", "value": true}, {"name": "SECRET"}]},
      {"_class": "hudson.plugins.git.util.BuildData", "lastBuiltRevision": {"SHA1": "abcdef0123456789", "branch": [{"SHA1": "abcdef0123456789", "name": "refs/remotes/origin/release/2.0"}]}, "remoteUrls": ["https://github.com/nexus/backend.git"]},
      {"_class": "hudson.plugins.git.util.BuildData", "lastBuiltRevision": {"SHA1": "1111", "branch": [{"name": "master"}]}},
      {"_class": "jenkins.metrics.impl.TimeInQueueAction", "queuingDurationMillis": 1500},
      {"_class": "hudson.tasks.junit.TestResultAction", "totalCount": 10, "failCount": 2, "skipCount": 1},
      {"_class": "hudson.plugins.parameterizedtrigger.BuildInfoExporterAction", "triggeredBuilds": [{"number": 3, "url": "https://ci/job/deploy/3/"}]}],
    "artifacts": [{"fileName": "app.jar", "relativePath": "target/app.jar"}],
    "changeSets": [{"items": [{"commitId": "0000", "msg": "older", "author": {"fullName": "Bob"}}, {"commitId": "abcdef0123456789", "msg": "newer", "author": {"fullName": "Ada"}}]}]})");
}

auto build(int number, build_result status, std::string sha, std::string branch) -> build_status {
  auto result = build_status{};
  result.build_number = number;
  result.status = status;
  result.commit_sha = std::move(sha);
  result.branch = std::move(branch);
  result.timestamp = now - std::chrono::days{7 * (10 - number)};
  result.duration_seconds = 120;
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(build_mapping)

BOOST_AUTO_TEST_CASE(every_part_of_a_build_is_read) {
  auto const got = build_from_json(whole_build(), "platform/nightly", now).value();
  BOOST_TEST((got.status == build_result::unstable));
  BOOST_TEST(got.duration_seconds == 480.5);
  BOOST_TEST(got.queued_duration_seconds.value() == 1.5);
  BOOST_TEST(got.branch.value() == "release/2.0");
  BOOST_TEST(got.commit_sha.value() == "abcdef0123456789");
  BOOST_TEST(got.commit_message.value() == "newer");
  BOOST_TEST(got.commit_author.value() == "Ada");
  BOOST_TEST(got.triggered_by.value() == "Started by user Ada");
  BOOST_TEST(got.parameters.at("TARGET") == "prod");
  BOOST_TEST(got.parameters.at("DRY") == "true");
  BOOST_TEST(got.parameters.at("SECRET").empty());
  BOOST_TEST(got.test_results.value().passed == 7);
  BOOST_TEST(got.artifacts.at(0).url.value() == "https://ci/job/platform/job/nightly/12/artifact/target/app.jar");
  BOOST_TEST(got.console_log_url.value() == "https://ci/job/platform/job/nightly/12/console");
  BOOST_TEST(got.downstream_builds.at(0).job_name == "deploy");
}

BOOST_AUTO_TEST_CASE(a_running_build_counts_its_time_until_now) {
  auto value = whole_build();
  value["building"] = true;
  value["result"] = nullptr;
  value["duration"] = 0;
  value["timestamp"] = (now - std::chrono::seconds{90}).time_since_epoch().count();
  auto const got = build_from_json(value, "j", now).value();
  BOOST_TEST((got.status == build_result::building));
  BOOST_TEST(got.duration_seconds == 90);
}

BOOST_AUTO_TEST_CASE(any_part_may_be_null_or_of_another_type) {
  auto const whole = whole_build();
  for (auto const& [name, unused] : whole.items())
    for (auto const& odd :
         {json(nullptr), json(-1), json("text"), json::array({nullptr, 1, json::object()}), json::object()}) {
      auto value = whole;
      value[name] = odd;
      BOOST_TEST((build_from_json(value, "j", now).has_value() || name == "number"), name);
    }
}

BOOST_AUTO_TEST_CASE(a_build_without_git_data_says_so) {
  auto const got = build_from_json({{"number", 1}, {"result", "SUCCESS"}}, "j", now).value();
  BOOST_TEST(!got.commit_sha.has_value());
  BOOST_TEST(got.unavailable.contains("commit_sha"));
}

BOOST_AUTO_TEST_CASE(coverage_is_read_from_every_plugins_shape) {
  BOOST_TEST(coverage_from_json({{"projectStatistics", {{"line", "85.50%"}}}}).value() == 85.5);
  BOOST_TEST(coverage_from_json({{"projectStatistics", {{"line", "85,5%"}}}}).value() == 85.5);
  BOOST_TEST(
      coverage_from_json(
          {{"results", {{"elements", {{{"name", "Method"}, {"ratio", 1}}, {{"name", "Line"}, {"ratio", 70.25}}}}}}})
          .value() == 70.25);
  BOOST_TEST(coverage_from_json({{"lineCoverage", {{"percentage", 85}, {"percentageFloat", 85.25}}}}).value() == 85.25);
  for (auto const& odd : {json(nullptr), json{{"projectStatistics", {{"line", "n/a%"}}}},
                          json{{"projectStatistics", {{"line", "%"}}}}, json{{"lineCoverage", {{"percentage", 101}}}}})
    BOOST_TEST(!coverage_from_json(odd).has_value());
}

BOOST_AUTO_TEST_CASE(a_test_report_names_what_failed) {
  auto got = build_status{};
  add_test_report(
      got, json::parse(R"({"passCount": 1, "failCount": 2, "skipCount": 0, "duration": 1.5, "suites": [{"cases": [
    {"className": "A", "name": "x", "status": "PASSED"}, {"className": "A", "name": "y", "status": "REGRESSION"}, {"className": null, "name": "z", "status": "FAILED"}]}]})"));
  BOOST_REQUIRE(got.test_results.has_value());
  BOOST_TEST(got.test_results->total_tests == 3);
  BOOST_TEST(got.test_results->failed_test_names.at(0) == "A.y");
  BOOST_TEST(got.test_results->failed_test_names.at(1) == "z");
  auto none = build_status{};
  add_test_report(none, {{"failCount", "many"}});
  BOOST_TEST(!none.test_results.has_value());
}

BOOST_AUTO_TEST_CASE(repositories_are_read_from_remote_urls) {
  BOOST_TEST(repository_of("https://github.com/nexus/backend.git").value() == "nexus/backend");
  BOOST_TEST(repository_of("git@github.com:nexus/backend.git").value() == "nexus/backend");
  BOOST_TEST(repository_of("ssh://git@github.com:22/nexus/backend").value() == "nexus/backend");
  for (auto const* none : {"", "backend", "/srv/git/backend", "https://", "nexus/backend"})
    BOOST_TEST(!repository_of(none).has_value(), none);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(build_figures)

BOOST_AUTO_TEST_CASE(the_build_of_the_commit_wins_over_that_of_the_branch) {
  std::vector<build_status> const builds{build(9, build_result::building, "aaaaaaaaaa", "main"),
                                         build(8, build_result::success, "bbbbbbbbbb", "main"),
                                         build(7, build_result::failure, "aaaaaaaaaa", "main")};
  BOOST_TEST(newest_build_of(builds, "aaaaaaaaaa", "main")->build_number == 7);
  BOOST_TEST(newest_build_of(builds, "AAAAAAA", "")->build_number == 7);
  BOOST_TEST(newest_build_of(builds, "cccccccccc", "refs/heads/main")->build_number == 8);
  BOOST_TEST((newest_build_of(builds, "aaa", "") == nullptr));
  BOOST_TEST((newest_build_of(builds, "cccccccccc", "other") == nullptr));
}

BOOST_AUTO_TEST_CASE(figures_come_from_builds_or_are_absent) {
  auto health = repository_health{};
  health.unavailable["last_successful_build"] = "not read";
  std::vector<build_status> const builds{build(9, build_result::building, "", ""),
                                         build(8, build_result::success, "", ""),
                                         build(6, build_result::failure, "", "")};
  add_build_figures(health, builds, now);
  BOOST_TEST((health.last_successful_build.value() == builds[1].timestamp));
  BOOST_TEST(health.build_frequency_per_week.value() == 0.75);
  BOOST_TEST(health.average_build_duration_minutes.value() == 2);
  BOOST_TEST(health.unavailable.empty());
  auto none = repository_health{};
  add_build_figures(none, {}, now);
  BOOST_TEST(none.unavailable.size() == 3u);
}

BOOST_AUTO_TEST_CASE(release_branches_are_tried_in_order) {
  BOOST_TEST(release_branches("v2.0.1") ==
                 (std::vector<std::string>{"release/2.0.1", "release/v2.0.1", "release/2.0", "release/v2.0"}),
             boost::test_tools::per_element());
  BOOST_TEST(release_branches("release/2.0").front() == "release/2.0");
  BOOST_TEST(release_branches("summer") == (std::vector<std::string>{"release/summer"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
