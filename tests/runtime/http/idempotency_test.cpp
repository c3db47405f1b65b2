#include "runtime/http/idempotency.hpp"
#include "runtime/store/sqlite_store.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>

using namespace nexus;
using namespace nexus::http;
using namespace std::chrono_literals;
using kind = idempotency_claim::kind;

namespace {

/// Keys over a store in memory whose clock the test moves.
struct keyed {
  std::atomic<store::time_point> now{store::time_point{1000h}};
  std::unique_ptr<store::store> data = store::open_in_memory([this] { return now.load(); }).value();
  int ids = 0;
  /// What a process remembers; a new one stands for a restart.
  std::unique_ptr<idempotency> keys = make();

  auto make() -> std::unique_ptr<idempotency> {
    return std::make_unique<idempotency>(
        *data, [this] { return "call-" + std::to_string(++ids); }, [this] { return now.load(); });
  }
  auto claim(keyed_request what) -> expected<idempotency_claim> {
    auto answer = std::promise<expected<idempotency_claim>>{};
    keys->claim(std::move(what), [&](auto outcome) { answer.set_value(std::move(outcome)); });
    return answer.get_future().get();
  }
  void settle(idempotency_claim const& what, response const& with, std::optional<int> outcome = {}) {
    auto done = std::promise<void>{};
    keys->settle(what, outcome.value_or(with.status), with, [&] { done.set_value(); });
    done.get_future().get();
  }
  ~keyed() { data.reset(); }
};

auto const asked = keyed_request{"ada", "orchestrator POST /runs", "key-1", "\n{}"};
auto const accepted = response{202, {{"Content-Type", "application/json"}, {"X-Other", "x"}}, "{\"run_id\":\n\"r\"}"};

auto other(keyed_request base, std::string keyed_request::* member, std::string value) {
  base.*member = std::move(value);
  return base;
}

} // namespace

BOOST_AUTO_TEST_SUITE(idempotency_keys)

BOOST_AUTO_TEST_CASE(a_request_that_comes_again_gets_the_first_answer) {
  auto k = keyed{};
  auto const first = k.claim(asked);
  BOOST_REQUIRE(first);
  BOOST_TEST((first->what == kind::go));
  BOOST_TEST(first->call_key == "call-1");
  BOOST_TEST(!first->recovering);
  k.settle(*first, accepted);
  for (auto const restarted : {false, true}) {
    if (restarted) k.keys = k.make();
    auto const again = k.claim(asked);
    BOOST_REQUIRE(again);
    BOOST_TEST((again->what == kind::replay));
    BOOST_TEST(again->answer.status == 202);
    BOOST_TEST(again->answer.body == accepted.body);
    BOOST_TEST(*again->answer.fields.find("Content-Type") == "application/json");
  }
}

BOOST_AUTO_TEST_CASE(while_the_first_is_answered_the_second_has_to_wait) {
  auto k = keyed{};
  auto const first = k.claim(asked).value();
  BOOST_TEST((k.claim(asked)->what == kind::running));
  BOOST_TEST((k.claim(other(asked, &keyed_request::content, "\n[]"))->what == kind::other_content));
  k.settle(first, accepted);
  BOOST_TEST((k.claim(asked)->what == kind::replay));
}

BOOST_AUTO_TEST_CASE(a_key_is_good_for_one_request) {
  auto k = keyed{};
  k.settle(k.claim(asked).value(), accepted);
  BOOST_TEST((k.claim(other(asked, &keyed_request::content, "\n[]"))->what == kind::other_content));
  BOOST_TEST((k.claim(asked)->what == kind::replay));
}

BOOST_AUTO_TEST_CASE(principals_doors_and_keys_are_apart) {
  auto k = keyed{};
  k.settle(k.claim(asked).value(), accepted);
  BOOST_TEST((k.claim(other(asked, &keyed_request::principal, "ben"))->what == kind::go));
  BOOST_TEST((k.claim(other(asked, &keyed_request::door, "orchestrator POST /query"))->what == kind::go));
  BOOST_TEST((k.claim(other(asked, &keyed_request::key, "key-2"))->what == kind::go));
}

