#include "runtime/rest/rate_pause.hpp"
#include "runtime/rest/validated_reads.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::rest;
using namespace std::chrono_literals;

namespace {

/// A service that answers what the test says, inside the call.
struct service_played {
  std::vector<http::request> sent;
  expected<http::response> answer = http::response{};
  timestamp time{1'000'000s};

  auto exchange() -> http::exchange {
    return [this](call const&, http::request outbound, http::response_callback done) {
      sent.push_back(std::move(outbound));
      done(expected<http::response>{answer});
    };
  }
  auto clock() -> std::function<timestamp()> {
    return [this] { return time; };
  }
};

auto ask(http::exchange const& through, std::string target = "http://x/a", std::string method = "GET")
    -> expected<http::response> {
  auto result = std::optional<expected<http::response>>{};
  through({}, {.method = std::move(method), .target = std::move(target), .fields = {}, .body = {}},
          [&](expected<http::response> got) { result = std::move(got); });
  BOOST_REQUIRE(result);
  return std::move(*result);
}

auto tagged(std::string tag, std::string body) -> http::response {
  return {200, {{"ETag", std::move(tag)}, {"Link", "<http://x/a?page=2>; rel=\"next\""}}, std::move(body)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(rest_validated_reads)

BOOST_FIXTURE_TEST_CASE(what_is_confirmed_is_answered_as_it_was_with_its_links, service_played) {
  auto const through = validated_reads(exchange());
  answer = tagged("W/\"1\"", "one");
  BOOST_TEST(ask(through)->body == "one");
  BOOST_TEST(!sent.back().fields.find("If-None-Match"));
  answer = http::response{304, {}, {}};
  auto const confirmed = ask(through);
  BOOST_TEST(sent.back().fields.find("If-None-Match").value() == "W/\"1\"");
  BOOST_TEST(confirmed->status == 200);
  BOOST_TEST(confirmed->body == "one");
  BOOST_TEST(confirmed->fields.find("Link").has_value());
  answer = tagged("W/\"2\"", "two");
  BOOST_TEST(ask(through)->body == "two");
  answer = http::response{304, {}, {}};
  BOOST_TEST(ask(through)->body == "two");
  BOOST_TEST(sent.back().fields.find("If-None-Match").value() == "W/\"2\"");
}

BOOST_FIXTURE_TEST_CASE(other_urls_and_methods_are_asked_as_they_are, service_played) {
  auto const through = validated_reads(exchange());
  answer = tagged("\"1\"", "one");
  (void)ask(through);
  (void)ask(through, "http://x/b");
  BOOST_TEST(!sent.back().fields.find("If-None-Match"));
  (void)ask(through, "http://x/a", "POST");
  BOOST_TEST(!sent.back().fields.find("If-None-Match"));
}

BOOST_FIXTURE_TEST_CASE(what_is_gone_is_forgotten_and_a_passing_failure_is_not, service_played) {
  auto const through = validated_reads(exchange());
  answer = tagged("\"1\"", "one");
  (void)ask(through);
  answer = http::response{500, {}, {}};
  BOOST_TEST(ask(through)->status == 500);
  answer = fail(errc::upstream, "cut off");
  BOOST_TEST(!ask(through).has_value());
  answer = http::response{304, {}, {}};
  BOOST_TEST(ask(through)->body == "one");
  answer = http::response{404, {}, {}};
  BOOST_TEST(ask(through)->status == 404);
  (void)ask(through);
  BOOST_TEST(!sent.back().fields.find("If-None-Match"));
}

BOOST_FIXTURE_TEST_CASE(what_is_kept_is_bounded_by_count_and_size, service_played) {
  auto const through = validated_reads(exchange(), {.entries = 2, .bytes = 40});
  auto const known = [&](std::string const& url) {
    (void)ask(through, url);
    return sent.back().fields.find("If-None-Match").has_value();
  };
  answer = tagged("\"1\"", "1234567890");
  for (auto const* url : {"a", "b"}) BOOST_TEST(!known(url));
  BOOST_TEST(known("a"));
  BOOST_TEST(!known("c")); // b was not asked for longest
  BOOST_TEST(known("a"));
  BOOST_TEST(known("c"));
  BOOST_TEST(!known("b"));
  answer = tagged("\"1\"", "12345678901");
  BOOST_TEST(!known("d")); // too large
  BOOST_TEST(!known("d"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rest_rate_pause)

BOOST_FIXTURE_TEST_CASE(a_secondary_limit_is_waited_for_as_it_says_or_a_minute, service_played) {
  auto const through = rate_pause("Thing", exchange(), clock());
  answer = http::response{403, {{"Retry-After", "7"}}, "{}"};
  BOOST_TEST(ask(through)->status == 403);
  BOOST_TEST((ask(through).error().retry_after == 7s));
  time += 7s;
  answer = http::response{403, {}, R"({"message":"You have exceeded a secondary rate limit."})"};
  BOOST_TEST(ask(through)->fields.find("Retry-After").value() == "60");
  BOOST_TEST((ask(through).error().retry_after == 60s));
}

BOOST_FIXTURE_TEST_CASE(what_is_forbidden_or_of_another_limit_stops_nothing, service_played) {
  auto const through = rate_pause("Thing", exchange(), clock());
  for (auto const& each :
       {http::response{403, {{"X-RateLimit-Remaining", "12"}}, R"({"message":"Resource not accessible"})"},
        http::response{200, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Resource", "search"}}, "{}"},
        http::response{503, {{"Retry-After", "9"}}, "{}"}}) {
    answer = each;
    BOOST_TEST(ask(through).has_value());
    BOOST_TEST(ask(through).has_value());
  }
}

BOOST_FIXTURE_TEST_CASE(no_field_makes_a_pause_longer_than_an_hour, service_played) {
  for (auto const* wait : {"99999999", "Tue, 23 Nov 2990 17:00:00 GMT"}) {
    auto const through = rate_pause("Thing", exchange(), clock());
    answer = http::response{429, {{"Retry-After", wait}}, "{}"};
    BOOST_TEST(ask(through).has_value());
    auto const refused = ask(through);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().retry_after == 1h), wait);
    BOOST_TEST(refused.error().message ==
               "Thing limits the rate of requests and is not asked before 1970-01-12T14:46:40.000Z");
  }
}

BOOST_AUTO_TEST_SUITE_END()
