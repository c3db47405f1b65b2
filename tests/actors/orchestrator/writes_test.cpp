#include "runtime/http/outbound.hpp"
#include "tests/actors/orchestrator/writing.hpp"

#include <boost/test/data/test_case.hpp>

// Runs that write: each kind of reconciliation, and crashes between a call and its outcome.

using namespace nexus;
using namespace nexus::orchestrator;
using namespace nexus::orchestrator::testing;
namespace data = boost::unit_test::data;

namespace {
constexpr auto hindrances = std::array{errc::overloaded, errc::permission_denied, errc::not_found};
} // namespace

BOOST_DATA_TEST_CASE_F(writing, a_write_is_sent_once_with_a_key_made_of_run_step_and_place, data::make(all_kinds),
                       kind) {
  begin(kind);
  auto const got = answer("write");
  BOOST_TEST((got.status == run_status::success));
  BOOST_TEST(got.result == R"({"written":true})");
  auto const calls = world->all_calls();
  BOOST_REQUIRE_EQUAL(calls.size(), 1u);
  BOOST_TEST(calls[0].first == got.run_id + ".1.1");
  BOOST_TEST(!calls[0].second);
}

BOOST_FIXTURE_TEST_CASE(an_intent_is_on_disk_before_anything_is_sent, writing) {
  auto promise = std::make_shared<std::promise<bool>>();
  auto seen = promise->get_future();
  auto info = tool("write", {});
  info.writes = reconciliation::probe;
  info.invoke = [this, promise](caf::event_based_actor* caller, call const& context, nlohmann::json const&,
                                operation_callback reply) {
    environment->journal->history(context.run_id, in_context_of(caller, [promise, reply](expected<run_history> read) {
                                    promise->set_value(read && read->open && read->open->outcomes.empty());
                                    reply(operation_result{"{}"});
                                  }));
  };
  tools.push_back(info);
  orchestration::begin();
  BOOST_TEST((answer("write").status == run_status::success));
  BOOST_TEST(seen.get());
}

BOOST_DATA_TEST_CASE_F(writing, a_worker_that_dies_between_call_and_outcome_settles_its_write, data::make(settleable),
                       kind) {
  world->says = [](std::size_t number, operation_result outcome) -> std::optional<expected<operation_result>> {
    if (number == 0) return std::nullopt;
    return outcome;
  };
  begin(kind);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1; }));
  kill(worker_of(id));
  auto const outcome = over(id);
  BOOST_TEST((outcome.status == run_status::success));
  BOOST_TEST(outcome.result.value() == R"({"written":true})");
  auto const calls = world->all_calls();
  BOOST_REQUIRE_EQUAL(calls.size(), 2u);
  BOOST_TEST(calls[0].first == calls[1].first);
  BOOST_TEST(calls[1].second, "the second call says that it is recovering");
  BOOST_TEST(world->times_done() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_write_that_cannot_be_settled_ends_its_run_and_is_named, writing) {
  world->says = [](std::size_t, operation_result const&) { return std::nullopt; };
  begin(reconciliation::none);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1; }));
  kill(worker_of(id));
  auto const outcome = over(id);
  BOOST_TEST((outcome.status == run_status::needs_attention));
  BOOST_TEST(outcome.error.value().find(R"(write {"ticket_key":"A-1"})") != std::string::npos, outcome.error.value());
  BOOST_TEST(world->all_calls().size() == 1u, "it was never sent again");
  BOOST_TEST(outcome.steps.size() == 2u);
}

BOOST_DATA_TEST_CASE_F(writing, an_unknown_outcome_is_settled_without_a_crash, data::make(settleable), kind) {
  world->says = [](std::size_t number, operation_result outcome) -> std::optional<expected<operation_result>> {
    if (number == 0) return fail(errc::unavailable, "the receiver ended before it answered");
    if (number == 1) return fail(errc::deadline_exceeded, "no answer before the deadline");
    return outcome;
  };
  begin(kind);
  auto const got = answer("write");
  BOOST_TEST((got.status == run_status::success));
  BOOST_TEST(world->times_done() == 1u);
  auto const calls = world->all_calls();
  BOOST_REQUIRE_EQUAL(calls.size(), 3u);
  BOOST_TEST(calls[2].second);
}

