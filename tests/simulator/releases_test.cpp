#include "tests/simulator/fixture.hpp"

#include <algorithm>

// What readiness is judged by, read from the services as a client would.

using namespace nexus;
using namespace nexus::simulator;
using namespace nexus::simulator::testing;

namespace {

struct figures {
  std::size_t tickets = 0, done = 0, blocked = 0;
  std::size_t critical = 0, high = 0;
  bool analysed = false;
  std::string candidate;
  json last_build;

  auto completion() const { return 100.0 * static_cast<double>(done) / static_cast<double>(tickets); }
};

auto last_build_of(asking& ask, std::string const& sha) -> json {
  auto builds = ask.read(
      "/jenkins/job/nexus-main/api/json?tree=allBuilds[number,result,actions[lastBuiltRevision[SHA1,branch[name]]]]")
                    ["allBuilds"];
  for (auto const& build : builds)
    for (auto const& action : build["actions"])
      if (action.contains("lastBuiltRevision") && action["lastBuiltRevision"]["SHA1"] == sha) return build;
  return nullptr;
}

auto figures_of(asking& ask, std::string const& version, std::string const& branch) -> figures {
  figures f;
  for (auto const& issue : ask.issues("project = NEXUS AND fixVersion = \"" + version + "\"", "status")) {
    auto const& status = issue["fields"]["status"];
    ++f.tickets;
    f.done += status["statusCategory"]["key"] == "done" ? 1u : 0u;
    f.blocked += status["name"] == "Blocked" ? 1u : 0u;
  }
  auto ref = "refs/tags/" + version;
  if (auto tag = ask.get("/github/repos/nexus/backend/git/ref/tags/" + version); tag.status == 200) {
    f.candidate = json::parse(tag.body)["object"]["sha"];
  } else if (auto head = ask.get("/github/repos/nexus/backend/branches/" + branch); head.status == 200) {
    f.candidate = json::parse(head.body)["commit"]["sha"];
    ref = "refs/heads/" + branch;
  }
  auto alerts = ask.get("/github/repos/nexus/backend/code-scanning/alerts?state=open&per_page=100&ref=" + ref);
  f.analysed = alerts.status == 200;
  if (f.analysed)
    for (auto const& alert : json::parse(alerts.body)) {
      f.critical += alert["rule"]["security_severity_level"] == "critical" ? 1u : 0u;
      f.high += alert["rule"]["security_severity_level"] == "high" ? 1u : 0u;
    }
  if (!f.candidate.empty()) f.last_build = last_build_of(ask, f.candidate);
  return f;
}

auto coverage_of(asking& ask, int number) -> double {
  auto report = ask.read("/jenkins/job/nexus-main/" + std::to_string(number) + "/coverage/result/api/json");
  for (auto const& element : report["results"]["elements"])
    if (element["name"] == "Line") return element["ratio"];
  return -1;
}

auto failed_tests(asking& ask, int number) -> int {
  return ask.read("/jenkins/job/nexus-main/" + std::to_string(number) + "/testReport/api/json")["failCount"];
}

} // namespace

BOOST_AUTO_TEST_SUITE(releases)

