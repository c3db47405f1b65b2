// What a link costs: round trips to another process over CAF's own connections ("raw"), over ours, and over ours with
// TLS, with 1 and with 100 requests on their way. The kinds take turns within a round; medians of all rounds.
//
// Usage: bench_link [ROUNDS [POLICY WORKERS]...]: the scheduler's policies ("sharing", "stealing") and the numbers of
// CAF's deserialising workers ("0", "default") to measure. Writes lines of
// "figure<TAB>policy<TAB>workers<TAB>outstanding<TAB>microseconds<TAB>ratio to raw".
#include "benchmarks/percentile.hpp"
#include "runtime/cluster/certificates/certificates.hpp"
#include "runtime/cluster/link/links.hpp"

#include <caf/defaults.hpp>
#include <caf/io/all.hpp>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nexus::benchmarks {

/// Carried out in the context of an actor.
struct round_trips {
  std::function<void(caf::event_based_actor*)> run;
};

} // namespace nexus::benchmarks

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::benchmarks::round_trips)

namespace nexus::benchmarks {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;
constexpr auto message_bytes = std::size_t{100};

struct scheduling {
  std::string policy;
  std::string workers;
};

struct configuration : caf::actor_system_config {
  explicit configuration(scheduling const& choice) {
    cluster::configure_links(*this);
    set("scheduler.max-threads", 2u);
    set("scheduler.policy", choice.policy == "sharing" ? caf::atom("sharing") : caf::atom("stealing"));
    set("middleman.workers", choice.workers == "default" ? caf::defaults::middleman::workers
                                                         : static_cast<std::size_t>(std::stoul(choice.workers)));
  }
};

auto identity_in(std::string const& directory, std::string const& name) -> std::shared_ptr<cluster::identity> {
  if (directory.empty()) return nullptr;
  auto loaded = cluster::identity::load(
      {directory + "/ca.pem", directory + "/" + name + ".pem", directory + "/" + name + ".key"},
      [] { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); });
  if (!loaded) throw std::runtime_error{loaded.error().render()};
  return *loaded;
}

auto echo() -> caf::behavior {
  return {[](std::string& text) { return std::move(text); }};
}

/// The other process: prints its port and ends with its standard input.
auto serve(std::string const& kind, scheduling const& choice, std::string const& directory) -> int {
  auto config = configuration{choice};
  auto system = caf::actor_system{config};
  auto const actor = system.spawn(echo);
  auto port = std::uint16_t{0};
  auto net = cluster::links{system, identity_in(kind == "tls" ? directory : "", "right")};
  if (kind == "raw")
    port = *system.middleman().publish(actor, 0, "127.0.0.1");
  else
    port = *net.listen("127.0.0.1", 0, actor);
  std::cout << port << std::endl;
  auto byte = char{};
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  if (kind == "raw") system.middleman().unpublish(actor, port);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  return 0;
}

