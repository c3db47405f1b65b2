#include "tests/system/support.hpp"

#include <algorithm>

// Runs over HTTP: their life, their listing, their events, their ends.

using namespace nexus;
using namespace nexus::testing;

namespace {

constexpr auto question = "Is v2.0.0 ready for release?";

auto with_latency(std::uint32_t milliseconds) -> running_node::change {
  return [=](node_settings& settings) { settings.llm.mock_latency_ms = milliseconds; };
}

} // namespace

BOOST_AUTO_TEST_CASE(a_run_is_accepted_goes_on_and_ends_with_its_steps_and_its_decision) {
  auto const system = running_node{with_latency(300)};
  auto const accepted =
      system.post("/runs", {{"query", question}, {"release", "v2.0.0"}, {"user_context", {{"team", "core"}}}});
  BOOST_REQUIRE_EQUAL(accepted.status, 202);
  auto const id = accepted.data().at("run_id").get<std::string>();
  BOOST_TEST(accepted.data().at("status") == "pending");
  BOOST_TEST(accepted.data().at("links").at("self") == "/runs/" + id);
  BOOST_TEST(accepted.data().at("links").at("events") == "/runs/" + id + "/events");
  BOOST_TEST(accepted.data().at("links").at("cancel") == "/runs/" + id + "/cancel");
  auto const early = system.get("/runs/" + id).data();
  BOOST_TEST((early.at("status") == "pending" || early.at("status") == "in_progress"));
  BOOST_TEST(early.at("result").is_null());

  auto const state = system.ended(id);
  BOOST_TEST(state.at("status") == "success");
  BOOST_TEST(state.at("decision") == "NO_GO");
  BOOST_TEST(state.at("query") == question);
  BOOST_TEST(state.at("user_context").at("team") == "core");
  BOOST_TEST(!state.at("evidence").empty());
  BOOST_TEST(state.at("finished_at") > state.at("created_at"));
  auto const& steps = state.at("steps");
  BOOST_REQUIRE_GE(steps.size(), 2u);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto const& step = steps.at(i);
    auto const last = i + 1 == steps.size();
    BOOST_TEST(step.at("step_number") == i + 1);
    BOOST_TEST(step.at("is_final") == last);
    BOOST_TEST(step.at("action").is_null() == last);
    BOOST_TEST(step.at("observation").is_null() == last);
    BOOST_TEST((last ? step.at("action_input").is_null() : step.at("action_input").is_object()));
    BOOST_TEST(step.at("thought").is_string());
    BOOST_TEST(step.at("duration_ms").is_number());
  }
  BOOST_TEST(system.get("/decisions/" + state.at("decision_id").get<std::string>()).status == 200);
  BOOST_TEST(system.get("/runs/run_0").status == 404);
}

BOOST_AUTO_TEST_CASE(runs_are_listed_page_by_page_each_exactly_once) {
  auto const system = running_node{};
  auto started = std::set<std::string>{};
  for (auto i = 0; i < 30; ++i) {
    auto body = json{{"query", i % 3 == 0 ? "What will the weather be like?" : question}};
    if (i % 2 == 0) body["release"] = "v2.0.0";
    auto const reply = system.post("/runs", body);
    BOOST_REQUIRE_EQUAL(reply.status, 202);
    started.insert(reply.data().at("run_id"));
  }
  for (auto const& id : started) system.ended(id);
  auto const ids_of = [](std::vector<json> const& runs) {
    auto ids = std::set<std::string>{};
    for (auto const& entry : runs) ids.insert(entry.at("run_id"));
    BOOST_TEST(ids.size() == runs.size(), "a run is listed twice");
    return ids;
  };
  auto const all = system.all_runs();
  BOOST_TEST(ids_of(all) == started);
  BOOST_TEST(std::is_sorted(all.rbegin(), all.rend(),
                            [](auto const& a, auto const& b) { return a.at("run_id") < b.at("run_id"); }));
  auto const failed = system.all_runs("&status=failed"), succeeded = system.all_runs("&status=success");
  BOOST_TEST(ids_of(failed).size() == 10u);
  BOOST_TEST(ids_of(succeeded).size() == 20u);
  BOOST_TEST(ids_of(system.all_runs("&release=v2.0.0&status=failed")).size() == 5u);
  BOOST_TEST(system.all_runs("&release=v0.0.1").empty());
  BOOST_TEST(system.all_runs("&status=in_progress").empty());
  BOOST_TEST(system.get("/runs?status=done").status == 422);
  BOOST_TEST(system.get("/runs?limit=0").status == 422);
}

