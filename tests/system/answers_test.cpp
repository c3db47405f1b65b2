#include "actors/readiness/decide.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/digest.hpp"
#include "tests/system/support.hpp"

// The main job: questions over HTTP, answered from the data and from nothing else.

using namespace nexus;
using namespace nexus::testing;

namespace {

auto ready(std::string const& release) -> std::string { return "Is " + release + " ready for release?"; }

void mentions(json const& answer, std::string const& what) {
  auto const text = answer.at("result").get<std::string>();
  BOOST_TEST(text.find(what) != std::string::npos, "'" << what << "' is not in: " << text);
}

/// A reply of a role that answers as a task.
auto task_data(http_reply const& reply) -> json {
  BOOST_REQUIRE_EQUAL(reply.status, 200);
  auto const body = reply.data();
  BOOST_REQUIRE_MESSAGE(body.at("status") == "success", reply.body);
  return body.at("data");
}

} // namespace

BOOST_AUTO_TEST_CASE(three_releases_come_out_the_same_for_every_seed) {
  for (std::uint64_t seed : {1u, 7u, 20'260'115u}) {
    auto const system = running_node{[&](node_settings& settings) { settings.simulator.seed = seed; }};
    for (auto const& [release, verdict] :
         {std::pair{"v1.9.0", "GO"}, {"v2.0.0", "NO_GO"}, {"v2.1.0", "INCONCLUSIVE"}}) {
      BOOST_TEST_CONTEXT(release << " with seed " << seed) {
        auto const answer = system.ask(ready(release));
        BOOST_TEST(answer.at("decision") == verdict);
        BOOST_TEST(answer.at("status") == "success");
        BOOST_TEST(!answer.at("run_id").get<std::string>().empty());
        mentions(answer, release);
        auto const decided = system.get(std::string{"/readiness/"} + release).data();
        BOOST_TEST(decided.at("verdict") == verdict);
        BOOST_TEST(decided.at("decision_id") == answer.at("decision_id"));
        BOOST_TEST(decided.at("score") == answer.at("score"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_release_is_found_as_people_write_it_and_what_is_not_there_is_answered_with_what_is) {
  auto const system = running_node{};
  for (auto const* written : {"v2.0.0", "2.0.0", "v2.0", "release%202.0"})
    BOOST_TEST(system.get(std::string{"/readiness/"} + written).data().at("release") == "v2.0.0");
  auto const none = system.get("/readiness/v9.9.9");
  BOOST_TEST(none.status == 404);
  BOOST_TEST(none.body.find("v2.0.0") != std::string::npos, none.body);
  auto const answer = system.ask(ready("v9.9.9"));
  BOOST_TEST(answer.at("decision").is_null());
  mentions(answer, "v2.0.0");
}

BOOST_AUTO_TEST_CASE(questions_about_tickets_sprints_builds_and_pull_requests_are_answered_from_the_data) {
  auto const system = running_node{};
  auto const ticket = task_data(send(system.jira(), "GET", "/issue/PROJ-123"));
  auto const about_ticket = system.ask("What is the status of PROJ-123?");
  mentions(about_ticket, ticket.at("key"));
  mentions(about_ticket, ticket.at("status_name"));

  auto const sprint = task_data(send(system.jira(), "GET", "/sprint-stats/PROJ"));
  mentions(system.ask("How is the sprint going in PROJ?"), std::to_string(sprint.at("total_issues").get<int>()));

  auto const build = task_data(send(system.git_ci(), "GET", "/build/nexus-main/status"));
  auto const about_build = system.ask("Is nexus-main green?");
  mentions(about_build, std::to_string(build.at("build_number").get<int>()));

  auto const pulls = task_data(send(system.git_ci(), "GET", "/repo/nexus/backend/prs"));
  auto const number = pulls.at("prs").at(0).at("pr_number").get<int>();
  auto const pull = task_data(send(system.git_ci(), "GET", fmt::format("/repo/nexus/backend/pr/{}", number)));
  auto const about_pull = system.ask(fmt::format("is PR #{} of backend approved?", number));
  mentions(about_pull, std::to_string(number));
  mentions(about_pull, pull.at("title"));
}

BOOST_AUTO_TEST_CASE(changing_the_data_changes_the_answer) {
  auto const world = simulated_world{};
  auto const system = running_node{[&](node_settings& settings) {
    settings.simulator.url = world.url();
    settings.evidence.max_age = "0";
  }};
  BOOST_TEST(system.ask(ready("v1.9.0")).at("decision") == "GO");
  auto const search = task_data(
      send(system.jira(), "GET", "/search?jql=project%20%3D%20NEXUS%20AND%20fixVersion%20%3D%20%22v1.9.0%22"));
  auto const key = search.at("issues").at(0).at("key").get<std::string>();
  world.order("set", {{"ticket", key}, {"status", "Blocked"}});
  auto const blocked = system.ask(ready("v1.9.0"));
  BOOST_TEST(blocked.at("decision") == "NO_GO");
  mentions(system.ask("What is the status of " + key + "?"), "Blocked");
  world.order("set", {{"ticket", key}, {"status", "Done"}});
  BOOST_TEST(system.ask(ready("v1.9.0")).at("decision") == "GO");
}

BOOST_AUTO_TEST_CASE(a_decision_is_stored_with_evidence_from_which_it_follows_again) {
  auto const system = running_node{};
  auto const id = system.ask(ready("v2.0.0")).at("decision_id").get<std::string>();
  auto const stored = system.get("/decisions/" + id);
  BOOST_REQUIRE_EQUAL(stored.status, 200);
  auto const bundle = system.get("/decisions/" + id + "/bundle");
  BOOST_REQUIRE_EQUAL(bundle.status, 200);
  BOOST_TEST(stored.data().at("bundle_sha256") == sha256_hex(bundle.body));
  auto const again = readiness::replay(bundle.body);
  BOOST_REQUIRE(again);
  BOOST_TEST(encode_json(*again) == stored.body);
  auto const listed = system.get("/decisions?release=v2.0.0").data().at("decisions");
  BOOST_REQUIRE_EQUAL(listed.size(), 1u);
  BOOST_TEST(listed.at(0) == stored.data());
  BOOST_TEST(system.get("/decisions/dec_0").status == 404);
  BOOST_TEST(system.get("/decisions/dec_0/bundle").status == 404);
}

BOOST_AUTO_TEST_CASE(a_badge_shows_what_was_decided_last) {
  auto const system = running_node{};
  auto const before = system.get("/readiness/v2.0.0/badge.svg");
  BOOST_REQUIRE_EQUAL(before.status, 200);
  BOOST_TEST(before.field("content-type") == "image/svg+xml");
  BOOST_TEST(before.field("cache-control") == "max-age=60");
  BOOST_TEST(before.body.find("not judged") != std::string::npos, before.body);
  auto const verdict = system.get("/readiness/v2.0.0").data().at("verdict").get<std::string>();
  auto const after = system.get("/readiness/v2.0.0/badge.svg?project=NEXUS").body;
  BOOST_TEST(after.find("v2.0.0: " + verdict) != std::string::npos, after);
}

BOOST_AUTO_TEST_CASE(evidence_that_is_fresh_is_shared_and_a_decision_keeps_its_id) {
  auto const system = running_node{};
  auto const first = system.get("/readiness/v2.0.0").data();
  BOOST_TEST(system.get("/readiness/v2.0.0").data() == first);
  auto const anew = running_node{[](node_settings& settings) { settings.evidence.max_age = "0"; }};
  auto const one = anew.get("/readiness/v2.0.0").data(), two = anew.get("/readiness/v2.0.0").data();
  BOOST_TEST(one.at("decision_id") != two.at("decision_id"));
  BOOST_TEST(one.at("verdict") == two.at("verdict"));
}

BOOST_AUTO_TEST_CASE(a_question_that_no_tool_can_answer_is_refused_and_says_what_can_be_asked) {
  auto const system = running_node{};
  auto const answer = system.ask("What will the weather be like tomorrow?");
  BOOST_TEST(answer.at("status") == "failed");
  BOOST_TEST(answer.at("decision").is_null());
  mentions(answer, "release");
}
