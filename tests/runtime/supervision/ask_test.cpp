#include "tests/runtime/supervision/actors_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::supervision;

namespace {

auto within(caf::actor_system& system, std::chrono::milliseconds patience) -> call {
  auto context = call{};
  context.deadline = now(system) + patience;
  return context;
}

} // namespace

BOOST_AUTO_TEST_CASE(requests_wait_in_order_for_a_child_that_is_not_there_yet) {
  auto t = test_system{};
  auto answers = std::vector<std::future<expected<std::string>>>{};
  for (auto i = 0; i < 50; ++i) answers.push_back(t.client.ask(t.at("app/a"), echo{std::to_string(i)}));
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  for (auto i = 0; i < 50; ++i)
    BOOST_TEST(await(std::move(answers[static_cast<std::size_t>(i)])).value() == std::to_string(i));
}

BOOST_AUTO_TEST_CASE(a_full_waiting_room_says_so) {
  auto t = test_system{};
  auto answers = std::vector<std::future<expected<std::string>>>{};
  for (auto i = 0; i < 101; ++i) answers.push_back(t.client.ask(t.at("app/a"), echo{"x"}));
  auto const refused = await(std::move(answers.back()));
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == errc::overloaded));
  BOOST_TEST(refused.error().retry_after.count() > 0);
  answers.pop_back();
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  for (auto& answer : answers) BOOST_TEST(await(std::move(answer)).has_value());
}

BOOST_AUTO_TEST_CASE(requests_that_nobody_waits_for_any_more_make_room) {
  auto t = test_system{};
  auto gone = std::vector<std::future<expected<std::string>>>{};
  for (auto i = 0; i < 100; ++i) gone.push_back(t.client.ask(t.at("app/a"), echo{"late"}, within(t.system, 30ms)));
  for (auto& answer : gone) BOOST_TEST((await(std::move(answer)).error().code == errc::deadline_exceeded));
  auto patient = t.client.ask(t.at("app/a"), echo{"x"});
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  BOOST_TEST(await(std::move(patient)).value() == "x");
}

BOOST_AUTO_TEST_CASE(a_read_is_repeated_to_the_successor_of_a_receiver_that_ended) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  auto blocked = t.client.ask(t.at("app/a"), block{}, {}, repetition::never);
  BOOST_TEST(eventually([&] {
    auto const lock = std::lock_guard{t.world->mutex};
    return std::ranges::count(t.world->events, "blocked a") == 1;
  }));
  auto queued = std::vector<std::future<expected<std::string>>>{};
  for (auto i = 0; i < 20; ++i) queued.push_back(t.client.ask(t.at("app/a"), echo{std::to_string(i)}));
  [[maybe_unused]] auto const write = t.client.ask(t.at("app/a"), echo{"once"}, {}, repetition::never);
  BOOST_TEST(eventually([&] { return t.state("app/a").mailbox == 21; }));
  t.kill("app/a");
  t.world->open_gate();
  for (auto i = 0; i < 20; ++i)
    BOOST_TEST(await(std::move(queued[static_cast<std::size_t>(i)])).value() == std::to_string(i));
  BOOST_TEST(await(std::move(blocked)).has_value());
}

BOOST_AUTO_TEST_CASE(a_write_is_never_repeated) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  auto write = t.client.ask(t.at("app/a"), answer_later{}, {}, repetition::never);
  BOOST_TEST(eventually([&] { return t.state("app/a").handled == 1; }));
  t.kill("app/a");
  auto const outcome = await(std::move(write));
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST((outcome.error().code == errc::unavailable));
}

BOOST_AUTO_TEST_CASE(a_write_that_may_be_repeated_says_that_it_may_be_done_already) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  auto write = t.client.ask(t.at("app/a"), answer_later{}, {}, repetition::recovering);
  BOOST_TEST(eventually([&] { return t.state("app/a").handled == 1; }));
  t.world->open_gate();
  t.kill("app/a");
  BOOST_TEST(await(std::move(write)).value() == "done before");
}

BOOST_AUTO_TEST_CASE(what_the_successor_of_a_writer_refuses_may_have_been_done_before) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  auto write = t.client.ask(t.at("app/a"), answer_later{}, {}, repetition::recovering);
  BOOST_TEST(eventually([&] { return t.state("app/a").handled == 1; }));
  t.kill("app/a");
  auto const outcome = await(std::move(write));
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST((outcome.error().code == errc::unavailable), outcome.error().render());
  BOOST_TEST(outcome.error().message.find("not allowed any more") != std::string::npos, outcome.error().render());
}

