#include "tests/actors/orchestrator/orchestration.hpp"

#include <rapidcheck.h>

// The orchestrator with its run workers, before a model and tools that the test plays.

using namespace nexus;
using namespace nexus::orchestrator;
using namespace nexus::orchestrator::testing;
using supervision::await;
using supervision::eventually;

BOOST_FIXTURE_TEST_CASE(a_run_calls_the_tools_that_the_model_wants_and_ends_with_its_answer, orchestration) {
  *model = [](complete_chat const& chat) -> expected<chat_completion> {
    BOOST_TEST(chat.tools.size() == 1u);
    BOOST_TEST(texts_of(chat, chat_role::user).front() == "what is there?");
    if (turns_so_far(chat) == 0)
      return wants({{"look", R"({"ticket_key":"A-1"})"}, {"look", R"({"ticket_key":"A-2"})"}});
    auto const seen = texts_of(chat, chat_role::tool);
    return says("seen " + seen.at(0) + " and " + seen.at(1));
  };
  begin();
  auto const got = answer("what is there?");
  BOOST_TEST((got.status == run_status::success));
  BOOST_TEST(got.result == R"(seen {"looked_at":"A-1"} and {"looked_at":"A-2"})");
  BOOST_TEST(got.plan == "look -> look");
  BOOST_TEST(got.steps == 3u);
  BOOST_TEST(got.tokens_used == 30u);
  auto const kept = state(got.run_id);
  BOOST_TEST((kept.steps.at(1).action_input == json_text{R"({"ticket_key":"A-2"})"}));
  BOOST_TEST(kept.steps.back().is_final);
  BOOST_TEST(kept.model == "scripted");
  BOOST_TEST(kept.evidence.size() == 2u);
  BOOST_TEST(!kept.degraded);
  BOOST_TEST(environment->board->size() == 0u);
  BOOST_TEST(ended == 1);
}

BOOST_FIXTURE_TEST_CASE(what_a_tool_refuses_and_tools_that_do_not_exist_go_back_to_the_model, orchestration) {
  tools.push_back(
      tool("fail", [](auto*, auto const&, operation_callback done) { done(fail(errc::not_found, "no ticket A-1")); }));
  tools.push_back(tool(
      "down", [](auto*, auto const&, operation_callback done) { done(fail(errc::upstream, "Jira answered 500")); }));
  *model = [](complete_chat const& chat) -> expected<chat_completion> {
    if (turns_so_far(chat) == 0) return wants({{"fail", "{}"}, {"down", "{}"}, {"rm -rf", "{}"}, {"look", "no JSON"}});
    auto text = std::string{};
    for (auto const& seen : texts_of(chat, chat_role::tool))
      text += nlohmann::json::parse(seen).at("error").at("code").get<std::string>() + " ";
    return says(text);
  };
  begin();
  auto const got = answer("?");
  BOOST_TEST(got.result == "not_found upstream refused malformed ");
  BOOST_TEST(got.degraded);
  BOOST_REQUIRE_EQUAL(got.degraded_reasons.size(), 1u);
  BOOST_TEST(got.degraded_reasons.front().find("Jira answered 500") != std::string::npos);
  BOOST_TEST(got.evidence.empty(), "errors are no evidence");
}

BOOST_FIXTURE_TEST_CASE(the_verdict_is_the_decisions_own_whatever_the_model_says, orchestration) {
  auto assess = tool("assess", [](auto*, auto const&, operation_callback done) {
    auto made = decision{};
    made.decision_id = "dec_1";
    made.release = "v2.0.0";
    made.verdict = release_decision::no_go;
    made.score = 42.5;
    made.degraded_reasons = {"GitHub was slow"};
    made.objectives.push_back({.name = "x", .source = "jira:NEXUS"});
    done(operation_result{encode_json(made)});
  });
  assess.reply = &descriptor_of<decision>();
  tools.push_back(assess);
  *model = [](complete_chat const& chat) -> expected<chat_completion> {
    return turns_so_far(chat) == 0 ? wants({{"assess", "{}"}}) : says("It is a clear GO!");
  };
  begin();
  auto const got = answer("ready?");
  BOOST_TEST((got.decision == release_decision::no_go));
  BOOST_TEST(got.decision_id.value() == "dec_1");
  BOOST_TEST(got.score.value() == 42.5);
  BOOST_TEST(got.degraded);
  BOOST_TEST(got.evidence == std::vector<std::string>{"jira:NEXUS"});
  BOOST_TEST(state(got.run_id).release.value() == "v2.0.0");
}

