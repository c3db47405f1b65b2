#include "runtime/telemetry/otlp.hpp"
#include "runtime/telemetry/tracer.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <random>
#include <set>
#include <thread>

using namespace nexus;
using namespace std::chrono_literals;

namespace {

/// Keeps what it gets, or refuses it.
struct receiver {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<finished_span> spans;
  std::vector<std::size_t> batches;
  bool away = false;
  /// send() waits while this is set.
  bool stuck = false;
  bool waiting = false;

  auto add(std::span<finished_span const> batch) -> std::string {
    auto lock = std::unique_lock{mutex};
    waiting = true;
    changed.notify_all();
    changed.wait(lock, [this] { return !stuck; });
    waiting = false;
    if (away) return "nobody listens";
    batches.push_back(batch.size());
    spans.insert(spans.end(), batch.begin(), batch.end());
    return {};
  }
  void await_waiting() {
    auto lock = std::unique_lock{mutex};
    BOOST_REQUIRE(changed.wait_for(lock, 10s, [this] { return waiting; }));
  }
  void let_go() {
    auto const lock = std::lock_guard{mutex};
    stuck = false;
    changed.notify_all();
  }
};

class to_receiver final : public span_exporter {
public:
  explicit to_receiver(receiver& target) : target_(target) {}
  auto send(std::span<finished_span const> batch) -> std::string override { return target_.add(batch); }

private:
  receiver& target_;
};

struct fixture {
  receiver target;
  metrics_registry metrics;
  std::atomic<std::uint64_t> ids = 0;
  std::chrono::system_clock::time_point time{1'700'000'000s};
  tracer_options options{
      .make_exporter = [this]() -> expected<std::unique_ptr<span_exporter>> {
        return std::make_unique<to_receiver>(target);
      },
      .random = [this] { return (ids += 2) * 0x0101; },
      .now = [this] { return time; },
      .metrics = &metrics,
  };
  std::optional<tracer> traces;
  std::optional<process_tracer> installed;

  void start() {
    traces.emplace(options);
    installed.emplace(*traces);
  }
  auto received() -> std::vector<finished_span> {
    traces->flush();
    auto const lock = std::lock_guard{target.mutex};
    return target.spans;
  }
  auto dropped(std::string const& reason) const -> double {
    for (auto const& family : metrics.collect())
      if (family.name == "nexus_spans_dropped_total")
        for (auto const& metric : family.metric)
          if (metric.label.at(0).value == reason) return metric.counter.value;
    return -1;
  }
};

constexpr auto sampled_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr auto unsampled_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

auto traced() -> call {
  auto context = call{};
  context.traceparent = sampled_parent;
  return context;
}

auto attribute(finished_span const& of, std::string_view name) -> std::string {
  for (auto const& each : of.attributes)
    if (each.name == name)
      return std::visit(
          [](auto const& x) {
            if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::string>)
              return x;
            else if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::vector<std::string>>)
              return fmt::format("{}", fmt::join(x, "|"));
            else
              return fmt::format("{}", x);
          },
          each.value);
  return "(absent)";
}

auto own_trace(std::uint64_t random) -> trace_context {
  auto own = trace_context{.span_id = {1}};
  for (auto& byte : own.trace_id) {
    byte = static_cast<std::uint8_t>(random);
    random = random >> 8 | random << 56;
  }
  return own;
}

} // namespace

BOOST_AUTO_TEST_CASE(without_a_tracer_spans_are_empty_and_the_context_stays) {
  auto context = traced();
  auto work = begin_span(span_kind::internal, context, "work");
  BOOST_TEST(!work.recording());
  BOOST_TEST(context.traceparent == sampled_parent);
  work.set("text", "ignored");
  work.fail("ignored");
  work.end();
  auto own = own_trace(7);
  own.flags = 1;
  BOOST_TEST(!begin_trace(span_kind::server, own, fail(errc::malformed, "none"), "GET").recording());
  BOOST_TEST(own.flags == 1);
}

