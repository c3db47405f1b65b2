#include "fixture.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

auto bundle() -> nlohmann::json {
  return nlohmann::json::parse(ask(default_policy(), evidence_of(sound_release())).bundle_json);
}

} // namespace

BOOST_AUTO_TEST_SUITE(replays)

BOOST_AUTO_TEST_CASE(a_bundle_of_version_0_1_gives_the_decision_of_version_0_1) {
  auto const again = replay_bundle(read_source("tests/actors/readiness/bundles/version-0.1.json"));
  BOOST_REQUIRE_MESSAGE(again.has_value(), (again ? "" : again.error().render()));
  BOOST_TEST(!again->recorded.has_value());
  auto const stored = read_source("tests/actors/readiness/bundles/version-0.1.decision.json");
  auto const differences = differences_from(stored, again->result);
  BOOST_REQUIRE(differences.has_value());
  BOOST_TEST(differences->empty(), (differences->empty() ? "" : differences->front()));
}

BOOST_AUTO_TEST_CASE(what_was_decided_is_recorded_and_follows_again) {
  auto const again = replay_bundle(canonical_json(bundle()));
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->recorded->verdict == release_decision::go);
  BOOST_TEST(again->recorded->objectives.at("failing-tests") == objective_status::pass);
  BOOST_TEST(again->differences.empty());
}

BOOST_AUTO_TEST_CASE(evidence_that_was_changed_shows) {
  auto changed = bundle();
  for (auto& item : changed["items"])
    if (item["fact"] == "tests.failed") item["value"] = 3;
  auto const again = replay_bundle(canonical_json(changed));
  BOOST_REQUIRE(again.has_value());
  BOOST_REQUIRE(again->differences.size() == 3U);
  BOOST_TEST(again->differences[0] == "$.objectives.failing-tests: pass was recorded, fail follows");
  BOOST_TEST(again->differences[2] == "$.verdict: GO was recorded, NO_GO follows");
}

BOOST_AUTO_TEST_CASE(a_policy_that_was_changed_is_corrupt) {
  auto changed = bundle();
  changed["policy"]["pass"] = 10;
  auto const again = replay(canonical_json(changed));
  BOOST_REQUIRE(!again.has_value());
  BOOST_TEST((again.error().code == errc::corrupt));
}

BOOST_AUTO_TEST_CASE(members_of_a_later_version_are_refused_with_what_to_do) {
  auto later = bundle();
  later["signatures"] = nlohmann::json::array();
  auto const again = replay(canonical_json(later));
  BOOST_REQUIRE(!again.has_value());
  BOOST_TEST(again.error().where == "$.signatures");
  BOOST_TEST(again.error().remedy.find("replay it with that version") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_only_a_later_version_says_is_no_difference) {
  auto const decided = ask(default_policy(), evidence_of(sound_release())).result;
  auto stored = nlohmann::json::parse(encode_json(decided));
  stored.erase("freezes");
  for (auto& objective : stored["objectives"]) objective.erase("wanted");
  BOOST_TEST(differences_from(stored.dump(), decided)->empty());
  stored["score"] = 3;
  BOOST_TEST(differences_from(stored.dump(), decided)->front() == "$.score: 3 was recorded, 100 follows");
  BOOST_TEST(!differences_from("{}", decided).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
