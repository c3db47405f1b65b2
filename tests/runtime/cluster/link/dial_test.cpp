#include "runtime/cluster/link/sockets.hpp"
#include "tests/runtime/cluster/link/nodes.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <tuple>

using namespace nexus;
using namespace nexus::cluster;
using namespace nexus::cluster::testing;

namespace {

/// An address whose connections wait for ever: its queue is full.
class black_hole {
public:
  black_hole() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto size = socklen_t{sizeof address};
    BOOST_TEST_REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    BOOST_TEST_REQUIRE(::listen(listener_.get(), 0) == 0);
    BOOST_TEST_REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    for (auto count = 0; count < 4; ++count) {
      fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      std::ignore = ::connect(fillers_.back().get(), reinterpret_cast<sockaddr*>(&address), size);
    }
  }
  std::uint16_t port = 0;

private:
  unique_fd listener_;
  std::vector<unique_fd> fillers_;
};

/// Accepts one connection, says something and is silent from then on.
class talker {
public:
  explicit talker(std::string text) : listener_{*listen_at("127.0.0.1", 0)}, port{local_port(listener_.get())} {
    thread_ = std::jthread{[this, text = std::move(text)] {
      if (!wait_for(listener_.get(), POLLIN, std::chrono::steady_clock::now() + patience)) return;
      client_ = unique_fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (!text.empty()) ::send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }};
  }

private:
  unique_fd listener_;
  unique_fd client_;

public:
  std::uint16_t port;

private:
  std::jthread thread_;
};

void require_code(expected<dialed_node> const& outcome, errc code, std::string_view text) {
  BOOST_TEST_REQUIRE(!outcome);
  BOOST_TEST(to_string(outcome.error().code) == to_string(code), outcome.error().render());
  BOOST_TEST(outcome.error().render().find(text) != std::string::npos, outcome.error().render());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_node_with_another_name_is_not_taken_for_the_expected_one) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto const outcome = left.dial(port, "middle");
  require_code(outcome, errc::unauthenticated, "the certificate there is for 'right', '127.0.0.1', not for 'middle'");
  BOOST_TEST(outcome.error().render().find(fmt::format("127.0.0.1:{}", port)) != std::string::npos);
  BOOST_TEST(left.net.counts().opened == 0);
  right.events.wait(link_event::kind::refused);
  BOOST_TEST(right.net.counts().opened == 0);
  BOOST_TEST(left.dial(port, "RIGHT").has_value());
}

BOOST_AUTO_TEST_CASE(a_node_whose_name_is_not_known_yet_is_checked_by_its_host) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto right = node{*identity::load(files.issue("right", {"localhost"}), testing::now)};
  auto const port = right.listen();
  require_code(left.dial(port), errc::unauthenticated, "--host 127.0.0.1");
  auto by_name = left.start_dial(port, {}, 10s, "localhost");
  BOOST_TEST(by_name.get().has_value());
}

BOOST_AUTO_TEST_CASE(nodes_of_other_authorities_do_not_link_and_both_say_why) {
  auto const files = certificate_files{};
  auto const others = certificate_files{};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto stranger = node{others.identity_of("left")};
  require_code(stranger.dial(port, "right"), errc::unauthenticated, "certificate does not hold");
  // This one knows the authority, and has nothing from it.
  auto const own = others.issue("left");
  auto const mixed = others.write("both.pem", files.authority.certificate + others.authority.certificate);
  auto half = node{*identity::load({mixed, own.certificate, own.key}, testing::now)};
  require_code(half.dial(port, "right"), errc::permission_denied, "does not accept this node's certificate");
  right.events.wait(link_event::kind::refused, "certificate does not hold");
  BOOST_TEST(right.net.counts().opened == 0);
}

BOOST_AUTO_TEST_CASE(a_secured_node_and_one_that_is_not_do_not_link) {
  auto const files = certificate_files{};
  auto secured = node{files.identity_of("left")};
  auto open = node{};
  require_code(secured.dial(open.listen(), {}, 2s), errc::unauthenticated, "does not speak TLS 1.3");
  BOOST_TEST(!open.dial(secured.listen(), {}, 1s));
  BOOST_TEST(open.net.counts().opened + secured.net.counts().opened == 0);
}

BOOST_AUTO_TEST_CASE(an_address_that_does_not_answer_delays_nobody_else) {
  auto left = node{};
  auto right = node{};
  auto const hole = black_hole{};
  auto const port = right.listen();
  auto const start = std::chrono::steady_clock::now();
  auto waiting = left.start_dial(hole.port, {}, 1500ms);
  auto other = left.start_dial(port);
  BOOST_TEST(other.get().has_value());
  BOOST_TEST((waiting.wait_for(0s) == std::future_status::timeout));
  require_code(waiting.get(), errc::deadline_exceeded, "cannot connect");
  auto const taken = std::chrono::steady_clock::now() - start;
  BOOST_TEST((taken >= 1400ms && taken < 5s));
}

BOOST_AUTO_TEST_CASE(what_listens_there_and_is_no_node_is_told_apart) {
  auto const files = certificate_files{};
  auto open = node{};
  auto secured = node{files.identity_of("left")};
  auto const free_port = [] { return local_port(listen_at("127.0.0.1", 0)->get()); };
  require_code(open.dial(free_port()), errc::unavailable, "Connection refused");
  auto lookup = open.start_dial(4242, {}, 5s, "no-such-host.invalid");
  require_code(lookup.get(), errc::unavailable, "cannot find the host");
  auto const silent = talker{{}};
  require_code(open.dial(silent.port, {}, 300ms), errc::deadline_exceeded, "did not greet");
  auto const silent_again = talker{{}};
  require_code(secured.dial(silent_again.port, {}, 300ms), errc::deadline_exceeded, "did not finish TLS");
  auto const page = talker{"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"};
  require_code(open.dial(page.port, {}, 2s), errc::malformed, "does not speak as nodes do");
  auto const page_again = talker{"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"};
  require_code(secured.dial(page_again.port, {}, 2s), errc::unauthenticated, "does not speak TLS 1.3");
  // The greeting begins, and never ends.
  auto const half = talker{std::string(10, '\0')};
  require_code(open.dial(half.port, {}, 500ms), errc::deadline_exceeded, "did not prove in time");
}

BOOST_AUTO_TEST_CASE(many_dials_at_once_all_come_to_an_end) {
  auto const files = certificate_files{};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto left = node{files.identity_of("left")};
  auto dials = std::vector<std::future<expected<dialed_node>>>{};
  for (auto count = 0; count < 40; ++count) dials.push_back(left.start_dial(port, "right"));
  for (auto& dial : dials) {
    auto const outcome = dial.get();
    BOOST_TEST(outcome.has_value(), (outcome ? "" : outcome.error().render()));
  }
  BOOST_TEST(left.ask(left.must_dial(port, "right"), "hello") == "hello");
  BOOST_TEST(left.net.counts().open == 1);
}
