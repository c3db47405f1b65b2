#include "tests/runtime/supervision/actors_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace nexus;
using namespace nexus::supervision;

BOOST_AUTO_TEST_CASE(children_start_in_order_and_the_tree_stops_in_reverse) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(
      t.tree.start("app", {test_system::quick(), {t.child("a"), t.child("b"), t.child("c")}}).has_value());
  for (auto name : {"app/a", "app/b", "app/c"}) BOOST_TEST(await(t.client.ask(t.at(name), echo{"x"})).value() == "x");
  t.world->taken();
  BOOST_TEST(t.tree.stop(5s));
  BOOST_CHECK((t.world->taken() == std::vector<std::string>{"stop c", "stop b", "stop a"}));
  BOOST_TEST((t.state("app/a").state == child_state::stopped));
}

BOOST_AUTO_TEST_CASE(a_crash_keeps_its_text_and_the_child_comes_back_under_its_name) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  auto const failed = await(t.client.ask(t.at("app/a"), crash{"the disk said no"}));
  BOOST_TEST_REQUIRE(!failed.has_value());
  BOOST_TEST((failed.error().code == errc::internal));
  BOOST_TEST(failed.error().message == "the disk said no");
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"again"})).value() == "again");
  BOOST_TEST(eventually([&] { return t.runs("app/a", 1); }));
  BOOST_TEST(t.state("app/a").last_reason.value() == "exception: the disk said no");
}

BOOST_AUTO_TEST_CASE(a_killed_child_comes_back) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"x"})).has_value());
  t.kill("app/a");
  BOOST_TEST(eventually([&] { return t.runs("app/a", 1); }));
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"y"})).value() == "y");
}

BOOST_AUTO_TEST_CASE(a_constructor_that_throws_is_a_crash_like_any_other) {
  auto t = test_system{};
  t.world->crashes_to_come["a"] = 2;
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"up"})).value() == "up");
  BOOST_TEST(t.state("app/a").restarts == 2u);
  BOOST_TEST(t.state("app/a").last_reason.value() == "exception: no start today");
}

BOOST_AUTO_TEST_CASE(a_start_function_that_fails_fails_the_tree_and_says_so_to_those_who_wait) {
  auto t = test_system{};
  auto broken = t.child("broken");
  broken.start = [](caf::local_actor*, child_record_ptr) -> expected<caf::actor> {
    return fail(errc::unavailable, "no licence");
  };
  auto reason = std::promise<std::string>{};
  t.tree.when_given_up([&](std::string const& text) { reason.set_value(text); });
  auto early = t.client.ask(t.at("app/a"), echo{"x"});
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a"), broken}}).has_value());
  auto future = reason.get_future();
  BOOST_TEST_REQUIRE((future.wait_for(5s) == std::future_status::ready));
  BOOST_TEST(future.get() == "child 'broken' did not start: no licence");
  BOOST_TEST(t.tree.stop(1s));
  (void)early;
}

BOOST_AUTO_TEST_CASE(a_nested_supervisor_whose_first_child_fails_ends_and_is_not_left_as_a_corpse) {
  auto t = test_system{};
  auto broken = t.child("broken");
  broken.start = [](caf::local_actor*, child_record_ptr) -> expected<caf::actor> {
    return fail(errc::unavailable, "no licence");
  };
  auto reason = std::promise<std::string>{};
  t.tree.when_given_up([&](std::string const& text) { reason.set_value(text); });
  BOOST_TEST_REQUIRE(t.tree
                         .start("app", {test_system::quick(supervision_strategy::one_for_one, 2),
                                        {nested("inner", {test_system::quick(), {broken}})}})
                         .has_value());
  auto future = reason.get_future();
  BOOST_TEST_REQUIRE((future.wait_for(5s) == std::future_status::ready));
  BOOST_TEST(future.get() == "more than 2 restarts within 5 s, last of 'inner'");
}

BOOST_AUTO_TEST_CASE(a_supervisor_that_gives_up_fails_upwards_until_somebody_can_help) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree
                         .start("app", {test_system::quick(),
                                        {nested("inner", {test_system::quick(supervision_strategy::one_for_one, 1),
                                                          {t.child("a"), t.child("b")}}),
                                         t.child("c")}})
                         .has_value());
  for (auto i = 0; i < 2; ++i) BOOST_TEST(!await(t.client.ask(t.at("app/inner/a"), crash{"again"})).has_value());
  BOOST_TEST(eventually([&] { return t.runs("app/inner", 1); }));
  BOOST_TEST(t.state("app/inner").last_reason.value() == "more than 1 restarts within 5 s, last of 'a'");
  BOOST_TEST(await(t.client.ask(t.at("app/inner/a"), echo{"new"})).value() == "new");
  BOOST_TEST(await(t.client.ask(t.at("app/c"), echo{"same"})).value() == "same");
  BOOST_TEST(t.state("app/c").restarts == 0u);
}

