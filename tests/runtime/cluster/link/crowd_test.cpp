#include "tests/runtime/cluster/link/stranger.hpp"

#include <iostream>
#include <thread>

using namespace nexus;
using namespace nexus::cluster;
using namespace nexus::cluster::testing;

namespace {

/// Asks without pause, in a thread of its own, and counts what was not answered.
class asking {
public:
  asking(node& self, dialed_node const& other)
      : thread_{[&self, other, this](std::stop_token const& stop) {
          while (!stop.stop_requested()) {
            ++asked;
            if (self.ask(other, "hello") != "hello") ++unanswered;
          }
        }} {}

  std::atomic<int> asked = 0;
  std::atomic<int> unanswered = 0;
  void end() {
    thread_.request_stop();
    thread_.join();
  }

private:
  std::jthread thread_;
};

/// Waits for descriptors that the multiplexer closes in its own time.
auto settled_descriptors(std::size_t at_most) -> std::size_t {
  auto const until = std::chrono::steady_clock::now() + patience;
  while (open_descriptors() > at_most && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  return open_descriptors();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_thousand_strangers_leave_the_cluster_working) {
  auto const files = certificate_files{};
  auto const others = certificate_files{};
  auto const foreign = others.issue("left");
  auto const expired = files.issue("old", {}, now() - 48h, now() - 24h);
  auto left = node{files.identity_of("left")};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto const dialed = left.must_dial(port, "right");
  auto const hello = client_hello();
  auto const descriptors = open_descriptors();

  auto work = asking{left, dialed};
  auto const memory = resident_bytes();
  auto held = std::vector<stranger>{};
  for (auto count = 0; count < 1'000; ++count) {
    auto client = stranger{port};
    switch (count % 8) {
    case 0:
      break; // silent
    case 1:
      client.send("GET / HTTP/1.1\r\n\r\n");
      break;
    case 2:
      client.send(basp_header(client_handshake, 0xf0000000));
      break;
    case 3:
      BOOST_TEST(!client.greet_in_tls({std::nullopt}));
      break;
    case 4:
      BOOST_TEST(!client.greet_in_tls({foreign}));
      break;
    case 5:
      BOOST_TEST(!client.greet_in_tls({expired}));
      break;
    case 6:
      BOOST_TEST(!client.greet_in_tls({std::nullopt, TLS1_2_VERSION}));
      break;
    case 7:
      client.send(std::string_view{hello}.substr(0, 100));
      break;
    }
    held.push_back(std::move(client));
  }
  // A node still finds room among them.
  auto third = node{files.identity_of("third")};
  BOOST_TEST(third.ask(third.must_dial(port, "right"), "hello") == "hello");
  BOOST_TEST(resident_bytes() - memory < memory_allowance);
  work.end();
  BOOST_TEST(work.unanswered == 0);
  BOOST_TEST(work.asked > 0);
  auto const counts = right.net.counts();
  BOOST_TEST(counts.opened == 2);
  BOOST_TEST(counts.accepted == 1'002);
  BOOST_TEST(counts.crowded_out > 0);
  for (auto const& client : held) BOOST_TEST(client.is_cut_off());
  held.clear();
  // The third node's own, and its link's.
  BOOST_TEST(settled_descriptors(descriptors + 20) <= descriptors + 20);
}

BOOST_AUTO_TEST_CASE(strangers_cost_little_processor_time) {
  auto const files = certificate_files{};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto const hello = client_hello();
  auto const cost_of = [&](auto act) {
    auto const before = multiplexer_time(right);
    auto held = std::vector<stranger>{};
    for (auto count = 0; count < 1'000; ++count) {
      held.emplace_back(port);
      act(held.back());
    }
    for (auto const& client : held) BOOST_TEST(client.is_cut_off());
    return std::chrono::duration_cast<std::chrono::microseconds>(multiplexer_time(right) - before).count();
  };
  auto const silent = cost_of([](stranger const&) {});
  auto const garbage = cost_of([](stranger const& client) { client.send("GET / HTTP/1.1\r\n\r\n"); });
  auto const unfinished = cost_of([&](stranger const& client) { client.send(hello); });
  BOOST_TEST_MESSAGE("processor time for 1,000: silent " << silent << " us, garbage " << garbage << " us, hello "
                                                         << unfinished << " us");
  // Microseconds for a thousand. The last have the node compute its part of a key exchange.
  BOOST_TEST(silent < 300'000);
  BOOST_TEST(garbage < 500'000);
  BOOST_TEST(unfinished < 3'000'000);
  BOOST_TEST(right.net.counts().opened == 0);
}

BOOST_AUTO_TEST_CASE(no_more_strangers_are_kept_than_allowed_and_the_oldest_goes_first) {
  auto limits = link_limits{};
  limits.strangers = 8;
  auto right = node{nullptr, limits};
  auto const port = right.listen();
  auto clients = std::vector<stranger>{};
  for (auto count = 0; count < 20; ++count) clients.emplace_back(port);
  for (auto count = 0; count < 12; ++count) BOOST_TEST(clients[static_cast<std::size_t>(count)].is_cut_off());
  BOOST_TEST(right.net.counts().crowded_out == 12);
  // The youngest can still be known.
  clients.back().send(basp_greeting(right.system, 6'000));
  right.events.wait(link_event::kind::opened);
}

BOOST_AUTO_TEST_CASE(connections_that_come_and_go_leave_no_descriptors) {
  auto const files = certificate_files{};
  auto const own = files.issue("left");
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto const round = [&](std::uint32_t number) {
    auto client = stranger{port};
    BOOST_TEST_REQUIRE(client.greet_in_tls({own}));
    client.send_in_tls(basp_greeting(right.system, number));
  };
  round(7'000);
  right.events.wait(link_event::kind::closed);
  auto const before = open_descriptors();
  for (auto count = 1u; count <= 300; ++count) round(7'000 + count);
  for (auto count = 0; count < 5; ++count) {
    auto left = node{files.identity_of("left")};
    for (auto dial = 0; dial < 5; ++dial) left.must_dial(port, "right");
  }
  BOOST_TEST(settled_descriptors(before) <= before);
  auto const until = std::chrono::steady_clock::now() + patience;
  while (right.net.counts().open > 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  BOOST_TEST(right.net.counts().open == 0);
}

BOOST_AUTO_TEST_CASE(a_node_ends_in_the_midst_of_strangers) {
  auto const files = certificate_files{};
  auto clients = std::vector<stranger>{};
  {
    auto right = node{files.identity_of("right")};
    auto const port = right.listen();
    for (auto count = 0; count < 20; ++count) clients.emplace_back(port);
    auto left = node{files.identity_of("left")};
    left.must_dial(port, "right");
  }
  for (auto const& client : clients) BOOST_TEST(client.is_cut_off());
}
