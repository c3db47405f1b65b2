#include "simulator/planted_secret.hpp"
#include "tests/simulator/fixture.hpp"

#include <set>

using namespace nexus;
using namespace nexus::simulator;
using namespace nexus::simulator::testing;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(world_behaviour)

BOOST_AUTO_TEST_CASE(the_same_seed_and_anchor_give_the_same_bytes) {
  asking first, second;
  for (auto target :
       {"/jira/rest/api/3/issue/NEXUS-123", "/jira/rest/api/3/search/jql?jql=project%3DPROJ&fields=*all&maxResults=100",
        "/github/repos/nexus/backend/commits?per_page=100", "/github/repos/nexus/frontend/pulls?state=all&per_page=100",
        "/jenkins/job/nexus-main/143/consoleText", "/jenkins/job/nexus-main/143/testReport/api/json",
        "/jenkins/job/platform/job/nightly/api/json"}) {
    auto a = first.get(target), b = second.get(target);
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.body == b.body);
  }
}

BOOST_AUTO_TEST_CASE(another_seed_gives_another_world) {
  options other;
  other.seed = 2;
  asking first, second{other};
  auto target = "/jira/rest/api/3/search/jql?jql=project%3DPROJ&fields=summary&maxResults=100";
  BOOST_TEST(first.get(target).body != second.get(target).body);
}

BOOST_AUTO_TEST_CASE(each_service_refuses_wrong_credentials_in_its_own_words) {
  asking ask;
  http::request r;
  r.target = "/jira/rest/api/3/myself";
  auto jira = ask.send(r);
  BOOST_TEST(jira.status == 401);
  BOOST_TEST(json::parse(jira.body)["message"] == "Client must be authenticated to access this resource.");
  r.fields.add("Authorization", "Basic bm90OnJpZ2h0");
  BOOST_TEST(ask.send(r).status == 401);
  r.target = "/jenkins/api/json";
  auto jenkins = ask.send(r);
  BOOST_TEST(jenkins.status == 401);
  BOOST_TEST(jenkins.fields.find("WWW-Authenticate").value() == "Basic realm=\"Jenkins\"");
  r.fields = {};
  BOOST_TEST(ask.send(r).status == 403);
  r.target = "/github/user";
  BOOST_TEST(ask.send(r).status == 403); // no User-Agent
  r.fields.add("User-Agent", "test");
  BOOST_TEST(json::parse(ask.send(r).body)["message"] == "Requires authentication");
  r.fields.add("Authorization", "token wrong");
  auto github = ask.send(r);
  BOOST_TEST(github.status == 401);
  BOOST_TEST(json::parse(github.body)["message"] == "Bad credentials");
  r.fields.set("Authorization", "token simulator-token");
  BOOST_TEST(ask.send(r).status == 200);
}

