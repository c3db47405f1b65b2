#include "apps/serve.hpp"

#include "apps/node.hpp"
#include "messages/core/codec.hpp"
#include "messages/run.hpp"
#include "runtime/http/curl_transport.hpp"

#include <fmt/color.h>

#include <csignal>
#include <cstdio>
#include <future>
#include <pthread.h>

namespace nexus::apps {
namespace {

auto url_of(node const& running, std::string_view role) -> std::string {
  for (auto const& served : running.roles())
    if (served.role == role) return served.url;
  return {};
}

/// Asks over HTTP, as any client would.
void ask(std::string const& url, std::string const& question) {
  auto client = http::curl_transport{{}};
  auto body = nlohmann::json{{"query", question}};
  auto answer = std::promise<expected<http::response>>{};
  client.send({"POST", url + "/query", {{"Content-Type", "application/json"}}, dump_json(body)},
              std::chrono::seconds{30}, [&](expected<http::response> got) { answer.set_value(std::move(got)); });
  auto const got = answer.get_future().get();
  if (!got) return fmt::print(stderr, "nexus: the question could not be asked: {}\n", got.error().render());
  auto const decoded = decode_json_text<query_answer>(got->body, decode_mode::open, {.bytes = 16 << 20});
  if (!decoded) return fmt::print(stderr, "nexus: unexpected answer: {}\n", decoded.error().render());
  fmt::print("\n> {}\n\n{}\n", question, decoded->result);
  if (decoded->decision)
    fmt::print("\nDecision {} ({}), score {:.1f} of 100\n", name_of(*decoded->decision),
               decoded->decision_id.value_or(""), decoded->score.value_or(0));
}

} // namespace

auto serve(loaded<node_settings> const& settings, serve_options const& options) -> int {
  // Signals come to this thread alone, as values: no handler runs in the middle of anything.
  auto awaited = sigset_t{};
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGINT);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGUSR2); // the root gave up
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  signal(SIGPIPE, SIG_IGN);

  auto running = node::start(settings);
  if (!running) {
    fmt::print(stderr, "nexus: cannot start: {}\n", running.error().render());
    return 1;
  }
  auto reason = std::string{};
  auto reason_mutex = std::mutex{};
  (*running)->when_given_up([&, waiting = pthread_self()](std::string why) {
    auto const lock = std::lock_guard{reason_mutex};
    reason = std::move(why);
    pthread_kill(waiting, SIGUSR2);
  });
  if (options.print_banner) {
    fmt::print("Nexus {} is ready ({} mode).\n\n", version(), name_of(settings.value.mode));
    for (auto const& served : (*running)->roles())
      fmt::print("  {:<14} {}   docs: {}/docs\n", served.role, served.url, served.url);
  }
  if (auto const url = url_of(**running, "orchestrator"); !options.question.empty() && !url.empty())
    ask(url, options.question);
  if (options.print_banner) fmt::print("\nCtrl-C ends it.\n");
  std::fflush(stdout);

  auto received = 0;
  sigwait(&awaited, &received);
  if (options.print_banner) fmt::print("\nStopping ...\n");
  std::fflush(stdout);
  (*running)->stop();
  if (received != SIGUSR2) return 0;
  auto const lock = std::lock_guard{reason_mutex};
  fmt::print(stderr, "nexus: the root supervisor gave up: {}\n", reason);
  return 1;
}

} // namespace nexus::apps