BOOST_FIXTURE_TEST_CASE(a_span_carries_what_was_said_and_is_the_parent_of_what_follows, fixture) {
  start();
  auto context = traced();
  auto outer = begin_span(span_kind::internal, context, "execute_tool", "get_build");
  BOOST_REQUIRE(outer.recording());
  auto const parent = trace_context::parse(context.traceparent).value();
  BOOST_TEST(parent.trace_id_hex() == "0af7651916cd43dd8448eb211c80319c");
  BOOST_TEST(int{parent.flags} == 1);
  outer.set("gen_ai.tool.name", "get_build");
  outer.set("count", 3u);
  outer.set("share", 0.5);
  outer.set("good", true);
  time += 5ms;
  auto inner = begin_span(span_kind::client, context, "GET");
  time += 20ms;
  inner.fail("503", "Jira is away");
  inner.end();
  inner.set("late", "ignored");
  inner.end();
  outer.end();

  auto const spans = received();
  BOOST_REQUIRE(spans.size() == 2u);
  BOOST_TEST(spans[0].name == "GET");
  BOOST_TEST((spans[0].kind == span_kind::client));
  BOOST_TEST((spans[0].parent == parent.span_id));
  BOOST_TEST((spans[0].context.span_id != parent.span_id));
  BOOST_TEST((spans[0].duration == 20ms));
  BOOST_TEST((spans[0].status == span_status::error));
  BOOST_TEST(spans[0].status_text == "Jira is away");
  BOOST_TEST(attribute(spans[0], "error.type") == "503");
  BOOST_TEST(attribute(spans[0], "late") == "(absent)");
  BOOST_TEST(spans[1].name == "execute_tool get_build");
  BOOST_TEST((spans[1].duration == 25ms));
  BOOST_TEST((spans[1].status == span_status::unset));
  BOOST_TEST(attribute(spans[1], "gen_ai.tool.name") == "get_build");
  BOOST_TEST(attribute(spans[1], "count") == "3");
  BOOST_TEST(attribute(spans[1], "share") == "0.5");
  BOOST_TEST(attribute(spans[1], "good") == "true");
}

BOOST_FIXTURE_TEST_CASE(a_trace_that_is_not_sampled_records_nothing_and_travels_on, fixture) {
  start();
  auto context = call{};
  context.traceparent = unsampled_parent;
  BOOST_TEST(!begin_span(span_kind::internal, context, "work").recording());
  BOOST_TEST(context.traceparent == unsampled_parent);
  context.traceparent.clear();
  BOOST_TEST(!begin_span(span_kind::internal, context, "work").recording());
  context.traceparent = "no context, and yet it ends in 1";
  BOOST_TEST(!begin_span(span_kind::internal, context, "work").recording());
  BOOST_TEST(received().empty());
}

BOOST_FIXTURE_TEST_CASE(a_span_that_nobody_ends_says_so, fixture) {
  start();
  {
    auto context = traced();
    auto const lost = begin_span(span_kind::internal, context, "lost");
    auto last = lost; // the last of them counts
    last.set("nexus.test", "copied");
  }
  auto const spans = received();
  BOOST_REQUIRE(spans.size() == 1u);
  BOOST_TEST((spans[0].status == span_status::error));
  BOOST_TEST(attribute(spans[0], "error.type") == "abandoned");
}

BOOST_FIXTURE_TEST_CASE(a_span_may_end_after_its_tracer, fixture) {
  start();
  auto context = traced();
  auto late = begin_span(span_kind::internal, context, "late");
  installed.reset();
  traces.reset();
  late.end();
  BOOST_TEST(target.spans.empty());
}

