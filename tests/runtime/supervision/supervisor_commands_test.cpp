#include "tests/runtime/supervision/rules_bench.hpp"

using namespace nexus;
using namespace nexus::supervision;
using namespace nexus::supervision::test;
using namespace std::chrono_literals;

// -- commands

BOOST_AUTO_TEST_CASE(a_child_can_be_added_and_its_failed_start_adds_nothing) {
  auto b = bench{one_for_one, {"a"}};
  auto const added = b.under_test.add_child({.name = "b"});
  BOOST_TEST_REQUIRE(added.has_value());
  b.saw({"start b"});
  BOOST_TEST((b.under_test.add_child({.name = "b"}).error().code == errc::conflict));
  b.fails_to_start = {2};
  BOOST_TEST(!b.under_test.add_child({.name = "c"}).has_value());
  BOOST_TEST(!b.under_test.find("c").has_value());
  BOOST_TEST(b.under_test.children().size() == 2u);
}

BOOST_AUTO_TEST_CASE(terminate_restart_and_delete_follow_the_state_of_the_child) {
  auto b = bench{one_for_one, {"a"}};
  BOOST_TEST((b.under_test.restart_child(0).error().code == errc::conflict));
  BOOST_TEST((b.under_test.delete_child(0).error().code == errc::conflict));
  BOOST_TEST(b.under_test.terminate_child(0).has_value());
  b.obeys(0);
  b.saw({"stop a"});
  BOOST_TEST((b.under_test.state_of(0) == child_state::stopped));
  BOOST_TEST(b.under_test.restart_child(0).has_value());
  b.saw({"start a"});
  BOOST_TEST(b.under_test.terminate_child(0).has_value());
  b.obeys(0);
  BOOST_TEST(b.under_test.delete_child(0).has_value());
  BOOST_TEST((b.under_test.terminate_child(0).error().code == errc::not_found));
  BOOST_TEST((b.under_test.delete_child(7).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_child_terminated_while_it_waits_stays_down) {
  auto b = bench{supervisor_rules{.intensity = 100, .delay = {100ms, 1000ms, 2.0, 0.0}}};
  b.start({"a"});
  b.ends(0, exit_kind::abnormal);
  b.ends(0, exit_kind::abnormal);
  b.take_events();
  BOOST_TEST(b.under_test.terminate_child(0).has_value());
  b.pass(10s);
  b.saw({});
  BOOST_TEST((b.under_test.state_of(0) == child_state::stopped));
}

BOOST_AUTO_TEST_CASE(terminating_the_cause_of_a_group_restart_does_not_lose_the_rest_of_the_group) {
  auto b = bench{supervisor_rules{.strategy = rest_for_one, .intensity = 100, .delay = {100ms, 1000ms, 2.0, 0.0}}};
  b.start({"a", "b", "c"});
  b.ends(2, exit_kind::abnormal);
  b.ends(1, exit_kind::abnormal);
  b.obeys(2);
  b.ends(1, exit_kind::abnormal);
  b.obeys(2);
  b.take_events();
  BOOST_TEST(b.under_test.terminate_child(1).has_value());
  b.pass(1s);
  b.saw({"start c"});
}

BOOST_AUTO_TEST_CASE(a_member_terminated_while_its_group_is_being_stopped_stays_down) {
  auto b = bench{one_for_all, {"a", "b", "c"}};
  b.ends(0, exit_kind::abnormal);
  b.saw({"stop c"});
  BOOST_TEST(b.under_test.terminate_child(1).has_value());
  BOOST_TEST(b.under_test.terminate_child(2).has_value());
  b.saw({"stop b"});
  b.obeys(1);
  b.obeys(2);
  b.saw({"start a"});
}

BOOST_AUTO_TEST_CASE(children_are_not_added_into_the_middle_of_a_group_restart) {
  auto b = bench{one_for_all, {"a", "b"}};
  b.ends(0, exit_kind::abnormal);
  BOOST_TEST((b.under_test.add_child({.name = "c"}).error().code == errc::unavailable));
  b.obeys(1);
  BOOST_TEST(b.under_test.add_child({.name = "c"}).has_value());
}

BOOST_AUTO_TEST_CASE(a_stopping_supervisor_takes_no_commands_that_start) {
  auto b = bench{one_for_one, {"a"}};
  b.under_test.shut_down();
  BOOST_TEST((b.under_test.add_child({.name = "b"}).error().code == errc::unavailable));
  BOOST_TEST((b.under_test.restart_child(0).error().code == errc::unavailable));
}

// -- simple_one_for_one

BOOST_AUTO_TEST_CASE(children_that_come_and_go_use_the_same_slots_again) {
  auto b = bench{bench::quick(simple_one_for_one)};
  b.under_test.start({});
  for (auto i = 0; i < 1000; ++i) {
    auto const child = b.under_test.add_child({.name = fmt::format("run-{}", i), .restart = restart_type::temporary});
    BOOST_TEST_REQUIRE(child.has_value());
    BOOST_TEST_REQUIRE(*child == 0u);
    b.ends(*child, i % 2 ? exit_kind::normal : exit_kind::abnormal);
  }
  BOOST_TEST(b.under_test.children().empty());
}

BOOST_AUTO_TEST_CASE(timers_of_the_former_child_of_a_slot_do_not_touch_its_successor) {
  auto b = bench{bench::quick(simple_one_for_one)};
  b.under_test.start({});
  auto const first = b.under_test.add_child({.name = "a", .restart = restart_type::temporary});
  BOOST_TEST(b.under_test.terminate_child(*first).has_value());
  b.obeys(*first);
  auto const second = b.under_test.add_child({.name = "b", .restart = restart_type::temporary});
  BOOST_TEST(*second == *first);
  b.take_events();
  b.pass(1min);
  b.saw({});
}

BOOST_AUTO_TEST_CASE(children_of_one_kind_are_stopped_together) {
  auto b = bench{bench::quick(simple_one_for_one)};
  b.under_test.start({});
  for (auto name : {"a", "b", "c"}) BOOST_TEST(b.under_test.add_child({.name = name}).has_value());
  b.take_events();
  b.under_test.shut_down();
  b.saw({"stop a", "stop b", "stop c"});
  b.obeys(1);
  b.obeys(0);
  BOOST_TEST(!b.over);
  b.obeys(2);
  BOOST_TEST(b.over);
}

// -- giving up and checking

BOOST_AUTO_TEST_CASE(a_supervisor_that_gives_up_while_it_stops_a_group_stops_everything_once) {
  auto b = bench{rest_for_one, {"a", "b", "c"}, 1};
  b.ends(1, exit_kind::abnormal);
  b.ends(0, exit_kind::abnormal);
  b.saw({"stop c"});
  b.obeys(2);
  b.saw({});
  BOOST_TEST(b.over);
}

BOOST_AUTO_TEST_CASE(rules_that_otp_refuses_are_refused_with_the_childs_name) {
  auto const check = [](supervisor_rules rules, std::vector<child_rules> children) {
    auto const done = supervisor_machine::check(rules, children);
    return done ? std::string{} : done.error().message;
  };
  BOOST_TEST(check({}, {{.name = "a"}}) == "");
  BOOST_TEST(check({.period = 0ms}, {}) == "the restart period must be longer than zero");
  BOOST_TEST(check({}, {{.name = "a"}, {.name = "a"}}) == "two children are named 'a'");
  BOOST_TEST(check({}, {{.name = ""}}) == "a child needs a name");
  BOOST_TEST(check({.automatic = auto_shutdown::any_significant}, {{.name = "a", .significant = true}}) ==
             "child 'a' is permanent and cannot be significant");
  BOOST_TEST(check({}, {{.name = "a", .restart = restart_type::transient, .significant = true}}) ==
             "child 'a' is significant, but the supervisor never shuts down by itself");
  BOOST_TEST(check({.delay = {.factor = 0.5}}, {}) != "");
  BOOST_TEST(check({.delay = {.jitter = 1.5}}, {}) != "");
}