BOOST_AUTO_TEST_CASE(every_request_is_logged_and_the_log_is_bounded) {
  asking ask;
  ask.get("/jira/rest/api/3/issue/NOPE-1");
  auto log = ask.read("/_simulator/log");
  auto const& entry = log["requests"].back();
  BOOST_TEST(entry["service"] == "jira");
  BOOST_TEST(entry["method"] == "GET");
  BOOST_TEST(entry["path"] == "/jira/rest/api/3/issue/NOPE-1");
  BOOST_TEST(entry["status"] == 404);
  BOOST_TEST(entry["time"] == "2026-01-15T10:00:00.000Z");
  for (int i = 0; i < 10'050; ++i) ask.get("/jira/rest/api/3/serverInfo");
  BOOST_TEST(ask.outside.log().size() == 10'000u);
  BOOST_TEST(ask.read("/_simulator/log?limit=3&service=jira")["requests"].size() == 3u);
  BOOST_TEST(ask.read("/_simulator/health")["status"] == "pass");
}

BOOST_AUTO_TEST_CASE(a_fault_hits_as_often_as_ordered) {
  asking ask;
  auto ordered = ask.post(
      "/_simulator/faults",
      {{"service", "jira"}, {"match", "/rest/api/3/myself"}, {"kind", "status"}, {"status", 503}, {"count", 2}});
  BOOST_TEST(ordered.status == 201);
  BOOST_TEST(ask.get("/jira/rest/api/3/serverInfo").status == 200);
  auto first = ask.get("/jira/rest/api/3/myself");
  BOOST_TEST(first.status == 503);
  BOOST_TEST(json::parse(first.body)["errorMessages"][0] == "Service Unavailable");
  BOOST_TEST(ask.get("/jira/rest/api/3/myself").status == 503);
  BOOST_TEST(ask.get("/jira/rest/api/3/myself").status == 200);
  BOOST_TEST(ask.outside.log()[2].fault == "status");
}

BOOST_AUTO_TEST_CASE(each_kind_of_fault_does_what_it_says) {
  asking ask;
  auto request = asking::authorised("GET", "/github/user");
  auto with = [&](fault f) {
    ask.outside.clear_faults();
    ask.outside.add_fault(f);
    return ask.outside.handle(request);
  };
  fault f;
  f.kind = fault::kind_type::slow;
  f.delay = 250ms;
  auto slow = with(f);
  BOOST_TEST(slow.answer.status == 200);
  BOOST_TEST((slow.delay == 250ms));
  f = {};
  f.kind = fault::kind_type::cut_off;
  auto cut = with(f);
  BOOST_TEST(cut.cut_off_after.value() < cut.answer.body.size());
  f.kind = fault::kind_type::malformed;
  BOOST_TEST(json::parse(with(f).answer.body, nullptr, false).is_discarded());
  f.kind = fault::kind_type::rate_limit;
  f.retry_after = 30s;
  auto limited = with(f).answer;
  BOOST_TEST(limited.status == 403);
  BOOST_TEST(limited.fields.find("Retry-After").value() == "30");
  BOOST_TEST(limited.fields.find("x-ratelimit-remaining").value() == "0");
  request = asking::authorised("GET", "/jenkins/api/json");
  BOOST_TEST(with(f).answer.status == 429);
  ask.outside.clear_faults();
  BOOST_TEST(ask.outside.handle(request).answer.status == 200);
}

BOOST_AUTO_TEST_CASE(a_fault_that_makes_no_sense_is_refused_with_its_place) {
  asking ask;
  auto answer = ask.post("/_simulator/faults", {{"kind", "explode"}});
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(json::parse(answer.body)["error"]["message"].get<std::string>().find("$.kind") != std::string::npos);
  BOOST_TEST(ask.post("/_simulator/faults", {{"colour", 1}}).status == 422);
  BOOST_TEST(ask.send(asking::authorised("POST", "/_simulator/faults", "{")).status == 400);
  BOOST_TEST(ask.send(asking::authorised("DELETE", "/_simulator/faults")).status == 204);
}

BOOST_AUTO_TEST_CASE(a_changed_ticket_is_seen_changed) {
  asking ask;
  auto status = [&] { return ask.read("/jira/rest/api/3/issue/NEXUS-123")["fields"]["status"]["name"]; };
  BOOST_TEST(status() == "In Progress");
  BOOST_TEST(ask.post("/_simulator/set", {{"ticket", "NEXUS-123"}, {"status", "Done"}}).status == 200);
  BOOST_TEST(status() == "Done");
  BOOST_TEST(ask.read("/jira/rest/api/3/issue/NEXUS-123")["fields"]["resolutiondate"] ==
             "2026-01-15T10:00:00.000+0000");
  BOOST_TEST(ask.post("/_simulator/set", {{"ticket", "NEXUS-9999"}, {"status", "Done"}}).status == 404);
  auto refused = ask.post("/_simulator/set", {{"ticket", "NEXUS-123"}, {"status", "Almost"}, {"summary", "x"}});
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(ask.read("/jira/rest/api/3/issue/NEXUS-123")["fields"]["summary"] != "x");
}

BOOST_AUTO_TEST_CASE(a_new_build_becomes_the_last_one) {
  asking ask;
  auto made = ask.post("/_simulator/set", {{"build", {{"job", "nexus-main"}, {"result", "SUCCESS"}}}});
  BOOST_TEST(made.status == 200);
  auto last = ask.read("/jenkins/job/nexus-main/lastBuild/api/json");
  BOOST_TEST(last["number"] == 144);
  BOOST_TEST(last["result"] == "SUCCESS");
  BOOST_TEST(ask.read("/jenkins/job/nexus-main/144/testReport/api/json")["failCount"] == 0);
  BOOST_TEST(ask.post("/_simulator/set", {{"build", {{"job", "nope"}, {"result", "SUCCESS"}}}}).status == 404);
  BOOST_TEST(ask.post("/_simulator/set", {{"build", {{"job", "nexus-main"}, {"result", "GREAT"}}}}).status == 422);
}

BOOST_AUTO_TEST_CASE(an_alert_can_be_fixed_and_a_version_released) {
  asking ask;
  auto open = [&] {
    return ask.read("/github/repos/nexus/backend/code-scanning/alerts?ref=refs/heads/release/2.0&state=open").size();
  };
  auto before = open();
  BOOST_TEST(
      ask.post("/_simulator/set", {{"alert", {{"repository", "nexus/backend"}, {"number", 1}, {"state", "fixed"}}}})
          .status == 200);
  BOOST_TEST(open() == before - 1);
  BOOST_TEST(
      ask.post("/_simulator/set", {{"version", "v2.0.0"}, {"released", true}, {"releaseDate", "2026-02-01"}}).status ==
      200);
  auto versions = ask.read("/jira/rest/api/3/project/NEXUS/versions");
  BOOST_TEST(versions[10]["released"] == true);
  BOOST_TEST(versions[10]["releaseDate"] == "2026-02-01");
}

BOOST_AUTO_TEST_CASE(the_world_goes_on_with_its_clock) {
  options settings;
  auto now = settings.anchor;
  settings.clock = [&now] { return now; };
  asking ask{settings};
  auto recent = ask.count("project = NEXUS AND updated >= -7d");
  now += std::chrono::hours{24 * 30};
  BOOST_TEST(recent > 0u);
  BOOST_TEST(ask.count("project = NEXUS AND updated >= -7d") == 0u);
  BOOST_TEST(ask.get("/jira/rest/api/3/myself").fields.find("Date").value() == "Sat, 14 Feb 2026 10:00:00 GMT");
}

BOOST_AUTO_TEST_CASE(renaming_reaches_every_service) {
  options settings;
  settings.renamed.projects = {{"NEXUS", "ORBIT"}, {"PROJ", "SHOP"}};
  settings.renamed.jobs = {{"nexus-main", "orbit/main"}};
  settings.renamed.releases = {{"v2.0.0", "v7.3.0"}};
  settings.renamed.repositories = {{"nexus/backend", "acme/core"}};
  asking ask{settings};
  BOOST_TEST(ask.read("/jira/rest/api/3/issue/ORBIT-123")["key"] == "ORBIT-123");
  BOOST_TEST(ask.get("/jira/rest/api/3/issue/NEXUS-123").status == 404);
  BOOST_TEST(ask.count("project = ORBIT AND fixVersion = v7.3.0") > 15u);
  BOOST_TEST(ask.read("/github/repos/acme/core/branches/release/7.3")["name"] == "release/7.3");
  BOOST_TEST(ask.get("/github/repos/nexus/backend").status == 404);
  auto last = ask.read("/jenkins/job/orbit/job/main/lastBuild/api/json");
  BOOST_TEST(last["number"] == 143);
  BOOST_TEST(last.dump().find("release/7.3") != std::string::npos);
  for (auto target :
       {"/github/repos/acme/core/commits?per_page=100", "/github/repos/acme/core/pulls?state=all&per_page=100",
        "/jenkins/job/orbit/job/main/143/consoleText"})
    for (auto old : {"NEXUS-", "PROJ-", "nexus/backend", "v2.0.0"})
      BOOST_TEST(ask.get(target).body.find(old) == std::string::npos, old << " in " << target);
}

BOOST_AUTO_TEST_CASE(the_planted_secret_is_where_it_is_said_to_be) {
  asking ask;
  BOOST_TEST(ask.get("/jira/rest/api/3/issue/NEXUS-123").body.find(planted_secret) != std::string::npos);
  BOOST_TEST(ask.get("/jenkins/job/nexus-main/143/consoleText").body.find(planted_secret) != std::string::npos);
  BOOST_TEST(ask.get("/_simulator/log").body.find(planted_secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(strange_requests_get_an_answer) {
  asking ask;
  for (auto target : {"",
                      "x",
                      "/",
                      "//",
                      "/jira",
                      "/jira/",
                      "/github",
                      "/github/repos",
                      "/github/repos/nexus",
                      "/jenkins/job",
                      "/jenkins/job/",
                      "/jenkins/job/nexus-main/0/api/json",
                      "/jenkins/job/nexus-main/99999999999999999999/api/json",
                      "/_simulator",
                      "/%ff%fe",
                      "/%zz",
                      "/github/repos/nexus/backend/compare/...",
                      "/jira/rest/agile/1.0",
                      "/github/repos/nexus/backend/pulls?page=99999999&per_page=-4",
                      "/jira/rest/api/3/issue/%ff"}) {
    auto answer = ask.get(target);
    BOOST_TEST(answer.status >= 200);
    BOOST_TEST(answer.status < 500, target);
  }
  BOOST_TEST(ask.send(asking::authorised("POST", "/jira/rest/api/3/search/jql", std::string(100'000, '['))).status ==
             400);
  BOOST_TEST(
      ask.send(asking::authorised("POST", "/jira/rest/api/3/search/jql", std::string(1024 * 1024 + 1, ' '))).status ==
      413);
  BOOST_TEST(ask.send(asking::authorised("PATCH", "/jira/rest/api/3/myself")).status == 405);
}

BOOST_AUTO_TEST_SUITE_END()
