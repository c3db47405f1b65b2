#include "tests/runtime/cluster/link/stranger.hpp"

#include <boost/test/data/test_case.hpp>

using namespace nexus;
using namespace nexus::cluster;
using namespace nexus::cluster::testing;

namespace {

constexpr auto gibibyte = std::uint32_t{1} << 30;

auto brief_limits() -> link_limits {
  auto limits = link_limits{};
  limits.handshake = 700ms;
  return limits;
}

} // namespace

BOOST_DATA_TEST_CASE(a_silent_client_is_cut_off_in_time_and_costs_no_processor_time,
                     boost::unit_test::data::make({false, true}), secured) {
  auto const files = certificate_files{};
  auto right = node{secured ? files.identity_of("right") : nullptr, brief_limits()};
  auto const port = right.listen();
  auto const silent = stranger{port};
  auto const before = multiplexer_time(right);
  auto const start = std::chrono::steady_clock::now();
  BOOST_TEST(silent.is_cut_off());
  auto const waited = std::chrono::steady_clock::now() - start;
  BOOST_TEST((waited > 500ms && waited < 5s));
  BOOST_TEST((multiplexer_time(right) - before < 20ms));
  right.events.wait(link_event::kind::refused, "in time");
  BOOST_TEST(right.net.counts().late == 1);
}

BOOST_DATA_TEST_CASE(garbage_is_cut_off_at_once, boost::unit_test::data::make({false, true}), secured) {
  auto const files = certificate_files{};
  auto right = node{secured ? files.identity_of("right") : nullptr};
  auto const port = right.listen();
  for (auto const& garbage :
       {std::string{"GET / HTTP/1.1\r\nHost: nexus.example.com\r\n\r\n"}, std::string(4096, '\xff'),
        std::string(100'000, '\0'), std::string{"\x16\x03\x01\x3f\xff"} + std::string(16'384, 'x')}) {
    auto const client = stranger{port};
    client.send(garbage);
    BOOST_TEST(client.is_cut_off());
  }
  BOOST_TEST(right.net.counts().opened == 0);
  BOOST_TEST(right.net.counts().late == 0);
}

BOOST_AUTO_TEST_CASE(a_client_that_stops_in_the_middle_of_the_handshake_is_cut_off) {
  auto const files = certificate_files{};
  auto right = node{files.identity_of("right"), brief_limits()};
  auto const port = right.listen();
  auto const hello = client_hello();
  auto const half = stranger{port};
  half.send(std::string_view{hello}.substr(0, hello.size() / 2));
  auto const whole = stranger{port};
  whole.send(hello);
  auto const before = multiplexer_time(right);
  BOOST_TEST(half.is_cut_off());
  BOOST_TEST(whole.is_cut_off());
  BOOST_TEST((multiplexer_time(right) - before < 30ms));
  BOOST_TEST(right.net.counts().late == 2);
}

BOOST_AUTO_TEST_CASE(only_certificates_of_the_authority_that_are_in_force_open_a_link) {
  auto const files = certificate_files{};
  auto const others = certificate_files{};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto const greeted = [port](stranger::tls_options const& options) { return stranger{port}.greet_in_tls(options); };
  BOOST_TEST(greeted({files.issue("left")}));
  BOOST_TEST(!greeted({std::nullopt}));
  BOOST_TEST(!greeted({others.issue("left")}));
  BOOST_TEST(!greeted({files.issue("old", {}, now() - 48h, now() - 24h)}));
  BOOST_TEST(!greeted({files.issue("early", {}, now() + 24h, now() + 48h)}));
  BOOST_TEST(!greeted({files.issue("left"), TLS1_2_VERSION}));
  right.events.wait(link_event::kind::refused, "the peer has no certificate");
  right.events.wait(link_event::kind::refused, "certificate has expired");
  right.events.wait(link_event::kind::refused, "unable to get local issuer certificate");
  right.events.wait(link_event::kind::refused, "unsupported protocol");
  BOOST_TEST(right.net.counts().opened == 0);
}