BOOST_FIXTURE_TEST_CASE(an_outcome_that_stays_unknown_needs_attention, writing) {
  world->says = [](std::size_t, operation_result const&) { return fail(errc::upstream, "Jira answered 502"); };
  begin(reconciliation::probe);
  auto const got = answer("write");
  BOOST_TEST((got.status == run_status::needs_attention));
  BOOST_TEST(got.error.value().find("Jira answered 502") != std::string::npos);
  BOOST_TEST(world->all_calls().size() == 4u);
}

BOOST_DATA_TEST_CASE_F(writing, what_certainly_changed_nothing_is_an_outcome_when_attempts_are_used_up,
                       data::make(all_kinds), kind) {
  auto const unconnected = error{errc::upstream, "connection refused", {}, std::string{http::nothing_was_changed}, {}};
  world->says = [=](std::size_t, operation_result const&) { return tl::unexpected{unconnected}; };
  begin(kind);
  auto const got = answer("write");
  BOOST_TEST((got.status == run_status::success));
  BOOST_TEST(got.result.find("connection refused") != std::string::npos);
  BOOST_TEST(got.result.find("safe to try again") != std::string::npos);
  BOOST_TEST(world->all_calls().size() == (kind == reconciliation::none ? 1u : 4u));
}

BOOST_FIXTURE_TEST_CASE(one_attempt_that_may_have_been_carried_out_leaves_a_write_open, writing) {
  world->says = [](std::size_t number, operation_result const&) {
    return tl::unexpected{
        error{errc::upstream, "no answer", {}, number == 1 ? "" : std::string{http::nothing_was_changed}, {}}};
  };
  begin(reconciliation::probe);
  BOOST_TEST((answer("write").status == run_status::needs_attention));
  BOOST_TEST(world->all_calls().size() == 4u);
}

BOOST_DATA_TEST_CASE_F(writing, a_refusal_is_an_outcome_and_goes_back_to_the_model, data::make(all_kinds), kind) {
  world->says = [](std::size_t, operation_result const&) { return fail(errc::refused, "it cannot go there"); };
  begin(kind);
  auto const got = answer("write");
  BOOST_TEST((got.status == run_status::success));
  BOOST_TEST(got.result.find("it cannot go there") != std::string::npos);
  BOOST_TEST(world->all_calls().size() == 1u);
}

BOOST_DATA_TEST_CASE_F(writing, what_keeps_an_agent_from_looking_says_nothing_of_an_attempt_before,
                       data::xrange(hindrances.size()), which) {
  world->says = [=](std::size_t number, operation_result outcome) -> std::optional<expected<operation_result>> {
    if (number == 0) return std::nullopt;
    if (number == 1) return fail(hindrances[which], "not now");
    return outcome;
  };
  begin(reconciliation::probe);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1; }));
  kill(worker_of(id));
  auto const outcome = over(id);
  BOOST_TEST((outcome.status == run_status::success));
  BOOST_TEST(outcome.result.value() == R"({"written":true})");
  BOOST_TEST(world->times_done() == 1u);
  BOOST_TEST(world->all_calls().size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_hindrance_that_stays_leaves_the_write_to_people, writing) {
  world->says = [](std::size_t number, operation_result const&) {
    if (number == 0) return fail(errc::too_large, "the answer is larger than accepted");
    return fail(errc::overloaded, "Jira limits the rate of requests");
  };
  begin(reconciliation::probe);
  auto const got = answer("write");
  BOOST_TEST((got.status == run_status::needs_attention));
  BOOST_TEST(got.error->find("limits the rate") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_outcome_that_is_known_is_not_asked_for_again_after_a_crash, writing) {
  owe_looks(1);
  begin(reconciliation::none);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1 && outcomes_stored(id) == 1; }));
  kill(worker_of(id));
  auto const outcome = over(id);
  BOOST_TEST((outcome.status == run_status::success));
  BOOST_TEST(outcome.result.value() == R"({"written":true})");
  BOOST_TEST(world->all_calls().size() == 1u);
}

