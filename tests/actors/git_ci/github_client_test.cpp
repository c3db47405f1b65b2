#include "actors/git_ci/github_client.hpp"
#include "tests/actors/outside_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace nexus;
using namespace nexus::git_ci;
using nexus::testing::ask;
using nexus::testing::must;
using json = nlohmann::json;

namespace {

struct simulated : nexus::testing::outside_world {
  github_client client{
      {.url = "http://simulator/github", .token = options.github_token, .organisation = "nexus"}, exchange(), clock()};
};

struct scripted : nexus::testing::scripted_world {
  github_client client{{.url = "http://github/api/v3", .token = "t", .organisation = "o"}, exchange(), clock()};

  scripted() {
    on("/api/v3/repos/o/r", {{"full_name", "o/r"}, {"default_branch", "main"}, {"open_issues_count", 5}});
    on("/api/v3/repos/o/r/branches/main", {{"name", "main"}, {"commit", {{"sha", "abc"}}}, {"protected", true}});
    on("/api/v3/repos/o/r/pulls", json::array());
    on("/api/v3/repos/o/r/commits/abc/status", {{"state", "pending"}, {"statuses", json::array()}});
    on("/api/v3/repos/o/r/commits/abc/check-runs", {{"check_runs", json::array()}});
  }
};

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(github_over_the_simulator)

BOOST_FIXTURE_TEST_CASE(a_repository_shows_its_health, simulated) {
  auto const got = must(client, get_repo_health{"nexus/backend"});
  BOOST_TEST(got.repo_name == "nexus/backend");
  BOOST_TEST(got.default_branch == "main");
  BOOST_TEST(got.latest_commit_sha.size() == 40u);
  BOOST_TEST(got.latest_commit_status.has_value());
  BOOST_TEST(got.branch_protection_enabled.value());
  BOOST_TEST(got.required_reviews.has_value());
  BOOST_TEST(got.open_prs > 0);
  BOOST_TEST(got.stale_prs <= got.open_prs);
  BOOST_TEST(!got.build_frequency_per_week.has_value());
  BOOST_TEST(got.unavailable.contains("build_frequency_per_week"));
  BOOST_TEST(must(client, get_repo_health{"backend"}).repo_name == "nexus/backend");
}

BOOST_FIXTURE_TEST_CASE(pull_requests_are_listed_and_read, simulated) {
  auto const list = must(client, list_pull_requests{"backend", {}});
  BOOST_REQUIRE(!list.prs.empty());
  for (auto const& each : list.prs) {
    BOOST_TEST(each.state == "open");
    BOOST_TEST(!each.author.empty());
    BOOST_TEST(each.ci_status.has_value());
  }
  auto const one = must(client, get_pr_status{"backend", list.prs.front().pr_number});
  BOOST_TEST(encode_json(one) == encode_json(list.prs.front()));
  BOOST_TEST(one.created_at.has_value());
  BOOST_TEST(one.commits > 0);
  auto const closed = must(client, list_pull_requests{"backend", "closed"});
  BOOST_TEST(closed.prs.size() == 20u);
  BOOST_TEST(closed.more);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_named, simulated) {
  auto const number = ask(client, get_pr_status{"backend", 99999}).error();
  BOOST_TEST((number.code == errc::not_found));
  BOOST_TEST(contains(number.render(), "99999"));
  auto const name = ask(client, get_repo_health{"backnd"}).error();
  BOOST_TEST((name.code == errc::not_found));
  BOOST_TEST(contains(name.render(), "did you mean nexus/backend?"));
  BOOST_TEST((ask(client, list_pull_requests{"backend", "merged"}).error().code == errc::invalid_argument));
  for (auto const* bad : {"", "a/b/c", "../x", "a/..", "a b", "a/b?c"})
    BOOST_TEST((ask(client, get_repo_health{bad}).error().code == errc::invalid_argument), bad);
}

BOOST_FIXTURE_TEST_CASE(repositories_are_listed, simulated) {
  auto const got = must(client, list_repositories{});
  BOOST_TEST(std::any_of(got.repositories.begin(), got.repositories.end(), [](auto const& each) {
    return each.repo_name == "nexus/backend" && each.default_branch == "main";
  }));
}

BOOST_FIXTURE_TEST_CASE(a_release_that_is_out_is_its_tag, simulated) {
  for (auto const* written : {"v1.9.0", "1.9.0", "1.9", "release 1.9"}) {
    auto const got = must(client, find_release_candidate{"backend", written});
    BOOST_TEST((got.kind == ref_kind::tag), written);
    BOOST_TEST(got.ref == "v1.9.0");
    BOOST_TEST(got.commit.size() == 40u);
    BOOST_TEST(got.committed_at.has_value());
  }
}

BOOST_FIXTURE_TEST_CASE(a_release_that_is_due_is_its_branch, simulated) {
  auto const got = must(client, find_release_candidate{"backend", "v2.0.0"});
  BOOST_TEST((got.kind == ref_kind::branch));
  BOOST_TEST(got.ref == "release/2.0");
  BOOST_TEST(got.commit.size() == 40u);
}

BOOST_FIXTURE_TEST_CASE(a_release_that_is_nowhere_is_answered_with_what_there_is, simulated) {
  auto const got = ask(client, find_release_candidate{"backend", "v7.7.7"}).error();
  BOOST_TEST((got.code == errc::not_found));
  BOOST_TEST(contains(got.render(), "v1.9.0"));
  BOOST_TEST(contains(got.render(), "release/2.0"));
}

BOOST_FIXTURE_TEST_CASE(deployments_are_listed_newest_first_with_where_they_have_got_to, simulated) {
  auto const got = must(client, list_deployments{.repo_name = "backend"});
  BOOST_TEST(got.repo_name == "nexus/backend");
  BOOST_TEST(got.deployments.size() == 10u);
  BOOST_TEST(got.more);
  for (auto const& each : got.deployments) {
    BOOST_TEST((each.state == deployment_state::success || each.state == deployment_state::failure));
    BOOST_TEST((each.state_since.value() > each.created_at.value()));
    BOOST_TEST(each.commit.size() == 40u);
    BOOST_TEST(each.production.value() == (each.environment == "production"));
    BOOST_TEST(each.creator.has_value());
    BOOST_TEST(each.unavailable.empty());
  }
  BOOST_TEST(std::is_sorted(got.deployments.begin(), got.deployments.end(),
                            [](auto const& a, auto const& b) { return a.created_at > b.created_at; }));
}

BOOST_FIXTURE_TEST_CASE(deployments_are_found_by_environment_ref_and_commit, simulated) {
  auto const released =
      must(client, list_deployments{.repo_name = "backend", .environment = "production", .ref = "v1.9.0"});
  BOOST_REQUIRE(released.deployments.size() == 1u);
  BOOST_TEST(!released.more);
  auto const& one = released.deployments.front();
  BOOST_TEST(one.commit == must(client, find_release_candidate{"backend", "v1.9.0"}).commit);
  auto const of_commit = must(client, list_deployments{.repo_name = "backend", .commit = one.commit, .limit = 50});
  BOOST_TEST(std::any_of(of_commit.deployments.begin(), of_commit.deployments.end(),
                         [&](auto const& each) { return encode_json(each) == encode_json(one); }));
  for (auto const& each : of_commit.deployments) BOOST_TEST(each.commit == one.commit);
  BOOST_TEST(must(client, list_deployments{.repo_name = "backend", .environment = "moon"}).deployments.empty());
  BOOST_TEST((ask(client, list_deployments{.repo_name = "backend", .commit = "abc1234"}).error().code ==
              errc::invalid_argument));
  BOOST_TEST(contains(ask(client, list_deployments{.repo_name = "backnd"}).error().render(), "did you mean"));
}

BOOST_FIXTURE_TEST_CASE(a_list_of_deployments_costs_two_requests_and_one_for_each, simulated) {
  (void)must(client, list_deployments{.repo_name = "backend", .limit = 3});
  BOOST_TEST(sent.size() == 2u + 3u);
  BOOST_TEST(must(client, list_deployments{.repo_name = "backend", .limit = 1'000}).deployments.size() == 50u);
}

BOOST_FIXTURE_TEST_CASE(security_alerts_are_counted_by_severity, simulated) {
  auto const got = must(client, get_security_scan{"backend", {}});
  BOOST_TEST(got.branch == "main");
  BOOST_REQUIRE(got.sources.size() == 2u);
  for (auto const& each : got.sources) BOOST_TEST(each.available, each.name << ": " << each.reason.value_or(""));
  BOOST_REQUIRE(got.risk_score.has_value());
  auto const total = *got.critical_vulnerabilities + *got.high_vulnerabilities + *got.medium_vulnerabilities +
                     *got.low_vulnerabilities + *got.info_vulnerabilities;
  BOOST_TEST(static_cast<std::size_t>(total) == got.vulnerabilities.size());
  BOOST_TEST(got.commit_sha.has_value());
  BOOST_TEST(got.vulnerable_dependencies.has_value());
  BOOST_TEST(!got.compliant.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_branch_that_was_never_analysed_has_no_counts, simulated) {
  auto const got = must(client, get_security_scan{"backend", "no-such-branch"});
  BOOST_TEST(!got.critical_vulnerabilities.has_value());
  BOOST_TEST(!got.risk_score.has_value());
  BOOST_TEST(got.unavailable.contains("critical_vulnerabilities"));
}

BOOST_FIXTURE_TEST_CASE(wrong_credentials_name_the_setting_and_not_the_secret, nexus::testing::outside_world) {
  auto const client =
      github_client{{.url = "http://simulator/github", .token = "very-secret-and-wrong", .organisation = "nexus"},
                    exchange(),
                    clock()};
  auto const got = ask(client, get_repo_health{"backend"}).error();
  BOOST_TEST((got.code == errc::upstream));
  BOOST_TEST(contains(got.remedy, "GITHUB_TOKEN"));
  BOOST_TEST(!contains(got.render(), "very-secret"));
}

BOOST_FIXTURE_TEST_CASE(each_fault_is_an_error_that_says_so, simulated) {
  using kind = simulator::fault::kind_type;
  struct expectation {
    kind what;
    int status;
    errc code;
  };
  for (auto const& [what, status, code] :
       {expectation{kind::status, 500, errc::upstream}, expectation{kind::rate_limit, 0, errc::overloaded},
        expectation{kind::rate_limit, 429, errc::overloaded}, expectation{kind::cut_off, 0, errc::upstream},
        expectation{kind::malformed, 0, errc::upstream}}) {
    order("github", what, status);
    for (auto const& failure :
         {ask(client, get_repo_health{"backend"}).error(), ask(client, get_pr_status{"backend", 1}).error(),
          ask(client, list_pull_requests{"backend", {}}).error(), ask(client, get_security_scan{"backend", {}}).error(),
          ask(client, find_release_candidate{"backend", "1.9"}).error(), ask(client, list_repositories{}).error(),
          ask(client, list_deployments{.repo_name = "backend"}).error()}) {
      BOOST_TEST((failure.code == code), failure.render());
      BOOST_TEST(contains(failure.where, "GitHub GET /"), failure.render());
    }
    world.clear_faults();
    later += std::chrono::hours{1};
  }
}

BOOST_FIXTURE_TEST_CASE(what_has_not_changed_is_not_sent_again_and_what_has_is, simulated) {
  auto const first = must(client, list_pull_requests{"backend", {}});
  auto const requests = sent.size();
  auto const statuses_before = world.log().size();
  BOOST_TEST(encode_json(must(client, list_pull_requests{"backend", {}})) == encode_json(first));
  BOOST_TEST(sent.size() == 2 * requests);
  auto const log = world.log();
  for (auto i = statuses_before; i < log.size(); ++i) BOOST_TEST(log[i].status == 304, log[i].path);

  auto const scan = must(client, get_security_scan{"backend", {}});
  constexpr std::string_view prefix = "code-scanning-";
  auto const finding = std::find_if(scan.vulnerabilities.begin(), scan.vulnerabilities.end(),
                                    [&](auto const& each) { return each.id.starts_with(prefix); });
  BOOST_REQUIRE(finding != scan.vulnerabilities.end());
  auto const number = std::stoi(finding->id.substr(prefix.size()));
  BOOST_REQUIRE(world.set({{"alert", {{"repository", "nexus/backend"}, {"number", number}, {"state", "fixed"}}}}));
  auto const again = must(client, get_security_scan{"backend", {}});
  auto const fresh = github_client{
      {.url = "http://simulator/github", .token = options.github_token, .organisation = "nexus"}, exchange(), clock()};
  BOOST_TEST(encode_json(again) == encode_json(must(fresh, get_security_scan{"backend", {}})));
  BOOST_TEST(again.vulnerabilities.size() + 1 == scan.vulnerabilities.size());
}

BOOST_FIXTURE_TEST_CASE(a_limit_that_is_used_up_is_waited_for_without_asking, simulated) {
  order("github", simulator::fault::kind_type::rate_limit);
  BOOST_TEST((ask(client, get_repo_health{"backend"}).error().code == errc::overloaded));
  world.clear_faults();
  auto const asked = sent.size();
  auto const meanwhile = ask(client, get_repo_health{"backend"}).error();
  BOOST_TEST((meanwhile.code == errc::overloaded));
  BOOST_TEST((meanwhile.retry_after == std::chrono::seconds{1}));
  BOOST_TEST(sent.size() == asked);
  later += std::chrono::seconds{1};
  BOOST_TEST(ask(client, get_repo_health{"backend"}).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_fault_in_the_middle_fails_the_whole_and_answers_once, simulated) {
  for (auto const* part : {"/repos/nexus/backend/pulls", "/repos/nexus/backend/commits",
                           "/repos/nexus/backend/dependabot", "/repos/nexus/backend/code-scanning"}) {
    world.add_fault({.service = "github", .match = part, .kind = simulator::fault::kind_type::status, .status = 500});
    auto const health = ask(client, get_repo_health{"backend"});
    auto const scan = ask(client, get_security_scan{"backend", {}});
    BOOST_TEST((health.has_value() != scan.has_value()), part);
    world.clear_faults();
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(github_with_odd_answers)

BOOST_FIXTURE_TEST_CASE(every_request_names_the_api_version_and_the_credentials, scripted) {
  (void)ask(client, get_repo_health{"r"});
  for (auto const& each : sent) {
    BOOST_TEST(each.fields.find("X-GitHub-Api-Version").value() == "2022-11-28");
    BOOST_TEST(each.fields.find("Authorization").value() == "Bearer t");
  }
}

BOOST_FIXTURE_TEST_CASE(a_branch_without_protection_says_so, scripted) {
  on("/api/v3/repos/o/x", {{"default_branch", "main"}});
  on("/api/v3/repos/o/x/branches/main", {{"commit", {{"sha", "abc"}}}});
  on("/api/v3/repos/o/x/branches/main/protection", {{"message", "Branch not protected"}}, 404);
  on("/api/v3/repos/o/x/pulls", json::array());
  on("/api/v3/repos/o/x/commits/abc/status", json::object());
  on("/api/v3/repos/o/x/commits/abc/check-runs", json::object());
  auto const got = must(client, get_repo_health{"x"});
  BOOST_TEST(got.branch_protection_enabled.value() == false);
  BOOST_TEST(got.required_reviews.value() == 0);
  BOOST_TEST(!got.latest_commit_status.has_value());
}

BOOST_FIXTURE_TEST_CASE(protection_that_may_not_be_seen_is_unknown, scripted) {
  on("/api/v3/repos/o/r/branches/main/protection", {{"message", "Resource not accessible by personal access token"}},
     403);
  auto const got = must(client, get_repo_health{"r"});
  BOOST_TEST(got.branch_protection_enabled.value() == true);
  BOOST_TEST(!got.required_reviews.has_value());
  BOOST_TEST(contains(got.unavailable.at("required_reviews"), "GITHUB_TOKEN"));
}

BOOST_FIXTURE_TEST_CASE(lists_are_followed_page_by_page_on_the_same_host, scripted) {
  auto const pull = json{{"number", 1}, {"updated_at", "2026-01-14T00:00:00Z"}},
             old = json{{"number", 2}, {"updated_at", "2026-01-01T00:00:00Z"}};
  on("/api/v3/repos/o/p", {{"default_branch", "main"}, {"open_issues_count", 5}});
  on("/api/v3/repos/o/p/branches/main", {{"commit", {{"sha", "abc"}}}, {"protected", false}});
  on("/api/v3/repos/o/p/commits/abc/status", json::object());
  on("/api/v3/repos/o/p/commits/abc/check-runs", json::object());
  on("/api/v3/repos/o/p/pulls", json::array({pull, pull}), 200,
     {{"Link",
       "<https://evil.example/api/v3/repos/o/p/pulls?page=2>; rel=\"next\", <https://github/x>; rel=\"last\""}});
  on("/api/v3/repos/o/p/pulls", json::array({old}), 200,
     {{"Link", "<https://github/api/v3/repos/o/p/pulls?page=1>; rel=\"prev\""}});
  auto const got = must(client, get_repo_health{"p"});
  BOOST_TEST(got.open_prs == 3);
  BOOST_TEST(got.stale_prs == 1);
  BOOST_TEST(got.open_issues == 2);
  for (auto const& each : sent) BOOST_TEST(each.target.starts_with("http://github/api/v3/"));
}

BOOST_FIXTURE_TEST_CASE(alerts_that_are_switched_off_are_never_a_zero, scripted) {
  on("/api/v3/repos/o/r/dependabot/alerts", {{"message", "Dependabot alerts are disabled for this repository."}}, 403);
  on("/api/v3/repos/o/r/code-scanning/alerts", {{"message", "no analysis found"}}, 404);
  auto const got = must(client, get_security_scan{"r", {}});
  BOOST_TEST(!got.critical_vulnerabilities.has_value());
  BOOST_TEST(!got.high_vulnerabilities.has_value());
  BOOST_TEST(!got.risk_level.has_value());
  BOOST_TEST(!got.vulnerable_dependencies.has_value());
  BOOST_TEST(contains(got.unavailable.at("critical_vulnerabilities"), "Dependabot alerts are disabled"));
  BOOST_TEST(contains(got.unavailable.at("critical_vulnerabilities"), "no analysis found"));
}

BOOST_FIXTURE_TEST_CASE(alerts_of_both_sources_are_counted_together, scripted) {
  on("/api/v3/repos/o/r/dependabot/alerts",
     json::array({{{"number", 1}, {"state", "open"}, {"security_advisory", {{"severity", "critical"}}}}}));
  on("/api/v3/repos/o/r/code-scanning/alerts",
     json::array({{{"number", 2}, {"state", "open"}, {"rule", {{"security_severity_level", "low"}}}}}));
  on("/api/v3/repos/o/r/code-scanning/analyses",
     json::array({{{"commit_sha", "abc"}, {"created_at", "2026-01-14T08:00:00Z"}, {"tool", {{"version", "2.20.1"}}}}}));
  auto const got = must(client, get_security_scan{"r", {}});
  BOOST_TEST(got.critical_vulnerabilities.value() == 1);
  BOOST_TEST(got.low_vulnerabilities.value() == 1);
  BOOST_TEST(got.risk_score.value() == 61);
  BOOST_TEST((got.risk_level.value() == severity_level::high));
  BOOST_TEST(got.commit_sha.value() == "abc");
  BOOST_TEST(format_timestamp(got.scan_timestamp) == "2026-01-14T08:00:00.000Z");
  BOOST_TEST((got.vulnerabilities.front().severity == severity_level::critical));
}

BOOST_FIXTURE_TEST_CASE(no_alerts_on_a_ref_that_was_never_analysed_is_no_zero, scripted) {
  on("/api/v3/repos/o/r/dependabot/alerts", json::array());
  on("/api/v3/repos/o/r/code-scanning/alerts", json::array());
  on("/api/v3/repos/o/r/code-scanning/analyses", json::array());
  auto const got = must(client, get_security_scan{"r", "release/2.0"});
  BOOST_TEST(!got.critical_vulnerabilities.has_value());
  BOOST_TEST(contains(got.unavailable.at("risk_score"), "refs/heads/release/2.0 was never analysed"));
}

BOOST_FIXTURE_TEST_CASE(a_source_that_the_settings_do_not_ask_for_is_not_read, scripted) {
  on("/api/v3/repos/o/r/dependabot/alerts", json::array());
  auto const narrow =
      github_client{{.url = "http://github/api/v3", .token = "t", .organisation = "o", .needs_code_scanning = false},
                    exchange(),
                    clock()};
  auto const got = must(narrow, get_security_scan{"r", {}});
  BOOST_TEST(got.critical_vulnerabilities.value() == 0);
  BOOST_TEST(got.sources.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(deployments_that_may_not_be_seen_name_the_permission, scripted) {
  on("/api/v3/repos/o/r/deployments", {{"message", "Resource not accessible by personal access token"}}, 403);
  auto const refused = ask(client, list_deployments{.repo_name = "r"}).error();
  BOOST_TEST((refused.code == errc::permission_denied));
  BOOST_TEST(contains(refused.message, "Resource not accessible"));
  BOOST_TEST(contains(refused.remedy, "GITHUB_TOKEN the permission Deployments: read"));
  for (auto const status : {404, 410}) {
    auto world = nexus::testing::scripted_world{};
    world.on("/repos/o/r", json::object());
    world.on("/repos/o/r/deployments", json::object(), status);
    auto const blind = github_client{{.url = "http://github", .token = "t", .organisation = "o"},
                                     world.exchange(),
                                     nexus::testing::scripted_world::clock()};
    auto const gone = ask(blind, list_deployments{.repo_name = "r"}).error();
    BOOST_TEST((gone.code == errc::not_found));
    BOOST_TEST(contains(gone.remedy, "Deployments: read"));
  }
}

BOOST_FIXTURE_TEST_CASE(a_deployment_whose_statuses_cannot_be_read_says_why, scripted) {
  auto const made = [](int id) { return json{{"id", id}, {"environment", "production"}, {"sha", "abc"}}; };
  on("/api/v3/repos/o/r/deployments", json::array({made(1), made(2), made(3), made(4), made(5)}));
  auto const statuses = [](int id) { return fmt::format("/api/v3/repos/o/r/deployments/{}/statuses", id); };
  on(statuses(1), json::array());
  on(statuses(2), {{"message", "Resource not accessible by personal access token"}}, 403);
  on(statuses(3), json::object(), 410);
  on(statuses(4), json::array({{{"id", 1}, {"state", "paused"}}}));
  on(statuses(5), json::array({{{"id", 1}, {"state", "success"}}}));
  auto const got = must(client, list_deployments{.repo_name = "r"}).deployments;
  BOOST_REQUIRE(got.size() == 5u);
  auto const reasons = std::array{"nobody has said", "Resource not accessible", "no such thing", "'paused'"};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    BOOST_TEST(!got[i].state.has_value());
    BOOST_TEST(contains(got[i].unavailable.at("state"), reasons[i]));
  }
  BOOST_TEST((got[4].state == deployment_state::success));
  BOOST_TEST(got[4].unavailable.empty());
  on(statuses(5), json::object(), 500);
  (void)must(client, list_deployments{.repo_name = "r"});
  BOOST_TEST((ask(client, list_deployments{.repo_name = "r"}).error().code == errc::upstream));
}

BOOST_FIXTURE_TEST_CASE(answers_of_any_shape_are_errors_or_answers_and_never_a_crash, scripted) {
  for (auto const& body : {json(nullptr), json(1), json::array({1, nullptr}), json{{"number", "x"}},
                           json{{"commit", {{"sha", 1}}}}, json("<html></html>")}) {
    auto world = nexus::testing::scripted_world{};
    for (auto const* path :
         {"", "/deployments", "/deployments/1/statuses", "/branches/", "/branches/main", "/pulls", "/pulls/1", "/tags",
          "/branches", "/dependabot/alerts", "/code-scanning/alerts", "/code-scanning/analyses"})
      world.on(std::string{"/repos/o/r"} + path, body);
    world.on("/orgs/o/repos", body);
    auto const odd = github_client{{.url = "http://github", .token = "t", .organisation = "o"},
                                   world.exchange(),
                                   nexus::testing::scripted_world::clock()};
    (void)ask(odd, get_repo_health{"r"});
    BOOST_TEST(!ask(odd, get_pr_status{"r", 1}).has_value());
    (void)ask(odd, list_pull_requests{"r", {}});
    (void)ask(odd, get_security_scan{"r", {}});
    BOOST_TEST(!ask(odd, find_release_candidate{"r", "1.0"}).has_value());
    (void)ask(odd, list_repositories{});
    BOOST_TEST(!ask(odd, list_deployments{.repo_name = "r"}).has_value());
    world.on("/repos/o/whole", json::object());
    world.on("/repos/o/whole/deployments", json::array({{{"id", 1}, {"environment", "e"}, {"sha", "s"}}}));
    world.on("/repos/o/whole/deployments/1/statuses", body);
    (void)ask(odd, list_deployments{.repo_name = "whole"});
  }
}

BOOST_AUTO_TEST_SUITE_END()
