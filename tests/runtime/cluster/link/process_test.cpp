#include "tests/runtime/cluster/link/nodes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nexus;
using namespace nexus::cluster;
using namespace nexus::cluster::testing;

namespace {

/// The program beside this test; ends when this object does.
class echo_process {
public:
  explicit echo_process(std::vector<std::string> arguments = {}) {
    int to_child[2], from_child[2];
    BOOST_TEST_REQUIRE(::pipe2(to_child, O_CLOEXEC) == 0);
    BOOST_TEST_REQUIRE(::pipe2(from_child, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    arguments.insert(arguments.begin(), LINK_ECHO);
    auto pointers = std::vector<char*>{};
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    auto const started = ::posix_spawn(&process, LINK_ECHO, &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    BOOST_TEST_REQUIRE(started == 0);
    auto line = std::string{};
    for (char c = 0; ::read(from_child[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(from_child[0]);
    auto const space = line.find(' ');
    BOOST_TEST_REQUIRE((space != std::string::npos));
    port = static_cast<std::uint16_t>(std::stoi(line));
    id = line.substr(space + 1);
  }
  explicit echo_process(identity_files const& files)
      : echo_process{std::vector{files.authority, files.certificate, files.key}} {}
  ~echo_process() {
    ::close(input_);
    ::waitpid(process, nullptr, 0);
  }
  echo_process(echo_process const&) = delete;
  auto operator=(echo_process const&) -> echo_process& = delete;

  ::pid_t process = 0;
  std::uint16_t port = 0;
  std::string id;

private:
  int input_ = -1;
};

} // namespace

BOOST_AUTO_TEST_CASE(node_ids_do_not_tell_the_process_id_and_differ_between_processes) {
  auto const first = echo_process{};
  auto const second = echo_process{};
  BOOST_TEST(first.id != second.id);
  auto const number = [](std::string const& id) { return id.substr(id.find('#') + 1); };
  BOOST_TEST(number(first.id) != std::to_string(first.process));
  BOOST_TEST(number(first.id) != number(second.id));
  auto own = node{};
  BOOST_TEST(number(to_string(own.system.node())) != std::to_string(::getpid()));
}

BOOST_AUTO_TEST_CASE(nodes_in_processes_of_their_own_are_linked) {
  auto const files = certificate_files{};
  auto const other = echo_process{files.issue("right")};
  auto left = node{files.identity_of("left")};
  auto const dialed = left.must_dial(other.port, "right");
  BOOST_TEST(to_string(dialed.node) == other.id);
  BOOST_TEST(left.ask(dialed, "hello") == "hello");
}

BOOST_AUTO_TEST_CASE(a_process_that_is_killed_is_noticed_at_once) {
  auto const files = certificate_files{};
  auto other = echo_process{files.issue("right")};
  auto left = node{files.identity_of("left")};
  left.must_dial(other.port, "right");
  auto const start = std::chrono::steady_clock::now();
  ::kill(other.process, SIGKILL);
  auto const lost = left.events.wait(link_event::kind::closed);
  BOOST_TEST((std::chrono::steady_clock::now() - start < 1s));
  BOOST_TEST(lost.peer.name == "right");
}

BOOST_AUTO_TEST_CASE(a_process_that_stops_is_noticed_by_its_silence) {
  auto const files = certificate_files{};
  auto other = echo_process{files.issue("right")};
  auto left = node{files.identity_of("left")};
  left.must_dial(other.port, "right");
  ::kill(other.process, SIGSTOP);
  auto const start = std::chrono::steady_clock::now();
  left.events.wait(link_event::kind::closed);
  BOOST_TEST((std::chrono::steady_clock::now() - start < 8s));
  ::kill(other.process, SIGCONT);
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_take_its_messages_costs_a_bounded_amount) {
  auto other = echo_process{};
  auto limits = link_limits{};
  limits.unsent_bytes = 8 << 20;
  auto left = node{nullptr, limits};
  auto const dialed = left.must_dial(other.port);
  ::kill(other.process, SIGSTOP);
  auto self = caf::scoped_actor{left.system};
  // What the operating system's buffers take comes on top.
  for (auto count = 0; count < 40; ++count)
    self->send(caf::actor_cast<caf::actor>(dialed.actor), std::string(1 << 20, 'x'));
  left.events.wait(link_event::kind::closed, "too slowly");
  ::kill(other.process, SIGCONT);
}