BOOST_AUTO_TEST_CASE(a_killed_supervisor_takes_its_children_with_it_and_comes_back_with_new_ones) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(
      t.tree.start("app", {test_system::quick(), {nested("inner", {test_system::quick(), {t.child("a")}})}})
          .has_value());
  BOOST_TEST(await(t.client.ask(t.at("app/inner/a"), echo{"x"})).has_value());
  t.world->taken();
  t.kill("app/inner");
  auto seen = std::multiset<std::string>{};
  BOOST_TEST(eventually([&] {
    for (auto& event : t.world->taken()) seen.insert(event);
    return seen == std::multiset<std::string>{"start a", "stop a"};
  }));
  BOOST_TEST(await(t.client.ask(t.at("app/inner/a"), echo{"y"})).value() == "y");
}

BOOST_AUTO_TEST_CASE(the_root_that_gives_up_calls_back_once_with_the_reason) {
  auto t = test_system{};
  auto reason = std::promise<std::string>{};
  t.tree.when_given_up([&](std::string const& text) { reason.set_value(text); });
  BOOST_TEST_REQUIRE(
      t.tree.start("app", {test_system::quick(supervision_strategy::one_for_one, 0), {t.child("a"), t.child("b")}})
          .has_value());
  (void)await(t.client.ask(t.at("app/a"), crash{"the last one"}));
  auto future = reason.get_future();
  BOOST_TEST_REQUIRE((future.wait_for(5s) == std::future_status::ready));
  BOOST_TEST(future.get() == "more than 0 restarts within 5 s, last of 'a'");
  // Whoever asks now learns at once that nobody is there.
  auto const answer = await(t.client.ask(t.at("app/b"), echo{"x"}));
  BOOST_TEST_REQUIRE(!answer.has_value());
  BOOST_TEST((answer.error().code == errc::unavailable));
  BOOST_TEST(answer.error().message == "'app/b' is down: its supervisor gave up");
}

BOOST_AUTO_TEST_CASE(a_stop_that_takes_too_long_kills_the_tree_and_says_so) {
  auto t = test_system{};
  auto slow = t.child("slow");
  slow.rules.shutdown.patience = std::chrono::milliseconds::max();
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {slow}}).has_value());
  auto blocked = t.client.ask(t.at("app/slow"), block{}, {}, repetition::never);
  BOOST_TEST(eventually([&] {
    auto const lock = std::lock_guard{t.world->mutex};
    return std::ranges::count(t.world->events, "blocked slow") == 1;
  }));
  BOOST_TEST(!t.tree.stop(20ms));
  t.world->open_gate();
  (void)await(std::move(blocked));
}

BOOST_AUTO_TEST_CASE(the_tree_shows_names_states_and_figures) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(
      t.tree
          .start("app",
                 {test_system::quick(supervision_strategy::rest_for_one),
                  {t.child("a"), nested("inner", {test_system::quick(), {t.child("b", restart_type::transient)}})}})
          .has_value());
  for (auto i = 0; i < 3; ++i) BOOST_TEST(await(t.client.ask(t.at("app/inner/b"), echo{"x"})).has_value());
  auto const root = t.tree.snapshot();
  BOOST_TEST(root.name == "app");
  BOOST_TEST(root.kind == "supervisor");
  BOOST_TEST((root.strategy == supervision_strategy::rest_for_one));
  BOOST_TEST(root.child_count == 2u);
  BOOST_TEST_REQUIRE(root.children.size() == 2u);
  BOOST_TEST(root.children[0].name == "app/a");
  BOOST_TEST(root.children[0].kind == "worker");
  BOOST_TEST(!root.children[0].last_reason.has_value());
  BOOST_TEST(!root.children[0].strategy.has_value());
  auto const& inner = root.children[1];
  BOOST_TEST_REQUIRE(inner.children.size() == 1u);
  BOOST_TEST((inner.children[0].state == child_state::running));
  BOOST_TEST((inner.children[0].restart == restart_type::transient));
  BOOST_TEST(inner.children[0].handled == 3u);
  BOOST_TEST(inner.children[0].mailbox == 0u);
  BOOST_TEST(inner.children[0].uptime_seconds > 0.0);
}