BOOST_AUTO_TEST_CASE(a_message_of_gigabytes_is_not_believed) {
  auto const files = certificate_files{};
  auto const own = files.issue("left");
  auto open = node{};
  auto secured = node{files.identity_of("right")};
  auto const open_port = open.listen();
  auto const secured_port = secured.listen();
  auto const before = resident_bytes();
  for (auto count = 0; count < 20; ++count) {
    // Before anything is proven,
    auto const first = stranger{secured_port};
    first.send(basp_header(client_handshake, 3 * gibibyte));
    BOOST_TEST(first.is_cut_off());
    auto const second = stranger{open_port};
    second.send(basp_header(client_handshake, 3 * gibibyte));
    BOOST_TEST(second.is_cut_off());
    auto const third = stranger{open_port};
    third.send(basp_header(direct_message, 3 * gibibyte));
    BOOST_TEST(third.is_cut_off());
    // and after.
    auto fourth = stranger{secured_port};
    BOOST_TEST_REQUIRE(fourth.greet_in_tls({own}));
    fourth.send_in_tls(basp_greeting(secured.system, 1'000 + static_cast<std::uint32_t>(count)));
    fourth.send_in_tls(basp_header(direct_message, 3 * gibibyte));
    BOOST_TEST(fourth.is_cut_off_in_tls());
  }
  BOOST_TEST(resident_bytes() - before < memory_allowance);
  secured.events.wait(link_event::kind::closed, "announces a message of 3221225472 bytes");
}

BOOST_AUTO_TEST_CASE(an_announced_message_takes_room_only_as_it_comes) {
  auto open = node{};
  auto const port = open.listen();
  auto const before = resident_bytes();
  auto clients = std::vector<stranger>{};
  for (auto count = 0u; count < 20; ++count) {
    clients.emplace_back(port);
    clients.back().send(basp_greeting(open.system, 2'000 + count));
    clients.back().send(basp_header(direct_message, 60u << 20) + std::string(1000, 'x'));
  }
  // Its answer comes after all that was read before.
  auto left = node{};
  BOOST_TEST(left.ask(left.must_dial(port), "hello") == "hello");
  BOOST_TEST(resident_bytes() - before < memory_allowance);
}

BOOST_AUTO_TEST_CASE(a_greeting_without_content_does_not_harm) {
  auto open = node{};
  auto const port = open.listen();
  for (auto operation = 0; operation < 8; ++operation) {
    auto const client = stranger{port};
    client.send(basp_header(operation, 0));
    BOOST_TEST(client.is_cut_off());
  }
  auto const client = stranger{port};
  client.send(basp_greeting(open.system, 3'000));
  open.events.wait(link_event::kind::opened);
  client.send(basp_header(client_handshake, 0));
  BOOST_TEST(client.is_cut_off());
  open.events.wait(link_event::kind::closed, "greets with 0 bytes");
}

BOOST_AUTO_TEST_CASE(nothing_is_delivered_before_the_greeting) {
  auto open = node{};
  auto const client = stranger{open.listen()};
  client.send(basp_header(direct_message, 10) + std::string(10, 'x'));
  BOOST_TEST(client.is_cut_off());
  open.events.wait(link_event::kind::refused, "does not speak as nodes do");
}

BOOST_AUTO_TEST_CASE(a_node_id_belongs_to_the_name_that_brought_it) {
  auto const files = certificate_files{};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto first = stranger{port};
  BOOST_TEST_REQUIRE(first.greet_in_tls({files.issue("left")}));
  first.send_in_tls(basp_greeting(right.system, 4'000));
  right.events.wait(link_event::kind::opened);
  auto second = stranger{port};
  BOOST_TEST_REQUIRE(second.greet_in_tls({files.issue("thief")}));
  second.send_in_tls(basp_greeting(right.system, 4'000));
  BOOST_TEST(second.is_cut_off_in_tls());
  right.events.wait(link_event::kind::refused, "'thief' took the node id of 'left'");
  BOOST_TEST(right.net.counts().open == 1);
}

BOOST_DATA_TEST_CASE(a_link_that_is_half_closed_ends, boost::unit_test::data::make({false, true}), secured) {
  auto const files = certificate_files{};
  auto right = node{secured ? files.identity_of("right") : nullptr};
  auto client = stranger{right.listen()};
  auto const greeting = basp_greeting(right.system, 5'000);
  if (secured) {
    BOOST_TEST_REQUIRE(client.greet_in_tls({files.issue("left")}));
    client.send_in_tls(greeting);
  } else {
    client.send(greeting);
  }
  right.events.wait(link_event::kind::opened);
  client.half_close();
  right.events.wait(link_event::kind::closed, "the peer closed");
  BOOST_TEST(client.is_cut_off());
}

BOOST_DATA_TEST_CASE(of_two_nodes_that_dial_one_another_at_once_the_larger_keeps_its_connection,
                     boost::unit_test::data::make({0x00, 0xff}), host) {
  auto open = node{};
  auto const port = open.listen();
  auto const listener = *listen_at("127.0.0.1", 0);
  auto dial = open.start_dial(local_port(listener.get()));
  auto const dialled = stranger{listener};
  // The other node's own connection is a link before it answers on this one.
  auto const dialling = stranger{port};
  auto const byte = static_cast<std::uint8_t>(host);
  dialling.send(basp_greeting(open.system, 8'000, byte));
  open.events.wait(link_event::kind::opened);
  dialled.send(basp_answer(open.system, 8'000, byte));
  auto const outcome = dial.get();
  BOOST_TEST_REQUIRE(outcome.has_value(), (outcome ? "" : outcome.error().render()));
  BOOST_TEST(open.net.counts().open == 1);
  if (host == 0xff) {
    // The other is larger, and keeps its own.
    BOOST_TEST(dialled.is_cut_off());
  } else {
    dialling.half_close();
    BOOST_TEST(dialling.is_cut_off());
    BOOST_TEST(open.net.peer_of(outcome->node).has_value());
    BOOST_TEST(open.net.counts().open == 1);
    dialled.half_close();
    open.events.wait(link_event::kind::closed);
  }
}