class server_process {
public:
  server_process(std::string kind, scheduling choice, std::string directory) {
    int to_child[2], from_child[2];
    if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0) throw std::runtime_error{"no pipes"};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    auto program = std::string{"/proc/self/exe"};
    auto serve = std::string{"--serve"};
    char* arguments[] = {program.data(),        serve.data(),     kind.data(), choice.policy.data(),
                         choice.workers.data(), directory.data(), nullptr};
    if (::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environ) != 0)
      throw std::runtime_error{"no process"};
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    auto line = std::string{};
    for (char c = 0; ::read(from_child[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(from_child[0]);
    port = static_cast<std::uint16_t>(std::stoi(line));
  }
  ~server_process() {
    ::close(input_);
    ::waitpid(process_, nullptr, 0);
  }
  server_process(server_process const&) = delete;
  auto operator=(server_process const&) -> server_process& = delete;

  std::uint16_t port = 0;

private:
  ::pid_t process_ = 0;
  int input_ = -1;
};

/// Asks until `left` is used up.
struct asking {
  std::uint64_t left;
  std::uint64_t unanswered;
  std::promise<void> over;
  std::string text = std::string(message_bytes, 'x');
  caf::actor target;

  static void next(caf::event_based_actor* self, std::shared_ptr<asking> const& work) {
    if (work->left == 0) return;
    --work->left;
    self->request(work->target, patience, work->text)
        .then(
            [self, work](std::string const&) {
              if (--work->unanswered == 0) return work->over.set_value();
              next(self, work);
            },
            [work](caf::error const&) { std::quick_exit(3); });
  }
};

auto microseconds_per_trip(caf::actor const& client, caf::actor const& target, std::uint64_t trips,
                           std::uint64_t outstanding) -> double {
  auto work = std::make_shared<asking>();
  work->left = work->unanswered = trips;
  work->target = target;
  auto over = work->over.get_future();
  auto const start = std::chrono::steady_clock::now();
  caf::anon_send(client, round_trips{[work, outstanding](caf::event_based_actor* self) {
                   for (std::uint64_t count = 0; count < outstanding; ++count) asking::next(self, work);
                 }});
  over.wait();
  auto const taken = std::chrono::steady_clock::now() - start;
  work->target = nullptr;
  return std::chrono::duration<double, std::micro>(taken).count() / static_cast<double>(trips);
}

/// One kind with one scheduling: figures for 1 and for 100 outstanding.
auto measure(std::string const& kind, scheduling const& choice, std::string const& directory)
    -> std::pair<double, double> {
  auto const server = server_process{kind, choice, directory};
  auto config = configuration{choice};
  auto system = caf::actor_system{config};
  auto net = cluster::links{system, identity_in(kind == "tls" ? directory : "", "left")};
  auto target = caf::actor{};
  if (kind == "raw") {
    target = *system.middleman().remote_actor("127.0.0.1", server.port);
  } else {
    auto reached = std::promise<caf::actor>{};
    net.dial({"127.0.0.1", server.port, "right"}, 10s, [&](expected<cluster::dialed_node> outcome) {
      if (!outcome) std::cerr << outcome.error().render() << '\n';
      reached.set_value(caf::actor_cast<caf::actor>(outcome->actor));
    });
    target = reached.get_future().get();
  }
  auto const client = system.spawn(
      [](caf::event_based_actor* self) -> caf::behavior { return {[self](round_trips& work) { work.run(self); }}; });
  microseconds_per_trip(client, target, 500, 10);
  auto const one = microseconds_per_trip(client, target, 5'000, 1);
  auto const hundred = microseconds_per_trip(client, target, 40'000, 100);
  caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
  return {one, hundred};
}

void write(std::string const& path, std::string const& text) { std::ofstream{path} << text; }

void make_certificates(std::string const& directory) {
  auto const now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto const authority = cluster::make_authority("benchmark", now - 1h, now + 24h).value();
  write(directory + "/ca.pem", authority.certificate);
  for (auto const* name : {"left", "right"}) {
    auto const issued = cluster::issue_certificate(authority, name, {}, now - 1h, now + 24h).value();
    write(fmt::format("{}/{}.pem", directory, name), issued.certificate);
    write(fmt::format("{}/{}.key", directory, name), issued.key);
  }
}

auto run(int rounds, std::vector<scheduling> const& choices) -> int {
  auto pattern = (std::filesystem::temp_directory_path() / "bench-link-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 1;
  make_certificates(pattern);
  auto const kinds = std::array{"raw", "plain", "tls"};
  for (auto const& choice : choices) {
    auto one = std::map<std::string, std::vector<double>>{};
    auto hundred = one;
    for (auto round = 0; round < rounds; ++round)
      for (auto const* kind : kinds) {
        auto const [first, second] = measure(kind, choice, pattern);
        one[kind].push_back(first);
        hundred[kind].push_back(second);
      }
    auto const report = [&](int outstanding, std::map<std::string, std::vector<double>>& samples) {
      auto const raw = percentile(samples["raw"], 0.5);
      for (auto const* kind : kinds) {
        auto const median = percentile(samples[kind], 0.5);
        std::cout << fmt::format("{}\t{}\t{}\t{}\t{:.1f}\t{:.2f}\n", kind, choice.policy, choice.workers, outstanding,
                                 median, median / raw);
      }
    };
    report(1, one);
    report(100, hundred);
    std::cout.flush();
  }
  std::filesystem::remove_all(pattern);
  return 0;
}

} // namespace
} // namespace nexus::benchmarks

int main(int argc, char** argv) {
  using namespace nexus::benchmarks;
  auto const arguments = std::vector<std::string>{argv + 1, argv + argc};
  if (arguments.size() == 5 && arguments[0] == "--serve")
    return serve(arguments[1], {arguments[2], arguments[3]}, arguments[4]);
  auto choices = std::vector<scheduling>{};
  for (std::size_t at = 1; at + 1 < arguments.size(); at += 2) choices.push_back({arguments[at], arguments[at + 1]});
  if (choices.empty()) choices.push_back({"sharing", "0"});
  return run(arguments.empty() ? 5 : std::stoi(arguments[0]), choices);
}
