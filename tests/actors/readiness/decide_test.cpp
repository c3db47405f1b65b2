#include "fixture.hpp"
#include "messages/core/digest.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;
using namespace std::chrono_literals;

namespace {

using enum release_decision;

/// The order of rules, each row a policy of five objectives on which everything passes but what the row changes.
auto five(std::string const& changes = "") -> policy {
  return policy_from("name: five\nversion: \"1\"\npass: 80\nwarn: 50\n"
                     "objectives:\n"
                     "  - {name: key, fact: tests.failed, pass: \"== 0\", key: true}\n"
                     "  - {name: banded, fact: coverage.line_percentage, pass: \">= 80\", warn: \">= 60\"}\n"
                     "  - {name: risky, fact: vulnerabilities.high, pass: \"== 0\", risk: true}\n"
                     "  - {name: plain, fact: tickets.blocked, pass: \"== 0\"}\n"
                     "  - {name: heavy, fact: tickets.in_progress, pass: \"== 0\", weight: 6}\n" +
                     changes);
}

auto all_pass() -> fact_map {
  return {{"tests.failed", 0.0},
          {"coverage.line_percentage", 90.0},
          {"vulnerabilities.high", 0.0},
          {"tickets.blocked", 0.0},
          {"tickets.in_progress", 0.0}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(order_of_rules)

BOOST_AUTO_TEST_CASE(everything_met_is_go) {
  auto const decision = ask(five(), all_pass());
  BOOST_TEST(decision.verdict == go);
  BOOST_TEST(decision.score == 100);
  BOOST_TEST(decision.rationale == "GO: all 5 objectives that count are met");
  BOOST_TEST(decision.blockers.empty());
  BOOST_TEST(decision.risks.empty());
}

BOOST_AUTO_TEST_CASE(the_first_rule_that_applies_decides) {
  struct row {
    std::string_view what;
    fact_map facts;
    release_decision verdict;
    double score;
  };
  auto const base = all_pass();
  auto const rows = std::vector<row>{
      {"key fails", with(base, "tests.failed", 1.0), no_go, 90},
      {"key fails, another is missing", without(with(base, "tests.failed", 1.0), "tickets.blocked"), no_go, 80},
      {"key is missing", without(base, "tests.failed"), inconclusive, 90},
      {"key is missing, score below warn", without(with(base, "tickets.in_progress", 1.0), "tests.failed"),
       inconclusive, 30},
      {"risk is missing", without(base, "vulnerabilities.high"), inconclusive, 90},
      {"missing and a warning", without(with(base, "coverage.line_percentage", 70.0), "tickets.blocked"), inconclusive,
       85},
      {"score below warn", with(base, "tickets.in_progress", 1.0), no_go, 40},
      {"score below warn and a risk", with(with(base, "tickets.in_progress", 1.0), "vulnerabilities.high", 1.0), no_go,
       30},
      {"warning", with(base, "coverage.line_percentage", 70.0), conditional, 95},
      {"worse than its warning", with(base, "coverage.line_percentage", 50.0), conditional, 90},
      {"risk", with(base, "vulnerabilities.high", 1.0), conditional, 90},
      {"plain failure within the tolerance", with(base, "tickets.blocked", 1.0), go, 90},
      {"nothing known", {}, inconclusive, 0},
  };
  for (auto const& [what, facts, verdict, score] : rows) {
    auto const decision = ask(five(), facts);
    BOOST_TEST(decision.verdict == verdict, what);
    BOOST_TEST(decision.score == score, what << ": " << decision.score);
  }
}

BOOST_AUTO_TEST_CASE(a_score_below_pass_is_conditional_and_at_pass_is_go) {
  auto const strict = [](int pass) {
    return policy_from(fmt::format("name: p\nversion: \"1\"\npass: {}\nwarn: 10\n"
                                   "objectives:\n"
                                   "  - {{name: a, fact: tests.failed, pass: \"== 0\", weight: 9}}\n"
                                   "  - {{name: b, fact: tickets.blocked, pass: \"== 0\"}}\n",
                                   pass));
  };
  auto const facts = fact_map{{"tests.failed", 0.0}, {"tickets.blocked", 2.0}};
  BOOST_TEST(ask(strict(90), facts).verdict == go);
  BOOST_TEST(ask(strict(90), facts).rationale == "GO: 1 of 2 objectives are met, and the score of 90 allows for b");
  auto const below = ask(strict(91), facts);
  BOOST_TEST(below.verdict == conditional);
  BOOST_TEST(below.rationale == "CONDITIONAL: nothing blocks, but 1 of 2 objectives needs attention (b); the score of "
                                "90 is below the 91 that GO needs");
}

BOOST_AUTO_TEST_CASE(a_score_at_warn_is_not_no_go) {
  auto const facts = with(with(all_pass(), "vulnerabilities.high", 1.0), "tickets.blocked", 1.0);
  auto policy = five().source();
  policy.warn = 80;
  BOOST_TEST(ask(*policy::check(policy), facts).verdict == conditional);
  policy.warn = policy.pass = 80.1;
  auto const decision = ask(*policy::check(policy), facts);
  BOOST_TEST(decision.verdict == no_go);
  BOOST_TEST(decision.rationale == "NO_GO: the score of 80 is below the policy's minimum of 80.1");
  BOOST_TEST(decision.blockers.size() == 1);
}

BOOST_AUTO_TEST_CASE(an_informational_objective_changes_nothing) {
  auto const policy = policy_from("name: p\nversion: \"1\"\nobjectives:\n"
                                  "  - {name: a, fact: tests.failed, pass: \"== 0\"}\n"
                                  "  - {name: b, fact: tickets.blocked, pass: \"== 0\", informational: true}\n");
  for (auto const& facts :
       {fact_map{{"tests.failed", 0.0}}, fact_map{{"tests.failed", 0.0}, {"tickets.blocked", 9.0}}}) {
    auto const decision = ask(policy, facts);
    BOOST_TEST(decision.verdict == go);
    BOOST_TEST(decision.score == 100);
    BOOST_TEST(decision.checklist.size() == 1);
    BOOST_TEST(result_of(decision, "b").max_points == 0);
  }
  BOOST_TEST(ask(policy, fact_map{{"tickets.blocked", 0.0}}).verdict == inconclusive);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(absent_evidence)

BOOST_AUTO_TEST_CASE(what_is_missing_counts_as_the_policy_says) {
  struct row {
    std::string_view rule;
    objective_status status;
    release_decision verdict;
    double score;
  };
  using enum objective_status;
  for (auto const& [rule, status, verdict, score] :
       {row{"inconclusive", objective_status::missing, inconclusive, 50}, row{"fail", fail, no_go, 50},
        row{"warn", warn, conditional, 75}, row{"skip", skipped, go, 100}}) {
    auto const decision =
        ask(one_objective(fmt::format("    on_missing: {}\n", rule), "warn: 60\n"), fact_map{{"tickets.blocked", 0.0}});
    BOOST_TEST(result_of(decision, "probe").status == status, rule);
    BOOST_TEST(decision.verdict == verdict, rule);
    BOOST_TEST(decision.score == score, rule << ": " << decision.score);
  }
}

BOOST_AUTO_TEST_CASE(no_evidence_at_all_is_never_go) {
  for (auto rule : {"skip", "warn", "inconclusive"}) {
    auto const policy = policy_from(fmt::format(
        "name: p\nversion: \"1\"\nwarn: 0\nobjectives:\n"
        "  - {{name: a, fact: tests.failed, pass: \"== 0\", on_missing: {0}, max_age: 1h, on_stale: {0}}}\n",
        rule));
    BOOST_TEST(ask(policy, fact_map{}).verdict == inconclusive, rule);
    BOOST_TEST(ask(policy, evidence_of({{"tests.failed", 0.0}}, now - 2h)).result.verdict == inconclusive, rule);
  }
}

BOOST_AUTO_TEST_CASE(the_reason_for_absence_is_passed_on) {
  auto items = evidence_of({{"tickets.blocked", 0.0}});
  items.push_back(missing("tests.failed", "Jenkins answered 503", "http://jenkins/job", now - 1min));
  auto const result = result_of(ask(one_objective(""), items).result, "probe");
  BOOST_TEST(result.status == objective_status::missing);
  BOOST_TEST(result.reason == "no usable evidence: Jenkins answered 503");
  BOOST_TEST(result.source == "http://jenkins/job");
  BOOST_TEST(result.remedy == "supply tests.failed (tests that failed or broke)");
  BOOST_TEST(result.observed.empty());
}

BOOST_AUTO_TEST_CASE(evidence_is_stale_past_its_age_not_at_it) {
  auto const policy = one_objective("    max_age: 24h\n");
  auto const status_at = [&](timestamp observed_at) {
    auto items = evidence_of({{"tickets.blocked", 0.0}});
    items.push_back(measured("tests.failed", 0.0, "x", observed_at));
    return result_of(ask(policy, items).result, "probe");
  };
  BOOST_TEST(status_at(now - 24h).status == objective_status::pass);
  auto const stale = status_at(now - 24h - 1ms);
  BOOST_TEST(stale.status == objective_status::stale);
  BOOST_TEST(stale.reason == "the value (0 tests) is 1 d old, older than 24h");
  BOOST_TEST(stale.remedy == "observe tests.failed again: it may be at most 24h old");
  BOOST_TEST(stale.age_seconds.value() == 86'400);
  auto const ageless = status_at(timestamp{});
  BOOST_TEST(ageless.status == objective_status::stale);
  BOOST_TEST(!ageless.age_seconds.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_stale_counts_as_the_policy_says) {
  struct row {
    std::string_view rule;
    release_decision verdict;
  };
  for (auto const& [rule, verdict] :
       {row{"inconclusive", inconclusive}, row{"fail", no_go}, row{"warn", conditional}, row{"skip", go}}) {
    auto items = evidence_of({{"tickets.blocked", 0.0}});
    items.push_back(measured("tests.failed", 0.0, "x", now - 25h));
    auto const policy = one_objective(fmt::format("    max_age: 24h\n    on_stale: {}\n", rule), "warn: 60\n");
    BOOST_TEST(ask(policy, items).result.verdict == verdict, rule);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(waivers)

auto waived(std::string const& expires, std::string const& more = "    key: true\n") -> policy {
  return one_objective(more +
                       "waivers:\n  - {objective: probe, owner: ada, reason: known flake, ticket: PROJ-7, approved_by: "
                       "bob, expires: \"" +
                       expires + "\"}\n");
}

BOOST_AUTO_TEST_CASE(a_waived_key_failure_counts_as_a_warning) {
  auto const decision = ask(waived("2026-12-31"), one_fact(3));
  BOOST_TEST(decision.verdict == conditional);
  BOOST_TEST(decision.score == 75);
  auto const result = result_of(decision, "probe");
  BOOST_TEST(result.status == objective_status::waived);
  BOOST_TEST(result.reason == "3 tests, wanted == 0; waived by ada with bob until 2026-12-31, PROJ-7: known flake");
  BOOST_TEST(decision.waivers.front().state == waiver_state::active);
}

BOOST_AUTO_TEST_CASE(a_waiver_covers_missing_evidence_too) {
  BOOST_TEST(ask(waived("2026-12-31"), fact_map{{"tickets.blocked", 0.0}}).verdict == conditional);
  BOOST_TEST(ask(waived("2026-12-31"), fact_map{}).verdict == inconclusive);
}

BOOST_AUTO_TEST_CASE(a_waiver_holds_through_its_last_day_in_utc) {
  auto const verdict_at = [&](std::string const& expires, std::string_view moment) {
    return ask(waived(expires), evidence_of(one_fact(3)), *parse_timestamp(moment)).result;
  };
  BOOST_TEST(verdict_at("2026-11-30", "2026-11-30T23:59:59.999Z").verdict == conditional);
  auto const over = verdict_at("2026-11-30", "2026-12-01T00:00:00Z");
  BOOST_TEST(over.verdict == no_go);
  BOOST_TEST(over.waivers.front().state == waiver_state::expired);
  BOOST_TEST(result_of(over, "probe").reason == "3 tests, wanted == 0; the waiver of ada, PROJ-7 expired 2026-11-30");
  BOOST_TEST(verdict_at("2026-11-30T12:00:00+02:00", "2026-11-30T09:59:59.999Z").verdict == conditional);
  BOOST_TEST(verdict_at("2026-11-30T12:00:00+02:00", "2026-11-30T10:00:00Z").verdict == no_go);
}

BOOST_AUTO_TEST_CASE(a_waiver_that_is_not_needed_changes_nothing) {
  auto const decision = ask(waived("2026-12-31"), one_fact(0));
  BOOST_TEST(decision.verdict == go);
  BOOST_TEST(decision.waivers.front().state == waiver_state::unneeded);
  BOOST_TEST(ask(waived("2026-12-31", "    informational: true\n"), one_fact(1)).verdict == go);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(shipped_policies)

BOOST_AUTO_TEST_CASE(the_references_own_examples) {
  auto const policy = default_policy();
  auto const sound = sound_release();
  BOOST_TEST(ask(policy, sound).verdict == go);
  BOOST_TEST(ask(policy, with(sound, "build.last_result", std::string{"success"})).verdict == go);
  BOOST_TEST(ask(policy, with(sound, "vulnerabilities.high", 3.0)).verdict == conditional);
  BOOST_TEST(ask(policy, with(sound, "coverage.line_percentage", 75.0)).verdict == conditional);
  BOOST_TEST(ask(policy, with(with(sound, "coverage.line_percentage", 75.0), "vulnerabilities.high", 3.0)).verdict ==
             conditional);
  BOOST_TEST(ask(policy, with(sound, "tickets.completion_rate", 89.99)).verdict == no_go);
  BOOST_TEST(ask(policy, with(sound, "tickets.blocked", 1.0)).verdict == no_go);
  BOOST_TEST(ask(policy, with(sound, "tests.failed", 1.0)).verdict == no_go);
  BOOST_TEST(ask(policy, with(sound, "vulnerabilities.critical", 1.0)).verdict == no_go);
  BOOST_TEST(ask(policy, with(sound, "build.last_result", std::string{"UNSTABLE"})).verdict == no_go);
  BOOST_TEST(ask(policy, fact_map{}).verdict == inconclusive);
  for (auto const& [fact, value] : sound)
    if (fact != "tickets.total") BOOST_TEST(ask(policy, without(sound, fact)).verdict == inconclusive, fact);
}

BOOST_AUTO_TEST_CASE(the_pipelines_policy_judges_what_files_show) {
  auto const policy = ci_policy();
  auto const sound = fact_map{{"tests.total", 120.0},
                              {"tests.failed", 0.0},
                              {"coverage.line_percentage", 84.0},
                              {"findings.critical", 0.0},
                              {"findings.high", 0.0},
                              {"history.in_order", true},
                              {"versioning.undeclared_breaking_changes", 0.0}};
  BOOST_TEST(ask(policy, sound).verdict == go);
  BOOST_TEST(ask(policy, with(sound, "tests.total", 0.0)).verdict == no_go);
  BOOST_TEST(ask(policy, with(sound, "tests.failed", 1.0)).verdict == no_go);
  BOOST_TEST(ask(policy, with(sound, "coverage.line_percentage", 65.0)).verdict == conditional);
  BOOST_TEST(ask(policy, with(sound, "coverage.line_percentage", 20.0)).verdict == conditional);
  BOOST_TEST(ask(policy, with(sound, "findings.critical", 1.0)).verdict == no_go);
  BOOST_TEST(ask(policy, with(sound, "findings.high", 1.0)).verdict == conditional);
  BOOST_TEST(ask(policy, with(sound, "history.in_order", false)).verdict == no_go);
  auto const breaking = ask(policy, with(sound, "versioning.undeclared_breaking_changes", 2.0));
  BOOST_TEST(breaking.verdict == conditional);
  BOOST_TEST(result_of(breaking, "undeclared-breaking-changes").status == objective_status::warn);
  BOOST_TEST(ask(policy, fact_map{{"history.in_order", true}}).verdict == inconclusive);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(explanations)

auto remedy_with(std::string const& name, fact_map const& facts) -> std::string {
  return result_of(ask(default_policy(), facts), name).remedy;
}

BOOST_AUTO_TEST_CASE(remedies_say_how_much_is_left_to_do) {
  auto const sound = sound_release();
  auto const completed = [&](double rate, double total) {
    return remedy_with("ticket-completion", with(with(sound, "tickets.completion_rate", rate), "tickets.total", total));
  };
  BOOST_TEST(completed(100.0 * 37 / 45, 45) == "close 4 more of 45 tickets");
  BOOST_TEST(completed(100.0 * 35 / 40, 40) == "close 1 more of 40 tickets");
  BOOST_TEST(completed(0, 1) == "close 1 more of 1 ticket");
  BOOST_TEST(remedy_with("ticket-completion", with(without(sound, "tickets.total"), "tickets.completion_rate", 81.5)) ==
             "bring tickets.completion_rate (share of the release's tickets that are done) up by 8.5 percentage "
             "points to >= 90 %");
  BOOST_TEST(remedy_with("blocked-tickets", with(sound, "tickets.blocked", 1.0)) ==
             "unblock 1 ticket, or move them to a later release");
  BOOST_TEST(remedy_with("critical-vulnerabilities", with(sound, "vulnerabilities.critical", 2.0)) ==
             "fix 2 critical vulnerabilities");
  BOOST_TEST(remedy_with("last-build", with(sound, "build.last_result", std::string{"FAILURE"})) ==
             "run the build on the release's branch until its result is SUCCESS");
  BOOST_TEST(remedy_with("failing-tests", sound).empty());
}

BOOST_AUTO_TEST_CASE(remedies_reach_strict_limits) {
  auto const remedy = [](std::string const& pass, double value) {
    auto const policy = policy_from("name: p\nversion: \"1\"\nobjectives:\n  - {name: a, fact: tests.failed, pass: \"" +
                                    pass + "\"}\n");
    return result_of(ask(policy, fact_map{{"tests.failed", value}}), "a").remedy;
  };
  BOOST_TEST(remedy("< 3", 3) == "fix 1 failing test");
  BOOST_TEST(remedy("<= 3", 5) == "fix 2 failing tests");
  BOOST_TEST(remedy("> 3", 3) == "bring tests.failed (tests that failed or broke) from 3 to > 3");
  BOOST_TEST(remedy("!= 3", 3) == "bring tests.failed (tests that failed or broke) to != 3");
}

BOOST_AUTO_TEST_CASE(the_policys_own_remedy_goes_first) {
  auto const policy = one_objective("    remedy: ask the test team\n");
  BOOST_TEST(result_of(ask(policy, one_fact(1)), "probe").remedy == "ask the test team");
}

BOOST_AUTO_TEST_CASE(a_value_is_not_rounded_over_its_threshold) {
  auto const result =
      result_of(ask(default_policy(), with(sound_release(), "tickets.completion_rate", 89.9999)), "ticket-completion");
  BOOST_TEST(result.observed == "89.9999 %");
  BOOST_TEST(result.reason == "89.9999 %, wanted >= 90 %");
}

BOOST_AUTO_TEST_CASE(findings_are_listed_where_they_belong) {
  auto facts = with(with(sound_release(), "tests.failed", 2.0), "coverage.line_percentage", 75.0);
  facts.erase("build.last_result");
  auto const decision = ask(default_policy(), facts);
  BOOST_TEST(decision.blockers == std::vector<std::string>{"No failing tests: 2 tests, wanted == 0"},
             boost::test_tools::per_element());
  BOOST_TEST(decision.risks == std::vector<std::string>{"Test coverage >= 80 %: 75 %, wanted >= 80 %"},
             boost::test_tools::per_element());
  BOOST_TEST(decision.unknowns == std::vector<std::string>{"Last build successful: no usable evidence: nobody "
                                                           "collected evidence for it"},
             boost::test_tools::per_element());
  BOOST_TEST(decision.rationale == "NO_GO: a key objective is not met (failing-tests)");
  BOOST_TEST(decision.checklist.size() == 7);
  BOOST_TEST(decision.checklist[3].item == "No failing tests");
  BOOST_TEST(!decision.checklist[3].passed);
  BOOST_TEST(decision.checklist[3].required);
  BOOST_TEST((decision.checklist[3].checked_at == now));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(bundles)

BOOST_AUTO_TEST_CASE(a_bundle_is_canonical_and_bound_to_the_commit) {
  auto const outcome = ask(default_policy(), evidence_of(sound_release()));
  auto const json = *parse_json(outcome.bundle_json);
  BOOST_TEST(canonical_json(json) == outcome.bundle_json);
  BOOST_TEST(json["commit"] == "4f2a9c1be0d5");
  BOOST_TEST(json["policy"]["objectives"].size() == 7);
  BOOST_TEST(outcome.result.bundle_sha256 == sha256_hex(outcome.bundle_json));
  BOOST_TEST(outcome.result.policy_sha256 == sha256_hex(canonical_json(json["policy"])));
}

BOOST_AUTO_TEST_CASE(a_bundle_alone_gives_the_decision_again) {
  auto items = evidence_of(with(sound_release(), "coverage.line_percentage", 100.0 / 3));
  items.push_back(missing("build.success_rate", "bad \xff bytes \xc3\xa9", "http://\xfe", now));
  items.push_back({"tests.flaky", {"90.0"}, "", "", timestamp{std::chrono::milliseconds{INT64_MAX}}, ""});
  auto const outcome = decide(default_policy(), {"dec-\xff", "v2", "", ""}, items, now, {"b\xff", "a", "a"});
  auto const again = replay(outcome.bundle_json);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(encode_json(*again) == encode_json(outcome.result));
  BOOST_TEST(outcome.result.degraded);
  BOOST_TEST(outcome.result.degraded_reasons.size() == 2);
}

BOOST_AUTO_TEST_CASE(a_bundle_that_was_tampered_with_is_refused) {
  auto const outcome = ask(default_policy(), evidence_of(sound_release()));
  auto json = *parse_json(outcome.bundle_json);
  json["policy"]["pass"] = 10;
  json["policy"]["warn"] = 5;
  BOOST_TEST((replay(json.dump()).error().code == errc::corrupt));
  json["policy"]["objectives"][0]["fact"] = "tickets.blockd";
  json["policy_sha256"] = sha256_hex(canonical_json(json["policy"]));
  BOOST_TEST(replay(json.dump()).error().where == "$.policy.objectives[0].fact");
  json.erase("policy");
  BOOST_TEST((replay(json.dump()).error().code == errc::invalid_argument));
  BOOST_TEST((replay("{").error().code == errc::malformed));
  // Other evidence is another bundle, and its hash says so.
  json = *parse_json(outcome.bundle_json);
  json["items"][0]["value"] = "FAILURE";
  auto const changed = replay(json.dump());
  BOOST_TEST(changed->verdict == no_go);
  BOOST_TEST(changed->bundle_sha256 != outcome.result.bundle_sha256);
}

BOOST_AUTO_TEST_SUITE_END()
