#include "messages/core/timeout.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <thread>

using namespace nexus;
using namespace std::chrono_literals;

namespace {

struct timeout_fixture {
  caf::actor_system_config config;
  caf::actor_system system{config};
};

/// Made before the first timeout of the process and gone after everything that was made later, as an actor system may
/// be that is a static object.
auto until_the_end = std::vector<timeout>{};

} // namespace

BOOST_FIXTURE_TEST_SUITE(timeouts, timeout_fixture)

BOOST_AUTO_TEST_CASE(a_timeout_may_be_taken_back_when_the_process_ends) {
  auto actor = system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    until_the_end.emplace_back(self->ctrl(), self->new_request_id(caf::message_priority::normal).response_id(), 1h);
    return {[](int) {}};
  });
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  BOOST_TEST(until_the_end.size() == 1U);
}

BOOST_AUTO_TEST_CASE(callbacks_come_in_the_order_of_their_times_and_never_early) {
  auto promise = std::make_shared<std::promise<std::vector<int>>>();
  auto const begun = std::chrono::steady_clock::now();
  auto actor = system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    auto seen = std::make_shared<std::vector<int>>();
    for (auto const wait : {60, 20, 40, 0, 20})
      call_after(self, std::chrono::milliseconds{wait}, [=] {
        if (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds{wait}) seen->push_back(-1);
        seen->push_back(wait);
        if (seen->size() == 5) promise->set_value(*seen);
      });
    return {[](int) {}};
  });
  auto future = promise->get_future();
  BOOST_REQUIRE(future.wait_for(10s) == std::future_status::ready);
  auto const seen = future.get();
  auto const expected = std::vector{0, 20, 20, 40, 60};
  BOOST_CHECK_EQUAL_COLLECTIONS(seen.begin(), seen.end(), expected.begin(), expected.end());
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(a_time_that_is_far_away_delays_none_that_is_near) {
  auto promise = std::make_shared<std::promise<void>>();
  auto actor = system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    call_after(self, 1h, [] { BOOST_ERROR("an hour has not passed"); });
    call_after(self, 10ms, [=] { promise->set_value(); });
    return {[](int) {}};
  });
  BOOST_CHECK(promise->get_future().wait_for(10s) == std::future_status::ready);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(what_an_actor_waits_for_ends_with_it) {
  auto resource = std::make_shared<int>(1);
  auto const watched = std::weak_ptr<int>{resource};
  auto actor = system.spawn([resource](caf::event_based_actor* self) -> caf::behavior {
    call_after(self, 1h, [resource] { BOOST_ERROR("its actor is gone"); });
    return {[self](int) { self->quit(); }};
  });
  resource = nullptr;
  BOOST_CHECK(!watched.expired());
  auto gone = std::promise<void>{};
  {
    auto waiting = caf::scoped_actor{system};
    waiting->monitor(actor);
    caf::anon_send(actor, 1);
    actor = nullptr;
    waiting->receive([&](caf::down_msg const&) { gone.set_value(); });
  }
  // The actor's state ends a moment after its monitors hear of it, with the last reference to it.
  for (auto i = 0; i < 1'000 && !watched.expired(); ++i) std::this_thread::sleep_for(5ms);
  BOOST_CHECK(watched.expired());
}

BOOST_AUTO_TEST_CASE(an_answer_takes_its_timeout_back) {
  // Answered many times under one deadline: none of the timeouts comes afterwards, and none is kept.
  auto echo = system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int value) { return value; }}; });
  auto promise = std::make_shared<std::promise<int>>();
  auto actor = system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    auto answered = std::make_shared<int>(0);
    for (auto i = 0; i < 1'000; ++i) {
      auto const response = self->request(echo, caf::infinite, i);
      auto late = std::make_shared<timeout>(self->ctrl(), response.id(), 200ms);
      response.then([answered, late](int) { ++*answered; },
                    [=](caf::error const&) { BOOST_ERROR("an answered request timed out"); });
    }
    call_after(self, 400ms, [=] { promise->set_value(*answered); });
    return {[](int) {}};
  });
  auto future = promise->get_future();
  BOOST_REQUIRE(future.wait_for(10s) == std::future_status::ready);
  BOOST_CHECK_EQUAL(future.get(), 1'000);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_SUITE_END()
