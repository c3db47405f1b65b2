#include "actors/readiness/freeze.hpp"
#include "fixture.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

auto frozen_policy(std::string const& more) -> policy {
  return policy_from("name: p\nversion: \"1\"\nobjectives:\n  - {name: a, fact: tests.failed, pass: \"== 0\"}\n"
                     "freezes:\n  - name: quiet\n    reason: year-end\n    time_zone: Europe/Berlin\n" +
                     more);
}

auto ask_at(policy const& policy, std::string const& moment, std::string const& release = "v2.0.0",
            std::vector<std::string> labels = {}) -> decision {
  auto const at = *parse_timestamp(moment);
  return decide(policy,
                {.decision_id = "d", .release = release, .project = {}, .commit = {}, .labels = std::move(labels)},
                evidence_of({{"tests.failed", 0.0}}, at), at)
      .result;
}

auto const once = std::string{"    starts: 2026-12-20\n    ends: 2027-01-03\n"};

} // namespace

BOOST_AUTO_TEST_SUITE(freezes)

BOOST_AUTO_TEST_CASE(a_freeze_makes_a_ready_release_no_go_on_its_local_days) {
  auto const policy = frozen_policy(once);
  BOOST_TEST(ask_at(policy, "2026-12-19T22:59:59Z").verdict == release_decision::go);
  auto const frozen = ask_at(policy, "2026-12-19T23:00:00Z");
  BOOST_TEST(frozen.verdict == release_decision::no_go);
  BOOST_TEST(frozen.rationale == "NO_GO: the freeze quiet (year-end) holds until 2027-01-03T23:00:00.000Z");
  BOOST_TEST(frozen.blockers.size() == 1U);
  BOOST_TEST(frozen.freezes.front().state == freeze_state::active);
  BOOST_TEST(frozen.score == 100);
  BOOST_TEST(ask_at(policy, "2027-01-03T22:59:59Z").verdict == release_decision::no_go);
  BOOST_TEST(ask_at(policy, "2027-01-03T23:00:00Z").verdict == release_decision::go);
}

BOOST_AUTO_TEST_CASE(a_freeze_can_leave_the_choice) {
  auto const decision = ask_at(frozen_policy(once + "    effect: conditional\n"), "2026-12-24T12:00:00Z");
  BOOST_TEST(decision.verdict == release_decision::conditional);
  BOOST_TEST(decision.rationale.find("the freeze quiet (year-end) holds until") != std::string::npos);
  BOOST_TEST(decision.risks.size() == 1U);
}

BOOST_AUTO_TEST_CASE(releases_are_exempt_by_name_and_by_label_and_it_is_told) {
  auto const policy = frozen_policy(once + "    exempt_releases: ['*-hotfix*']\n    exempt_labels: [security]\n");
  auto const moment = "2026-12-24T12:00:00Z";
  BOOST_TEST(ask_at(policy, moment).verdict == release_decision::no_go);
  auto const hotfix = ask_at(policy, moment, "v2.0.1-hotfix.1");
  BOOST_TEST(hotfix.verdict == release_decision::go);
  BOOST_TEST(hotfix.freezes.front().state == freeze_state::exempt);
  BOOST_TEST(hotfix.freezes.front().finding.find("its name fits '*-hotfix*'") != std::string::npos);
  BOOST_TEST(ask_at(policy, moment, "v2.0.0", {"other", "security"}).verdict == release_decision::go);
  BOOST_TEST(ask_at(policy, moment, "v2.0.0", {"other"}).verdict == release_decision::no_go);
}

BOOST_AUTO_TEST_CASE(notice_is_a_warning_before_it_begins) {
  auto const policy = frozen_policy(once + "    notice: 2d\n");
  BOOST_TEST(ask_at(policy, "2026-12-17T22:59:00Z").freezes.empty());
  auto const announced = ask_at(policy, "2026-12-18T23:00:00Z");
  BOOST_TEST(announced.verdict == release_decision::go);
  BOOST_TEST(announced.freezes.front().state == freeze_state::announced);
  BOOST_TEST(announced.risks.front() == "the freeze quiet (year-end) begins in 1 d, 2026-12-19T23:00:00.000Z");
}

BOOST_AUTO_TEST_CASE(a_recurrence_freezes_every_week) {
  auto const policy = frozen_policy("    recurrence: weekly from Fri 16:00 to Mon 08:00\n");
  BOOST_TEST(ask_at(policy, "2026-11-21T12:00:00Z").verdict == release_decision::no_go);
  BOOST_TEST(ask_at(policy, "2026-11-25T12:00:00Z").verdict == release_decision::go);
}

BOOST_AUTO_TEST_CASE(a_bundle_knows_its_windows_whatever_zones_become) {
  auto const at = *parse_timestamp("2026-12-24T12:00:00Z");
  auto const outcome = ask(frozen_policy(once), evidence_of({{"tests.failed", 0.0}}, at), at);
  auto bundle = nlohmann::json::parse(outcome.bundle_json);
  BOOST_TEST(bundle["freezes"][0]["ends"] == "2027-01-03T23:00:00.000Z");
  // A zone that this machine does not know.
  bundle["policy"]["freezes"][0]["time_zone"] = "Atlantis/Capital";
  bundle["policy_sha256"] = "";
  auto const refused = replay(canonical_json(bundle));
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == errc::corrupt));
}

BOOST_AUTO_TEST_CASE(a_freeze_that_cannot_be_told_leaves_it_open) {
  auto source = frozen_policy(once).source();
  source.freezes.front().time_zone = "Atlantis/Capital";
  auto const decision = ask_at(*policy::check(source), "2026-11-01T12:00:00Z");
  BOOST_TEST(decision.verdict == release_decision::inconclusive);
  BOOST_TEST(decision.freezes.front().state == freeze_state::unknown);
  BOOST_TEST(decision.rationale.find("cannot be told") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(patterns_stand_for_what_they_say) {
  BOOST_TEST(fits("*", ""));
  BOOST_TEST(fits("v?.0", "v2.0"));
  BOOST_TEST(fits("*-hotfix*", "v1-hotfix"));
  BOOST_TEST(fits("a*b*c", "aXbYbZc"));
  BOOST_TEST(!fits("a*b", "abc"));
  BOOST_TEST(!fits("", "x"));
  BOOST_TEST(!fits("V1", "v1"));
}

BOOST_AUTO_TEST_SUITE_END()
