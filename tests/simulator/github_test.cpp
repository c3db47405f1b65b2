#include "tests/simulator/fixture.hpp"

#include <set>

using namespace nexus;
using namespace nexus::simulator;
using namespace nexus::simulator::testing;

namespace {
std::string const backend = "/github/repos/nexus/backend";
}

BOOST_FIXTURE_TEST_SUITE(github_api, asking)

BOOST_AUTO_TEST_CASE(repositories_and_users_are_shown) {
  auto repo = read(backend);
  BOOST_TEST(repo["full_name"] == "nexus/backend");
  BOOST_TEST(repo["default_branch"] == "main");
  BOOST_TEST(walk("/github/orgs/nexus/repos?per_page=3").size() == 4u);
  BOOST_TEST(read("/github/user")["login"] == "nexus-bot");
  auto missing = get("/github/repos/nexus/nothing");
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(json::parse(missing.body)["message"] == "Not Found");
  BOOST_TEST(json::parse(missing.body)["status"] == "404");
}

BOOST_AUTO_TEST_CASE(pages_hold_everything_exactly_once) {
  for (std::string list : {"/pulls?state=all", "/commits", "/branches", "/tags", "/releases", "/deployments",
                           "/dependabot/alerts", "/code-scanning/alerts"}) {
    auto with = [&](int size) {
      return walk(backend + list + (list.find('?') == std::string::npos ? "?" : "&") +
                  "per_page=" + std::to_string(size));
    };
    auto small = with(3), large = with(100);
    BOOST_TEST(small == large, list);
    std::set<std::string> seen;
    for (auto const& item : large) seen.insert(item.dump());
    BOOST_TEST(seen.size() == large.size());
    BOOST_TEST(large.size() > 2u, list);
  }
}

BOOST_AUTO_TEST_CASE(branches_with_slashes_and_their_protection) {
  auto branch = read(backend + "/branches/release/2.0");
  BOOST_TEST(branch["protected"] == true);
  BOOST_TEST(branch["commit"]["sha"].get<std::string>().size() == 40u);
  BOOST_TEST(read(backend + "/branches/release%2F2.0") == branch);
  BOOST_TEST(
      read(backend +
           "/branches/release/2.0/protection")["required_pull_request_reviews"]["required_approving_review_count"] ==
      2);
  auto feature = read(backend + "/branches?protected=false&per_page=1")[0]["name"].get<std::string>();
  auto unprotected = get(backend + "/branches/" + feature + "/protection");
  BOOST_TEST(unprotected.status == 404);
  BOOST_TEST(json::parse(unprotected.body)["message"] == "Branch not protected");
  BOOST_TEST(json::parse(get(backend + "/branches/nope").body)["message"] == "Branch not found");
}

BOOST_AUTO_TEST_CASE(pull_requests_show_more_alone_than_in_the_list) {
  auto open = walk(backend + "/pulls?per_page=100");
  BOOST_TEST(open.size() >= 3u);
  for (auto const& pull : open) {
    BOOST_TEST(pull["state"] == "open");
    BOOST_TEST(pull["merged_at"].is_null());
    BOOST_TEST(!pull.contains("mergeable"));
  }
  auto one = read(backend + "/pulls/" + open[0]["number"].dump());
  BOOST_TEST(one["mergeable"].is_boolean());
  BOOST_TEST(one["additions"].is_number());
  BOOST_TEST(one["merged"] == false);
  auto merged = read(backend + "/pulls?state=closed&per_page=1")[0];
  BOOST_TEST(!merged["merged_at"].is_null());
  auto reviews = read(backend + "/pulls/" + merged["number"].dump() + "/reviews");
  BOOST_TEST(reviews.back()["state"] == "APPROVED");
  BOOST_TEST(walk(backend + "/pulls?base=release/2.0&state=all").empty());
  BOOST_TEST(get(backend + "/pulls/99999").status == 404);
}

BOOST_AUTO_TEST_CASE(commits_can_be_read_by_branch_tag_and_hash) {
  auto newest = read(backend + "/commits?per_page=1")[0];
  auto sha = newest["sha"].get<std::string>();
  BOOST_TEST(read(backend + "/commits/main")["sha"] == sha);
  BOOST_TEST(read(backend + "/commits/" + sha.substr(0, 10))["sha"] == sha);
  auto one = read(backend + "/commits/" + sha);
  BOOST_TEST(one["files"].size() >= 1u);
  BOOST_TEST(one["stats"]["total"] == one["stats"]["additions"].get<int>() + one["stats"]["deletions"].get<int>());
  BOOST_TEST(one["commit"]["author"]["date"].get<std::string>().ends_with("Z"));
  auto tagged = read(backend + "/git/ref/tags/v1.9.0")["object"]["sha"];
  BOOST_TEST(read(backend + "/commits/v1.9.0")["sha"] == tagged);
  BOOST_TEST(read(backend + "/commits?sha=release/2.0&per_page=1")[0]["sha"] ==
             read(backend + "/branches/release/2.0")["commit"]["sha"]);
  for (auto const& each : walk(backend + "/commits?since=2026-01-01T00:00:00Z"))
    BOOST_TEST(each["commit"]["author"]["date"].get<std::string>() >= "2026");
  BOOST_TEST(get(backend + "/commits/nope").status == 422);
}

