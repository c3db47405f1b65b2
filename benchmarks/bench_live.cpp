// How long live-like reading takes: a hierarchy of 5,000 tickets from the simulator's Jira, 5 ms away, over loopback.
//
//   bench_live
//
// Writes one line for each of 5 readings: milliseconds and tickets, separated by a tab.
#include "actors/jira/jira_client.hpp"
#include "runtime/http/curl_transport.hpp"
#include "runtime/http/server.hpp"
#include "runtime/http/service_handler.hpp"
#include "simulator/generate.hpp"
#include "simulator/jira.hpp"

#include <condition_variable>
#include <cstdio>
#include <deque>

using namespace nexus;

namespace {

constexpr auto latency = std::chrono::milliseconds{5};
constexpr auto epics = 10, stories = 50, subtasks = 9;
constexpr auto tickets = 1 + epics + epics * stories + epics * stories * subtasks;

/// PROJ with one more ticket at the top, and everything below it: 10 epics of 50 stories of 9 sub-tasks.
class large_project {
public:
  large_project() : world_(simulator::generate(1, anchor(), simulator::names{simulator::renaming{}})) {
    auto const root = add(simulator::ticket_type::epic, {});
    for (auto i = 0; i < epics; ++i) {
      auto const epic = add(simulator::ticket_type::epic, root);
      for (auto j = 0; j < stories; ++j) {
        auto const story = add(simulator::ticket_type::story, epic);
        for (auto k = 0; k < subtasks; ++k) add(simulator::ticket_type::subtask, story);
      }
    }
  }

  static auto anchor() -> simulator::instant {
    return std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + std::chrono::hours{10};
  }
  static auto root() -> std::string { return "PROJ-10001"; }

  auto answer(http::request const& received) -> http::service_reply {
    auto const target = http::parse_target(received.target);
    if (!target || target->segments.empty()) return {.answer = {.status = 404, .fields = {}, .body = {}}};
    auto const path = std::span<std::string const>{target->segments}.subspan(1);
    auto result = simulator::jira::answer(world_, {received, *target, path, "http://127.0.0.1/jira", anchor()});
    return {.answer = std::move(result), .delay = latency};
  }

private:
  auto add(simulator::ticket_type type, std::string parent) -> std::string {
    auto entry = *world_.find_ticket("PROJ-101");
    entry.number = ++last_;
    entry.key = fmt::format("PROJ-{}", last_);
    entry.id += last_;
    entry.type = type;
    entry.parent = std::move(parent);
    entry.links.clear();
    auto key = entry.key;
    simulator::add_ticket(world_, std::move(entry));
    return key;
  }

  simulator::data_set world_;
  int last_ = 10'000;
};

/// Answers come back to the thread that asks, one at a time, as an actor's do.
class one_at_a_time {
public:
  auto exchange(http::transport& over) -> http::exchange {
    return [this, &over](call const&, http::request outbound, http::response_callback done) {
      over.send(std::move(outbound), std::chrono::seconds{10},
                [this, done = std::move(done)](expected<http::response> got) mutable {
                  auto const lock = std::lock_guard{mutex_};
                  waiting_.push_back(
                      [done = std::move(done), got = std::move(got)]() mutable { done(std::move(got)); });
                  arrived_.notify_one();
                });
    };
  }
  void run_next() {
    auto lock = std::unique_lock{mutex_};
    arrived_.wait(lock, [this] { return !waiting_.empty(); });
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next();
  }

private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> waiting_;
};

} // namespace

auto main() -> int {
  auto project = large_project{};
  auto server = http::server{{.make_request_id = [] { return std::string{"bench"}; }}};
  auto const listener = server.listen(
      "127.0.0.1", 0, http::serve([&](http::request const& received) { return project.answer(received); }));
  if (!listener) return std::fprintf(stderr, "%s\n", listener.error().render().c_str()), 1;

  auto line = one_at_a_time{};
  auto transport = http::curl_transport{{}};
  auto const client = jira::jira_client{
      {.url = fmt::format("http://127.0.0.1:{}/jira", listener->port()), .username = {}, .api_token = {}, .fields = {}},
      line.exchange(transport),
      [] { return std::chrono::floor<std::chrono::milliseconds>(large_project::anchor()); }};
  for (auto round = 0; round < 5; ++round) {
    auto result = std::optional<expected<ticket_hierarchy>>{};
    auto const begun = std::chrono::steady_clock::now();
    client.read(call{}, get_ticket_hierarchy{large_project::root(), 5},
                [&](expected<ticket_hierarchy> got) { result = std::move(got); });
    while (!result) line.run_next();
    auto const taken = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
    if (!*result) return std::fprintf(stderr, "%s\n", result->error().render().c_str()), 1;
    auto const read = (*result)->total_tickets;
    if (read != tickets) return std::fprintf(stderr, "only %d of %d tickets were read\n", read, tickets), 1;
    std::printf("%.1f\t%d\n", taken, read);
  }
  server.stop(std::chrono::seconds{1});
  return 0;
}