BOOST_AUTO_TEST_CASE(three_releases_show_their_facts_for_every_seed) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      options settings;
      settings.seed = seed;
      // The hour of the anchor must not matter either.
      settings.anchor +=
          std::chrono::hours{7 * static_cast<int>(seed)} + std::chrono::seconds{static_cast<int>(seed) * 61};
      asking ask{settings};

      auto out = figures_of(ask, "v1.9.0", "release/1.9");
      BOOST_TEST(out.tickets >= 5u);
      BOOST_TEST(out.done == out.tickets);
      BOOST_TEST(out.blocked == 0u);
      BOOST_TEST(out.analysed);
      BOOST_TEST(out.critical + out.high == 0u);
      BOOST_REQUIRE(!out.last_build.is_null());
      BOOST_TEST(out.last_build["number"] == 141);
      BOOST_TEST(out.last_build["result"] == "SUCCESS");
      BOOST_TEST(out.last_build.dump().find("refs/tags/v1.9.0") != std::string::npos);
      BOOST_TEST(coverage_of(ask, 141) > 80);
      BOOST_TEST(failed_tests(ask, 141) == 0);

      auto due = figures_of(ask, "v2.0.0", "release/2.0");
      BOOST_TEST(due.tickets >= 15u);
      BOOST_TEST(due.completion() >= 70);
      BOOST_TEST(due.completion() <= 88);
      BOOST_TEST(due.blocked >= 1u);
      BOOST_TEST(due.critical >= 1u);
      BOOST_TEST(due.high >= 1u);
      BOOST_REQUIRE(!due.last_build.is_null());
      BOOST_TEST(due.last_build["number"] == 143);
      BOOST_TEST(due.last_build["result"] == "FAILURE");
      BOOST_TEST(coverage_of(ask, 143) < 80);
      BOOST_TEST(failed_tests(ask, 143) > 0);
      BOOST_TEST(ask.read("/jenkins/job/nexus-main/142/api/json")["result"] == "FAILURE");
      BOOST_TEST(ask.read("/jenkins/job/nexus-main/142/api/json").dump().find("release/2.0") != std::string::npos);

      auto early = figures_of(ask, "v2.1.0", "release/2.1");
      BOOST_TEST(early.tickets >= 3u);
      BOOST_TEST(early.tickets <= 8u);
      BOOST_TEST(early.done == early.tickets);
      BOOST_TEST(early.candidate.empty());
      BOOST_TEST(!early.analysed);

      for (auto const& alert : ask.read("/github/repos/nexus/backend/dependabot/alerts?state=open")) {
        auto severity = alert["security_advisory"]["severity"].get<std::string>();
        BOOST_TEST((severity == "medium" || severity == "low"));
      }
      auto job = ask.read("/jenkins/job/nexus-main/api/json?tree=lastBuild[number],lastSuccessfulBuild[number]");
      BOOST_TEST(job["lastBuild"]["number"] == 143);
      BOOST_TEST(job["lastSuccessfulBuild"]["number"] == 141);

      // Known tickets, and exactly one sprint that is under way, in the middle of it.
      BOOST_TEST(ask.count("key in (PROJ-123, NEXUS-123, PROJ-100, PROJ-101)") == 4u);
      BOOST_TEST(ask.count("parent = PROJ-100 AND key = PROJ-101 AND statusCategory != Done") == 1u);
      for (auto board : {"1", "2"}) {
        auto sprints = ask.read("/jira/rest/agile/1.0/board/" + std::string{board} + "/sprint?state=active")["values"];
        BOOST_TEST(sprints.size() == 1u);
        BOOST_TEST(ask.count("sprint = " + sprints[0]["id"].dump() + " AND statusCategory = Done") > 0u);
        BOOST_TEST(ask.count("sprint = " + sprints[0]["id"].dump() + " AND statusCategory != Done") > 0u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(older_releases_are_out_and_the_mobile_project_has_its_own) {
  asking ask;
  auto versions = ask.read("/jira/rest/api/3/project/NEXUS/versions");
  for (auto const& v : versions) {
    auto name = v["name"].get<std::string>();
    BOOST_TEST(v["released"].get<bool>() == name.starts_with("v1."));
    if (name == "v1.9.0") BOOST_TEST(v["releaseDate"] == "2025-12-25");
    if (name == "v2.0.0") BOOST_TEST(v["releaseDate"] == "2026-01-19");
    if (name.starts_with("v1.")) BOOST_TEST(ask.count("fixVersion = " + name + " AND statusCategory != Done") == 0u);
  }
  auto mobile = ask.read("/jira/rest/api/3/project/PROJ/versions");
  BOOST_TEST(mobile.back()["name"] == "Mobile 3.4");
  BOOST_TEST(mobile.back()["released"] == false);
}

BOOST_AUTO_TEST_CASE(incidents_name_the_deployment_that_caused_them) {
  asking ask;
  auto incidents = ask.issues("project = OPS AND issuetype = Incident", "labels");
  BOOST_TEST(incidents.size() >= 3u);
  auto deployments = ask.walk("/github/repos/nexus/backend/deployments?environment=production&per_page=100");
  auto frontend = ask.walk("/github/repos/nexus/frontend/deployments?environment=production&per_page=100");
  for (auto& d : frontend) deployments.push_back(d);
  for (auto const& incident : incidents) {
    auto labels = incident["fields"]["labels"].dump();
    auto known = std::any_of(deployments.begin(), deployments.end(), [&](auto const& d) {
      return labels.find("deployment-" + d["id"].dump() + "\"") != std::string::npos;
    });
    BOOST_TEST(known, labels);
  }
}

BOOST_AUTO_TEST_SUITE_END()