BOOST_AUTO_TEST_CASE(a_failing_commit_has_a_failing_status_and_a_failing_check) {
  BOOST_TEST(read(backend + "/commits/release/2.0/status")["state"] == "failure");
  auto runs = read(backend + "/commits/release/2.0/check-runs");
  BOOST_TEST(runs["total_count"] == 4);
  int failed = 0;
  for (auto const& run : runs["check_runs"]) failed += run["conclusion"] == "failure" ? 1 : 0;
  BOOST_TEST(failed == 1);
  BOOST_TEST(read(backend + "/commits/v1.9.0/status")["state"] == "success");
}

BOOST_AUTO_TEST_CASE(comparing_counts_commits_on_both_sides) {
  auto grown = read(backend + "/compare/v1.8.0...v1.9.0");
  BOOST_TEST(grown["status"] == "ahead");
  BOOST_TEST(grown["behind_by"] == 0);
  BOOST_TEST(grown["commits"].size() == grown["ahead_by"].get<std::size_t>());
  BOOST_TEST(grown["commits"].back()["sha"] == read(backend + "/commits/v1.9.0")["sha"]);
  auto apart = read(backend + "/compare/main...release/2.0");
  BOOST_TEST(apart["status"] == "diverged");
  BOOST_TEST(apart["ahead_by"] == 6);
  BOOST_TEST(read(backend + "/compare/main...main")["status"] == "identical");
  BOOST_TEST(read(backend + "/compare/v1.9.0...v1.8.0")["status"] == "behind");
  BOOST_TEST(get(backend + "/compare/main...nope").status == 404);
}

BOOST_AUTO_TEST_CASE(tags_are_releases) {
  auto tags = walk(backend + "/tags");
  BOOST_TEST(tags.size() == 10u);
  BOOST_TEST(tags.front()["name"] == "v1.9.0");
  BOOST_TEST(read(backend + "/releases/latest")["tag_name"] == "v1.9.0");
  BOOST_TEST(read(backend + "/releases/tags/v1.5.0")["draft"] == false);
  BOOST_TEST(get(backend + "/git/ref/tags/v2.1.0").status == 404);
}

BOOST_AUTO_TEST_CASE(a_ref_without_analysis_is_404_and_not_an_empty_list) {
  auto answer = get(backend + "/code-scanning/alerts?ref=refs/heads/release/2.1");
  BOOST_TEST(answer.status == 404);
  BOOST_TEST(json::parse(answer.body)["message"] == "no analysis found");
  auto alert = read(backend + "/code-scanning/alerts?ref=release/2.0&state=open&severity=critical")[0];
  BOOST_TEST(alert["rule"]["security_severity_level"] == "critical");
  BOOST_TEST(alert["most_recent_instance"]["ref"] == "refs/heads/release/2.0");
  auto dependency = read(backend + "/dependabot/alerts?state=open")[0];
  for (auto name :
       {"number", "state", "dependency", "security_advisory", "security_vulnerability", "fixed_at", "dismissed_at"})
    BOOST_TEST(dependency.contains(name));
}

BOOST_AUTO_TEST_CASE(deployments_end_in_success_or_failure) {
  auto all = walk(backend + "/deployments?environment=production&per_page=100");
  BOOST_TEST(all.size() > 30u);
  std::set<std::string> ends;
  for (auto const& d : all) {
    auto statuses = read(backend + "/deployments/" + d["id"].dump() + "/statuses");
    ends.insert(statuses[0]["state"].get<std::string>());
    BOOST_TEST(statuses.back()["state"] == "pending");
  }
  BOOST_TEST((ends == std::set<std::string>{"failure", "success"}));
}

BOOST_AUTO_TEST_CASE(searching_counts_open_pull_requests) {
  auto found = read("/github/search/issues?q=is:pr+is:open+repo:nexus/backend&per_page=100");
  BOOST_TEST(found["total_count"] == walk(backend + "/pulls?per_page=100").size());
  BOOST_TEST(found["items"][0].contains("pull_request"));
  BOOST_TEST(get("/github/search/issues?q=repo:nexus/nope").status == 422);
}

BOOST_AUTO_TEST_CASE(a_known_etag_is_answered_with_304) {
  auto first = get(backend + "/branches/main");
  auto request = authorised("GET", backend + "/branches/main");
  request.fields.add("If-None-Match", std::string{first.fields.find("ETag").value()});
  auto second = send(request);
  BOOST_TEST(second.status == 304);
  BOOST_TEST(second.body.empty());
  BOOST_TEST(second.fields.find("x-ratelimit-remaining").value() == first.fields.find("x-ratelimit-remaining").value());
  BOOST_TEST(first.fields.find("x-ratelimit-limit").value() == "5000");
}

BOOST_AUTO_TEST_CASE(an_unknown_api_version_is_refused) {
  BOOST_TEST(get("/github/user").status == 200);
  auto request = authorised("GET", "/github/user");
  request.fields.add("X-GitHub-Api-Version", "1999-01-01");
  BOOST_TEST(send(request).status == 400);
  request.fields.set("X-GitHub-Api-Version", "2022-11-28");
  BOOST_TEST(send(request).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