BOOST_AUTO_TEST_CASE(a_transient_child_that_is_done_refuses_requests_instead_of_letting_them_wait) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a", restart_type::transient)}}).has_value());
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"x"})).has_value());
  caf::anon_send_exit(caf::actor_cast<caf::actor>(t.names->record("app/a")->live()), caf::exit_reason::user_shutdown);
  BOOST_TEST(eventually([&] { return t.state("app/a").state == child_state::stopped; }));
  auto const answer = await(t.client.ask(t.at("app/a"), echo{"y"}));
  BOOST_TEST_REQUIRE(!answer.has_value());
  BOOST_TEST((answer.error().code == errc::unavailable));
  BOOST_TEST(answer.error().retry_after.count() > 0);
}

BOOST_AUTO_TEST_CASE(children_are_added_and_terminated_at_run_time) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {}}).has_value());
  BOOST_TEST(await(t.client.ask(t.supervisor("app"), start_child_command{t.child("new")})).value() == "app/new");
  BOOST_TEST(await(t.client.ask(t.at("app/new"), echo{"x"})).value() == "x");
  auto const twice = await(t.client.ask(t.supervisor("app"), start_child_command{t.child("new")}));
  BOOST_TEST((twice.error().code == errc::conflict));
  BOOST_TEST(await(t.client.ask(t.at("app/new"), echo{"still"})).value() == "still");
  BOOST_TEST(await(t.client.ask(t.supervisor("app"), terminate_child_command{"new"})).has_value());
  BOOST_TEST(eventually([&] { return t.state("app/new").state == child_state::stopped; }));
  auto const unknown = await(t.client.ask(t.supervisor("app"), terminate_child_command{"nobody"}));
  BOOST_TEST((unknown.error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_thousand_children_come_and_go_without_leaving_records) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(
      t.tree.start("runs", {test_system::quick(supervision_strategy::simple_one_for_one), {}}).has_value());
  for (auto round = 0; round < 10; ++round) {
    auto started = std::vector<std::future<expected<std::string>>>{};
    for (auto i = 0; i < 100; ++i)
      started.push_back(t.client.ask(
          t.supervisor("runs"), start_child_command{t.child(fmt::format("{}-{}", round, i), restart_type::temporary)}));
    for (auto& one : started) BOOST_TEST_REQUIRE(await(std::move(one)).has_value());
    BOOST_TEST(t.tree.snapshot().child_count == 100u);
    for (auto i = 0; i < 100; ++i) {
      auto const name = fmt::format("runs/{}-{}", round, i);
      if (i % 2)
        t.kill(name);
      else
        caf::anon_send_exit(caf::actor_cast<caf::actor>(t.names->record(name)->live()),
                            caf::exit_reason::user_shutdown);
    }
    BOOST_TEST(eventually([&] { return t.tree.snapshot().child_count == 0; }));
    for (auto i = 0; i < 100; ++i) BOOST_TEST(t.names->find(fmt::format("runs/{}-{}", round, i)) == nullptr);
  }
}

BOOST_AUTO_TEST_CASE(children_added_at_run_time_are_forgotten_with_their_supervisor) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(
      t.tree
          .start("app", {test_system::quick(),
                         {nested("runs", {test_system::quick(supervision_strategy::simple_one_for_one), {}})}})
          .has_value());
  BOOST_TEST(await(t.client.ask(t.supervisor("app/runs"), start_child_command{t.child("r1")})).has_value());
  t.kill("app/runs");
  BOOST_TEST(eventually([&] { return t.runs("app/runs", 1); }));
  BOOST_TEST(t.names->find("app/runs/r1") == nullptr);
  BOOST_TEST(t.state("app/runs").child_count == 0u);
}

BOOST_AUTO_TEST_CASE(a_tree_with_rules_that_otp_refuses_does_not_start) {
  auto t = test_system{};
  auto const twins = t.tree.start(
      "app", {test_system::quick(), {nested("inner", {test_system::quick(), {t.child("a"), t.child("a")}})}});
  BOOST_TEST_REQUIRE(!twins.has_value());
  BOOST_TEST(twins.error().where == "app/inner");
}
