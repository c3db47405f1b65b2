#include "actors/orchestrator/run_board.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace nexus;
using namespace nexus::orchestrator;

namespace {

auto a_run(run_status status = run_status::pending, std::uint32_t steps = 0) -> run {
  auto state = run{};
  state.run_id = "run_1";
  state.query = "why?";
  state.status = status;
  for (std::uint32_t i = 1; i <= steps; ++i) state.steps.push_back({.step_number = i, .thought = "hm"});
  return state;
}

/// What one listener heard: "3 step", with a "!" behind the last one.
struct ear {
  std::vector<std::string> heard;
  auto open() {
    return [this]() -> run_board::listener {
      return [this](run_event const& event, bool last) {
        heard.push_back(std::to_string(event.sequence) + " " + event.kind + (last ? "!" : ""));
        return true;
      };
    };
  }
};

auto texts(std::vector<run_event> const& events) -> std::vector<std::string> {
  auto all = std::vector<std::string>{};
  for (auto const& event : events)
    all.push_back(std::to_string(event.sequence) + " " + event.kind + (event.kind == "result" ? "!" : ""));
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_listener_hears_what_was_and_what_comes) {
  auto board = run_board{};
  BOOST_TEST(board.add(a_run()));
  BOOST_TEST(!board.add(a_run()), "there is one already");
  board.update(a_run(run_status::in_progress));
  auto early = ear{}, late = ear{};
  BOOST_TEST(board.listen("run_1", 0, early.open()));
  board.update(a_run(run_status::in_progress, 2));
  BOOST_TEST(board.listen("run_1", 3, late.open()));
  board.finish(a_run(run_status::success, 3));
  auto const all =
      std::vector<std::string>{"1 status", "2 status", "3 step", "4 step", "5 step", "6 status", "7 result!"};
  BOOST_TEST(early.heard == all, boost::test_tools::per_element());
  BOOST_TEST(late.heard == std::vector<std::string>(all.begin() + 3, all.end()), boost::test_tools::per_element());
  BOOST_TEST(texts(events_of(a_run(run_status::success, 3))) == all, boost::test_tools::per_element());
  BOOST_TEST(!board.listen("run_1", 0, early.open()), "the run is over");
}

BOOST_AUTO_TEST_CASE(steps_that_are_made_anew_after_a_crash_are_not_told_again) {
  auto board = run_board{};
  board.add(a_run());
  auto listener = ear{};
  board.listen("run_1", 0, listener.open());
  board.update(a_run(run_status::in_progress, 2));
  board.update(a_run(run_status::in_progress));
  board.update(a_run(run_status::in_progress, 2));
  board.finish(a_run(run_status::success, 3));
  BOOST_TEST(listener.heard == texts(events_of(a_run(run_status::success, 3))), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_listener_that_wants_no_more_gets_no_more) {
  auto board = run_board{};
  board.add(a_run());
  auto calls = 0;
  board.listen("run_1", 0,
               [&]() -> run_board::listener { return [&](run_event const&, bool) { return ++calls < 1; }; });
  board.update(a_run(run_status::in_progress));
  board.finish(a_run(run_status::success));
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_run_has_one_worker_at_a_time) {
  auto board = run_board{};
  BOOST_TEST(!board.claim("run_1"), "it is not here");
  board.add(a_run());
  BOOST_TEST(board.unclaimed() == std::vector<std::string>{"run_1"});
  BOOST_TEST(board.claim("run_1"));
  BOOST_TEST(!board.claim("run_1"));
  BOOST_TEST(board.unclaimed().empty());
  board.unclaim("run_1");
  BOOST_TEST(board.claim("run_1"));
  board.finish(a_run(run_status::failed));
  BOOST_TEST(board.size() == 0u);
  board.unclaim("run_1");
}

BOOST_AUTO_TEST_CASE(whoever_waits_hears_the_end_once) {
  auto board = run_board{};
  BOOST_TEST(!board.when_ended("run_1", [](expected<run> const&) {}));
  board.add(a_run());
  auto outcomes = std::vector<run_status>{};
  for (auto i = 0; i < 2; ++i)
    BOOST_TEST(board.when_ended("run_1", [&](expected<run> const& outcome) { outcomes.push_back(outcome->status); }));
  board.finish(a_run(run_status::cancelled));
  board.finish(a_run(run_status::success));
  BOOST_TEST((outcomes == std::vector{run_status::cancelled, run_status::cancelled}));
}

BOOST_AUTO_TEST_CASE(those_who_wait_in_vain_are_told_once_and_the_run_goes_on) {
  auto board = run_board{};
  board.add(a_run());
  auto told = std::vector<errc>{};
  BOOST_TEST(board.when_ended("run_1", [&](expected<run> const& outcome) { told.push_back(outcome.error().code); }));
  board.fail_waiting("run_1", {errc::storage, "the disk is full", {}, {}, {}});
  board.fail_waiting("run_2", {errc::storage, "the disk is full", {}, {}, {}});
  BOOST_TEST(board.size() == 1u);
  board.finish(a_run(run_status::success));
  BOOST_TEST((told == std::vector{errc::storage}));
}

BOOST_AUTO_TEST_CASE(a_cancellation_reaches_the_worker_or_waits_for_it) {
  auto board = run_board{};
  BOOST_TEST(!board.cancel("run_1"));
  board.add(a_run());
  BOOST_TEST(board.cancel("run_1"));
  BOOST_TEST(board.cancel_requested("run_1"));
  auto told = 0;
  board.set_cancel("run_1", [&] { ++told; });
  BOOST_TEST(board.cancel("run_1"));
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(many_threads_may_use_it_at_once) {
  auto board = run_board{};
  board.add(a_run());
  auto ears = std::vector<ear>(4);
  {
    auto threads = std::vector<std::jthread>{};
    for (auto& listener : ears)
      threads.emplace_back([&] {
        board.listen("run_1", 0, listener.open());
        for (auto i = 0; i < 100; ++i) (void)board.find("run_1");
      });
    for (std::uint32_t i = 1; i <= 50; ++i) board.update(a_run(run_status::in_progress, i));
  }
  board.finish(a_run(run_status::success, 50));
  for (auto const& listener : ears)
    BOOST_TEST(listener.heard == texts(events_of(a_run(run_status::success, 50))), boost::test_tools::per_element());
}
