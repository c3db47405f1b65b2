#include "runtime/rest/service.hpp"
#include "tests/system/support.hpp"

#include <boost/test/data/test_case.hpp>

// What runs write outside is there once, whatever dies between the call and its outcome.

using namespace nexus;
using namespace nexus::testing;
namespace data = boost::unit_test::data;

namespace {

/// A write, and how often the world shows it.
struct change {
  char const* demand;
  char const* service;
  /// The path of the request that writes, behind the service's name.
  char const* path;
  char const* answer;
};
auto operator<<(std::ostream& out, change const& each) -> std::ostream& { return out << each.demand; }

auto const changes = std::vector<change>{
    {"comment on PROJ-123: shipped", "jira", "/rest/api/3/issue/PROJ-123/comment", "PROJ-123: the comment was added"},
    {"move PROJ-123 to Done", "jira", "/rest/api/3/issue/PROJ-123/transitions", "PROJ-123 is Done"},
    {"trigger nexus-main with BRANCH=main", "jenkins", "/job/nexus-main/buildWithParameters",
     "nexus-main #144 has started"},
};

struct written_world : simulated_world {
  written_world() : simulated_world(true) {}

  auto read(std::string const& target) const -> json {
    return send(port(), "GET", target, {}, {{"Authorization", rest::basic_authorization("nexus", "simulator-token")}})
        .data();
  }
  auto posted(change const& what) const -> std::size_t {
    auto count = std::size_t{0};
    auto const log = send(port(), "GET", "/_simulator/log?service=" + std::string{what.service}).data();
    for (auto const& request : log.at("requests"))
      count +=
          request.at("method") == "POST" && request.at("path").get<std::string>().find(what.path) != std::string::npos;
    return count;
  }
  /// Answers to the write come so late that there is time to die before.
  void hold_answers(change const& what) const {
    order("faults", {{"service", what.service}, {"match", what.path}, {"kind", "slow"}, {"delay_ms", 3'000}});
  }
  void check_once(change const& what) const {
    auto const issue = std::string{"/jira/rest/api/3/issue/PROJ-123"};
    if (std::string_view{what.path}.ends_with("comment")) BOOST_TEST(read(issue + "/comment").at("total") == 1);
    if (std::string_view{what.path}.ends_with("transitions"))
      BOOST_TEST(read(issue + "?fields=status").at("fields").at("status").at("name") == "Done");
    if (what.service == std::string_view{"jenkins"})
      BOOST_TEST(read("/jenkins/job/nexus-main/api/json?tree=lastBuild[number]").at("lastBuild").at("number") == 144);
    BOOST_TEST(posted(what) == 1u);
  }
};

} // namespace

BOOST_DATA_TEST_CASE(a_write_is_there_once_when_the_process_is_killed_before_its_outcome, data::make(changes), what) {
  auto const world = written_world{};
  auto const directory = temporary_directory{};
  auto const place = directory.path() + "/data";
  auto const settings = std::vector<std::string>{"simulator.url=" + world.url(), "log.level=error"};
  auto id = std::string{};
  world.hold_answers(what);
  {
    auto first = node_process{place, settings};
    id = first.start(what.demand);
    BOOST_REQUIRE(eventually([&] { return world.posted(what) == 1; }));
    first.kill();
  }
  world.clear_faults();
  auto const second = node_process{place, settings};
  auto const state = second.ended(id);
  BOOST_TEST(state.at("status") == "success", state.dump());
  BOOST_TEST(state.value("result", "").starts_with(std::string_view{what.answer}.substr(0, 14)), state.dump());
  world.check_once(what);
}

BOOST_DATA_TEST_CASE(a_write_is_there_once_when_its_runs_actor_dies_before_its_outcome, data::make(changes), what) {
  auto const world = written_world{};
  auto const system = running_node{[&](node_settings& settings) { settings.simulator.url = world.url(); }};
  world.hold_answers(what);
  auto const id = system.start(what.demand);
  BOOST_REQUIRE(eventually([&] { return world.posted(what) == 1; }));
  BOOST_REQUIRE(system.node().kill("nexus/orchestrator/runs/" + id));
  world.clear_faults();
  auto const state = system.ended(id);
  BOOST_TEST(state.at("status") == "success", state.dump());
  world.check_once(what);
}

BOOST_DATA_TEST_CASE(a_write_is_there_once_when_its_agent_dies_before_its_outcome, data::make(changes), what) {
  auto const world = written_world{};
  auto const system = running_node{[&](node_settings& settings) { settings.simulator.url = world.url(); }};
  world.hold_answers(what);
  auto const id = system.start(what.demand);
  BOOST_REQUIRE(eventually([&] { return world.posted(what) == 1; }));
  BOOST_REQUIRE(
      system.node().kill(what.service == std::string_view{"jira"} ? "nexus/jira/agent" : "nexus/git_ci/agent"));
  world.clear_faults();
  auto const state = system.ended(id);
  BOOST_TEST(state.at("status") == "success", state.dump());
  world.check_once(what);
}

BOOST_AUTO_TEST_CASE(an_agent_that_is_shut_out_when_it_is_back_does_not_deny_what_it_has_written) {
  auto const world = written_world{};
  auto const system = running_node{[&](node_settings& settings) { settings.simulator.url = world.url(); }};
  auto const& what = changes[1];
  world.hold_answers(what);
  auto const id = system.start(what.demand);
  BOOST_REQUIRE(eventually([&] { return world.posted(what) == 1; }));
  BOOST_REQUIRE(system.node().kill("nexus/jira/agent"));
  world.clear_faults();
  world.order("faults", {{"service", "jira"}, {"match", "/rest/api/3/issue/PROJ-123"}, {"status", 403}, {"count", 1}});
  auto const state = system.ended(id);
  BOOST_TEST(state.at("status") == "success", state.dump());
  BOOST_TEST(state.value("result", "").starts_with("PROJ-123 is Done"), state.dump());
  world.check_once(what);
}

BOOST_AUTO_TEST_CASE(a_write_that_cannot_be_settled_is_never_repeated_and_needs_attention) {
  auto const world = written_world{};
  auto const directory = temporary_directory{};
  auto const place = directory.path() + "/data";
  auto const settings = std::vector<std::string>{"simulator.url=" + world.url(), "log.level=error"};
  // This job takes no parameter that could carry the key.
  auto const what = change{"trigger a build of platform/nightly", "jenkins", "/job/platform/job/nightly/build", ""};
  auto id = std::string{};
  world.hold_answers(what);
  {
    auto first = node_process{place, settings};
    id = first.start(what.demand);
    BOOST_REQUIRE(eventually([&] { return world.posted(what) == 1; }));
    first.kill();
  }
  world.clear_faults();
  auto const second = node_process{place, settings};
  auto const state = second.ended(id);
  BOOST_TEST(state.at("status") == "needs_attention", state.dump());
  BOOST_TEST(state.value("error", "").find("trigger_build") != std::string::npos, state.dump());
  BOOST_TEST(world.posted(what) == 1u);
}

BOOST_AUTO_TEST_CASE(tickets_and_builds_are_written_through_every_door) {
  auto const world = written_world{};
  auto const system = running_node{[&](node_settings& settings) { settings.simulator.url = world.url(); }};
  // The reference's own ways: query members, a body, and /execute.
  auto const moved = send(system.jira(), "POST", "/update?key=PROJ-123&status=In%20Review").data();
  BOOST_TEST(moved.at("status") == "success", moved.dump());
  BOOST_TEST(moved.at("data").at("status") == "In Review");
  auto const commented =
      send(system.jira(), "POST", "/execute", R"({"action":"update","payload":{"key":"PROJ-123","comment":"hello"}})")
          .data();
  BOOST_TEST(commented.at("data").at("comment_added") == true, commented.dump());
  auto const nothing = send(system.jira(), "POST", "/update", R"({"key":"PROJ-123"})");
  BOOST_TEST(nothing.status == 200);
  BOOST_TEST(nothing.data().at("status") == "failed");
  BOOST_TEST(nothing.data().at("error_message") == "Either status or comment must be provided");
  auto const fields =
      send(system.jira(), "POST", "/update-ticket",
           R"({"ticket_key":"PROJ-123","fields":{"priority":"Low","summary":"new"},"updated_by":"ann"})")
          .data();
  BOOST_TEST(fields.at("data").at("fields_updated") == json::parse(R"(["priority","summary"])"), fields.dump());
  BOOST_TEST(fields.at("data").at("updated_by") == "ann");
  auto const ticket = send(system.jira(), "GET", "/issue/PROJ-123").data().at("data");
  BOOST_TEST(ticket.at("status") == "In Review");
  BOOST_TEST(ticket.at("priority") == "Low");
  BOOST_TEST(ticket.at("comments").size() == 1u);

  // A parameter that is called like a member of ours is the job's all the same.
  auto const refused = send(system.git_ci(), "POST", "/build/nexus-main", R"({"job_name":"other"})").data();
  BOOST_TEST(refused.at("status") == "failed");
  BOOST_TEST(refused.at("error_message").get<std::string>().find("does not take: job_name") != std::string::npos);
  auto const built = send(system.git_ci(), "POST", "/build/platform/nightly").data();
  BOOST_TEST(built.at("data").at("build_number").is_number(), built.dump());
  auto const by_action =
      send(system.git_ci(), "POST", "/execute",
           R"({"action":"trigger_build","payload":{"job_name":"nexus-main","parameters":{"DRY_RUN":true}}})")
          .data();
  BOOST_TEST(by_action.at("data").at("queue_id").is_number(), by_action.dump());

  for (auto const* wrong :
       {"/hierarchy/PROJ-100?max_depth=6", "/hierarchy/PROJ-100?max_depth=0",
        "/search?jql=project%3DPROJ&max_results=101", "/search?jql=project%3DPROJ&start_at=-1", "/search"})
    BOOST_TEST(send(system.jira(), "GET", wrong).status == 422, wrong);
  BOOST_TEST(send(system.git_ci(), "GET", "/build/nexus-main/history?limit=51").status == 422);
}

BOOST_AUTO_TEST_CASE(a_write_makes_the_next_answer_read_anew) {
  auto const world = written_world{};
  auto const system = running_node{[&](node_settings& settings) {
    settings.simulator.url = world.url();
    settings.evidence.max_age = "1h";
  }};
  auto const before = system.ask("What is the status of PROJ-123?").at("result").get<std::string>();
  BOOST_TEST(before.find("In Progress") != std::string::npos, before);
  BOOST_TEST(send(system.jira(), "POST", "/update?key=PROJ-123&status=Done").status == 200);
  auto const after = system.ask("What is the status of PROJ-123?").at("result").get<std::string>();
  BOOST_TEST(after.find("Done") != std::string::npos, after);
}

BOOST_AUTO_TEST_CASE(a_run_that_only_reads_changes_nothing) {
  auto const world = written_world{};
  auto const system = running_node{[&](node_settings& settings) { settings.simulator.url = world.url(); }};
  auto const answer =
      system.post("/query", {{"query", "move PROJ-123 to Done"}, {"user_context", {{"read_only", "true"}}}});
  BOOST_TEST(answer.data().at("status") == "failed", answer.body);
  BOOST_TEST(world.posted(changes[1]) == 0u);
}