BOOST_FIXTURE_TEST_CASE(reaching_a_limit_is_a_failure_that_says_which, orchestration) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  *model = [calls](complete_chat const& chat) -> expected<chat_completion> {
    auto const question = texts_of(chat, chat_role::user).front();
    if (question == "loop") return wants({{"look", R"({"ticket_key":"A-1"})"}});
    if (question == "crowd")
      return wants(std::vector(17, std::pair<std::string, std::string>{"look", R"({"ticket_key":"A-1"})"}));
    if (question == "cut") return says("I was about to", finish_reason::length);
    if (question == "refuse") return says("Ask about releases.", finish_reason::refusal);
    if (question == "broken") return fail(errc::upstream, "no model today");
    return wants({{"look", fmt::format(R"({{"ticket_key":"A-{}"}})", ++*calls)}});
  };
  begin();
  auto const code = [&](std::string question, run_budget budget = {}) {
    auto const got = answer(std::move(question), budget);
    BOOST_TEST((got.status == run_status::failed));
    return state(got.run_id).error_code.value_or("") + ": " + got.error.value_or("");
  };
  BOOST_TEST(code("on and on").starts_with("budget_exceeded: no answer after 10 steps"));
  BOOST_TEST(code("on and on", {.max_steps = 2}).starts_with("budget_exceeded: no answer after 2 steps"));
  BOOST_TEST(code("on and on", {.max_tokens = 20}).starts_with("budget_exceeded: no answer after 30 of 20 tokens"));
  BOOST_TEST(code("loop").find("3 times with the same result") != std::string::npos);
  BOOST_TEST(code("crowd").starts_with("budget_exceeded"));
  BOOST_TEST(code("cut").starts_with("budget_exceeded"));
  BOOST_TEST(code("refuse").starts_with("refused"));
  BOOST_TEST(code("broken").find("no model today") != std::string::npos);
  BOOST_TEST(ended == 8);
}

BOOST_FIXTURE_TEST_CASE(time_is_a_limit_too_and_a_cancellation_comes_between, orchestration) {
  *model = [](complete_chat const&) { return std::nullopt; };
  begin();
  auto const late = answer("?", {.timeout_seconds = 1});
  BOOST_TEST((late.status == run_status::timeout));
  auto const id = began("?");
  BOOST_REQUIRE(eventually([&] { return state(id).status == run_status::in_progress; }));
  auto const cancelled = ask(cancel_run{id});
  BOOST_REQUIRE(cancelled);
  BOOST_TEST((cancelled->status == run_status::cancelled));
  BOOST_TEST((state(id).status == run_status::cancelled));
  auto const unknown = ask(cancel_run{"run_0"});
  BOOST_REQUIRE(!unknown);
  BOOST_TEST((unknown.error().code == errc::not_found));
}

