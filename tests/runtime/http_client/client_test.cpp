#include "runtime/http/client.hpp"
#include "runtime/http/outbound.hpp"
#include "runtime/telemetry/tracer.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <map>

using namespace nexus;
using namespace nexus::http;
using namespace std::chrono_literals;

namespace {

auto status(int code, headers fields = {}) -> expected<response> { return response{code, std::move(fields), {}}; }
auto broken_off() -> expected<response> { return fail(errc::upstream, "connection reset"); }
/// As a transport says it of a request that never left.
auto unconnected() -> expected<response> {
  return tl::unexpected{error{errc::upstream, "connection refused", {}, std::string{nothing_was_changed}, {}}};
}

/// A client on virtual time over a transport that answers from a script; 200 when the script is over.
struct bench {
  struct scripted : transport {
    std::deque<expected<response>> script;
    std::vector<request> sent;
    std::vector<std::chrono::milliseconds> timeouts;
    std::vector<response_callback> held;
    bool hold = false;
    void send(request outbound, std::chrono::milliseconds timeout, response_callback done) override {
      sent.push_back(std::move(outbound));
      timeouts.push_back(timeout);
      if (hold) return held.push_back(std::move(done));
      auto answer = script.empty() ? status(200) : std::move(script.front());
      if (!script.empty()) script.pop_front();
      done(std::move(answer));
    }
  };

  std::shared_ptr<scripted> carrier = std::make_shared<scripted>();
  timestamp time{std::chrono::milliseconds{1'795'456'705'000}};
  std::multimap<timestamp, std::function<void()>> timers;
  std::vector<std::chrono::milliseconds> delays;
  double chance = 0.5;
  client under_test;
  std::vector<expected<response>> answers;

  explicit bench(client_options options = {.service = "Jira"})
      : under_test(carrier, std::move(options),
                   {.schedule =
                        [this](std::chrono::milliseconds delay, std::function<void()> run) {
                          delays.push_back(delay);
                          timers.emplace(time + delay, std::move(run));
                        },
                    .in_context = [](response_callback done) { return done; },
                    .now = [this] { return time; },
                    .random = [this] { return chance; }}) {}

