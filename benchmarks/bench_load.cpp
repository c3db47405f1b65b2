// A client for load: connections that are kept alive, each asking again as soon as it has its answer. Loopback only.
//
//   bench_load --port 8080 --target /health --connections 32 --seconds 3
//   bench_load --port 8080 --target /runs --body '{"query":"..."}' --requests 10000 --status 202
//   bench_load --port 8080 --target /ready --await --since "$EPOCHREALTIME"
//
// Writes one line: requests per second, p50 and p99 in milliseconds, answers that were not as expected, separated by
// tabs. With --await: the milliseconds since --since until the target was first answered with --status.
#include "benchmarks/percentile.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

struct load {
  std::uint16_t port = 8080;
  std::string target = "/health";
  std::string body;
  /// What a good answer holds.
  std::string expect;
  unsigned status = 200;
  std::size_t connections = 32;
  double seconds = 3;
  /// Ends the load after so many requests, if not 0.
  std::size_t requests = 0;
  bool await = false;
  double since = 0;

  auto endpoint() const -> tcp::endpoint { return {asio::ip::address_v4::loopback(), port}; }
  auto request() const -> std::string {
    auto message =
        http::request<http::string_body>{body.empty() ? http::verb::get : http::verb::post, target, 11, body};
    message.set(http::field::host, fmt::format("127.0.0.1:{}", port));
    if (!body.empty()) message.set(http::field::content_type, "application/json");
    message.prepare_payload();
    auto text = std::ostringstream{};
    text << message;
    return text.str();
  }
};

struct tally {
  std::size_t left = std::numeric_limits<std::size_t>::max();
  clock_type::time_point end;
  std::vector<double> milliseconds = {};
  std::size_t wrong = 0;
  std::string first_problem = {};

  void bad(std::string problem) {
    if (wrong++ == 0) first_problem = std::move(problem);
  }
};

class session : public std::enable_shared_from_this<session> {
public:
  session(asio::io_context& io, load const& wanted, std::string const& request, tally& result)
      : socket_(io), wanted_(wanted), request_(request), result_(result) {}

  void start() {
    socket_.async_connect(wanted_.endpoint(), [self = shared_from_this()](beast::error_code ec) {
      if (ec) return self->result_.bad(ec.message());
      self->socket_.set_option(tcp::no_delay{true});
      self->ask();
    });
  }

private:
  void ask() {
    if (result_.left == 0 || clock_type::now() >= result_.end) return;
    --result_.left;
    asked_ = clock_type::now();
    asio::async_write(socket_, asio::buffer(request_), [self = shared_from_this()](beast::error_code ec, std::size_t) {
      if (ec) return self->result_.bad(ec.message());
      self->listen();
    });
  }
  void listen() {
    answer_.emplace();
    answer_->body_limit(16 << 20);
    http::async_read(socket_, buffer_, *answer_, [self = shared_from_this()](beast::error_code ec, std::size_t) {
      if (ec) return self->result_.bad(ec.message());
      self->judge();
      self->ask();
    });
  }
  void judge() {
    result_.milliseconds.push_back(std::chrono::duration<double, std::milli>(clock_type::now() - asked_).count());
    auto const& answer = answer_->get();
    if (answer.result_int() != wanted_.status || answer.body().find(wanted_.expect) == std::string::npos)
      result_.bad(fmt::format("{} {}", answer.result_int(), answer.body().substr(0, 500)));
  }

  tcp::socket socket_;
  load const& wanted_;
  std::string const& request_;
  tally& result_;
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::string_body>> answer_;
  clock_type::time_point asked_;
};

auto put_under_load(load const& wanted) -> int {
  auto io = asio::io_context{1};
  auto const request = wanted.request();
  auto const begun = clock_type::now();
  auto result = tally{.left = wanted.requests > 0 ? wanted.requests : std::numeric_limits<std::size_t>::max(),
                      .end = begun + std::chrono::duration_cast<clock_type::duration>(
                                         std::chrono::duration<double>(wanted.requests > 0 ? 600 : wanted.seconds))};
  for (std::size_t i = 0; i < wanted.connections; ++i) std::make_shared<session>(io, wanted, request, result)->start();
  // A server that never answers must not keep the load for ever.
  io.run_until(result.end + 30s);
  auto const lasted = std::chrono::duration<double>(clock_type::now() - begun).count();
  auto const rate = static_cast<double>(result.milliseconds.size()) / lasted;
  using nexus::benchmarks::percentile;
  fmt::print("{:.1f}\t{:.3f}\t{:.3f}\t{}\n", rate, percentile(result.milliseconds, 0.5),
             percentile(result.milliseconds, 0.99), result.wrong);
  if (result.wrong > 0)
    fmt::print(stderr, "bench_load: {} wrong answers; the first: {}\n", result.wrong, result.first_problem);
  return result.wrong > 0 || result.milliseconds.empty() ? 1 : 0;
}

/// Whether the target is answered with the expected status now.
auto answered(load const& wanted) -> bool {
  auto io = asio::io_context{1};
  auto socket = tcp::socket{io};
  auto failed = beast::error_code{};
  socket.connect(wanted.endpoint(), failed);
  if (failed) return false;
  asio::write(socket, asio::buffer(wanted.request()), failed);
  auto buffer = beast::flat_buffer{};
  auto answer = http::response<http::string_body>{};
  if (!failed) http::read(socket, buffer, answer, failed);
  return !failed && answer.result_int() == wanted.status;
}

auto await_answer(load const& wanted) -> int {
  for (auto const until = clock_type::now() + 30s; clock_type::now() < until; std::this_thread::sleep_for(1ms)) {
    if (!answered(wanted)) continue;
    auto const time = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    fmt::print("{:.1f}\n", (time - wanted.since) * 1000);
    return 0;
  }
  fmt::print(stderr, "bench_load: nobody answered {} at port {}\n", wanted.target, wanted.port);
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  auto wanted = load{};
  auto app = CLI::App{"Measures an HTTP server on this machine."};
  app.add_option("--port", wanted.port)->required();
  app.add_option("--target", wanted.target);
  app.add_option("--body", wanted.body, "POST this JSON instead of GET");
  app.add_option("--expect", wanted.expect, "Text that every answer must hold");
  app.add_option("--status", wanted.status);
  app.add_option("--connections", wanted.connections)->check(CLI::Range(1, 10'000));
  app.add_option("--seconds", wanted.seconds)->check(CLI::Range(0.1, 600.0));
  app.add_option("--requests", wanted.requests);
  app.add_flag("--await", wanted.await);
  app.add_option("--since", wanted.since, "Seconds since 1970");
  CLI11_PARSE(app, argc, argv);
  try {
    return wanted.await ? await_answer(wanted) : put_under_load(wanted);
  } catch (std::exception const& failure) {
    fmt::print(stderr, "bench_load: {}\n", failure.what());
    return 1;
  }
}
