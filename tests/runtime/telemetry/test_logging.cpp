#include "messages/core/codec.hpp"
#include "runtime/telemetry/logging.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include <condition_variable>
#include <thread>

using namespace nexus;

namespace {

struct capture {
  std::vector<std::string> lines;

  auto options(bool json = true, log_level level = log_level::info) -> log_options {
    return {.level = level,
            .json = json,
            .write = [this](std::string_view line) { lines.emplace_back(line); },
            .now = [] { return parse_timestamp("2026-03-02T09:00:00.5Z").value(); }};
  }
};

auto example_call() -> call {
  return {.run_id = "run-1",
          .step = 3,
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          .deadline = {},
          .principal = "local",
          .idempotency_key = {},
          .recovering = false};
}

} // namespace

BOOST_AUTO_TEST_CASE(an_entry_is_one_line_of_json) {
  auto out = capture{};
  auto const context = example_call();
  {
    auto log = logger{out.options()};
    log.log(log_level::warn, "jira", "slow \"answer\"\n",
            {{"seconds", 1.5}, {"tries", 3}, {"ok", false}, {"url", std::string{"/x"}}, {"message", "inner"}},
            &context);
    log.log(log_level::debug, "jira", "not shown");
  }
  BOOST_REQUIRE(out.lines.size() == 1U);
  BOOST_TEST(out.lines[0] ==
             R"({"time":"2026-03-02T09:00:00.500Z","level":"warn","logger":"jira","message":"slow \"answer\"\n",)"
             R"("run_id":"run-1","step":3,"trace_id":"0af7651916cd43dd8448eb211c80319c","seconds":1.5,"tries":3,)"
             R"("ok":false,"url":"/x","field.message":"inner"})");
}

BOOST_AUTO_TEST_CASE(an_entry_is_one_line_of_text_for_people) {
  auto out = capture{};
  auto const context = example_call();
  {
    auto log = logger{out.options(false, log_level::debug)};
    log.log(log_level::info, "jira", "read\n\x1b[31mtwo\xc2\x9b", {{"key", "PROJ-1"}, {"text", "a b"}, {"empty", ""}},
            &context);
  }
  BOOST_REQUIRE(out.lines.size() == 1U);
  BOOST_TEST(out.lines[0] == "2026-03-02T09:00:00.500Z info  jira: read\\n\\x1b[31mtwo\\x9b key=PROJ-1 text=\"a b\" "
                             "empty=\"\" run_id=run-1 step=3 trace_id=0af7651916cd43dd8448eb211c80319c");
}

RC_BOOST_PROP(every_line_parses_and_no_planted_secret_is_in_it,
              (std::string const& message, std::string const& value)) {
  auto const planted = std::string{"pl4nted-s3cret"};
  auto out = capture{}, text_out = capture{};
  {
    auto log = logger{out.options(), redactor{{planted}}};
    log.log(log_level::error, "x", message + planted + value, {{"value", value + planted}, {"api_token", value + "x"}});
    auto text = logger{text_out.options(false), redactor{{planted}}};
    text.log(log_level::error, "x", planted, {{"value", planted + message}});
  }
  for (auto const& lines : {out.lines, text_out.lines}) {
    RC_ASSERT(lines.size() == 1U);
    RC_ASSERT(lines[0].find(planted) == std::string::npos);
    RC_ASSERT(lines[0].find('\n') == std::string::npos);
  }
  auto const entry = nlohmann::json::parse(out.lines[0]);
  RC_ASSERT(entry.at("api_token") == "[redacted]");
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut) {
  auto out = capture{};
  {
    logger{out.options()}.log(log_level::info, "x", std::string(1'000'000, 'y'));
  }
  BOOST_TEST(out.lines.at(0).size() < 17'000U);
}

BOOST_AUTO_TEST_CASE(a_full_queue_drops_and_counts_instead_of_waiting) {
  auto mutex = std::mutex{};
  auto changed = std::condition_variable{};
  auto open = false, entered = false;
  auto written = std::size_t{0};
  constexpr auto entries = 100;
  auto dropped = std::uint64_t{0};
  {
    auto log = logger{{.queue_entries = 8, .write = [&](std::string_view) {
                         auto lock = std::unique_lock{mutex};
                         entered = true;
                         changed.notify_all();
                         changed.wait_for(lock, std::chrono::seconds{30}, [&] { return open; });
                         ++written;
                       }}};
    log.log(log_level::info, "x", "first");
    {
      auto lock = std::unique_lock{mutex};
      BOOST_REQUIRE(changed.wait_for(lock, std::chrono::seconds{30}, [&] { return entered; }));
    }
    for (int i = 1; i < entries; ++i) log.log(log_level::info, "x", "further");
    dropped = log.dropped();
    auto const lock = std::lock_guard{mutex};
    open = true;
    changed.notify_all();
  }
  BOOST_TEST(dropped >= entries - 10U);
  BOOST_TEST(written + dropped == std::size_t{entries});
}

BOOST_AUTO_TEST_CASE(many_threads_share_the_log_of_the_process) {
  log_event(log_level::error, "x", "nobody listens");
  auto out = capture{};
  {
    auto log = logger{out.options()};
    auto const installed = process_log{log};
    auto threads = std::vector<std::thread>{};
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([t] {
        for (int i = 0; i < 100; ++i) log_event(log_level::info, "x", "entry", {{"thread", t}, {"number", i}});
      });
    for (auto& thread : threads) thread.join();
  }
  log_event(log_level::error, "x", "nobody listens any more");
  BOOST_TEST(out.lines.size() == 400U);
}
