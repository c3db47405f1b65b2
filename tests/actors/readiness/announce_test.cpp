#include "actors/readiness/announce.hpp"
#include "actors/readiness/badge.hpp"
#include "fixture.hpp"

#include <set>

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

auto decided(release_decision verdict) -> decision {
  auto result = ask(default_policy(), evidence_of(sound_release())).result;
  result.verdict = verdict;
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(announcements)

BOOST_AUTO_TEST_CASE(a_badge_shows_release_verdict_and_score) {
  auto const badge = render_badge(decided(release_decision::go));
  BOOST_TEST(badge.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  BOOST_TEST(badge.find("<title>v2.0.0: GO 100</title>") != std::string::npos);
  BOOST_TEST(badge.find("aria-label=\"v2.0.0: GO 100\"") != std::string::npos);
  auto colours = std::set<std::string>{};
  for (auto verdict : {release_decision::go, release_decision::no_go, release_decision::conditional,
                       release_decision::inconclusive, release_decision::pending}) {
    auto const drawn = render_badge(decided(verdict));
    auto const at = drawn.find("fill=\"#", drawn.find("#424242") + 8);
    colours.insert(drawn.substr(at, 14));
  }
  BOOST_TEST(colours.size() == 5U);
  BOOST_TEST(render_badge({}).find("not judged") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_badge_brings_no_markup_of_a_release) {
  auto hostile = decided(release_decision::go);
  hostile.release = "</text><script>\"&\x01" + std::string(100, 'x');
  auto const badge = render_badge(hostile);
  BOOST_TEST(badge.find("<script>") == std::string::npos);
  BOOST_TEST(badge.find('\x01') == std::string::npos);
  BOOST_TEST(badge.find("&lt;/text&gt;&lt;script&gt;&quot;&amp;xxx") != std::string::npos);
  BOOST_TEST(badge.find("...") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_event_is_a_finished_test_suite_run_of_cdevents) {
  auto const event = nlohmann::json::parse(cdevent_of(decided(release_decision::conditional)));
  BOOST_TEST(event["context"]["specversion"] == "0.5.0");
  BOOST_TEST(event["context"]["type"] == "dev.cdevents.testsuiterun.finished.0.3.0");
  BOOST_TEST(event["context"]["id"] == "dec-1");
  BOOST_TEST(event["context"]["timestamp"] == "2026-11-23T12:00:00.000Z");
  BOOST_TEST(event["context"]["source"] == "/nexus/PROJ");
  BOOST_TEST(event["subject"]["id"] == "v2.0.0");
  BOOST_TEST(event["subject"]["content"]["outcome"] == "success");
  BOOST_TEST(event["subject"]["content"]["environment"]["id"] == "unspecified");
  BOOST_TEST(event["subject"]["content"]["testSuite"]["name"] == "default");
  BOOST_TEST(event["customData"]["verdict"] == "CONDITIONAL");
  auto const outcome = [](release_decision verdict) {
    return nlohmann::json::parse(cdevent_of(decided(verdict)))["subject"]["content"]["outcome"].get<std::string>();
  };
  BOOST_TEST(outcome(release_decision::go) == "success");
  BOOST_TEST(outcome(release_decision::no_go) == "failure");
  BOOST_TEST(outcome(release_decision::inconclusive) == "error");
}

BOOST_AUTO_TEST_CASE(a_status_says_what_the_verdict_means_for_the_commit) {
  auto const status = commit_status_of(decided(release_decision::no_go), "nexus/backend");
  BOOST_TEST(status.repo_name == "nexus/backend");
  BOOST_TEST(status.commit == "4f2a9c1be0d5");
  BOOST_TEST((status.state == commit_state::failure));
  BOOST_TEST((commit_status_of(decided(release_decision::conditional), "x/y").state == commit_state::success));
  BOOST_TEST((commit_status_of(decided(release_decision::inconclusive), "x/y").state == commit_state::error));
}

BOOST_AUTO_TEST_SUITE_END()
