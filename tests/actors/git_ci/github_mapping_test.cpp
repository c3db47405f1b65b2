#include "actors/git_ci/check_mapping.hpp"
#include "actors/git_ci/deployment_mapping.hpp"
#include "actors/git_ci/pull_request_mapping.hpp"
#include "actors/git_ci/security_alerts.hpp"
#include "messages/core/codec.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::git_ci;
using json = nlohmann::json;

namespace {

auto review(std::string const& who, std::string const& state) -> json {
  return {{"user", {{"login", who}}}, {"state", state}};
}

auto checks(json const& runs, json const& statuses) -> check_results {
  check_results result;
  add_check_runs(result, {{"check_runs", runs}});
  add_statuses(result, {{"state", "pending"}, {"statuses", statuses}});
  return result;
}

auto run(std::string const& name, json conclusion) -> json {
  return {{"name", name}, {"status", conclusion.is_null() ? "in_progress" : "completed"}, {"conclusion", conclusion}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(github_mapping)

BOOST_AUTO_TEST_CASE(the_latest_decision_of_each_reviewer_counts) {
  auto pr = pr_status{};
  pr.author = "me";
  add_reviews(
      pr, {json::array({review("a", "CHANGES_REQUESTED"), review("b", "APPROVED"), review("me", "APPROVED"), nullptr}),
           json::array({review("a", "APPROVED"), review("b", "COMMENTED"), review("c", "APPROVED"),
                        review("c", "DISMISSED")})});
  BOOST_TEST(pr.approvals == 2);
  BOOST_TEST(!pr.changes_requested);
  auto asked = pr_status{};
  add_reviews(asked, {json::array({review("a", "APPROVED"), review("a", "CHANGES_REQUESTED")})});
  BOOST_TEST(asked.approvals == 0);
  BOOST_TEST(asked.changes_requested);
}

BOOST_AUTO_TEST_CASE(a_deployment_is_where_its_newest_status_says_whatever_their_order) {
  auto const status = [](int id, char const* state, char const* when) {
    return json{{"id", id}, {"state", state}, {"created_at", when}, {"target_url", "https://ci/1"}, {"log_url", ""}};
  };
  auto statuses =
      json::array({status(1, "pending", "2026-01-01T10:00:00Z"), status(2, "queued", "2026-01-01T10:00:05Z"),
                   status(4, "success", "2026-01-01T10:01:00Z"), status(3, "in_progress", "2026-01-01T10:01:00Z")});
  for (int i = 0; i < 4; ++i) {
    auto made = deployment{};
    add_newest_status(made, statuses);
    BOOST_TEST((made.state == deployment_state::success));
    BOOST_TEST(format_timestamp(made.state_since.value()) == "2026-01-01T10:01:00.000Z");
    BOOST_TEST(made.log_url.value() == "https://ci/1");
    BOOST_TEST(!made.environment_url.has_value());
    std::rotate(statuses.begin(), statuses.begin() + 1, statuses.end());
  }
}

BOOST_AUTO_TEST_CASE(checks_and_statuses_are_one_outcome) {
  auto const state = [](json const& runs, json const& statuses) { return combined_state(checks(runs, statuses)); };
  BOOST_TEST(!state(json::array(), json::array()).has_value());
  BOOST_TEST((state(json::array({run("a", "success"), run("b", "skipped")}), {}) == check_state::success));
  BOOST_TEST((state(json::array({run("a", nullptr)}), {}) == check_state::pending));
  BOOST_TEST((state(json::array({run("a", nullptr), run("b", "timed_out")}), {}) == check_state::failure));
  BOOST_TEST((state(json::array({run("a", "success")}), json::array({{{"context", "ci"}, {"state", "error"}}})) ==
              check_state::failure));
}

BOOST_AUTO_TEST_CASE(required_checks_must_have_run) {
  auto const branch =
      json{{"protection",
            {{"required_status_checks",
              {{"enforcement_level", "everyone"}, {"contexts", {"ci", "lint"}}, {"checks", {{{"context", "ci"}}}}}}}}};
  auto const required = required_checks(branch);
  BOOST_TEST(required.size() == 2u);
  BOOST_TEST(all_passed(checks(json::array({run("ci", "success"), run("lint", "neutral")}), {}), required));
  BOOST_TEST(!all_passed(checks(json::array({run("ci", "success")}), {}), required));
  BOOST_TEST(!all_passed(checks(json::array({run("ci", "success"), run("lint", nullptr)}), {}), required));
  BOOST_TEST(required_checks(nullptr).empty());
}

BOOST_AUTO_TEST_CASE(alerts_are_read_and_closed_ones_left_out) {
  auto const value = json::parse(
      R"({"number": 3, "state": "open", "dependency": {"package": {"name": "lodash"}, "manifest_path": "package.json"},
    "security_advisory": {"ghsa_id": "GHSA-1", "cve_id": "CVE-2026-1", "summary": "Pollution", "severity": "high", "cvss": {"score": 7.5}, "references": [{"url": "https://x"}]},
    "security_vulnerability": {"severity": "critical", "first_patched_version": {"identifier": "4.17.21"}}})");
  auto const got = dependency_alert_from_json(value).value();
  BOOST_TEST(got.id == "CVE-2026-1");
  BOOST_TEST((got.severity == severity_level::critical));
  BOOST_TEST(got.remediation.value() == "update lodash to 4.17.21");
  BOOST_TEST(!got.exploitable.has_value());
  auto fixed = value;
  fixed["state"] = "fixed";
  BOOST_TEST(!dependency_alert_from_json(fixed).has_value());
  BOOST_TEST(!dependency_alert_from_json(nullptr).has_value());
  auto const code = json{{"number", 7},
                         {"state", "open"},
                         {"rule", {{"id", "sqli"}, {"security_severity_level", "medium"}}},
                         {"most_recent_instance", {{"location", {{"path", "a.py"}, {"start_line", 3}}}}}};
  BOOST_TEST(code_alert_from_json(code).value().line_number.value() == 3);
  BOOST_TEST(!is_code_smell(code));
  BOOST_TEST(is_code_smell({{"state", "open"}, {"rule", {{"severity", "note"}}}}));
}

BOOST_AUTO_TEST_CASE(the_risk_score_follows_its_formula) {
  BOOST_TEST(risk_score({}) == 0);
  BOOST_TEST(risk_score({.critical = 1}) == 60);
  BOOST_TEST(risk_score({.high = 2, .medium = 1, .low = 3, .info = 9}) == 48);
  BOOST_TEST(risk_score({.critical = 2'000'000'000}) == 100);
  BOOST_TEST((risk_level(80) == severity_level::critical));
  BOOST_TEST((risk_level(79) == severity_level::high));
  BOOST_TEST((risk_level(40) == severity_level::medium));
  BOOST_TEST((risk_level(20) == severity_level::low));
  BOOST_TEST((risk_level(19) == severity_level::info));
}

BOOST_AUTO_TEST_CASE(counts_need_every_source_to_the_end) {
  auto const source = [](std::string name, bool more) {
    auto result = source_alerts{};
    result.source.name = std::move(name);
    result.source.available = true;
    result.alerts.resize(1);
    result.more = more;
    return result;
  };
  auto whole = security_scan_result{};
  summarise(whole, {source("dependabot", false), source("code_scanning", false)});
  BOOST_TEST(whole.info_vulnerabilities.value() == 2);
  BOOST_TEST(whole.code_smells.value() == 0);
  auto part = security_scan_result{};
  summarise(part, {source("dependabot", true), source("code_scanning", false)});
  BOOST_TEST(!part.info_vulnerabilities.has_value());
  BOOST_TEST(part.vulnerabilities.size() == 2u);
  BOOST_TEST(part.unavailable.contains("risk_score"));
}

BOOST_AUTO_TEST_SUITE_END()
