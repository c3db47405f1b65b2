#include "tests/simulator/fixture.hpp"

#include <set>

using namespace nexus::simulator;
using namespace nexus::simulator::testing;

BOOST_FIXTURE_TEST_SUITE(jenkins_api, asking)

BOOST_AUTO_TEST_CASE(jobs_are_listed_with_their_folder) {
  auto root = read("/jenkins/api/json");
  std::set<std::string> names;
  for (auto const& j : root["jobs"]) names.insert(j["name"].get<std::string>());
  BOOST_TEST((names == std::set<std::string>{"nexus-main", "backend-ci", "frontend-ci", "deploy-prod", "platform"}));
  auto folder = read("/jenkins/job/platform/api/json");
  BOOST_TEST(folder["_class"] == "com.cloudbees.hudson.plugins.folder.Folder");
  BOOST_TEST(folder["jobs"][0]["url"] == "http://outside:9/jenkins/job/platform/job/nightly/");
  auto tree = read("/jenkins/api/json?tree=jobs[name,jobs[name,lastBuild[number]]]");
  BOOST_TEST(tree["jobs"].size() == 5u);
  BOOST_TEST(tree["jobs"][4]["jobs"][0]["lastBuild"]["number"].is_number());
}

BOOST_AUTO_TEST_CASE(every_job_has_a_year_of_builds) {
  for (std::string job : {"nexus-main", "backend-ci", "frontend-ci", "deploy-prod", "platform/job/nightly"}) {
    auto builds = read("/jenkins/job/" + job + "/api/json?tree=allBuilds[number,timestamp,result]")["allBuilds"];
    BOOST_TEST(builds.size() >= (job == "nexus-main" ? 143u : 150u), job << " has " << builds.size());
    for (std::size_t i = 0; i < builds.size(); ++i) {
      BOOST_TEST(builds[i]["number"] == builds.size() - i);
      if (i > 0)
        BOOST_TEST(builds[i - 1]["timestamp"].get<std::int64_t>() >= builds[i]["timestamp"].get<std::int64_t>(),
                   job << " #" << builds[i]["number"]);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_build_carries_its_commit_tests_and_cause) {
  auto build = read("/jenkins/job/nexus-main/143/api/json");
  std::set<std::string> classes;
  json git;
  for (auto const& action : build["actions"]) {
    auto name = action.value("_class", "");
    classes.insert(name);
    if (name == "hudson.plugins.git.util.BuildData") git = action;
    if (name == "hudson.tasks.junit.TestResultAction") BOOST_TEST(action["totalCount"].get<int>() > 100);
  }
  for (auto name :
       {"hudson.plugins.git.util.BuildData", "hudson.tasks.junit.TestResultAction", "hudson.model.CauseAction"})
    BOOST_TEST(classes.count(name) == 1u);
  auto head = read("/github/repos/nexus/backend/branches/release/2.0")["commit"]["sha"];
  BOOST_TEST(git["lastBuiltRevision"]["SHA1"] == head);
  BOOST_TEST(git["lastBuiltRevision"]["branch"][0]["name"] == "refs/remotes/origin/release/2.0");
  BOOST_TEST(build["changeSets"][0]["items"][0]["commitId"] == head);
  BOOST_TEST(build["result"] == "FAILURE");
  BOOST_TEST(build["building"] == false);
  auto deployed = read("/jenkins/job/deploy-prod/lastBuild/api/json");
  BOOST_TEST(deployed["actions"][0]["_class"] == "hudson.model.ParametersAction");
  BOOST_TEST(deployed["actions"][0]["parameters"][0]["name"] == "VERSION");
}

BOOST_AUTO_TEST_CASE(permalinks_lead_to_builds) {
  auto number = [&](std::string const& link) {
    return read("/jenkins/job/nexus-main/" + link + "/api/json")["number"].get<int>();
  };
  BOOST_TEST(number("lastBuild") == 143);
  BOOST_TEST(number("lastCompletedBuild") == 143);
  BOOST_TEST(number("lastFailedBuild") == 143);
  BOOST_TEST(number("lastSuccessfulBuild") == 141);
  BOOST_TEST(number("lastStableBuild") == 141);
  BOOST_TEST(get("/jenkins/job/nexus-main/lastUnstableBuild/api/json").status == 404);
}

BOOST_AUTO_TEST_CASE(a_tree_selects_members_and_rows) {
  auto some = read("/jenkins/job/nexus-main/api/json?tree=name,builds[number,result]{2,5},lastBuild[number]");
  BOOST_TEST(some["name"] == "nexus-main");
  BOOST_TEST(some["builds"].size() == 3u);
  BOOST_TEST(some["builds"][0]["number"] == 141);
  BOOST_TEST(!some["builds"][0].contains("url"));
  BOOST_TEST(!some.contains("color"));
  BOOST_TEST(read("/jenkins/job/nexus-main/api/json?tree=builds[number]{,2}")["builds"].size() == 2u);
  BOOST_TEST(read("/jenkins/job/nexus-main/api/json?tree=builds[number]{141,}")["builds"].empty());
  BOOST_TEST(read("/jenkins/job/nexus-main/api/json?tree=allBuilds[number]{140,}")["allBuilds"].size() == 3u);
  BOOST_TEST(read("/jenkins/job/nexus-main/api/json?tree=builds[number]{1}")["builds"][0]["number"] == 142);
  auto deep = read("/jenkins/job/nexus-main/143/api/json?tree=actions[lastBuiltRevision[SHA1]],number");
  BOOST_TEST(deep.size() == 3u); // with _class
  BOOST_TEST(get("/jenkins/job/nexus-main/api/json?tree=builds[number").status == 400);
  BOOST_TEST(get("/jenkins/job/nexus-main/api/json?tree=" + std::string(200, '[')).status == 400);
}

BOOST_AUTO_TEST_CASE(a_test_report_adds_up) {
  for (std::string build : {"nexus-main/143", "nexus-main/141", "backend-ci/lastFailedBuild"}) {
    auto answer = get("/jenkins/job/" + build + "/testReport/api/json");
    if (answer.status == 404) continue;
    auto report = json::parse(answer.body);
    int passed = 0, failed = 0, skipped = 0;
    for (auto const& suite : report["suites"])
      for (auto const& test : suite["cases"]) {
        auto status = test["status"].get<std::string>();
        (status == "PASSED" ? passed : status == "SKIPPED" ? skipped : failed) += 1;
        if (status == "REGRESSION") BOOST_TEST(!test["errorStackTrace"].is_null());
      }
    BOOST_TEST(report["passCount"] == passed);
    BOOST_TEST(report["failCount"] == failed);
    BOOST_TEST(report["skipCount"] == skipped);
  }
  BOOST_TEST(get("/jenkins/job/nexus-main/142/testReport/api/json").status == 404);
}

BOOST_AUTO_TEST_CASE(coverage_is_served_in_both_plugins_shapes) {
  auto original = read("/jenkins/job/nexus-main/143/coverage/result/api/json")["results"]["elements"];
  auto successor = read("/jenkins/job/nexus-main/143/coverage/api/json");
  BOOST_TEST(successor["projectStatistics"]["line"].get<std::string>().ends_with("%"));
  double ratio = 0;
  for (auto const& element : original)
    if (element["name"] == "Line") ratio = element["ratio"];
  BOOST_TEST(std::stod(successor["projectStatistics"]["line"].get<std::string>()) == ratio);
  BOOST_TEST(successor["qualityGates"]["overallResult"] == "UNSTABLE");
  BOOST_TEST(get("/jenkins/job/nexus-main/142/coverage/result/api/json").status == 404);
}

BOOST_AUTO_TEST_CASE(logs_tell_why_a_build_failed) {
  auto log = [&](std::string const& build) { return get("/jenkins/job/" + build + "/consoleText").body; };
  auto compile = log("nexus-main/142");
  BOOST_TEST(compile.find(": error: ") != std::string::npos);
  BOOST_TEST(compile.find("ninja: build stopped") != std::string::npos);
  BOOST_TEST(compile.ends_with("Finished: FAILURE\n"));
  auto tests = log("nexus-main/143");
  BOOST_TEST(tests.find("FAILED tests/integration/") != std::string::npos);
  BOOST_TEST(log("nexus-main/141").ends_with("Finished: SUCCESS\n"));
  // Over all jobs every kind of failure is to be met.
  std::string all;
  for (std::string job : {"nexus-main", "backend-ci", "frontend-ci", "deploy-prod", "platform/job/nightly"}) {
    auto builds = read("/jenkins/job/" + job + "/api/json?tree=allBuilds[number,result]")["allBuilds"];
    for (auto const& build : builds)
      if (build["result"] != "SUCCESS") all += log(job + "/" + build["number"].dump());
  }
  for (auto sign : {"Unable to locate package", "Killed signal terminated program", "npm ERR! code ELIFECYCLE",
                    "Timeout has been exceeded", "Permission denied", "BUILD FAILURE", "short test summary info"})
    BOOST_TEST(all.find(sign) != std::string::npos, sign);
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_404_as_a_page) {
  for (auto target : {"/jenkins/job/nope/api/json", "/jenkins/job/nexus-main/144/api/json", "/jenkins/job/nexus-main/x",
                      "/jenkins/job/platform/142/api/json"}) {
    auto answer = get(target);
    BOOST_TEST(answer.status == 404);
    BOOST_TEST(answer.fields.find("Content-Type").value().starts_with("text/html"));
    BOOST_TEST(answer.body.find("HTTP ERROR 404 Not Found") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
