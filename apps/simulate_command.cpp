#include "apps/command_line.hpp"
#include "apps/wall_clock.hpp"
#include "messages/core/codec.hpp"
#include "runtime/http/server.hpp"
#include "runtime/http/service_handler.hpp"
#include "simulator/simulator.hpp"

#include <atomic>
#include <csignal>
#include <pthread.h>

namespace nexus::apps {
namespace {

constexpr auto drain = std::chrono::seconds{2};

struct simulate_options {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8099;
  std::uint64_t seed = 1;
  std::string now;
};

auto simulate(simulate_options const& options, command_line const& shared) -> int {
  auto anchor = wall_clock();
  if (!options.now.empty()) {
    auto const given = parse_timestamp(options.now);
    if (!given)
      return report({errc::invalid_argument,
                     fmt::format("'{}' is no time like 2026-03-02T09:00:00Z", options.now),
                     "--now",
                     {},
                     {}},
                    usage);
    anchor = *given;
  }
  // Signals come as values to this thread: blocked before any other thread begins.
  auto awaited = sigset_t{};
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGINT);
  sigaddset(&awaited, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);

  auto world = simulator::world{
      {.seed = options.seed, .anchor = anchor, .clock = [anchor, begun = std::chrono::steady_clock::now()] {
         return std::chrono::system_clock::time_point{anchor} + (std::chrono::steady_clock::now() - begun);
       }}};
  auto requests = std::atomic<std::uint64_t>{0};
  auto server = http::server{
      {.make_request_id = [&] { return fmt::format("simulated-{}", ++requests); }, .server_name = "nexus-simulator"}};
  auto const opened = server.listen(options.bind, options.port,
                                    http::serve([&](http::request const& received) { return world.handle(received); }));
  if (!opened) return report(opened.error(), usage);
  auto const host = options.bind.find(':') == std::string::npos ? options.bind : "[" + options.bind + "]";
  auto const url = fmt::format("http://{}:{}", host, opened->port());
  if (shared.json)
    print(nlohmann::ordered_json{{"url", url}, {"seed", options.seed}, {"now", format_timestamp(anchor)}}.dump() +
          "\n");
  else
    print(fmt::format("The simulator is ready.\n\n  Jira        {0}/jira\n  GitHub      {0}/github\n  Jenkins     "
                      "{0}/jenkins\n  Confluence  {0}/confluence\n\n"
                      "Use it with NEXUS_SIMULATOR_URL={0}. Ctrl-C ends it.\n",
                      url));
  std::fflush(stdout);
  auto received = 0;
  sigwait(&awaited, &received);
  server.stop(drain);
  return success;
}

} // namespace

void add_simulate(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<simulate_options>();
  auto* command =
      add_command(app, shared, "simulate", "Serve the simulated outside world: Jira, GitHub, Jenkins and Confluence.",
                  {"nexus simulate", "nexus simulate --port 9000 --seed 7 --now 2026-03-02T09:00:00Z"});
  command->add_option("--bind", options->bind, "IP address")->type_name("ADDRESS")->capture_default_str();
  command->add_option("--port", options->port, "Port; 0 lets the system choose")
      ->type_name("PORT")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Another seed makes other data")
      ->type_name("NUMBER")
      ->capture_default_str();
  command->add_option("--now", options->now, "The world's time at start; else the real one")->type_name("RFC3339");
  command->callback([=, &shared] { shared.run = [=, &shared] { return simulate(*options, shared); }; });
}

} // namespace nexus::apps