BOOST_AUTO_TEST_CASE(answers_that_are_owed_are_repeated_until_the_deadline) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  auto read = t.client.ask(t.at("app/a"), answer_later{}, within(t.system, 300ms));
  for (auto restarts = 0u; restarts < 3; ++restarts) {
    BOOST_TEST(eventually([&] { return t.runs("app/a", restarts) && t.state("app/a").handled == 1; }));
    t.kill("app/a");
  }
  BOOST_TEST((await(std::move(read)).error().code == errc::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passed_is_answered_without_asking) {
  auto t = test_system{};
  auto context = call{};
  context.deadline = now(t.system) - 1ms;
  auto const answer = await(t.client.ask(t.at("app/nobody"), echo{"x"}, context));
  BOOST_TEST_REQUIRE(!answer.has_value());
  BOOST_TEST((answer.error().code == errc::deadline_exceeded));
  BOOST_TEST(answer.error().message == "the deadline passed before 'app/nobody' was asked");
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_the_wait_for_a_child_that_never_comes) {
  auto t = test_system{};
  auto const answer = await(t.client.ask(t.at("app/nobody"), echo{"x"}, within(t.system, 20ms)));
  BOOST_TEST((answer.error().code == errc::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(requests_that_wait_fail_when_the_child_is_gone_for_good) {
  auto t = test_system{};
  auto waiting = t.client.ask(t.at("app/a"), echo{"x"});
  auto const impatient = await(t.client.ask(t.at("app/a"), echo{"y"}, within(t.system, 20ms)));
  BOOST_TEST((impatient.error().code == errc::deadline_exceeded));
  t.names->record("app/a")->closed("it moved away");
  auto const answer = await(std::move(waiting));
  BOOST_TEST_REQUIRE(!answer.has_value());
  BOOST_TEST((answer.error().code == errc::unavailable));
  BOOST_TEST(answer.error().message == "'app/a' is down: it moved away");
}

BOOST_AUTO_TEST_CASE(a_full_mailbox_answers_at_once_that_it_is_overloaded) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  auto blocked = t.client.ask(t.at("app/a"), block{}, {}, repetition::never);
  BOOST_TEST(eventually([&] {
    auto const lock = std::lock_guard{t.world->mutex};
    return std::ranges::count(t.world->events, "blocked a") == 1;
  }));
  auto const receiver = t.at("app/a").target();
  auto refused = std::promise<error>{};
  auto flood = std::function<void(caf::event_based_actor*)>{[&](caf::event_based_actor* self) {
    auto const target = caf::actor_cast<caf::actor>(receiver);
    // Nobody waits for those that fill it: CAF looks through all requests of an actor for each answer.
    for (std::uint64_t i = 0; i < mailbox_limit; ++i) self->send(target, call{}, echo{"x"});
    self->request(target, caf::infinite, call{}, echo{"x"})
        .then([](std::string const&) {}, [&](caf::error const& problem) { refused.set_value(from_caf(problem)); });
  }};
  caf::anon_send(t.client.handle, flood);
  auto future = refused.get_future();
  BOOST_TEST_REQUIRE((future.wait_for(10s) == std::future_status::ready));
  BOOST_TEST((future.get().code == errc::overloaded));
  BOOST_TEST(t.state("app/a").mailbox == mailbox_limit);
  t.world->open_gate();
  BOOST_TEST(await(std::move(blocked)).has_value());
  BOOST_TEST(eventually([&] { return t.state("app/a").mailbox == 0; }));
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"after"})).value() == "after");
}

BOOST_AUTO_TEST_CASE(messages_to_a_dead_incarnation_do_not_count_for_its_successor) {
  auto t = test_system{};
  BOOST_TEST_REQUIRE(t.tree.start("app", {test_system::quick(), {t.child("a")}}).has_value());
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"x"})).has_value());
  auto const old = t.at("app/a").target();
  t.kill("app/a");
  BOOST_TEST(eventually([&] { return t.runs("app/a", 1); }));
  for (auto i = 0; i < 10; ++i) caf::anon_send(old, call{}, echo{"too late"});
  BOOST_TEST(await(t.client.ask(t.at("app/a"), echo{"y"})).has_value());
  BOOST_TEST(t.state("app/a").mailbox == 0u);
  BOOST_TEST(t.state("app/a").handled == 1u);
}

BOOST_AUTO_TEST_CASE(the_last_copy_of_a_pending_reply_may_go_on_another_thread) {
  auto t = test_system{};
  auto held = std::promise<pending_reply<std::string>>{};
  auto const owing = t.system.spawn([&held](caf::event_based_actor* self) -> caf::behavior {
    return {[self, &held](call const&, echo const&) -> caf::result<std::string> {
      auto [reply, promise] = begin_reply<std::string>(self);
      held.set_value(reply);
      self->quit();
      return promise;
    }};
  });
  auto answer = std::promise<error>{};
  auto work = std::function<void(caf::event_based_actor*)>{[&, owing](caf::event_based_actor* self) {
    self->request(owing, std::chrono::seconds{20}, call{}, echo{"x"})
        .then([](std::string const&) {}, [&](caf::error const& problem) { answer.set_value(from_caf(problem)); });
  }};
  caf::anon_send(t.client.handle, work);
  std::thread{[&] { held.get_future().get() = {}; }}.join();
  auto future = answer.get_future();
  BOOST_TEST_REQUIRE((future.wait_for(10s) == std::future_status::ready));
  BOOST_TEST((future.get().code == errc::unavailable));
}
