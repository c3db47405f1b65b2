#include "runtime/http/edge.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include <thread>

using namespace nexus::http;
using namespace std::chrono_literals;

namespace {

/// A limiter on a clock that the test moves.
struct timed {
  explicit timed(rate_limit limit) : limiter(limit, [this] { return now; }) {}
  rate_limiter::clock::time_point now{1000h};
  rate_limiter limiter;

  auto allowed(int attempts, std::string_view principal = "ada") -> int {
    auto count = 0;
    for (auto i = 0; i < attempts; ++i) count += limiter.take(principal).allowed ? 1 : 0;
    return count;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(rate_limits)

BOOST_AUTO_TEST_CASE(a_quota_may_be_used_at_once_and_fills_evenly) {
  auto t = timed{{.requests = 60, .period = 60s}};
  BOOST_TEST(t.allowed(100) == 60);
  t.now += 999ms;
  BOOST_TEST(t.allowed(10) == 0);
  t.now += 1ms;
  BOOST_TEST(t.allowed(10) == 1);
  t.now += 10s;
  BOOST_TEST(t.allowed(100) == 10);
  t.now += 1h;
  BOOST_TEST(t.allowed(100) == 60);
}

BOOST_AUTO_TEST_CASE(a_verdict_says_what_is_left_and_when_to_come_again) {
  auto t = timed{{.requests = 4, .period = 8s}};
  auto verdict = t.limiter.take("ada");
  BOOST_TEST(verdict.remaining == 3U);
  BOOST_TEST(verdict.reset.count() == 2000);
  t.allowed(3);
  verdict = t.limiter.take("ada");
  BOOST_TEST(!verdict.allowed);
  BOOST_TEST(verdict.remaining == 0U);
  BOOST_TEST(verdict.retry_after.count() == 2000);
  BOOST_TEST(verdict.reset.count() == 8000);
  t.now += verdict.retry_after;
  BOOST_TEST(t.limiter.take("ada").allowed);
}

BOOST_AUTO_TEST_CASE(each_principal_has_its_own) {
  auto t = timed{{.requests = 2, .period = 1s}};
  BOOST_TEST(t.allowed(5, "ada") == 2);
  BOOST_TEST(t.allowed(5, "ben") == 2);
}

BOOST_AUTO_TEST_CASE(without_a_limit_nothing_is_remembered) {
  auto t = timed{{}};
  BOOST_TEST(t.allowed(100'000) == 100'000);
  BOOST_TEST(t.limiter.size() == 0U);
}

BOOST_AUTO_TEST_CASE(the_one_that_was_quiet_longest_is_forgotten_first) {
  auto t = timed{{.requests = 1, .period = 1h, .max_principals = 3}};
  for (auto const* who : {"a", "b", "c"}) t.allowed(1, who);
  t.allowed(1, "a"); // refused, and seen again
  t.allowed(1, "d"); // takes the place of b
  BOOST_TEST(t.limiter.size() == 3U);
  BOOST_TEST(t.allowed(1, "a") == 0);
  BOOST_TEST(t.allowed(1, "c") == 0);
  BOOST_TEST(t.allowed(1, "b") == 1);
  for (auto i = 0; i < 10'000; ++i) t.allowed(1, std::to_string(i));
  BOOST_TEST(t.limiter.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_changed_limit_counts_from_the_next_request_on) {
  auto t = timed{{.requests = 10, .period = 10s}};
  BOOST_TEST(t.allowed(20) == 10);
  t.limiter.change({.requests = 100, .period = 10s});
  BOOST_TEST(t.allowed(20) == 0);
  t.now += 1s;
  BOOST_TEST(t.allowed(20) == 10);
  t.limiter.change({.requests = 1, .period = 1s});
  t.now += 1s;
  BOOST_TEST(t.allowed(20) == 1);
  t.limiter.change({});
  BOOST_TEST(t.allowed(20) == 20);
}

BOOST_AUTO_TEST_CASE(threads_share_one_quota) {
  auto t = timed{{.requests = 1'000, .period = 1h}};
  auto allowed = std::atomic<int>{0};
  {
    auto threads = std::vector<std::jthread>{};
    for (auto i = 0; i < 4; ++i) threads.emplace_back([&] { allowed += t.allowed(1'000); });
  }
  BOOST_TEST(allowed == 1'000);
}

BOOST_AUTO_TEST_CASE(clients_are_told_their_quota_in_whole_seconds) {
  auto const fields = quota_fields({.requests = 100, .period = 60s},
                                   {.allowed = false, .remaining = 0, .reset = 1500ms, .retry_after = 1ms});
  BOOST_TEST(*fields.find("RateLimit-Policy") == R"("principal";q=100;w=60)");
  BOOST_TEST(*fields.find("RateLimit") == R"("principal";r=0;t=2)");
  BOOST_TEST(*fields.find("Retry-After") == "1");
  BOOST_TEST(!quota_fields({.requests = 1}, {}).find("Retry-After"));
}

RC_BOOST_PROP(nobody_gets_more_than_the_quota_and_what_filled_up, ()) {
  auto const requests = *rc::gen::inRange<std::uint32_t>(1, 200);
  auto const period = std::chrono::milliseconds{*rc::gen::inRange(1'000, 100'000)};
  auto t = timed{{.requests = requests, .period = period}};
  auto const start = t.now;
  auto const pauses = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3'000));
  auto got = 0.0;
  for (auto const pause : pauses) {
    t.now += std::chrono::milliseconds{pause};
    got += t.allowed(3);
    auto const filled = std::chrono::duration<double>(t.now - start) / std::chrono::duration<double>(period) * requests;
    RC_ASSERT(got <= requests + filled + 1e-6);
  }
}

BOOST_AUTO_TEST_SUITE_END()