  void send(std::string method = "GET", std::chrono::milliseconds patience = 0ms, std::string key = {}) {
    auto context = call{.idempotency_key = std::move(key)};
    if (patience != 0ms) context.deadline = time + patience;
    under_test.send(context, {.method = std::move(method), .target = "http://jira.test/x"},
                    [this](expected<response> answer) { answers.push_back(std::move(answer)); });
  }
  void pass(std::chrono::milliseconds span) {
    auto const until = time + span;
    while (!timers.empty() && timers.begin()->first <= until) {
      auto const [at, run] = *timers.begin();
      timers.erase(timers.begin());
      time = std::max(time, at);
      run();
    }
    time = until;
  }
  /// The status or the name of the error of the answer that is due.
  auto outcome() -> std::string {
    if (answers.size() != 1) return fmt::format("{} answers", answers.size());
    auto const answer = std::move(answers.front());
    answers.clear();
    return answer ? std::to_string(answer->status) : std::string{to_string(answer.error().code)};
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_answer_comes_back_as_it_is) {
  for (auto code : {200, 204, 301, 400, 401, 404, 500}) {
    auto b = bench{};
    b.carrier->script = {status(code)};
    b.send();
    BOOST_TEST(b.outcome() == std::to_string(code));
    BOOST_TEST(b.carrier->sent.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(passing_trouble_is_tried_again_with_growing_delays) {
  for (auto code : {429, 502, 503, 504}) {
    auto b = bench{};
    b.carrier->script = {status(code), broken_off()};
    b.send();
    b.pass(1s);
    BOOST_TEST(b.outcome() == "200");
    BOOST_TEST(b.carrier->sent.size() == 3u);
    BOOST_CHECK((b.delays == std::vector<std::chrono::milliseconds>{100ms, 200ms}));
  }
}

BOOST_AUTO_TEST_CASE(delays_are_spread_by_half_both_ways) {
  for (auto [chance, delay] : {std::pair{0.0, 50ms}, std::pair{0.999, 149ms}}) {
    auto b = bench{};
    b.chance = chance;
    b.carrier->script = {status(503)};
    b.send();
    BOOST_TEST_REQUIRE(b.delays.size() == 1u);
    BOOST_TEST(b.delays[0].count() == delay.count());
  }
}

BOOST_AUTO_TEST_CASE(the_last_attempts_answer_is_the_answer) {
  auto b = bench{};
  b.carrier->script = {status(503), status(502), broken_off()};
  b.send();
  b.pass(1s);
  BOOST_TEST(b.outcome() == "upstream");
  BOOST_TEST(b.carrier->sent.size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_changes_the_world_is_never_repeated) {
  for (auto method : {"POST", "PUT", "PATCH", "DELETE"}) {
    for (auto const& trouble : {status(429), status(503), broken_off()}) {
      auto b = bench{};
      b.carrier->script = {trouble};
      b.send(method);
      b.pass(1min);
      BOOST_TEST(b.outcome() == (trouble ? std::to_string(trouble->status) : "upstream"));
      BOOST_TEST(b.carrier->sent.size() == 1u);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_call_is_told_when_nothing_that_it_sent_can_have_changed_anything) {
  auto const remedy_of = [](bench& b, std::string method, std::string key) {
    b.answers.clear();
    b.send(std::move(method), 0ms, std::move(key));
    BOOST_REQUIRE(b.answers.size() == 1u && !b.answers.front());
    return b.answers.front().error().remedy;
  };
  auto b = bench{{.service = "Jira", .attempts = 1}};
  b.carrier->script = {unconnected(), unconnected(), broken_off(), broken_off(), unconnected(), unconnected()};
  BOOST_TEST(remedy_of(b, "PUT", "") == "", "without a key nobody knows what it belongs to");
  BOOST_TEST(remedy_of(b, "PUT", "a") == nothing_was_changed);
  BOOST_TEST(remedy_of(b, "GET", "a") == nothing_was_changed);
  BOOST_TEST(remedy_of(b, "PUT", "a") == "", "it may have been carried out");
  BOOST_TEST(remedy_of(b, "PUT", "a") == "", "what went before it may have been");
  BOOST_TEST(remedy_of(b, "GET", "a") == "");
  // What we do not even try.
  b.carrier->script.assign(10, unconnected());
  for (auto i = 0; i < 10; ++i) (void)remedy_of(b, "GET", "");
  BOOST_TEST(remedy_of(b, "PUT", "b") == nothing_was_changed);
  BOOST_TEST(remedy_of(b, "PUT", "a") == "try again later");
}

BOOST_AUTO_TEST_CASE(errors_that_another_attempt_cannot_mend_are_not_repeated) {
  for (auto code :
       {errc::invalid_argument, errc::too_large, errc::deadline_exceeded, errc::cancelled, errc::overloaded}) {
    auto b = bench{};
    b.carrier->script = {fail(code, "no")};
    b.send();
    b.pass(1min);
    BOOST_TEST(b.outcome() == to_string(code));
    BOOST_TEST(b.carrier->sent.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_service_that_fails_gets_a_fifth_more_load_at_most) {
  auto b = bench{{.service = "Jira", .breaker_failures = 1'000'000}};
  for (auto i = 0; i < 1000; ++i) {
    b.carrier->script.assign(3, status(503));
    b.send();
    b.pass(1s);
  }
  BOOST_TEST(b.answers.size() == 1000u);
  BOOST_TEST(b.carrier->sent.size() <= 1000u + 10u + 200u);
  BOOST_TEST(b.carrier->sent.size() >= 1000u + 200u);
}

BOOST_AUTO_TEST_CASE(retry_after_is_honoured_in_seconds_and_as_a_date) {
  for (auto value : {"3", "Mon, 23 Nov 2026 17:58:28 GMT"}) {
    auto b = bench{};
    b.carrier->script = {status(429, {{"retry-after", value}})};
    b.send();
    b.pass(2999ms);
    BOOST_TEST(b.outcome() == "0 answers");
    b.pass(1ms);
    BOOST_TEST(b.outcome() == "200");
  }
}

BOOST_AUTO_TEST_CASE(a_retry_after_beyond_the_deadline_is_answered_at_once) {
  auto b = bench{};
  b.carrier->script = {status(429, {{"Retry-After", "3"}})};
  b.send("GET", 3s);
  BOOST_TEST(b.outcome() == "429");
  BOOST_TEST(b.timers.empty());
}

BOOST_AUTO_TEST_CASE(retry_after_is_read_or_ignored_and_never_longer_than_a_day) {
  auto const now = timestamp{std::chrono::milliseconds{1'795'456'705'000}};
  auto const read = [&](std::string value) {
    auto const wait = retry_after({503, {{"Retry-After", std::move(value)}}, {}}, now);
    return wait ? wait->count() : -1;
  };
  BOOST_TEST(read("0") == 0);
  BOOST_TEST(read("120") == 120'000);
  BOOST_TEST(read("4294967295") == 86'400'000);
  BOOST_TEST(read("99999999999999999999") == -1);
  BOOST_TEST(read("-1") == -1);
  BOOST_TEST(read("1.5") == -1);
  BOOST_TEST(read("") == -1);
  BOOST_TEST(read("soon") == -1);
  BOOST_TEST(read("Mon, 23 Nov 2026 17:58:30 GMT") == 5'000);
  BOOST_TEST(read("Mon, 23 Nov 2026 17:00:00 GMT") == 0);
  BOOST_TEST(read("Tue, 23 Nov 2990 17:00:00 GMT") == 86'400'000);
  BOOST_TEST(read("Mon, 23 Nov 2026") == -1);
  BOOST_TEST((retry_after({503, {}, {}}, now) == std::nullopt));
}

// -- rate limits that are used up

namespace {

/// What GitHub answers when nothing is left of a limit, until so long after the bench's beginning.
auto used_up(int code, std::chrono::seconds until, char const* resource = "core") -> expected<response> {
  return status(code, {{"x-ratelimit-remaining", "0"},
                       {"x-ratelimit-reset", std::to_string(1'795'456'705 + until.count())},
                       {"x-ratelimit-resource", resource}});
}
auto github() -> client_options { return {.service = "GitHub"}; }

} // namespace

BOOST_AUTO_TEST_CASE(a_used_up_limit_is_waited_for_and_asked_once_more) {
  for (auto code : {403, 429}) {
    auto b = bench{github()};
    b.carrier->script = {used_up(code, 30s)};
    b.send("GET", 1min);
    b.pass(29'999ms);
    BOOST_TEST(b.outcome() == "0 answers");
    BOOST_TEST(b.carrier->sent.size() == 1u);
    b.pass(1ms);
    BOOST_TEST(b.outcome() == "200");
    BOOST_TEST(b.carrier->sent.size() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_renewed_after_the_deadline_fails_at_once_and_names_the_time) {
  for (auto code : {403, 429}) {
    auto b = bench{github()};
    b.carrier->script = {used_up(code, 30s)};
    for (auto const* method : {"GET", "GET", "POST"}) b.send(method, 30s);
    BOOST_TEST(b.carrier->sent.size() == 1u);
    BOOST_TEST(b.timers.empty());
    BOOST_TEST_REQUIRE(b.answers.size() == 3u);
    for (auto const& answer : b.answers) {
      BOOST_TEST_REQUIRE(!answer.has_value());
      BOOST_TEST((answer.error().code == errc::overloaded));
      BOOST_TEST((answer.error().retry_after == 30s));
      BOOST_TEST(answer.error().message ==
                 "GitHub limits the rate of requests; the limit is used up until 2026-11-23T17:58:55.000Z");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_success_that_used_up_a_limit_is_answered_and_whatever_comes_next_waits) {
  auto b = bench{github()};
  b.carrier->script = {used_up(200, 5s)};
  b.send();
  BOOST_TEST(b.outcome() == "200");
  b.send("GET", 5s);
  BOOST_TEST(b.outcome() == "overloaded");
  b.send("GET", 1min);
  b.send("POST", 1min);
  b.send();
  b.pass(4'999ms);
  BOOST_TEST(b.carrier->sent.size() == 1u);
  b.pass(1ms);
  BOOST_TEST(b.answers.size() == 3u);
  BOOST_TEST(b.carrier->sent.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_write_that_a_limit_turned_away_is_not_repeated) {
  auto b = bench{github()};
  b.carrier->script = {used_up(403, 5s)};
  b.send("POST", 1min);
  BOOST_TEST(b.outcome() == "overloaded");
  b.pass(1min);
  BOOST_TEST(b.carrier->sent.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_request_without_a_deadline_does_not_wait_for_one_renewal_after_the_other) {
  auto b = bench{github()};
  for (auto i = 1; i <= 10; ++i) b.carrier->script.push_back(used_up(200, std::chrono::seconds{i * 4}));
  for (auto i = 0; i < 6; ++i) b.send();
  b.pass(20s);
  BOOST_TEST(b.answers.size() == 6u);
}

BOOST_AUTO_TEST_CASE(the_limit_of_another_resource_concerns_its_own_request_only) {
  auto b = bench{github()};
  b.carrier->script = {used_up(403, 5s, "search")};
  b.send("GET", 1min);
  b.send("GET", 1min);
  BOOST_TEST(b.outcome() == "200");
  b.pass(5s);
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(retry_after_goes_before_the_renewal_of_a_limit) {
  auto b = bench{github()};
  auto limited = used_up(429, 1h);
  limited->fields.set("Retry-After", "2");
  b.carrier->script = {limited};
  b.send();
  b.pass(2s);
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(what_is_forbidden_is_answered_as_it_is) {
  auto b = bench{github()};
  b.carrier->script = {status(403, {{"x-ratelimit-remaining", "12"}, {"x-ratelimit-reset", "1795456735"}})};
  b.send();
  BOOST_TEST(b.outcome() == "403");
  b.send();
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(no_reset_makes_a_limit_longer_than_an_hour_or_none_at_all) {
  for (auto const* reset : {"99999999999999999999", "9223372036854775807", "9999999999", "soon", "-1", ""}) {
    auto b = bench{github()};
    b.carrier->script = {status(429, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", reset}})};
    b.send();
    BOOST_TEST_REQUIRE(b.answers.size() == 1u);
    BOOST_TEST_REQUIRE(!b.answers[0].has_value());
    auto const wait = b.answers[0].error().retry_after;
    BOOST_TEST((wait >= 1min && wait <= 1h), reset);
  }
  for (auto const* past : {"0", "1795456705"}) {
    auto b = bench{github()};
    b.carrier->script = {status(429, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", past}})};
    b.send();
    b.pass(100ms);
    BOOST_TEST(b.outcome() == "200");
  }
}

BOOST_AUTO_TEST_CASE(the_deadline_shortens_an_attempt_and_travels_no_further) {
  auto b = bench{};
  b.send("GET", 250ms);
  b.send("GET", 1h);
  b.send();
  BOOST_CHECK((b.carrier->timeouts == std::vector<std::chrono::milliseconds>{250ms, 10s, 10s}));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passed_asks_nobody) {
  auto b = bench{};
  b.send("GET", -1ms);
  BOOST_TEST(b.outcome() == "deadline_exceeded");
  BOOST_TEST(b.carrier->sent.empty());
}

BOOST_AUTO_TEST_CASE(a_repetition_that_would_come_after_the_deadline_is_not_waited_for) {
  auto b = bench{};
  b.carrier->script = {status(503)};
  b.send("GET", 100ms);
  BOOST_TEST(b.outcome() == "503");
}

BOOST_AUTO_TEST_CASE(the_timeout_of_one_attempt_does_not_limit_the_wait_for_the_next) {
  auto b = bench{{.service = "Jira", .timeout = 2s}};
  b.carrier->script = {status(429, {{"Retry-After", "5"}})};
  b.send("GET", 1min);
  b.pass(5s);
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(the_traceparent_travels) {
  auto b = bench{};
  auto context = call{};
  context.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  b.under_test.as_exchange()(context, {.target = "http://jira.test/x"}, [](expected<response>) {});
  BOOST_TEST_REQUIRE(b.carrier->sent.size() == 1u);
  BOOST_TEST(b.carrier->sent[0].fields.find("traceparent").value() == context.traceparent);
}

BOOST_AUTO_TEST_CASE(each_attempt_is_a_span_whose_context_goes_out_without_what_the_query_says) {
  class keeper final : public span_exporter {
  public:
    explicit keeper(std::vector<finished_span>& kept) : kept_(kept) {}
    auto send(std::span<finished_span const> batch) -> std::string override {
      kept_.insert(kept_.end(), batch.begin(), batch.end());
      return {};
    }

  private:
    std::vector<finished_span>& kept_;
  };
  auto spans = std::vector<finished_span>{};
  auto metrics = metrics_registry{};
  auto ids = std::atomic<std::uint64_t>{0};
  auto traces = tracer{
      {.make_exporter = [&]() -> expected<std::unique_ptr<span_exporter>> { return std::make_unique<keeper>(spans); },
       .random = [&] { return ids += 2; },
       .metrics = &metrics}};
  auto const installed = process_tracer{traces};

  auto b = bench{};
  b.carrier->script = {status(503)};
  auto context = call{};
  context.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  b.under_test.send(context, {.target = "https://user:geheim@jira.test:8443/rest/x?token=geheim"},
                    [](expected<response>) {});
  b.pass(1min);
  traces.flush();

  BOOST_TEST_REQUIRE(spans.size() == 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    BOOST_TEST(b.carrier->sent[i].fields.find("traceparent").value() == spans[i].context.to_header());
    BOOST_TEST(spans[i].context.trace_id_hex() == "4bf92f3577b34da6a3ce929d0e0e4736");
    BOOST_TEST((spans[i].parent == trace_context::parse(context.traceparent)->span_id));
    BOOST_TEST(spans[i].name == "GET");
    auto facts = std::map<std::string_view, std::string>{};
    for (auto const& fact : spans[i].attributes) {
      if (auto const* text = std::get_if<std::string>(&fact.value)) facts[fact.name] = *text;
      if (auto const* number = std::get_if<std::int64_t>(&fact.value)) facts[fact.name] = std::to_string(*number);
    }
    BOOST_TEST(facts["http.request.method"] == "GET");
    BOOST_TEST(facts["server.address"] == "jira.test");
    BOOST_TEST(facts["server.port"] == "8443");
    BOOST_TEST(facts["url.full"] == "https://jira.test:8443/rest/x");
    BOOST_TEST(facts["http.response.status_code"] == (i == 0 ? "503" : "200"));
    BOOST_TEST(facts["error.type"] == (i == 0 ? "503" : ""));
    BOOST_TEST(facts["http.request.resend_count"] == (i == 0 ? "" : "1"));
  }
}

// -- the breaker

namespace {

auto fragile() -> client_options {
  return {.service = "Jira", .attempts = 1, .breaker_failures = 3, .breaker_pause = 5s};
}
void fail_times(bench& b, int times) {
  for (auto i = 0; i < times; ++i) {
    b.carrier->script = {status(500)};
    b.send();
    BOOST_TEST(b.outcome() == "500");
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(failures_in_a_row_open_the_breaker_and_its_error_says_how_long) {
  auto b = bench{fragile()};
  fail_times(b, 3);
  b.send();
  BOOST_TEST_REQUIRE(b.answers.size() == 1u);
  BOOST_TEST_REQUIRE(!b.answers[0].has_value());
  auto const problem = b.answers[0].error();
  BOOST_TEST((problem.code == errc::unavailable));
  BOOST_TEST(problem.message == "Jira failed 3 times in a row and is left alone for a while");
  BOOST_TEST(problem.retry_after.count() == 5000);
  BOOST_TEST(b.carrier->sent.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_success_in_between_keeps_the_breaker_closed) {
  auto b = bench{fragile()};
  for (auto i = 0; i < 5; ++i) {
    fail_times(b, 2);
    b.send();
    BOOST_TEST(b.outcome() == "200");
  }
}

BOOST_AUTO_TEST_CASE(errors_of_the_client_do_not_open_the_breaker) {
  auto b = bench{fragile()};
  for (auto i = 0; i < 5; ++i) {
    b.carrier->script = {status(404)};
    b.send();
    BOOST_TEST(b.outcome() == "404");
    b.carrier->script = {fail(errc::invalid_argument, "no URL")};
    b.send();
    BOOST_TEST(b.outcome() == "invalid_argument");
  }
  b.send();
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(after_its_pause_the_breaker_lets_one_request_through_and_closes_on_success) {
  auto b = bench{fragile()};
  fail_times(b, 3);
  b.pass(5s);
  b.carrier->hold = true;
  b.send();
  b.send();
  BOOST_TEST(b.outcome() == "unavailable");
  BOOST_TEST(b.carrier->held.size() == 1u);
  b.carrier->hold = false;
  b.carrier->held[0](status(200));
  BOOST_TEST(b.outcome() == "200");
  b.send();
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(a_probe_that_fails_opens_the_breaker_again) {
  auto b = bench{fragile()};
  fail_times(b, 3);
  b.pass(5s);
  fail_times(b, 1);
  b.send();
  BOOST_TEST(b.outcome() == "unavailable");
  b.pass(4999ms);
  b.send();
  BOOST_TEST(b.outcome() == "unavailable");
  b.pass(1ms);
  b.send();
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(a_probe_whose_deadline_passed_does_not_keep_the_breaker_open) {
  auto b = bench{fragile()};
  fail_times(b, 3);
  b.pass(5s);
  b.send("GET", -1ms);
  BOOST_TEST(b.outcome() == "deadline_exceeded");
  b.send();
  BOOST_TEST(b.outcome() == "200");
}

BOOST_AUTO_TEST_CASE(an_answer_to_an_older_request_does_not_end_the_probe) {
  auto b = bench{fragile()};
  b.carrier->hold = true;
  b.send();
  b.carrier->hold = false;
  fail_times(b, 3);
  b.pass(5s);
  b.carrier->hold = true;
  b.send();
  BOOST_TEST_REQUIRE(b.carrier->held.size() == 2u);
  b.carrier->held[0](status(500));
  b.answers.clear();
  b.pass(5s);
  b.send();
  BOOST_TEST(b.outcome() == "unavailable");
  b.carrier->held[1](status(200));
  BOOST_TEST(b.outcome() == "200");
}
