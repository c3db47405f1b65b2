#include "tests/actors/orchestrator/troubled_store.hpp"
#include "tests/actors/orchestrator/writing.hpp"

#include <boost/test/data/test_case.hpp>

// Runs that are cancelled, whose time is over or whose worker crashes, while what they have written is not known yet.

using namespace nexus;
using namespace nexus::orchestrator;
using namespace nexus::orchestrator::testing;
namespace data = boost::unit_test::data;

namespace nexus {
static auto operator<<(std::ostream& out, run_status status) -> std::ostream& { return out << name_of(status); }
} // namespace nexus

namespace {

/// Its history can be held back.
struct ending_runs : writing {
  std::shared_ptr<troubled_store> disk = std::make_shared<troubled_store>(data);

  ending_runs() { environment->journal = std::make_shared<run_journal>(disk); }
  void owe_first_answer() const {
    world->says = [](std::size_t number, operation_result outcome) -> std::optional<expected<operation_result>> {
      if (number == 0) return std::nullopt;
      return outcome;
    };
  }
  /// What a run whose write was settled shows of it, or the words that name one that was not.
  void check_told(run const& outcome, reconciliation kind, run_status otherwise) const {
    BOOST_TEST(outcome.plan.value() == "look -> write");
    BOOST_TEST(world->times_done() == 1u);
    if (kind == reconciliation::none) {
      BOOST_TEST(outcome.status == run_status::needs_attention);
      BOOST_TEST(outcome.error.value().find(R"(write {"ticket_key":"A-1"})") != std::string::npos);
      return;
    }
    BOOST_TEST(outcome.status == otherwise);
    BOOST_REQUIRE_EQUAL(outcome.steps.size(), 2u);
    BOOST_TEST(outcome.steps[1].observation.value() == R"({"written":true})");
  }
};

} // namespace

BOOST_DATA_TEST_CASE_F(ending_runs, a_run_cancelled_before_its_worker_crashed_settles_its_write_first,
                       data::make(all_kinds), kind) {
  owe_first_answer();
  begin(kind);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1; }));
  environment->board->cancel(id);
  kill(worker_of(id));
  check_told(over(id), kind, run_status::cancelled);
  BOOST_TEST(world->all_calls().size() == (kind == reconciliation::none ? 1u : 2u));
}

BOOST_DATA_TEST_CASE_F(ending_runs, time_that_ends_before_the_history_is_read_does_not_hide_a_write,
                       data::make(all_kinds), kind) {
  auto const left = left_in_the_middle_of_a_write();
  auto limits = environment->limits.get();
  limits.timeout = 20ms;
  environment->limits.set(limits);
  disk->hold_reads();
  begin(kind);
  BOOST_REQUIRE(eventually([&] { return disk->held_reads() == 1; }));
  // The run's time is over before a read that comes now could be answered.
  auto const asked = now(system);
  BOOST_REQUIRE(eventually([&] { return now(system) - asked > 100ms; }));
  BOOST_TEST(state(left.run_id).status == run_status::in_progress);
  disk->release_reads();
  check_told(over(left.run_id), kind, run_status::timeout);
}

BOOST_FIXTURE_TEST_CASE(a_write_that_could_not_be_settled_is_named_although_the_run_was_cancelled, ending_runs) {
  owe_looks(1);
  world->says = [](std::size_t, operation_result const&) { return fail(errc::upstream, "no answer"); };
  begin(reconciliation::none);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1 && world->all_calls().size() == 1; }));
  environment->board->cancel(id);
  auto const outcome = over(id);
  BOOST_TEST(outcome.status == run_status::needs_attention);
  BOOST_TEST(outcome.error.value().find(R"(write {"ticket_key":"A-1"})") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_write_that_is_done_is_told_although_a_read_of_its_turn_is_not_waited_for, ending_runs) {
  owe_looks(1);
  begin(reconciliation::none);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1 && outcomes_stored(id) == 1; }));
  auto const outcome = ask(cancel_run{id});
  BOOST_REQUIRE(outcome);
  check_told(*outcome, reconciliation::probe, run_status::cancelled);
  BOOST_TEST(outcome->steps[0].observation->find("not waited for") != std::string::npos);
  BOOST_TEST(outcome->evidence == std::vector<std::string>{R"(write {"ticket_key":"A-1"})"});
}

BOOST_FIXTURE_TEST_CASE(a_write_that_cannot_be_settled_is_named_when_the_time_ends_in_its_turn, ending_runs) {
  owe_looks(1);
  world->says = [](std::size_t, operation_result const&) { return fail(errc::unavailable, "the line is dead"); };
  begin(reconciliation::none);
  auto const got = answer("write", {.timeout_seconds = 1});
  BOOST_TEST(got.status == run_status::needs_attention);
  BOOST_TEST(got.error->find("the line is dead") != std::string::npos, *got.error);
}

BOOST_FIXTURE_TEST_CASE(a_run_whose_worker_crashed_too_often_tells_the_write_that_is_known, ending_runs) {
  owe_looks(100);
  auto limits = environment->limits.get();
  limits.max_crashes = 1;
  environment->limits.set(limits);
  begin(reconciliation::none);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1 && outcomes_stored(id) == 1; }));
  kill(worker_of(id));
  auto const outcome = over(id);
  check_told(outcome, reconciliation::probe, run_status::failed);
  BOOST_TEST(outcome.error.value() == "its worker crashed 1 times");
}

BOOST_FIXTURE_TEST_CASE(a_turn_that_was_taken_up_and_waits_for_its_reads_tells_what_was_written, ending_runs) {
  owe_looks(2);
  begin(reconciliation::none);
  auto const id = began("write");
  BOOST_REQUIRE(eventually([&] { return world->owed == 1 && outcomes_stored(id) == 1; }));
  kill(worker_of(id));
  BOOST_REQUIRE(eventually([&] { return world->owed == 2; }));
  auto const outcome = ask(cancel_run{id});
  BOOST_REQUIRE(outcome);
  check_told(*outcome, reconciliation::probe, run_status::cancelled);
}

BOOST_FIXTURE_TEST_CASE(a_write_that_is_repeated_until_the_run_fails_is_told_each_time, ending_runs) {
  *model = [](complete_chat const&) { return wants({{"write", R"({"ticket_key":"A-1"})"}}); };
  begin(reconciliation::idempotent);
  auto const got = answer("write");
  BOOST_TEST(got.status == run_status::failed);
  BOOST_TEST(got.plan == "write -> write -> write");
}
