#include "tests/runtime/supervision/rules_bench.hpp"

using namespace nexus;
using namespace nexus::supervision;
using namespace nexus::supervision::test;
using namespace std::chrono_literals;

// -- starting and stopping

BOOST_AUTO_TEST_CASE(children_start_in_order_and_stop_in_reverse_one_after_the_other) {
  auto b = bench{bench::quick(one_for_one)};
  b.under_test.start({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  b.saw({"start a", "start b", "start c"});
  b.under_test.shut_down();
  b.saw({"stop c"});
  b.obeys(2);
  b.saw({"stop b"});
  b.obeys(1);
  b.saw({"stop a"});
  BOOST_TEST(!b.over);
  b.obeys(0);
  BOOST_TEST(b.over);
  BOOST_TEST(!b.reason.has_value());
}

BOOST_AUTO_TEST_CASE(a_failed_first_start_stops_what_was_started_and_fails_the_supervisor) {
  auto b = bench{bench::quick(one_for_one)};
  b.fails_to_start = {2};
  b.under_test.start({{.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}});
  b.saw({"start a", "start b", "fail c", "stop b"});
  b.obeys(1);
  b.saw({"stop a"});
  b.obeys(0);
  BOOST_TEST_REQUIRE(b.over);
  BOOST_TEST_REQUIRE(b.reason.has_value());
  BOOST_TEST(b.reason->message == "child 'c' did not start: no database");
}

BOOST_AUTO_TEST_CASE(a_supervisor_without_children_finishes_at_once) {
  auto b = bench{bench::quick(one_for_one)};
  b.under_test.start({});
  b.under_test.shut_down();
  BOOST_TEST(b.over);
}

BOOST_AUTO_TEST_CASE(a_child_that_does_not_stop_in_time_is_killed) {
  auto b = bench{bench::quick(one_for_one)};
  b.start_with({{.name = "a", .shutdown = {200ms}}});
  b.under_test.shut_down();
  b.saw({"stop a"});
  b.pass(199ms);
  b.saw({});
  b.pass(1ms);
  b.saw({"kill a"});
  b.ends(0, exit_kind::abnormal);
  BOOST_TEST(b.over);
}

BOOST_AUTO_TEST_CASE(brutal_kill_kills_at_once_and_infinity_never) {
  auto b = bench{bench::quick(one_for_one)};
  b.start_with({{.name = "a", .shutdown = {std::chrono::milliseconds::max()}}, {.name = "b", .shutdown = {0ms}}});
  b.under_test.shut_down();
  b.saw({"kill b"});
  b.ends(1, exit_kind::abnormal);
  b.saw({"stop a"});
  b.pass(std::chrono::hours{1000});
  b.saw({});
  b.obeys(0);
  BOOST_TEST(b.over);
}

BOOST_AUTO_TEST_CASE(the_kill_timer_of_a_child_that_obeyed_means_nothing_to_its_successor) {
  auto b = bench{one_for_one, {"a"}};
  BOOST_TEST(b.under_test.terminate_child(0).has_value());
  b.obeys(0);
  BOOST_TEST(b.under_test.restart_child(0).has_value());
  b.take_events();
  b.pass(10s);
  b.saw({});
}

// -- which end calls for a restart

BOOST_AUTO_TEST_CASE(a_permanent_child_always_comes_back) {
  for (auto kind : {exit_kind::normal, exit_kind::shutdown, exit_kind::abnormal}) {
    auto b = bench{one_for_one, {"a", "b"}};
    b.ends(0, kind);
    b.saw({"start a"});
  }
}

BOOST_AUTO_TEST_CASE(a_transient_child_comes_back_after_an_abnormal_end_only) {
  for (auto kind : {exit_kind::normal, exit_kind::shutdown, exit_kind::abnormal}) {
    auto b = bench{bench::quick(one_for_one)};
    b.start({"a", "b"}, restart_type::transient);
    b.ends(0, kind);
    b.saw(kind == exit_kind::abnormal ? names{"start a"} : names{});
    BOOST_TEST(b.forgotten.empty());
    BOOST_TEST(b.under_test.find("a").has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_temporary_child_never_comes_back_and_is_forgotten) {
  for (auto kind : {exit_kind::normal, exit_kind::shutdown, exit_kind::abnormal}) {
    auto b = bench{bench::quick(one_for_one)};
    b.start({"a", "b"}, restart_type::temporary);
    b.ends(0, kind);
    b.saw({});
    BOOST_CHECK(b.forgotten == std::vector<std::size_t>{0});
    BOOST_TEST(!b.under_test.find("a").has_value());
    BOOST_CHECK(b.under_test.children() == std::vector<std::size_t>{1});
  }
}

// -- strategies

BOOST_AUTO_TEST_CASE(one_for_all_stops_the_others_in_reverse_and_starts_all_in_order) {
  auto b = bench{one_for_all, {"a", "b", "c"}};
  b.ends(1, exit_kind::abnormal);
  b.saw({"stop c"});
  b.obeys(2);
  b.saw({"stop a"});
  b.obeys(0);
  b.saw({"start a", "start b", "start c"});
}

BOOST_AUTO_TEST_CASE(rest_for_one_leaves_those_started_before_alone) {
  auto b = bench{rest_for_one, {"a", "b", "c", "d"}};
  b.ends(1, exit_kind::abnormal);
  b.saw({"stop d"});
  b.obeys(3);
  b.saw({"stop c"});
  b.obeys(2);
  b.saw({"start b", "start c", "start d"});
}

BOOST_AUTO_TEST_CASE(temporary_children_of_a_restarted_group_are_stopped_and_forgotten) {
  auto b = bench{bench::quick(one_for_all)};
  b.start_with({{.name = "a"}, {.name = "t", .restart = restart_type::temporary}, {.name = "c"}});
  b.ends(0, exit_kind::abnormal);
  b.saw({"stop c"});
  b.obeys(2);
  b.saw({"stop t"});
  b.obeys(1);
  b.saw({"start a", "start c"});
  BOOST_CHECK(b.forgotten == std::vector<std::size_t>{1});
}

BOOST_AUTO_TEST_CASE(one_for_all_starts_a_transient_child_again_that_had_ended_normally) {
  // supervisor:restart/3 starts every child of the map, also those whose pid is undefined.
  auto b = bench{bench::quick(one_for_all)};
  b.start_with({{.name = "a"}, {.name = "done", .restart = restart_type::transient}});
  b.ends(1, exit_kind::normal);
  b.saw({});
  b.ends(0, exit_kind::abnormal);
  b.saw({"start a", "start done"});
}

BOOST_AUTO_TEST_CASE(a_terminated_child_comes_back_when_its_group_does) {
  auto b = bench{rest_for_one, {"a", "b"}};
  BOOST_TEST(b.under_test.terminate_child(1).has_value());
  b.obeys(1);
  b.take_events();
  b.ends(0, exit_kind::abnormal);
  b.saw({"start a", "start b"});
}

BOOST_AUTO_TEST_CASE(a_child_that_crashes_before_its_turn_to_be_stopped_is_not_counted) {
  auto b = bench{one_for_all, {"a", "b", "c"}, 1};
  b.ends(1, exit_kind::abnormal);
  b.ends(0, exit_kind::abnormal);
  b.saw({"stop c"});
  b.obeys(2);
  b.saw({"start a", "start b", "start c"});
  BOOST_TEST(!b.under_test.ending());
}

BOOST_AUTO_TEST_CASE(a_crash_in_front_of_a_group_that_is_being_stopped_widens_the_group) {
  auto b = bench{rest_for_one, {"a", "b", "c"}};
  b.ends(1, exit_kind::abnormal);
  b.saw({"stop c"});
  b.ends(0, exit_kind::abnormal);
  b.saw({});
  b.obeys(2);
  b.saw({"start a", "start b", "start c"});
}

BOOST_AUTO_TEST_CASE(two_crashes_in_front_of_a_group_both_count) {
  auto b = bench{rest_for_one, {"a", "b", "c", "d"}, 2};
  b.ends(2, exit_kind::abnormal);
  b.ends(1, exit_kind::abnormal);
  b.ends(0, exit_kind::abnormal);
  b.saw({"stop d"});
  b.obeys(3);
  BOOST_TEST(b.over);
  BOOST_TEST(b.reason.has_value());
}

// -- intensity

BOOST_AUTO_TEST_CASE(more_than_intensity_restarts_within_the_period_end_the_supervisor) {
  auto b = bench{one_for_one, {"a", "b"}, 2};
  b.ends(0, exit_kind::abnormal);
  b.ends(1, exit_kind::abnormal);
  b.saw({"start a", "start b"});
  b.ends(0, exit_kind::abnormal);
  b.saw({"stop b"});
  b.obeys(1);
  BOOST_TEST_REQUIRE(b.over);
  BOOST_TEST(b.reason->message == "more than 2 restarts within 5 s, last of 'a'");
}

BOOST_AUTO_TEST_CASE(a_restart_exactly_one_period_ago_still_counts_and_a_millisecond_later_no_more) {
  auto counted = bench{one_for_one, {"a"}, 1};
  counted.ends(0, exit_kind::abnormal);
  counted.pass(5000ms);
  counted.ends(0, exit_kind::abnormal);
  BOOST_TEST(counted.over);
  auto past = bench{one_for_one, {"a"}, 1};
  past.ends(0, exit_kind::abnormal);
  past.pass(5001ms);
  past.ends(0, exit_kind::abnormal);
  BOOST_TEST(!past.under_test.ending());
}

BOOST_AUTO_TEST_CASE(an_intensity_of_zero_forgives_nothing) {
  auto b = bench{one_for_one, {"a"}, 0};
  b.ends(0, exit_kind::abnormal);
  BOOST_TEST(b.over);
  BOOST_TEST(b.reason.has_value());
}

BOOST_AUTO_TEST_CASE(ends_that_call_for_no_restart_do_not_count) {
  auto b = bench{bench::quick(one_for_one, 0)};
  b.start({"a", "b"}, restart_type::transient);
  b.ends(0, exit_kind::normal);
  b.ends(1, exit_kind::shutdown);
  BOOST_TEST(!b.under_test.ending());
}

BOOST_AUTO_TEST_CASE(a_failed_restart_is_tried_again_and_counts) {
  auto b = bench{one_for_one, {"a"}, 3};
  b.fails_to_start = {0};
  b.ends(0, exit_kind::abnormal);
  b.saw({"fail a"});
  b.pass(1ms);
  b.saw({"fail a"});
  b.fails_to_start = {};
  b.pass(1ms);
  b.saw({"start a"});
  // The crash and two failed starts are three restarts; a fourth is too many.
  b.ends(0, exit_kind::abnormal);
  BOOST_TEST(b.over);
}

BOOST_AUTO_TEST_CASE(a_failed_start_within_one_for_all_brings_the_whole_group_down_and_back_again) {
  auto b = bench{one_for_all, {"a", "b", "c"}, 5};
  b.fails_to_start = {1};
  b.ends(0, exit_kind::abnormal);
  b.obeys(2);
  b.obeys(1);
  b.saw({"stop c", "stop b", "start a", "fail b", "stop a"});
  b.fails_to_start = {};
  b.obeys(0);
  b.pass(1ms);
  b.saw({"start a", "start b", "start c"});
}

BOOST_AUTO_TEST_CASE(a_failed_start_within_rest_for_one_keeps_what_runs_before_it) {
  auto b = bench{rest_for_one, {"a", "b", "c"}, 5};
  b.fails_to_start = {1};
  b.ends(0, exit_kind::abnormal);
  b.obeys(2);
  b.obeys(1);
  b.saw({"stop c", "stop b", "start a", "fail b"});
  b.fails_to_start = {};
  b.pass(1ms);
  b.saw({"start b", "start c"});
}

BOOST_AUTO_TEST_CASE(a_restart_that_failed_counts_when_it_is_tried_again_and_not_before_what_ended_meanwhile) {
  auto b = bench{one_for_one, {"a", "b"}, 2};
  b.fails_to_start = {1};
  b.ends(1, exit_kind::abnormal);
  b.saw({"fail b"});
  b.ends(0, exit_kind::abnormal);
  b.saw({"start a"});
  BOOST_TEST(!b.under_test.ending());
  b.pass(1ms);
  b.saw({"stop a"});
  b.obeys(0);
  BOOST_TEST(b.reason.value().message == "more than 2 restarts within 5 s, last of 'b'");
}

BOOST_AUTO_TEST_CASE(a_restart_that_failed_is_not_tried_and_counted_again_when_its_group_came_back_meanwhile) {
  auto b = bench{rest_for_one, {"a", "b"}, 2};
  b.fails_to_start = {1};
  b.ends(1, exit_kind::abnormal);
  b.saw({"fail b"});
  b.fails_to_start = {};
  b.ends(0, exit_kind::abnormal);
  b.saw({"start a", "start b"});
  b.pass(1s);
  b.saw({});
  BOOST_TEST(!b.under_test.ending());
}

BOOST_AUTO_TEST_CASE(a_restart_that_failed_counts_no_more_when_its_child_is_terminated_while_it_waits) {
  auto b = bench{one_for_one, {"a", "b"}, 2};
  b.fails_to_start = {1};
  b.ends(1, exit_kind::abnormal);
  BOOST_TEST(b.under_test.terminate_child(1).has_value());
  b.pass(1ms);
  b.take_events();
  b.ends(0, exit_kind::abnormal);
  b.saw({"start a"});
}

// -- backoff

BOOST_AUTO_TEST_CASE(the_first_restart_is_immediate_and_later_ones_back_off_exponentially) {
  auto b = bench{supervisor_rules{.intensity = 100, .delay = {100ms, 300ms, 2.0, 0.0}}};
  b.start({"a"});
  b.ends(0, exit_kind::abnormal);
  b.saw({"start a"});
  for (auto delay : {100ms, 200ms, 300ms, 300ms}) {
    b.ends(0, exit_kind::abnormal);
    b.pass(delay - 1ms);
    b.saw({});
    b.pass(1ms);
    b.saw({"start a"});
  }
}

BOOST_AUTO_TEST_CASE(jitter_spreads_the_delay_both_ways) {
  for (auto [chance, delay] : {std::pair{0.0, 80ms}, std::pair{0.5, 100ms}}) {
    auto b = bench{supervisor_rules{.intensity = 100, .delay = {100ms, 1000ms, 2.0, 0.2}}};
    b.chance = chance;
    b.start({"a"});
    b.ends(0, exit_kind::abnormal);
    b.ends(0, exit_kind::abnormal);
    b.take_events();
    b.pass(delay - 1ms);
    b.saw({});
    b.pass(1ms);
    b.saw({"start a"});
  }
}

BOOST_AUTO_TEST_CASE(a_period_of_calm_resets_the_backoff) {
  auto b = bench{supervisor_rules{.intensity = 100, .delay = {100ms, 1000ms, 2.0, 0.0}}};
  b.start({"a"});
  for (auto i = 0; i < 3; ++i) {
    b.ends(0, exit_kind::abnormal);
    b.pass(1000ms);
  }
  b.pass(5001ms);
  b.take_events();
  b.ends(0, exit_kind::abnormal);
  b.saw({"start a"});
}

BOOST_AUTO_TEST_CASE(a_child_that_was_up_for_long_and_cannot_start_backs_off_too) {
  auto b = bench{supervisor_rules{.intensity = 100, .delay = {100ms, 1000ms, 2.0, 0.0}}};
  b.start({"a"});
  b.pass(std::chrono::hours{1});
  b.fails_to_start = {0};
  b.ends(0, exit_kind::abnormal);
  b.pass(99ms);
  b.saw({"fail a"});
  b.pass(1ms);
  b.saw({"fail a"});
  b.pass(199ms);
  b.saw({});
}

BOOST_AUTO_TEST_CASE(a_shutdown_while_a_child_waits_does_not_start_it_any_more) {
  auto b = bench{supervisor_rules{.intensity = 100, .delay = {100ms, 1000ms, 2.0, 0.0}}};
  b.start({"a", "b"});
  b.ends(0, exit_kind::abnormal);
  b.ends(0, exit_kind::abnormal);
  b.take_events();
  b.under_test.shut_down();
  b.obeys(1);
  BOOST_TEST(b.over);
  b.pass(10s);
  b.saw({"stop b"});
}

// -- automatic shutdown

BOOST_AUTO_TEST_CASE(any_significant_child_that_is_done_ends_the_supervisor) {
  auto rules = bench::quick(one_for_one);
  rules.automatic = auto_shutdown::any_significant;
  auto b = bench{rules};
  b.start_with({{.name = "a"},
                {.name = "s", .restart = restart_type::transient, .significant = true},
                {.name = "t", .restart = restart_type::temporary, .significant = true}});
  b.ends(1, exit_kind::abnormal);
  b.saw({"start s"});
  b.ends(2, exit_kind::abnormal);
  b.saw({"stop s"});
  b.obeys(1);
  b.obeys(0);
  BOOST_TEST(b.over);
  BOOST_TEST(!b.reason.has_value());
}

BOOST_AUTO_TEST_CASE(all_significant_waits_for_the_last_of_them) {
  auto rules = bench::quick(one_for_one);
  rules.automatic = auto_shutdown::all_significant;
  auto b = bench{rules};
  b.start_with({{.name = "a"},
                {.name = "s", .restart = restart_type::transient, .significant = true},
                {.name = "t", .restart = restart_type::temporary, .significant = true}});
  b.ends(1, exit_kind::normal);
  BOOST_TEST(!b.under_test.ending());
  b.ends(2, exit_kind::normal);
  BOOST_TEST(b.under_test.ending());
}

BOOST_AUTO_TEST_CASE(a_significant_child_that_was_terminated_does_not_end_the_supervisor) {
  auto rules = bench::quick(one_for_one);
  rules.automatic = auto_shutdown::any_significant;
  auto b = bench{rules};
  b.start_with({{.name = "s", .restart = restart_type::transient, .significant = true}});
  BOOST_TEST(b.under_test.terminate_child(0).has_value());
  b.obeys(0);
  BOOST_TEST(!b.under_test.ending());
}

BOOST_AUTO_TEST_CASE(a_significant_child_stopped_with_its_group_does_not_end_the_supervisor) {
  auto rules = bench::quick(one_for_all);
  rules.automatic = auto_shutdown::any_significant;
  auto b = bench{rules};
  b.start_with({{.name = "a"}, {.name = "s", .restart = restart_type::transient, .significant = true}});
  b.ends(0, exit_kind::abnormal);
  b.ends(1, exit_kind::normal);
  BOOST_TEST(!b.under_test.ending());
  b.saw({"stop s", "start a", "start s"});
}
