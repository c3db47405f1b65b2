// What the store in Redis does beyond every store's contract.
#include "runtime/store/redis_store.hpp"
#include "tests/runtime/store/blocking_store.hpp"
#include "tests/runtime/store/redis_server.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus::store::testing {
namespace {

using strings = std::vector<std::string>;
using namespace std::chrono_literals;

auto options_at(std::uint16_t port) -> redis_options { return {.address = {.host = "127.0.0.1", .port = port}}; }

/// Some failures are told at once, for others the store waits as long as it is told to.
auto failure_to_open(redis_options options, std::chrono::milliseconds patience = 20s) -> error {
  options.patience = patience;
  auto const result = open_redis(std::move(options));
  BOOST_REQUIRE(!result.has_value());
  return result.error();
}

template <class T>
auto code_of(expected<T> const& result) -> std::string {
  return result ? "success" : std::string{to_string(result.error().code)};
}

BOOST_AUTO_TEST_CASE(a_url_names_server_user_and_database) {
  auto const full = parse_redis_url("redis://nex%20us:p%40ss:w@ord@redis.internal:6380/3").value();
  BOOST_TEST(full.host == "redis.internal");
  BOOST_TEST(full.port == 6'380);
  BOOST_TEST(full.user == "nex us");
  BOOST_TEST(full.password == "p@ss:w@ord");
  BOOST_TEST(full.database == 3u);
  BOOST_TEST(full.text() == "redis://redis.internal:6380/3");
  auto const short_one = parse_redis_url("redis://localhost").value();
  BOOST_TEST(short_one.port == 6'379);
  BOOST_TEST(short_one.password.empty());
  BOOST_TEST(parse_redis_url("redis://:secret@[::1]:7000").value().text() == "redis://[::1]:7000/0");
}

BOOST_AUTO_TEST_CASE(a_wrong_url_is_refused_without_repeating_it) {
  for (auto const* url :
       {"", "localhost:6379", "http://secret", "redis://", "redis://secret@host", "redis://user:@host",
        "redis://:secret@", "redis://:secret@host:0", "redis://:secret@host:65536", "redis://:secret@host:x",
        "redis://:secret@host/x", "redis://:secret@host/1/2", "redis://:secret%@host", "redis://:secret%zz@host",
        "redis://:secret@[::1", "redis://:secret@ho st"}) {
    auto const result = parse_redis_url(url);
    BOOST_TEST_CONTEXT(url) {
      BOOST_TEST(code_of(result) == "invalid_argument");
      BOOST_TEST(result.error().render().find("secret") == std::string::npos);
    }
  }
  auto const encrypted = parse_redis_url("rediss://:secret@host");
  BOOST_TEST(code_of(encrypted) == "refused");
  BOOST_TEST(encrypted.error().message.find("without TLS") != std::string::npos);
  BOOST_TEST(encrypted.error().render().find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_status_tells_the_server_and_whether_it_is_fit_for_production) {
  auto safe = redis_server{redis_server::safe()};
  auto const store = open_redis(options_at(safe.port())).value();
  auto const status = store->server();
  BOOST_TEST(status.connected);
  BOOST_TEST(status.address == fmt::format("redis://127.0.0.1:{}/0", safe.port()));
  BOOST_TEST(status.server.starts_with("redis "));
  BOOST_TEST(status.appendonly.value() == "yes");
  BOOST_TEST(status.appendfsync.value() == "always");
  BOOST_TEST(status.maxmemory_policy.value() == "noeviction");
  BOOST_TEST(status.unfit_for_production().empty());
  BOOST_TEST(status.identity.size() == 32u);
  BOOST_TEST(store->status().backend == "redis");
  BOOST_TEST(store->status().schema_version == 1);
  BOOST_TEST(store->status().healthy);

  auto loose = redis_server{{"--maxmemory-policy", "allkeys-lru"}};
  auto const unfit = open_redis(options_at(loose.port())).value()->server().unfit_for_production();
  BOOST_TEST(unfit == (strings{"appendonly is no: set it to yes in redis.conf",
                               "appendfsync is everysec: set it to always in redis.conf",
                               "maxmemory-policy is allkeys-lru: set it to noeviction in redis.conf"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_user_who_may_not_read_settings_gets_a_store_whose_settings_are_unknown) {
  auto server = redis_server{redis_server::safe()};
  server.command({"ACL", "SETUSER", "nexus", "on", ">secret", "~{nexus}:*", "+@all", "-@admin", "-@dangerous"});
  auto options = options_at(server.port());
  options.address.user = "nexus";
  options.address.password = "secret";
  auto store = open_redis(std::move(options)).value();
  auto const status = store->server();
  BOOST_TEST(!status.appendonly.has_value());
  BOOST_TEST(status.server == "", "INFO is among the dangerous ones");
  BOOST_REQUIRE(status.unfit_for_production().size() == 3u);
  BOOST_TEST(status.unfit_for_production()[1] ==
             "appendfsync is unknown: let the user read it (`+config|get`), and set it to always");
  auto asked = blocking_store{std::move(store)};
  BOOST_TEST(code_of(asked.commit({append{"log", {"a"}}, put{"things", "a", "b", {{"c", "d"}}, {}}})) == "success");
  BOOST_TEST(asked.list({"things", {{"c", "d"}}}).value().documents.size() == 1u);

  auto elsewhere = options_at(server.port());
  elsewhere.address.user = "nexus";
  elsewhere.address.password = "secret";
  elsewhere.prefix = "others";
  BOOST_TEST((failure_to_open(std::move(elsewhere)).code == errc::permission_denied));
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_told_at_once_and_never_shown) {
  auto server = redis_server{{"--requirepass", "the right one"}};
  auto options = options_at(server.port());
  auto const without = failure_to_open(options);
  BOOST_TEST((without.code == errc::unauthenticated));
  BOOST_TEST(without.message == "Redis wants a password");
  options.address.password = "hunter2";
  auto const wrong = failure_to_open(options);
  BOOST_TEST((wrong.code == errc::unauthenticated));
  BOOST_TEST(wrong.render().find("hunter2") == std::string::npos);
  options.address.password = "the right one";
  BOOST_TEST(open_redis(options).has_value());
  auto open_server = redis_server{};
  options.address.port = open_server.port();
  BOOST_TEST((failure_to_open(options).code == errc::unauthenticated), "a password where none is set is a mistake");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_or_is_none_is_unavailable) {
  auto const nobody = failure_to_open(options_at(free_port()), 300ms);
  BOOST_TEST((nobody.code == errc::unavailable));
  BOOST_TEST(nobody.message == "Redis cannot be reached: Connection refused");
  BOOST_TEST(nobody.where.starts_with("redis://127.0.0.1:"));
  BOOST_TEST(!nobody.remedy.empty());
}

BOOST_AUTO_TEST_CASE(a_server_that_speaks_something_else_harms_nobody) {
  for (auto const* greeting :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n+OK\r\n", "$-5\r\n", "*1000000000\r\n", "-ERR go away\r\n",
        ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", ""}) {
    auto const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) throw std::runtime_error{"no socket"};
    auto address = ::sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    auto size = static_cast<::socklen_t>(sizeof address);
    BOOST_REQUIRE(::bind(listener, reinterpret_cast<::sockaddr*>(&address), size) == 0);
    BOOST_REQUIRE(::listen(listener, 16) == 0);
    ::getsockname(listener, reinterpret_cast<::sockaddr*>(&address), &size);
    auto stopping = std::atomic<bool>{false};
    auto answering = std::thread{[&] {
      while (true) {
        auto const client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0 || stopping) {
          ::close(client);
          return;
        }
        ::send(client, greeting, std::strlen(greeting), MSG_NOSIGNAL);
        ::close(client);
      }
    }};
    auto options = options_at(::ntohs(address.sin_port));
    auto const problem = failure_to_open(options, 300ms);
    BOOST_TEST_CONTEXT(greeting) {
      BOOST_TEST((problem.code != errc::internal));
      BOOST_TEST(!problem.message.empty());
    }
    stopping = true;
    ::shutdown(listener, SHUT_RDWR);
    answering.join();
    ::close(listener);
  }
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused_with_what_to_do) {
  auto server = redis_server{};
  BOOST_TEST(open_redis(options_at(server.port())).has_value());
  server.command({"SET", "{nexus}:schema", "99"});
  auto const problem = failure_to_open(options_at(server.port()));
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.message == "the store has schema version 99, this program knows versions up to 1");
  server.command({"DEL", "{nexus}:schema"});
  BOOST_TEST((failure_to_open(options_at(server.port())).code == errc::corrupt), "a store without its version");
}

BOOST_AUTO_TEST_CASE(two_stores_on_one_server_are_one_store) {
  auto server = redis_server{};
  auto first = blocking_store{open_redis(options_at(server.port())).value()};
  auto second_one = open_redis(options_at(server.port())).value();
  auto const identity = second_one->server().identity;
  auto second = blocking_store{std::move(second_one)};
  auto const mine = first.acquire("run", "one", 10s).value();
  auto const refused = second.acquire("run", "two", 10s);
  BOOST_TEST(code_of(refused) == "conflict");
  BOOST_TEST(refused.error().message == "lease 'run' is held by 'one'");
  BOOST_TEST((refused.error().retry_after > 9s));
  BOOST_TEST(code_of(first.commit({append{"log", {"by one"}, 1, mine.token, "run"}})) == "success");
  BOOST_TEST(code_of(first.release("run", mine.token)) == "success");
  auto const theirs = second.acquire("run", "two", 10s).value();
  BOOST_TEST(theirs.token > mine.token);
  BOOST_TEST(code_of(first.commit({append{"log", {"late"}, {}, mine.token, "run"}})) == "conflict");
  BOOST_TEST(code_of(second.commit({append{"log", {"by two"}, 2, theirs.token, "run"}})) == "success");
  BOOST_TEST(first.bodies("log") == (strings{"by one", "by two"}), boost::test_tools::per_element());

  auto options = options_at(server.port());
  options.prefix = "others";
  auto others = open_redis(options).value();
  BOOST_TEST(others->server().identity != identity);
  BOOST_TEST(open_redis(options_at(server.port())).value()->server().identity == identity);
  BOOST_TEST(blocking_store{std::move(others)}.bodies("log").empty());
}

BOOST_AUTO_TEST_CASE(leases_and_times_are_those_of_the_server) {
  auto server = redis_server{};
  auto store = blocking_store{open_redis(options_at(server.port())).value()};
  auto const before = std::chrono::system_clock::now() - 1s;
  BOOST_TEST(code_of(store.commit({append{"log", {"a"}}})) == "success");
  auto const at = store.read("log").value().front().at;
  BOOST_TEST((at > before && at < before + 20s));
  auto const first = store.acquire("run", "one", 60ms).value();
  auto next = store.acquire("run", "two", 10s);
  while (!next) {
    BOOST_TEST(code_of(next) == "conflict");
    BOOST_REQUIRE((next.error().retry_after <= 60ms));
    std::this_thread::sleep_for(next.error().retry_after);
    next = store.acquire("run", "two", 10s);
  }
  BOOST_TEST(next->token > first.token);
}

BOOST_AUTO_TEST_CASE(a_listing_with_few_matches_is_put_together_from_many_steps) {
  auto server = redis_server{};
  auto store = blocking_store{open_redis(options_at(server.port())).value()};
  constexpr auto count = 12'000;
  for (auto i = 0; i < count; i += 2'000) {
    auto work = batch{};
    for (auto j = i; j < i + 2'000; ++j)
      work.operations.emplace_back(put{
          "things",
          fmt::format("{:06}", j),
          "x",
          {{"even", j % 2 == 0 ? "yes" : "no"}, {"far", j >= count - 3 ? "yes" : "no"}, {"half", j >= 500 ? "b" : "a"}},
          {}});
    BOOST_TEST(code_of(store.commit(std::move(work))) == "success");
  }
  auto const few = store.list({"things", {{"even", "no"}, {"far", "yes"}}, "", false, 10}).value();
  BOOST_REQUIRE(few.documents.size() == 2u);
  BOOST_TEST(few.documents[0].key == "011997");
  BOOST_TEST(few.next == "");
  // Both indexes are large here, and the matches are at the end.
  auto const late = store.list({"things", {{"even", "no"}, {"half", "a"}}, "", true, 250}).value();
  BOOST_TEST(late.documents.size() == 250u);
  BOOST_TEST(late.documents.front().key == "000499");
  BOOST_TEST(late.next == "");
  auto const part = store.list({"things", {{"even", "yes"}, {"half", "b"}}, "", true, 3}).value();
  BOOST_TEST(part.next == "011994");
}

BOOST_AUTO_TEST_CASE(a_damaged_document_is_told_and_makes_the_store_unhealthy) {
  auto server = redis_server{};
  auto store = blocking_store{open_redis(options_at(server.port())).value()};
  BOOST_TEST(code_of(store.commit({put{"things", "a", "b", {{"c", "d"}}, {}}})) == "success");
  server.command({"HSET", "{nexus}:document:things/a", "attributes", "rubbish"});
  BOOST_TEST(code_of(store.find("things", "a")) == "corrupt");
  BOOST_TEST(code_of(store.list({"things"})) == "corrupt");
  BOOST_TEST(!store->status().healthy);
  BOOST_TEST(store->status().last_error.has_value());
  server.command({"SET", "{nexus}:stream:log", "rubbish"});
  BOOST_TEST(code_of(store.commit({append{"log", {"a"}}})) == "corrupt");
  BOOST_TEST(code_of(store.commit({append{"other", {"a"}}})) == "success");
  server.command({"DEL", "{nexus}:document:things/a"});
  BOOST_TEST(code_of(store.list({"things"})) == "corrupt", "an index without its document");
}

} // namespace
} // namespace nexus::store::testing