BOOST_DATA_TEST_CASE_F(writing, a_run_left_in_the_middle_of_a_write_is_taken_up_by_the_next_process,
                       data::make(all_kinds), kind) {
  auto const left = left_in_the_middle_of_a_write();
  begin(kind);
  auto const outcome = over(left.run_id);
  auto const calls = world->all_calls();
  BOOST_TEST(world->times_done() == 1u);
  if (kind == reconciliation::none) {
    BOOST_TEST((outcome.status == run_status::needs_attention));
    BOOST_TEST(calls.empty());
  } else {
    BOOST_TEST((outcome.status == run_status::success));
    BOOST_REQUIRE_EQUAL(calls.size(), 1u);
    BOOST_TEST(calls[0].first == left.run_id + ".1.1");
    BOOST_TEST(calls[0].second);
  }
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_crashes_too_often_over_a_write_leaves_it_to_people, writing) {
  auto limits = environment->limits.get();
  limits.max_crashes = 2;
  environment->limits.set(limits);
  world->says = [](std::size_t, operation_result const&) { return std::nullopt; };
  begin(reconciliation::probe);
  auto const id = began("write");
  for (auto i = 1; i <= 2; ++i) {
    BOOST_REQUIRE(eventually([&] { return world->owed == i; }));
    kill(worker_of(id));
  }
  auto const outcome = over(id);
  BOOST_TEST((outcome.status == run_status::needs_attention));
  BOOST_TEST(world->times_done() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_run_that_is_cancelled_says_first_what_it_has_written, writing) {
  world->says = [](std::size_t number, operation_result outcome) -> std::optional<expected<operation_result>> {
    if (number == 0) return std::nullopt;
    return outcome;
  };
  begin(reconciliation::probe);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1; }));
  environment->board->cancel(id);
  kill(worker_of(id));
  auto const outcome = over(id);
  BOOST_TEST((outcome.status == run_status::cancelled || outcome.status == run_status::success));
  BOOST_TEST(world->times_done() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_run_that_only_reads_is_not_offered_writes_and_cannot_make_them, writing) {
  begin(reconciliation::idempotent);
  *model = [](complete_chat const& chat) -> expected<chat_completion> {
    if (turns_so_far(chat) == 0) {
      BOOST_TEST(chat.tools.size() == 1u);
      return wants({{"write", R"({"ticket_key":"A-1"})"}});
    }
    return says(texts_of(chat, chat_role::tool).at(0));
  };
  auto const got =
      await(client.ask(at<orchestrator_actor>("agent"), ask_question{"write", {{"read_only", "true"}}, {}}, {}));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->result.find("permission_denied") != std::string::npos);
  BOOST_TEST(world->all_calls().empty());
}

BOOST_FIXTURE_TEST_CASE(what_was_read_before_a_write_is_read_anew_after_it, writing) {
  auto reads = std::make_shared<std::atomic<int>>(0);
  auto count = std::make_shared<write_count>(0);
  auto table = operation_table{.role = "x", .service = "x", .description = "x", .operations = {}};
  table.operations.push_back(tool("look", [reads](auto*, auto const&, operation_callback reply) {
    reply(operation_result{std::to_string(++*reads)});
  }));
  table.operations.push_back(write_tool(reconciliation::idempotent, world));
  tools = counting_writes(table, count).operations;
  orchestration::begin();
  auto const box = std::make_shared<tool_box>(tools, std::chrono::milliseconds{1h}, 100, count);
  auto const use = [&](std::string const& name) {
    auto promise = std::promise<std::string>{};
    system.spawn([&](caf::event_based_actor* self) {
      box->use(self, {}, *box->find(name), nlohmann::json::object(),
               [&](observation seen) { promise.set_value(seen.outcome->body); });
    });
    return promise.get_future().get();
  };
  BOOST_TEST(use("look") == "1");
  BOOST_TEST(use("look") == "1");
  use("write");
  BOOST_TEST(use("look") == "2");
}
