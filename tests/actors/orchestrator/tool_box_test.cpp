#include "tests/actors/orchestrator/fixture.hpp"

using namespace nexus;
using namespace nexus::orchestrator;
using namespace nexus::orchestrator::testing;

namespace {

/// A tool whose answers the test gives, one by one.
struct slow_tool {
  std::vector<std::pair<caf::actor, operation_callback>> asked;
  std::mutex mutex;

  auto operation() -> operation_info {
    return tool("look", [this](caf::event_based_actor* caller, nlohmann::json const&, operation_callback done) {
      auto const lock = std::lock_guard{mutex};
      asked.emplace_back(caf::actor_cast<caf::actor>(caller), std::move(done));
    });
  }
  auto count() -> std::size_t {
    auto const lock = std::lock_guard{mutex};
    return asked.size();
  }
  /// Answers in the context of whoever asked.
  void answer(std::size_t index, expected<operation_result> outcome) {
    auto const lock = std::lock_guard{mutex};
    caf::anon_send(asked.at(index).first, continuation{[done = asked.at(index).second, outcome] { done(outcome); }});
  }
};

struct box_fixture {
  slow_tool source;
  actor_world world;
  tool_box box{{source.operation()}, std::chrono::milliseconds{60'000}, 2};

  auto use(supervision::test_client const& client, nlohmann::json arguments = {{"ticket_key", "PROJ-1"}})
      -> std::future<observation> {
    auto promise = std::make_shared<std::promise<observation>>();
    auto future = promise->get_future();
    auto work = std::function<void(caf::event_based_actor*)>{[this, promise, arguments](caf::event_based_actor* self) {
      box.use(self, {}, *box.find("look"), arguments,
              [promise](observation seen) { promise->set_value(std::move(seen)); });
    }};
    caf::anon_send(client.handle, std::move(work));
    return future;
  }
};

auto in_time(std::future<observation>& future) -> observation {
  BOOST_REQUIRE(future.wait_for(std::chrono::seconds{10}) == std::future_status::ready);
  return future.get();
}
auto in_time(std::future<observation>&& future) -> observation { return in_time(future); }

} // namespace

BOOST_FIXTURE_TEST_CASE(equal_reads_at_once_are_one_read_and_fresh_answers_are_shared, box_fixture) {
  auto other = supervision::test_client{world.system};
  auto first = use(world.client);
  BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 1; }));
  auto second = use(other), third = use(world.client, {{"ticket_key", "PROJ-2"}});
  BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 2; }));
  source.answer(1, operation_result{"\"two\""});
  source.answer(0, operation_result{"\"one\""});
  auto const one = in_time(first);
  BOOST_TEST(one.outcome->body == "\"one\"");
  BOOST_TEST(in_time(second).outcome->body == "\"one\"");
  BOOST_TEST(in_time(third).outcome->body == "\"two\"");
  auto const later = in_time(use(other));
  BOOST_TEST(later.outcome->body == "\"one\"");
  BOOST_TEST((later.observed_at == one.observed_at), "its age is told");
  BOOST_TEST(source.count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(who_is_told_a_known_answer_may_ask_for_the_next_one_at_once, box_fixture) {
  auto first = use(world.client);
  BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 1; }));
  source.answer(0, operation_result{"\"one\""});
  in_time(first);
  auto told = std::make_shared<std::promise<observation>>();
  auto work = std::function<void(caf::event_based_actor*)>{[this, told](caf::event_based_actor* self) {
    auto const again = [this, self, told](observation const&) {
      box.use(self, {}, *box.find("look"), {{"ticket_key", "PROJ-1"}},
              [told](observation seen) { told->set_value(std::move(seen)); });
    };
    box.use(self, {}, *box.find("look"), {{"ticket_key", "PROJ-1"}}, again);
  }};
  caf::anon_send(world.client.handle, std::move(work));
  BOOST_TEST(in_time(told->get_future()).outcome->body == "\"one\"");
}

BOOST_FIXTURE_TEST_CASE(errors_are_shared_by_those_who_wait_and_never_kept, box_fixture) {
  auto first = use(world.client);
  BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 1; }));
  source.answer(0, fail(errc::upstream, "down"));
  BOOST_TEST(!in_time(first).outcome.has_value());
  auto again = use(world.client);
  BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 2; }));
  source.answer(1, operation_result{"\"up\""});
  BOOST_TEST(in_time(again).outcome->body == "\"up\"");
}

BOOST_FIXTURE_TEST_CASE(when_a_reader_dies_somebody_who_waits_reads_instead, box_fixture) {
  auto waiting = std::future<observation>{};
  {
    auto reader = supervision::test_client{world.system};
    (void)use(reader);
    BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 1; }));
    waiting = use(world.client);
    // A second request of the same actor: when it is answered, the first one waits in the box.
    auto marker = use(world.client, {{"ticket_key", "PROJ-9"}});
    BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 2; }));
    source.answer(1, operation_result{"0"});
    in_time(marker);
  }
  {
    // What the dead reader held goes with it.
    auto const lock = std::lock_guard{source.mutex};
    source.asked.at(0) = {};
  }
  BOOST_REQUIRE(supervision::eventually([&] { return source.count() == 3; }));
  source.answer(2, operation_result{"\"read by the other\""});
  BOOST_TEST(in_time(waiting).outcome->body == "\"read by the other\"");
}

BOOST_FIXTURE_TEST_CASE(the_oldest_answers_make_room, box_fixture) {
  for (auto i = 0; i < 3; ++i) {
    auto seen = use(world.client, {{"ticket_key", fmt::format("PROJ-{}", i)}});
    BOOST_REQUIRE(supervision::eventually([&] { return source.count() == static_cast<std::size_t>(i) + 1; }));
    source.answer(static_cast<std::size_t>(i), operation_result{"1"});
    in_time(seen);
  }
  in_time(use(world.client, {{"ticket_key", "PROJ-2"}}));
  BOOST_TEST(source.count() == 3u);
  (void)use(world.client, {{"ticket_key", "PROJ-0"}});
  BOOST_TEST(supervision::eventually([&] { return source.count() == 4; }));
}

BOOST_AUTO_TEST_CASE(only_tools_are_offered_with_the_schema_of_their_arguments) {
  auto hidden = tool("hidden", {});
  hidden.is_tool = false;
  auto const box = tool_box{{tool("look", {}), hidden}, std::chrono::milliseconds{1'000}};
  BOOST_REQUIRE_EQUAL(box.definitions().size(), 1u);
  BOOST_TEST(box.definitions().front().name == "look");
  BOOST_TEST(nlohmann::json::parse(box.definitions().front().parameters.text).at("properties").contains("ticket_key"));
  BOOST_TEST(box.find("hidden") == nullptr);
  BOOST_TEST(box.find("look") != nullptr);
}