BOOST_FIXTURE_TEST_CASE(the_same_idempotency_key_is_the_same_run, orchestration) {
  auto asked = std::make_shared<std::atomic<int>>(0);
  *model = [asked](complete_chat const&) -> expected<chat_completion> {
    ++*asked;
    return says("done");
  };
  begin();
  auto context = call{};
  context.idempotency_key = ids->next();
  auto const id = began("?", context);
  BOOST_TEST(id == "run_" + context.idempotency_key);
  BOOST_TEST(began("?", context) == id);
  BOOST_TEST(answer("?", {}, context).run_id == id);
  BOOST_TEST((over(id).status == run_status::success));
  BOOST_TEST(began("?", context) == id);
  BOOST_TEST(answer("?", {}, context).result == "done");
  BOOST_TEST(asked->load() == 1);
  BOOST_TEST(ask(list_runs{})->runs.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_crashes_goes_on_from_the_journal, orchestration) {
  auto looked = std::make_shared<std::atomic<int>>(0);
  auto hold = std::make_shared<std::atomic<bool>>(true);
  tools.push_back(tool("count", [looked](auto*, auto const&, operation_callback done) {
    done(operation_result{std::to_string(++*looked)});
  }));
  *model = [hold](complete_chat const& chat) -> std::optional<expected<chat_completion>> {
    if (turns_so_far(chat) == 0) return wants({{"count", "{}"}});
    if (*hold) return std::nullopt;
    return says("counted " + texts_of(chat, chat_role::tool).front());
  };
  begin();
  auto const id = began("?");
  BOOST_REQUIRE(eventually([&] { return state(id).steps.size() == 1; }));
  *hold = false;
  kill("runs/" + id);
  auto const outcome = over(id);
  BOOST_TEST((outcome.status == run_status::success));
  BOOST_TEST(outcome.result.value() == "counted 1");
  BOOST_TEST(outcome.steps.size() == 2u);
  BOOST_TEST(outcome.tokens_used == 30u);
  BOOST_TEST(looked->load() == 1, "the turn was on the disk and is not made again");
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_keeps_crashing_takes_its_run_with_it, orchestration) {
  tools.push_back(tool("explode", [](auto*, auto const&, operation_callback) { throw std::runtime_error{"bang"}; }));
  *model = [](complete_chat const&) -> expected<chat_completion> { return wants({{"explode", "{}"}}); };
  begin();
  auto const got = answer("?");
  BOOST_TEST((got.status == run_status::failed));
  BOOST_TEST(got.error.value().find("crashed 3 times") != std::string::npos, got.error.value());
  BOOST_TEST((answer("?").status == run_status::failed));
}

BOOST_FIXTURE_TEST_CASE(runs_outlive_the_orchestrator_and_their_supervisor, orchestration) {
  auto hold = std::make_shared<std::atomic<bool>>(true);
  *model = [hold](complete_chat const&) -> std::optional<expected<chat_completion>> {
    if (*hold) return std::nullopt;
    return says("done");
  };
  begin();
  auto question = client.ask(at<orchestrator_actor>("agent"), ask_question{"?", {}, {}}, [&] {
    auto context = call{};
    context.idempotency_key = ids->next();
    return context;
  }());
  auto const id = began("?");
  BOOST_REQUIRE(eventually([&] { return environment->board->size() == 2; }));
  kill("agent");
  BOOST_REQUIRE(eventually([&] { return names->record("t/agent")->describe().restarts == 1; }));
  kill("runs");
  *hold = false;
  kill("llm");
  auto const got = await(std::move(question));
  BOOST_REQUIRE_MESSAGE(got, (got ? std::string{} : got.error().render()));
  BOOST_TEST(got->result == "done");
  BOOST_TEST(over(id).result.value() == "done");
  BOOST_TEST(ask(list_runs{})->runs.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(runs_of_an_earlier_process_are_taken_up, orchestration) {
  auto left = run{};
  left.run_id = "run_" + ids->next();
  left.query = "left behind";
  left.principal = "ada";
  left.created_at = now(system);
  left.trace_id = "0af7651916cd43dd8448eb211c80319c";
  auto turn = recorded_turn{};
  turn.completion = wants({{"look", R"({"ticket_key":"A-1"})"}});
  turn.observations.push_back({turn.completion.tool_calls.front(), R"({"looked_at":"long ago"})", now(system) - 1h});
  auto stored = std::promise<void>{};
  environment->journal->accept(left, [](expected<void>) {});
  environment->journal->append(left.run_id, 1, {journal_entry{{.turn = turn}}},
                               [&](expected<void>) { stored.set_value(); });
  stored.get_future().wait();
  *model = [](complete_chat const& chat) -> expected<chat_completion> {
    return says(texts_of(chat, chat_role::tool).at(0));
  };
  begin();
  BOOST_REQUIRE(eventually([&] { return is_over(state(left.run_id).status); }));
  auto const outcome = state(left.run_id);
  BOOST_TEST((outcome.status == run_status::success));
  BOOST_TEST(outcome.result.value() == R"({"looked_at":"long ago"})");
  BOOST_TEST(outcome.principal == "ada");
  BOOST_REQUIRE(eventually([&] { return ended == 1; }));
  auto const lock = std::lock_guard{mutex};
  BOOST_TEST(traceparents.at(0).substr(3, 32) == left.trace_id);
  BOOST_TEST(outcome.steps.at(0).evidence_age_seconds.value() >= 3'600);
}

BOOST_FIXTURE_TEST_CASE(a_restart_gives_a_run_no_new_time, orchestration) {
  auto const left_behind = [&](std::chrono::milliseconds ago) {
    auto left = run{};
    left.run_id = "run_" + ids->next();
    left.query = "?";
    left.created_at = now(system) - ago;
    auto stored = std::promise<void>{};
    environment->journal->accept(left, [&](expected<void>) { stored.set_value(); });
    stored.get_future().wait();
    return left.run_id;
  };
  auto limits = run_limits{};
  limits.timeout = 60s;
  environment->limits.set(limits);
  auto const late = left_behind(61s), nearly_late = left_behind(59'000ms), in_time = left_behind(1s);
  auto const from_the_future = left_behind(-1h);
  *model = [](complete_chat const&) { return std::nullopt; };
  auto const begun = std::chrono::steady_clock::now();
  begin();
  auto const ended_late = over(late);
  BOOST_TEST((ended_late.status == run_status::timeout));
  BOOST_TEST(ended_late.error_code.value() == "deadline_exceeded");
  BOOST_TEST(ended_late.finished_at.has_value());
  BOOST_TEST((over(nearly_late).status == run_status::timeout));
  auto const took = std::chrono::steady_clock::now() - begun;
  BOOST_TEST((took >= 900ms), "it has the time to say what it knows");
  BOOST_TEST((took < 30s));
  BOOST_TEST((state(in_time).status == run_status::in_progress));
  BOOST_TEST((state(from_the_future).status == run_status::in_progress));
}

BOOST_FIXTURE_TEST_CASE(more_runs_than_allowed_are_refused_and_the_others_go_on, orchestration) {
  max_concurrent = 2;
  *model = [](complete_chat const&) { return std::nullopt; };
  begin();
  auto context = call{};
  context.idempotency_key = ids->next();
  auto const id = began("?", context);
  began("?");
  auto const third = ask(start_run{"?", {}, {}, {}});
  BOOST_REQUIRE(!third);
  BOOST_TEST((third.error().code == errc::overloaded));
  BOOST_TEST(third.error().retry_after.count() > 0);
  BOOST_TEST(began("?", context) == id, "a run that was accepted is not refused when it is asked for again");
  BOOST_REQUIRE(ask(cancel_run{id}));
  over(id);
  began("?");
}

BOOST_FIXTURE_TEST_CASE(a_run_that_cannot_be_stored_is_not_accepted, orchestration) {
  begin();
  auto const got = ask(start_run{std::string(70u << 20, 'x'), {}, {}, {}});
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == errc::too_large));
  BOOST_TEST(environment->board->size() == 0u);
  BOOST_TEST((answer("?").status == run_status::success));
}

BOOST_FIXTURE_TEST_CASE(a_hundred_runs_at_once_all_come_to_their_own_end, orchestration) {
  max_concurrent = 1'000;
  *model = [](complete_chat const& chat) -> expected<chat_completion> {
    auto const question = texts_of(chat, chat_role::user).front();
    if (turns_so_far(chat) < 2)
      return wants({{"look", fmt::format(R"({{"ticket_key":"{}-{}"}})", question, turns_so_far(chat))}});
    return says(texts_of(chat, chat_role::tool).back());
  };
  begin();
  auto answers = std::vector<std::future<expected<query_answer>>>{};
  for (auto i = 0; i < 100; ++i)
    answers.push_back(client.ask(at<orchestrator_actor>("agent"), ask_question{fmt::format("Q{}", i), {}, {}}));
  for (auto i = 0; i < 100; ++i)
    BOOST_TEST(await(std::move(answers[static_cast<std::size_t>(i)]))->result ==
               fmt::format(R"({{"looked_at":"Q{}-1"}})", i));
  BOOST_TEST(environment->board->size() == 0u);
}