BOOST_AUTO_TEST_CASE(an_attempt_that_a_crash_cut_off_is_recovered_with_its_call_s_key) {
  auto k = keyed{};
  auto const first = k.claim(asked).value();
  k.keys = k.make(); // the process died between claim and answer
  auto const again = k.claim(asked).value();
  BOOST_TEST((again.what == kind::go));
  BOOST_TEST(again.recovering);
  BOOST_TEST(again.call_key == first.call_key);
  k.keys = k.make();
  auto const third = k.claim(asked).value();
  BOOST_TEST(third.recovering);
  k.settle(third, accepted);
  BOOST_TEST((k.claim(asked)->what == kind::replay));
}

BOOST_AUTO_TEST_CASE(only_a_success_is_kept) {
  for (auto const status : {409, 500, 502, 503, 504}) {
    auto k = keyed{};
    auto const first = k.claim(asked).value();
    k.settle(first, {status, {}, "no"});
    auto const again = k.claim(asked).value();
    BOOST_TEST((again.what == kind::go), status);
    BOOST_TEST(again.recovering);
    BOOST_TEST(again.call_key == first.call_key);
  }
  for (auto const status : {400, 401, 403, 404, 408, 422, 429}) {
    auto k = keyed{};
    k.settle(k.claim(asked).value(), {status, {}, "no"});
    // Nothing was done: the key is good for a better request.
    auto const again = k.claim(other(asked, &keyed_request::content, "\n[]")).value();
    BOOST_TEST((again.what == kind::go), status);
    BOOST_TEST(!again.recovering);
  }
  for (auto const status : {200, 201, 202, 204}) {
    auto k = keyed{};
    k.settle(k.claim(asked).value(), {status, {}, "kept"});
    BOOST_TEST((k.claim(asked)->what == kind::replay), status);
  }
}

BOOST_AUTO_TEST_CASE(a_failed_second_attempt_says_nothing_about_the_first_one) {
  for (auto const status : {400, 403, 404, 422, 429}) {
    auto k = keyed{};
    auto const first = k.claim(asked).value();
    k.settle(first, {504, {}, "no answer"});
    auto const second = k.claim(asked).value();
    BOOST_TEST(second.recovering);
    k.settle(second, {status, {}, "no"});
    auto const third = k.claim(asked).value();
    BOOST_TEST((third.what == kind::go), status);
    BOOST_TEST(third.recovering, status);
    BOOST_TEST(third.call_key == first.call_key, status);
  }
}

BOOST_AUTO_TEST_CASE(a_failure_that_is_answered_with_200_is_no_success) {
  auto k = keyed{};
  auto const first = k.claim(asked).value();
  k.settle(first, {200, {}, "{\"status\":\"failed\"}"}, 502);
  auto const again = k.claim(asked).value();
  BOOST_TEST((again.what == kind::go));
  BOOST_TEST(again.recovering);
}

BOOST_AUTO_TEST_CASE(a_request_that_came_to_no_answer_may_have_happened) {
  auto k = keyed{};
  k.keys->abandon(k.claim(asked).value());
  auto const again = k.claim(asked).value();
  BOOST_TEST((again.what == kind::go));
  BOOST_TEST(again.recovering);
}

BOOST_AUTO_TEST_CASE(after_a_day_a_key_is_new_again) {
  auto k = keyed{};
  k.settle(k.claim(asked).value(), accepted);
  k.now = k.now.load() + 24h - 1s;
  BOOST_TEST((k.claim(asked)->what == kind::replay));
  k.now = k.now.load() + 1s;
  auto const later = k.claim(asked).value();
  BOOST_TEST((later.what == kind::go));
  BOOST_TEST(!later.recovering);
  BOOST_TEST(later.call_key == "call-2");
}

BOOST_AUTO_TEST_CASE(keys_come_quoted_or_bare) {
  BOOST_TEST(idempotency_key_of("\"8e03978e-40d5\"").value() == "8e03978e-40d5");
  BOOST_TEST(idempotency_key_of("8e03978e-40d5").value() == "8e03978e-40d5");
  BOOST_TEST(idempotency_key_of("\"a\\\"b\"").value() == "a\"b");
  for (auto const* bad : {"", "\"\"", "a b", "\"a b\"", "a\tb", "sch\xc3\xb6n"})
    BOOST_TEST(!idempotency_key_of(bad), bad);
  BOOST_TEST(idempotency_key_of(std::string(255, 'k')).has_value());
  BOOST_TEST(!idempotency_key_of(std::string(256, 'k')));
}

BOOST_AUTO_TEST_SUITE_END()
