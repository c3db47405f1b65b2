// What becomes of requests when server or connection fail. tcp_proxy.hpp and redis_server.hpp make them.
#include "runtime/store/redis_store.hpp"
#include "tests/runtime/store/blocking_store.hpp"
#include "tests/runtime/store/tcp_proxy.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus::store::testing {
namespace {

using strings = std::vector<std::string>;
using namespace std::chrono_literals;

auto options_at(std::uint16_t port, std::chrono::milliseconds patience = 10s) -> redis_options {
  auto options = redis_options{.address = {.host = "127.0.0.1", .port = port}};
  options.patience = patience;
  return options;
}

auto open_at(std::uint16_t port, std::chrono::milliseconds patience = 10s) -> blocking_store {
  return blocking_store{open_redis(options_at(port, patience)).value()};
}

template <class T>
auto code_of(expected<T> const& result) -> std::string {
  return result ? "success" : std::string{to_string(result.error().code)};
}

/// Waits until something holds, for as long as a test may take.
template <class Condition>
auto comes_true(Condition condition) -> bool {
  auto const limit = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

BOOST_AUTO_TEST_CASE(every_acknowledged_append_is_there_once_after_the_server_was_killed_under_load) {
  auto server = redis_server{redis_server::safe()};
  auto store = open_at(server.port());
  constexpr auto count = std::size_t{3'000};
  auto outcomes = std::vector<outcome<void>>(count);
  auto answered = std::atomic<std::size_t>{0};
  auto load = std::thread{[&] {
    for (auto i = std::size_t{0}; i < count; ++i) {
      comes_true([&] { return i < answered + 400; });
      // Without any condition: what makes it happen once is the store's own.
      store->commit({{append{"log", {std::to_string(i)}}}},
                    [&, receive = outcomes[i].receiver()](expected<void> result) {
                      ++answered;
                      receive(std::move(result));
                    });
    }
  }};
  for (auto const at : {count / 5, count / 2}) {
    comes_true([&] { return answered >= at; });
    server.kill();
    std::this_thread::sleep_for(100ms);
    server.start();
  }
  load.join();
  auto expected_bodies = strings{};
  for (auto i = std::size_t{0}; i < count; ++i) {
    BOOST_TEST(code_of(outcomes[i].get()) == "success");
    expected_bodies.push_back(std::to_string(i));
  }
  BOOST_TEST((store.bodies("log") == expected_bodies), "each once, in order");
}

BOOST_AUTO_TEST_CASE(a_lost_answer_costs_nothing_and_doubles_nothing) {
  auto server = redis_server{};
  auto proxy = tcp_proxy{server.port()};
  auto store = open_at(proxy.port());
  auto expected_bodies = strings{};
  auto token = std::uint64_t{0};
  for (auto i = 0; i < 5; ++i) {
    proxy.lose_an_answer();
    expected_bodies.push_back(std::to_string(i));
    BOOST_TEST(code_of(store.commit({append{"log", {expected_bodies.back()}}})) == "success");
    proxy.lose_an_answer();
    auto const refused = store.commit({append{"log", {"x"}, 1'000}});
    BOOST_TEST(code_of(refused) == "conflict", "the first outcome is told");
    proxy.lose_an_answer();
    auto const lease = store.acquire("run", "me", 10s).value();
    BOOST_TEST(lease.token == ++token);
    proxy.lose_an_answer();
    BOOST_TEST(store.bodies("log") == expected_bodies, boost::test_tools::per_element());
  }
  BOOST_TEST(proxy.lost() == 20);
}

BOOST_AUTO_TEST_CASE(what_was_given_up_never_takes_effect_after_something_later) {
  auto server = redis_server{};
  auto proxy = tcp_proxy{server.port()};
  auto store = open_at(proxy.port(), 400ms);
  BOOST_TEST(code_of(store.commit({append{"log", {"before"}}})) == "success");
  proxy.hold();
  auto const lost = store.commit({append{"log", {"given up"}}});
  BOOST_TEST(code_of(lost) == "unavailable");
  BOOST_TEST(lost.error().message == "Redis did not answer within 400 ms; whether the work was done is not known");
  BOOST_TEST((lost.error().retry_after > 0ms));
  BOOST_TEST(comes_true([&] { return store.commit({append{"log", {"later"}}}).has_value(); }));
  proxy.deliver();
  // The server reads its connections in turn: once it has answered ours a few times, it has seen the held one.
  for (auto i = 0; i < 50; ++i) BOOST_TEST(code_of(store.commit({append{"other", {"x"}}})) == "success");
  std::this_thread::sleep_for(50ms);
  BOOST_TEST(store.bodies("log") == (strings{"before", "later"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(while_the_server_hangs_requests_fail_in_time_and_all_recovers) {
  auto server = redis_server{};
  auto store = open_at(server.port(), 300ms);
  BOOST_TEST(code_of(store.commit({append{"log", {"a"}}})) == "success");
  server.pause();
  auto const begun = std::chrono::steady_clock::now();
  auto outcomes = std::vector<outcome<void>>(50);
  for (auto& each : outcomes) store->commit({{append{"log", {"b"}}}}, each.receiver());
  auto const read = store.read("log");
  BOOST_TEST(code_of(read) == "unavailable");
  for (auto& each : outcomes) BOOST_TEST(code_of(each.get()) == "unavailable");
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 3s));
  BOOST_TEST(comes_true([&] { return !store->status().healthy; }));
  server.go_on();
  BOOST_TEST(comes_true([&] { return store.commit({append{"after", {"a"}}}).has_value(); }));
  BOOST_TEST(store->status().healthy);
  BOOST_TEST(store.bodies("log").size() <= 51u);
}

BOOST_AUTO_TEST_CASE(while_the_server_is_gone_requests_wait_and_say_why_they_fail) {
  auto server = redis_server{redis_server::safe()};
  auto store = open_at(server.port(), 500ms), patient = open_at(server.port());
  BOOST_TEST(code_of(store.commit({append{"log", {"a"}}})) == "success");
  server.kill();
  BOOST_TEST(comes_true([&] { return !store->status().healthy; }));
  auto const refused = store.commit({append{"log", {"b"}}});
  BOOST_TEST(code_of(refused) == "unavailable");
  BOOST_TEST(refused.error().message == "Redis is away: Connection refused");
  BOOST_TEST((refused.error().retry_after > 0ms));
  auto waiting = outcome<void>{};
  patient->commit({{append{"log", {"c"}}}}, waiting.receiver());
  server.start();
  BOOST_TEST(code_of(waiting.get()) == "success", "it came back in time");
  BOOST_TEST(patient.bodies("log") == (strings{"a", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once) {
  auto server = redis_server{};
  auto options = options_at(server.port());
  options.max_queue = 4;
  auto store = blocking_store{open_redis(std::move(options)).value()};
  server.pause();
  auto outcomes = std::vector<outcome<void>>(5);
  for (auto& each : outcomes) store->commit({{append{"log", {"x"}}}}, each.receiver());
  BOOST_REQUIRE(outcomes.back().arrived());
  auto const refused = outcomes.back().get();
  BOOST_TEST(code_of(refused) == "overloaded");
  BOOST_TEST((refused.error().retry_after > 0ms));
  BOOST_TEST(store->status().pending == 4u);
  server.go_on();
  outcomes.pop_back();
  for (auto& each : outcomes) BOOST_TEST(code_of(each.get()) == "success");
}

BOOST_AUTO_TEST_CASE(closing_completes_every_callback) {
  auto server = redis_server{};
  for (auto const gone : {false, true}) {
    auto outcomes = std::vector<outcome<void>>(500);
    auto reads = std::vector<outcome<std::vector<record>>>(50);
    {
      auto store = open_at(server.port());
      if (gone) {
        server.kill();
        comes_true([&] { return !store->status().healthy; });
      }
      for (auto& each : outcomes) store->commit({{append{"log", {"x"}}}}, each.receiver());
      for (auto& each : reads) store->read("log", 1, 1, each.receiver());
    }
    for (auto& each : outcomes) BOOST_TEST(code_of(each.get()) == (gone ? "cancelled" : "success"));
    for (auto& each : reads) BOOST_TEST(code_of(each.get()) == (gone ? "cancelled" : "success"));
  }
}

BOOST_AUTO_TEST_CASE(a_full_memory_refuses_writes_until_something_was_removed) {
  auto server = redis_server{{"--maxmemory-policy", "noeviction"}};
  auto store = open_at(server.port());
  auto const body = std::string(100'000, 'x');
  auto const add = [&](int i) {
    return store.commit({put{"things", std::to_string(i), body, {{"state", "old"}}, {}},
                         append{"things/" + std::to_string(i), {body}}});
  };
  server.command({"CONFIG", "SET", "maxmemory", "12mb"});
  auto outcome = expected<void>{};
  auto count = 0;
  while (outcome && count < 1'000) outcome = add(count++);
  BOOST_TEST(code_of(outcome) == "storage");
  BOOST_TEST(outcome.error().message.starts_with("Redis has used up its maxmemory"));
  BOOST_TEST(outcome.error().remedy.find("maxmemory") != std::string::npos);
  BOOST_TEST(!store->status().healthy);
  BOOST_TEST(!store.find("things", std::to_string(count - 1)).value().has_value(), "nothing of it was done");
  BOOST_TEST(store.bodies("things/" + std::to_string(count - 1)).empty());
  auto const pruned = store.prune({"things", 0s, {}, {}, 20});
  BOOST_TEST(code_of(pruned) == "success", "room can be made");
  BOOST_TEST(pruned.value().documents == 20u);
  BOOST_TEST(comes_true([&] { return store->status().healthy; }), "found out without anybody writing");
  BOOST_TEST(code_of(add(0)) == "success");
}

BOOST_AUTO_TEST_CASE(a_server_that_became_a_replica_says_what_to_do) {
  auto primary = redis_server{}, server = redis_server{};
  auto store = open_at(server.port());
  server.command({"REPLICAOF", "127.0.0.1", std::to_string(primary.port())});
  auto const refused = store.commit({append{"log", {"a"}}});
  BOOST_TEST((code_of(refused) == "storage" || code_of(refused) == "unavailable"), code_of(refused));
  BOOST_TEST(refused.error().remedy == "name the primary in the Redis URL");
  auto const unopened = open_redis(options_at(server.port(), 300ms));
  BOOST_TEST(unopened.error().message == "the server is a replica, which cannot be written to");
  BOOST_TEST(unopened.error().remedy == "name the primary in the Redis URL");
}

BOOST_AUTO_TEST_CASE(scripts_that_somebody_flushed_are_loaded_again) {
  auto server = redis_server{};
  auto store = open_at(server.port());
  for (auto i = 0; i < 3; ++i) {
    BOOST_TEST(server.command({"SCRIPT", "FLUSH"}) == "OK");
    BOOST_TEST(code_of(store.commit({append{"log", {"a"}}})) == "success");
    BOOST_TEST(server.command({"SCRIPT", "FLUSH"}) == "OK");
    BOOST_TEST(store.bodies("log").size() == static_cast<std::size_t>(i + 1));
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_was_emptied_is_not_taken_for_the_old_one) {
  auto server = redis_server{};
  auto store = open_at(server.port(), 500ms);
  BOOST_TEST(code_of(store.acquire("run", "me", 1s)) == "success");
  server.command({"FLUSHALL"});
  auto const refused = store.commit({append{"log", {"a"}}});
  BOOST_TEST(code_of(refused) == "storage");
  BOOST_TEST(refused.error().message == "the store was removed from the server, or replaced");
  // Another node makes a new store; ours still does not go on with it.
  auto other = open_at(server.port());
  server.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  BOOST_TEST(code_of(other.commit({append{"log", {"a"}}})) == "success");
  auto const still = store.commit({append{"log", {"b"}}});
  BOOST_TEST(code_of(still) == "unavailable");
  BOOST_TEST(still.error().message.find("another store than before") != std::string::npos, still.error().message);
}

} // namespace
} // namespace nexus::store::testing
