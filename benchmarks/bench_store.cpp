// How many appends a second a store takes, and how long each waits for it: a journal's appends, each to one of many
// streams at its expected sequence, with a number of them under way.
//
//   bench_store sqlite DIRECTORY        the embedded store, made there
//   bench_store redis://HOST:PORT/DB    a server
//
// Options: --seconds 3, --outstanding 256, --bytes 256 (of a body), --lease (appends carry a fencing token). Writes one
// line: appends per second, 50th and 99th percentile of their times in milliseconds, separated by tabs.
#include "benchmarks/percentile.hpp"
#include "runtime/store/redis_store.hpp"
#include "runtime/store/sqlite_store.hpp"

#include <CLI/CLI.hpp>

#include <condition_variable>
#include <cstdio>

namespace nexus::benchmarks {
namespace {

using instant = std::chrono::steady_clock::time_point;

struct settings {
  std::vector<std::string> store;
  double seconds = 3;
  std::size_t outstanding = 256;
  std::size_t bytes = 256;
  bool lease = false;
};

/// Streams, each with one append under way: a run waits for its journal.
class journals {
public:
  journals(store::store& target, settings const& chosen)
      : store_(target), chosen_(chosen), next_(chosen.outstanding, 1), body_(chosen.bytes, 'x') {}

  auto run() -> expected<void> {
    if (chosen_.lease) {
      auto const lease = take_lease();
      if (!lease) return tl::unexpected{lease.error()};
      token_ = lease->token;
    }
    end_ = std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>{chosen_.seconds});
    left_ = chosen_.outstanding;
    for (auto stream = std::size_t{0}; stream < chosen_.outstanding; ++stream) begin(stream);
    auto lock = std::unique_lock{mutex_};
    idle_.wait(lock, [this] { return left_ == 0; });
    if (problem_) return tl::unexpected{*problem_};
    return {};
  }

  void report() {
    std::printf("%.0f\t%.3f\t%.3f\n", static_cast<double>(times_.size()) / chosen_.seconds, percentile(times_, 0.5),
                percentile(times_, 0.99));
  }

private:
  auto take_lease() -> expected<store::lease> {
    auto outcome = std::optional<expected<store::lease>>{};
    auto lock = std::unique_lock{mutex_};
    store_.acquire("bench", "bench_store", std::chrono::hours{1}, [&](expected<store::lease> result) {
      auto const inner = std::scoped_lock{mutex_};
      outcome = std::move(result);
      idle_.notify_all();
    });
    idle_.wait(lock, [&] { return outcome.has_value(); });
    return *outcome;
  }

  void begin(std::size_t stream) {
    auto work = store::append{fmt::format("runs/{}", stream), {body_}, next_[stream]};
    if (chosen_.lease) {
      work.lease = "bench";
      work.fencing_token = token_;
    }
    auto const begun = std::chrono::steady_clock::now();
    store_.commit({{std::move(work)}}, [this, stream, begun](expected<void> result) { ended(stream, begun, result); });
  }

  void ended(std::size_t stream, instant begun, expected<void> const& result) {
    auto const now = std::chrono::steady_clock::now();
    {
      auto const lock = std::scoped_lock{mutex_};
      if (!result && !problem_) problem_ = result.error();
      if (result) times_.push_back(std::chrono::duration<double, std::milli>(now - begun).count());
      if (!result || now >= end_) {
        if (--left_ == 0) idle_.notify_all();
        return;
      }
    }
    ++next_[stream];
    begin(stream);
  }

  store::store& store_;
  settings const& chosen_;
  std::vector<std::uint64_t> next_;
  std::string body_;
  std::uint64_t token_ = 0;
  instant end_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::vector<double> times_;
  std::size_t left_ = 0;
  std::optional<error> problem_;
};

auto open(settings const& chosen) -> expected<std::unique_ptr<store::store>> {
  if (chosen.store.size() == 2) return store::open_sqlite({.directory = chosen.store[1]});
  auto address = store::parse_redis_url(chosen.store[0]);
  if (!address) return tl::unexpected{address.error()};
  return store::open_redis({.address = std::move(*address)});
}

auto measure(settings const& chosen) -> int {
  auto opened = open(chosen);
  auto outcome = expected<void>{};
  if (!opened) {
    outcome = tl::unexpected{opened.error()};
  } else {
    auto runs = journals{**opened, chosen};
    outcome = runs.run();
    if (outcome) runs.report();
  }
  if (outcome) return 0;
  std::fprintf(stderr, "bench_store: %s\n", outcome.error().render().c_str());
  return 1;
}

} // namespace
} // namespace nexus::benchmarks

int main(int argc, char** argv) {
  auto chosen = nexus::benchmarks::settings{};
  auto app = CLI::App{"Measures appends to a store."};
  app.add_option("store", chosen.store, "sqlite DIRECTORY, or redis://HOST:PORT/DB")->required()->expected(1, 2);
  app.add_option("--seconds", chosen.seconds);
  app.add_option("--outstanding", chosen.outstanding);
  app.add_option("--bytes", chosen.bytes);
  app.add_flag("--lease", chosen.lease);
  CLI11_PARSE(app, argc, argv);
  return nexus::benchmarks::measure(chosen);
}