BOOST_AUTO_TEST_CASE(runs_in_progress_can_be_listed_and_cancelled) {
  auto const system = running_node{with_latency(20'000)};
  auto const id = system.start(question);
  BOOST_TEST(eventually([&] { return system.get("/runs/" + id).data().at("status") == "in_progress"; }));
  auto const going_on = system.all_runs("&status=in_progress");
  BOOST_REQUIRE_EQUAL(going_on.size(), 1u);
  BOOST_TEST(going_on.front().at("run_id") == id);
  BOOST_TEST(system.all_runs("&status=pending").empty());

  auto const cancelled = system.post("/runs/" + id + "/cancel", json::object());
  BOOST_REQUIRE_EQUAL(cancelled.status, 200);
  BOOST_TEST(cancelled.data().at("status") == "cancelled");
  BOOST_TEST(cancelled.data().at("error_code") == "cancelled");
  BOOST_TEST(system.get("/runs/" + id).data() == cancelled.data());
  // A run that is over stays as it is.
  BOOST_TEST(system.post("/runs/" + id + "/cancel", json::object()).data() == cancelled.data());
  BOOST_TEST(system.post("/runs/run_0/cancel", json::object()).status == 404);
}

BOOST_AUTO_TEST_CASE(events_come_in_order_and_go_on_where_a_client_left_off) {
  auto const system = running_node{with_latency(150)};
  auto const id = system.start(question);
  auto const reply = system.get("/runs/" + id + "/events");
  BOOST_REQUIRE_EQUAL(reply.status, 200);
  BOOST_TEST(reply.field("content-type") == "text/event-stream");
  auto const live = events_in(reply.body);
  auto const state = system.ended(id);
  BOOST_REQUIRE_EQUAL(live.size(), state.at("steps").size() + 4);
  for (std::size_t i = 0; i < live.size(); ++i) BOOST_TEST(live[i].id == std::to_string(i + 1));
  BOOST_TEST(live.at(0).data.at("status") == "pending");
  BOOST_TEST(live.at(1).data.at("status") == "in_progress");
  for (std::size_t i = 0; i < state.at("steps").size(); ++i) {
    BOOST_TEST(live.at(i + 2).name == "step");
    BOOST_TEST(live.at(i + 2).data.at("step_number") == i + 1);
  }
  BOOST_TEST(live.at(live.size() - 2).data.at("status") == "success");
  BOOST_TEST(live.back().name == "result");
  BOOST_TEST(live.back().data == state);

  // From the store the same events come under the same numbers, whole or from anywhere.
  for (std::size_t last = 0; last <= live.size(); ++last) {
    auto const rest = events_in(system.get("/runs/" + id + "/events", {{"Last-Event-ID", std::to_string(last)}}).body);
    BOOST_REQUIRE_EQUAL(rest.size(), live.size() - last);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      BOOST_TEST(rest[i].id == live[last + i].id);
      BOOST_TEST(rest[i].name == live[last + i].name);
    }
  }
  BOOST_TEST(system.get("/runs/run_0/events").status == 404);
}

BOOST_AUTO_TEST_CASE(event_streams_are_counted_when_they_end_by_their_route) {
  auto const system = running_node{with_latency(2'000)};
  auto const id = system.start(question);
  auto const counted = [&](std::string const& metric) {
    auto const text = system.get("/metrics").body;
    auto const begin = text.find("\n" + metric + " ");
    return begin == std::string::npos
               ? std::string{"none"}
               : text.substr(begin + metric.size() + 2, text.find('\n', begin + 1) - begin - metric.size() - 2);
  };
  auto const answers = [](int status) {
    return fmt::format(
        R"(http_requests_total{{agent_type="orchestrator",endpoint="/runs/{{run_id}}/events",method="GET",status="{}"}})",
        status);
  };
  constexpr auto active = R"(http_active_requests{agent_type="orchestrator"})";
  {
    auto const client = std::jthread{[&] { (void)system.get("/runs/" + id + "/events"); }};
    BOOST_TEST(eventually([&] { return counted(active) == "1"; }));
    BOOST_TEST(counted(answers(200)) == "none", "the stream is not over");
    system.post("/runs/" + id + "/cancel", json::object());
  }
  BOOST_TEST(eventually([&] { return counted(answers(200)) == "1"; }));
  BOOST_TEST(eventually([&] { return counted(active) == "0"; }));
  auto const size = R"(http_response_size_bytes_bucket{endpoint="/runs/{run_id}/events",method="GET",le="64"})";
  BOOST_TEST(counted(size) == "0", "the events have a size");
  BOOST_TEST(system.get("/runs/run_0/events").status == 404);
  BOOST_TEST(eventually([&] { return counted(answers(404)) == "1"; }));
}

BOOST_AUTO_TEST_CASE(many_listeners_hear_the_same_run) {
  auto const system = running_node{with_latency(150)};
  auto const id = system.start(question);
  auto heard = std::vector<std::string>(8);
  {
    auto clients = std::vector<std::jthread>{};
    for (auto& body : heard) clients.emplace_back([&] { body = system.get("/runs/" + id + "/events").body; });
  }
  for (auto const& body : heard) {
    auto const events = events_in(body);
    BOOST_REQUIRE(!events.empty());
    BOOST_TEST(events.front().id == "1");
    BOOST_TEST(events.back().name == "result");
    BOOST_TEST(events.back().id == std::to_string(events.size()));
  }
}

BOOST_AUTO_TEST_CASE(a_query_whose_client_hangs_up_runs_on) {
  auto const system = running_node{with_latency(300)};
  send_and_hang_up(system.orchestrator(), "POST", "/query", json{{"query", question}}.dump());
  BOOST_TEST(eventually([&] {
    auto const runs = system.all_runs();
    return runs.size() == 1 && runs.front().at("status") == "success" && runs.front().at("decision") == "NO_GO";
  }));
}

BOOST_AUTO_TEST_CASE(a_used_up_budget_is_a_failure_and_said_as_such) {
  auto const system = running_node{with_latency(100)};
  auto const steps = system.ended(system.start(question, {{"max_steps", 1}}));
  BOOST_TEST(steps.at("status") == "failed");
  BOOST_TEST(steps.at("error_code") == "budget_exceeded");
  BOOST_TEST(steps.at("result").is_null());
  auto const tokens = system.ended(system.start(question, {{"max_tokens", 1}}));
  BOOST_TEST(tokens.at("error_code") == "budget_exceeded");
  BOOST_TEST(system.post("/runs", {{"query", question}, {"budget", {{"max_steps", 0}}}}).status == 422);

  auto const slow = running_node{with_latency(5'000)};
  auto const late = slow.ended(slow.start(question, {{"timeout_seconds", 1}}));
  BOOST_TEST(late.at("status") == "timeout");
  BOOST_TEST(late.at("error_code") == "deadline_exceeded");
  auto const asked = slow.ask(question, {{"timeout_seconds", 1}});
  BOOST_TEST(asked.at("status") == "timeout");
  BOOST_TEST(!asked.at("error").is_null());
}

BOOST_AUTO_TEST_CASE(execute_asks_as_the_reference_does) {
  auto const system = running_node{};
  auto const reply =
      system.post("/execute", {{"task_id", "task-1"}, {"action", "query"}, {"payload", {{"query", question}}}});
  BOOST_REQUIRE_EQUAL(reply.status, 200);
  BOOST_TEST(reply.data().at("task_id") == "task-1");
  BOOST_TEST(reply.data().at("status") == "success");
  BOOST_TEST(reply.data().at("data").at("decision") == "NO_GO");
  // An action that is not known is asked as a question.
  auto const other = system.post("/execute", {{"action", "check_release"}, {"payload", {{"query", question}}}});
  BOOST_TEST(other.data().at("data").at("decision") == "NO_GO");
}

BOOST_AUTO_TEST_CASE(execute_tells_a_run_that_failed_as_a_failed_task_with_its_answer) {
  auto const system = running_node{};
  auto const unanswerable = json{{"query", "What will the weather be like tomorrow?"}};
  auto const reply = system.post("/execute", {{"task_id", "task-1"}, {"action", "query"}, {"payload", unanswerable}});
  BOOST_REQUIRE_EQUAL(reply.status, 200);
  auto const task = reply.data();
  BOOST_TEST(task.at("task_id") == "task-1");
  BOOST_TEST(task.at("status") == "failed");
  auto const& answer = task.at("data");
  BOOST_TEST(answer.at("status") == "failed");
  BOOST_TEST(!answer.at("result").get<std::string>().empty());
  BOOST_TEST(task.at("error_message") == answer.at("error"));
  BOOST_TEST(task.at("error_code").is_null(), "the task was carried out; its answer says what became of the run");
  auto const run = system.get("/runs/" + answer.at("run_id").get<std::string>()).data();
  BOOST_TEST(run.at("status") == "failed");
  BOOST_TEST(run.at("error") == task.at("error_message"));
  BOOST_TEST(run.at("error_code") == "refused");
}

BOOST_AUTO_TEST_CASE(an_orderly_end_loses_nothing_and_the_next_start_goes_on) {
  auto const directory = temporary_directory{};
  auto ids = std::vector<std::string>{};
  {
    auto system = running_node{directory.path(), with_latency(3'000)};
    for (auto i = 0; i < 5; ++i) ids.push_back(system.start(question));
    auto const begun = std::chrono::steady_clock::now();
    system.stop();
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s), "stopping takes too long");
    BOOST_TEST(system.get("/health").status == 0);
  }
  auto const system = running_node{directory.path(), {}};
  for (auto const& id : ids) BOOST_TEST(system.ended(id).at("status") == "success");
  BOOST_TEST(system.all_runs().size() == ids.size());
}