BOOST_FIXTURE_TEST_CASE(secrets_and_bytes_that_are_no_text_do_not_leave, fixture) {
  options.hidden = redactor{{"hunter2-hunter2"}};
  start();
  auto context = traced();
  auto work = begin_span(span_kind::client, context, "GET", "hunter2-hunter2");
  work.set("url.full", "http://user:geheim@host/path");
  work.set("reason", "Bearer abcDEF123456789");
  work.set("bytes", "a\xff"
                    "b");
  work.set("texts", std::vector<std::string>{"stop", "hunter2-hunter2"});
  work.set("long", std::string(10'000, 'x'));
  work.fail("500", "password=opensesame");
  work.end();
  auto const spans = received();
  BOOST_REQUIRE(spans.size() == 1u);
  BOOST_TEST(spans[0].name == "GET [redacted]");
  BOOST_TEST(attribute(spans[0], "url.full") == "http://user:[redacted]@host/path");
  BOOST_TEST(attribute(spans[0], "reason") == "Bearer [redacted]");
  BOOST_TEST(attribute(spans[0], "bytes") == "a\xef\xbf\xbd"
                                             "b");
  BOOST_TEST(attribute(spans[0], "texts") == "stop|[redacted]");
  BOOST_TEST(attribute(spans[0], "long").size() == 4096u);
  BOOST_TEST(spans[0].status_text == "password=[redacted]");
}

BOOST_FIXTURE_TEST_CASE(what_the_queue_cannot_hold_is_dropped_and_counted_without_waiting, fixture) {
  options.max_queue = 4;
  options.max_batch = 2;
  target.stuck = true;
  start();
  auto const record = [](int count) {
    for (auto i = 0; i < count; ++i) {
      auto context = traced();
      begin_span(span_kind::internal, context, "work").end();
    }
  };
  record(2);
  target.await_waiting();
  record(10); // 4 find room
  target.let_go();
  BOOST_TEST(received().size() == 6u);
  BOOST_TEST(dropped("queue_full") == 6);
  BOOST_TEST(traces->status().dropped == 6u);
  BOOST_TEST(traces->status().exported == 6u);
  auto const lock = std::lock_guard{target.mutex};
  BOOST_TEST((target.batches == std::vector<std::size_t>{2, 2, 2}));
}

BOOST_FIXTURE_TEST_CASE(a_receiver_that_is_away_costs_the_spans_and_nothing_else, fixture) {
  target.away = true;
  start();
  auto context = traced();
  begin_span(span_kind::internal, context, "work").end();
  BOOST_TEST(received().empty());
  BOOST_TEST(dropped("export_failed") == 1);
  BOOST_TEST(traces->status().last_failure == "nobody listens");
  BOOST_TEST(!traces->status().unusable.has_value());
  {
    auto const lock = std::lock_guard{target.mutex};
    target.away = false;
  }
  begin_span(span_kind::internal, context, "work").end();
  BOOST_TEST(received().size() == 1u);
  BOOST_TEST(traces->status().last_failure.empty());
}

BOOST_FIXTURE_TEST_CASE(without_an_exporter_the_reason_is_known_and_spans_are_counted, fixture) {
  options.make_exporter = []() -> expected<std::unique_ptr<span_exporter>> {
    return tl::unexpected{error{errc::unavailable, "the module is missing", {}, "install it", {}}};
  };
  start();
  auto context = traced();
  begin_span(span_kind::internal, context, "work").end();
  traces->flush();
  BOOST_REQUIRE(traces->status().unusable.has_value());
  BOOST_TEST(traces->status().unusable->remedy == "install it");
  BOOST_TEST(dropped("no_exporter") == 1);
}

BOOST_FIXTURE_TEST_CASE(spans_that_ended_are_sent_when_the_tracer_goes, fixture) {
  options.delay = 1h;
  start();
  auto context = traced();
  begin_span(span_kind::internal, context, "work").end();
  installed.reset();
  traces.reset();
  BOOST_TEST(target.spans.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(many_threads_may_trace, fixture) {
  options.max_queue = 100'000;
  options.max_batch = 50;
  start();
  {
    auto threads = std::vector<std::jthread>{};
    for (auto i = 0; i < 4; ++i)
      threads.emplace_back([] {
        for (auto k = 0; k < 500; ++k) {
          auto context = traced();
          auto work = begin_span(span_kind::internal, context, "work");
          work.set("k", k);
          work.end();
        }
      });
  }
  BOOST_TEST(received().size() == 2'000u);
  auto ids_seen = std::set<std::array<std::uint8_t, 8>>{};
  for (auto const& each : received()) ids_seen.insert(each.context.span_id);
  BOOST_TEST(ids_seen.size() == 2'000u);
}

// -- sampling
// ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(samplers_are_named_as_opentelemetry_does) {
  auto const is = [](std::string_view name, double argument, bool parent_based, double ratio) {
    auto const rule = sampling::parse(name, argument);
    return rule && rule->parent_based == parent_based && rule->ratio == ratio;
  };
  BOOST_TEST(is("always_on", 1, false, 1));
  BOOST_TEST(is("always_off", 1, false, 0));
  BOOST_TEST(is("traceidratio", 0.25, false, 0.25));
  BOOST_TEST(is("traceidratio", 1, false, 1));
  BOOST_TEST(is("parentbased_always_on", 0.3, true, 1));
  BOOST_TEST(is("parentbased_always_off", 1, true, 0));
  BOOST_TEST(is("parentbased_traceidratio", 1e-3, true, 1e-3));
  for (auto const* name : {"", "jaeger_remote", "parentbased_", "always"}) BOOST_TEST(!sampling::parse(name, 1));
  for (auto const ratio : {-0.1, 1.5, std::nan("")}) BOOST_TEST(!sampling::parse("traceidratio", ratio));
}

BOOST_AUTO_TEST_CASE(a_parents_decision_holds_and_other_traces_are_sampled_by_their_ratio) {
  auto const none = expected<trace_context>{fail(errc::malformed, "none")};
  auto const recorded = trace_context::parse(sampled_parent), ignored = trace_context::parse(unsampled_parent);
  auto const rule = sampling{.parent_based = true, .ratio = 0.1};
  auto engine = std::mt19937_64{1};
  auto chosen = 0;
  for (auto i = 0; i < 10'000; ++i) {
    auto const own = own_trace(engine());
    BOOST_REQUIRE(rule.records(own, recorded));
    BOOST_REQUIRE(!rule.records(own, ignored));
    BOOST_REQUIRE(!(sampling{.parent_based = true, .ratio = 0}.records(own, none)));
    BOOST_REQUIRE((sampling{.parent_based = false, .ratio = 1}.records(own, ignored)));
    chosen += rule.records(own, none);
    // A higher ratio records whatever a lower one does.
    if (rule.records(own, none)) BOOST_REQUIRE((sampling{.parent_based = true, .ratio = 0.2}.records(own, none)));
  }
  // Five standard deviations of a binomial distribution: sqrt(10000 * 0.1 * 0.9) = 30.
  BOOST_TEST(std::abs(chosen - 1'000) < 150);
}

BOOST_FIXTURE_TEST_CASE(the_first_span_tells_the_decision_in_its_flags, fixture) {
  options.rule = {.parent_based = true, .ratio = 0};
  start();
  auto const none = expected<trace_context>{fail(errc::malformed, "none")};
  auto own = own_trace(9);
  own.flags = 1;
  BOOST_TEST(!begin_trace(span_kind::server, own, none, "GET", "/health").recording());
  BOOST_TEST(int{own.flags} == 0);
  auto const caller = trace_context::parse(sampled_parent);
  auto first = begin_trace(span_kind::server, own, caller, "GET", "/health");
  BOOST_TEST(first.recording());
  BOOST_TEST(int{own.flags} == 1);
  first.end();
  auto const spans = received();
  BOOST_REQUIRE(spans.size() == 1u);
  BOOST_TEST(spans[0].name == "GET /health");
  BOOST_TEST((spans[0].context == own));
  BOOST_TEST((spans[0].parent == caller->span_id));
}

// -- where to
// ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_endpoint_says_protocol_and_url) {
  using enum otlp_target::protocol_type;
  auto const is = [](otlp_configuration const& chosen, otlp_target::protocol_type protocol, std::string_view url) {
    auto const target = otlp_target_of(chosen, {});
    return target && target->protocol == protocol && target->url == url;
  };
  BOOST_TEST(is({.endpoint = "http://localhost:4317"}, grpc, "http://localhost:4317"));
  BOOST_TEST(is({.endpoint = "http://localhost:4318/"}, http, "http://localhost:4318/v1/traces"));
  BOOST_TEST(is({.endpoint = "https://host/otlp"}, http, "https://host/otlp/v1/traces"));
  BOOST_TEST(is({.endpoint = "https://host:443", .protocol = "grpc"}, grpc, "https://host:443"));
  BOOST_TEST(is({.endpoint = "http://host:4317", .protocol = "http/protobuf"}, http, "http://host:4317/v1/traces"));
  BOOST_TEST(is({.endpoint = "host:4317"}, grpc, "https://host:4317"));
  BOOST_TEST(is({.endpoint = "host:4317", .insecure = true}, grpc, "http://host:4317"));
  for (auto const* bad : {"ftp://host", "http://", "http://a b", "http://user:geheim@host", "http://host?key=geheim"}) {
    auto const target = otlp_target_of({.endpoint = bad}, {});
    BOOST_REQUIRE(!target);
    BOOST_TEST(target.error().render().find("geheim") == std::string::npos);
  }
  BOOST_TEST(!otlp_target_of({.endpoint = "http://host", .protocol = "http/json"}, {}));
}

BOOST_AUTO_TEST_CASE(headers_and_resource_attributes_are_pairs) {
  auto const target = otlp_target_of({.endpoint = "http://host:4318",
                                      .headers = "api-key=a%20b%3D, x-tenant = blue ,",
                                      .service_name = "release-desk",
                                      .resource_attributes = "service.name=other,team=release%2Ccore"},
                                     {{"service.name", "nexus"}, {"service.version", "1"}});
  BOOST_REQUIRE(target);
  using pairs = std::vector<std::pair<std::string, std::string>>;
  BOOST_TEST((target->headers == pairs{{"api-key", "a b="}, {"x-tenant", "blue"}}));
  BOOST_TEST((target->resource ==
              pairs{{"service.name", "release-desk"}, {"service.version", "1"}, {"team", "release,core"}}));
  for (auto const* bad :
       {"geheim", "=geheim", "key=%zzgeheim", "key=a%0d%0ageheim", "kéy=geheim", "key=geh\xc3\xa9im"}) {
    auto const refused = otlp_target_of({.endpoint = "http://host:4318", .headers = bad}, {});
    BOOST_REQUIRE_MESSAGE(!refused, bad);
    BOOST_TEST(refused.error().render().find("geheim") == std::string::npos);
  }
}
