#include "tests/runtime/cluster/link/nodes.hpp"

#include <boost/test/data/test_case.hpp>

#include <fstream>

using namespace nexus;
using namespace nexus::cluster;
using namespace nexus::cluster::testing;

BOOST_AUTO_TEST_CASE(nodes_with_certificates_of_one_authority_are_linked_and_know_one_another) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto const dialed = left.must_dial(port, "right");
  BOOST_TEST(left.ask(dialed, "hello") == "hello");
  BOOST_TEST(dialed.peer.name == "right");
  BOOST_TEST(dialed.peer.dialed);
  BOOST_TEST((dialed.node == right.system.node()));

  auto const met = right.events.wait(link_event::kind::opened);
  BOOST_TEST(met.peer.name == "left");
  BOOST_TEST(!met.peer.dialed);
  BOOST_TEST(met.peer.address.starts_with("127.0.0.1:"));
  BOOST_TEST((met.node == left.system.node()));
  auto const known = right.net.peer_of(left.system.node());
  BOOST_TEST_REQUIRE(known.has_value());
  BOOST_TEST((*known == met.peer));
  BOOST_TEST(right.net.counts().open == 1);
  BOOST_TEST(left.net.security() == "TLS 1.3, certificates checked");
}

BOOST_AUTO_TEST_CASE(without_certificates_nodes_are_linked_and_nameless) {
  auto left = node{};
  auto right = node{};
  auto const dialed = left.must_dial(right.listen());
  BOOST_TEST(left.ask(dialed, "hello") == "hello");
  BOOST_TEST(dialed.peer.name.empty());
  BOOST_TEST(right.events.wait(link_event::kind::opened).peer.name.empty());
  BOOST_TEST(left.net.security() == "not secured (loopback only)");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_linked_is_dialled_again_without_a_second_link) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto right = node{files.identity_of("right")};
  auto const port = right.listen();
  auto const first = left.must_dial(port, "right");
  auto const second = left.must_dial(port, "right");
  BOOST_TEST((first.actor == second.actor));
  BOOST_TEST(left.ask(second, "hello") == "hello");
  BOOST_TEST(right.net.counts().opened == 1);
  BOOST_TEST(left.net.counts().opened == 1);
}

BOOST_AUTO_TEST_CASE(nodes_may_listen_and_dial_in_both_directions) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto right = node{files.identity_of("right")};
  auto const left_port = left.listen();
  auto const there = left.must_dial(right.listen(), "right");
  auto const back = right.must_dial(left_port, "left");
  BOOST_TEST(left.ask(there, "hello") == "hello");
  BOOST_TEST(right.ask(back, "hello") == "hello");
}

BOOST_DATA_TEST_CASE(large_messages_go_both_ways, boost::unit_test::data::make({false, true}), secured) {
  auto const files = certificate_files{};
  auto left = node{secured ? files.identity_of("left") : nullptr};
  auto right = node{secured ? files.identity_of("right") : nullptr};
  auto const dialed = left.must_dial(right.listen());
  auto text = std::string(30u << 20, 'x');
  for (std::size_t at = 0; at < text.size(); ++at) text[at] = static_cast<char>(at * 2654435761u >> 13);
  BOOST_TEST((left.ask(dialed, text) == text));
  BOOST_TEST(left.ask(dialed, "small again") == "small again");
}

BOOST_AUTO_TEST_CASE(many_messages_of_all_sizes_arrive_whole_and_in_order) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto right = node{files.identity_of("right")};
  auto const dialed = left.must_dial(right.listen());
  auto self = caf::scoped_actor{left.system};
  auto const target = caf::actor_cast<caf::actor>(dialed.actor);
  auto const text_of = [](std::size_t number) {
    return std::string(number * number % 70'000, static_cast<char>('a' + number % 26));
  };
  constexpr auto count = std::size_t{2'000};
  for (std::size_t number = 0; number < count; ++number) self->send(target, text_of(number));
  for (std::size_t number = 0; number < count; ++number) {
    auto good = false;
    self->receive([&](std::string const& back) { good = back == text_of(number); },
                  caf::after(std::chrono::seconds{20}) >> [] {});
    BOOST_TEST_REQUIRE(good, "message " << number);
  }
}

BOOST_AUTO_TEST_CASE(a_message_beyond_the_limit_ends_the_link_and_says_so) {
  auto limits = link_limits{};
  limits.frame_bytes = 1 << 20;
  auto left = node{};
  auto right = node{nullptr, limits};
  auto const dialed = left.must_dial(right.listen());
  BOOST_TEST(left.ask(dialed, std::string(1'000'000, 'x')).size() == 1'000'000u);
  BOOST_TEST(left.ask(dialed, std::string(2'000'000, 'x'), 1s).empty());
  right.events.wait(link_event::kind::closed, "announces a message of 2000");
}

BOOST_AUTO_TEST_CASE(a_node_that_ends_is_noticed_and_can_be_dialled_when_it_is_back) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto const own = files.identity_of("right");
  auto port = std::uint16_t{0};
  {
    auto right = node{own};
    port = right.listen();
    BOOST_TEST(left.ask(left.must_dial(port, "right"), "hello") == "hello");
  }
  BOOST_TEST(left.events.wait(link_event::kind::closed).peer.name == "right");
  BOOST_TEST(left.net.counts().open == 0);
  auto const refused = left.dial(port, "right");
  BOOST_TEST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == errc::unavailable));

  auto again = node{own};
  BOOST_TEST_REQUIRE(again.net.listen("127.0.0.1", port, again.actor).has_value());
  BOOST_TEST(left.ask(left.must_dial(port, "right"), "hello") == "hello");
}

BOOST_AUTO_TEST_CASE(a_link_can_be_cut_for_a_reason) {
  auto left = node{};
  auto right = node{};
  auto const dialed = left.must_dial(right.listen());
  right.events.wait(link_event::kind::opened);
  right.net.cut(left.system.node(), "its secret is wrong");
  right.events.wait(link_event::kind::closed, "its secret is wrong");
  left.events.wait(link_event::kind::closed);
  BOOST_TEST(left.ask(dialed, "hello", 500ms).empty());
}

BOOST_AUTO_TEST_CASE(a_port_that_is_closed_takes_no_new_links_and_keeps_the_present) {
  auto left = node{};
  auto right = node{};
  auto const port = right.listen();
  auto const dialed = left.must_dial(port);
  right.net.close(port);
  BOOST_TEST(left.ask(dialed, "hello") == "hello");
  auto third = node{};
  BOOST_TEST(!third.dial(port, {}, 2s));
}

BOOST_AUTO_TEST_CASE(certificates_are_renewed_while_links_run) {
  auto const files = certificate_files{};
  auto left = node{files.identity_of("left")};
  auto const own = files.identity_of("right");
  auto right = node{own};
  auto const port = right.listen();
  auto const before = left.must_dial(port, "right");
  BOOST_TEST(before.peer.fingerprint == own->fingerprint());

  files.write("right.pem", "no certificate at all");
  BOOST_TEST(!own->reload());
  BOOST_TEST(before.peer.fingerprint == own->fingerprint());
  files.issue("right");
  auto const reloaded = own->reload();
  BOOST_TEST_REQUIRE(reloaded.has_value(), (reloaded ? "" : reloaded.error().render()));
  BOOST_TEST(before.peer.fingerprint != own->fingerprint());

  BOOST_TEST(left.ask(before, "still here") == "still here");
  auto third = node{files.identity_of("third")};
  auto const after = third.must_dial(port, "right");
  BOOST_TEST(after.peer.fingerprint == own->fingerprint());
  BOOST_TEST(third.ask(after, "hello") == "hello");
}

BOOST_AUTO_TEST_CASE(an_authority_is_replaced_without_a_moment_of_refusal) {
  auto files = certificate_files{};
  auto const old_left = files.identity_of("left");
  auto const own = files.identity_of("right");
  auto right = node{own};
  auto const port = right.listen();
  auto const old_authority = files.authority;
  auto const fresh = make_authority("Next authority", now() - 1h, now() + 24h);
  BOOST_TEST_REQUIRE(fresh.has_value());
  // Both are trusted as long as certificates of both are in use.
  files.write("ca.pem", old_authority.certificate + fresh->certificate);
  BOOST_TEST(own->reload().has_value());
  files.authority = *fresh;
  auto const new_left = files.identity_of("left");
  auto first = node{old_left};
  auto second = node{new_left};
  BOOST_TEST(first.ask(first.must_dial(port, "right"), "hello") == "hello");
  BOOST_TEST(second.ask(second.must_dial(port, "right"), "hello") == "hello");
}

BOOST_AUTO_TEST_CASE(actor_systems_in_one_process_have_ids_of_their_own) {
  auto left = node{};
  auto right = node{};
  BOOST_TEST((left.system.node() != right.system.node()));
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_listened_at_is_refused_with_the_reason) {
  auto left = node{};
  auto const port = left.listen();
  auto const taken = left.net.listen("127.0.0.1", port, left.actor);
  BOOST_TEST_REQUIRE(!taken);
  BOOST_TEST((taken.error().code == errc::conflict));
  BOOST_TEST(taken.error().render().find("stop what listens there") != std::string::npos);
  auto const foreign = left.net.listen("192.0.2.1", 0, left.actor);
  BOOST_TEST_REQUIRE(!foreign);
  BOOST_TEST((foreign.error().code == errc::invalid_argument));
  BOOST_TEST(!left.net.listen("no such host.invalid", 0, left.actor));
}

BOOST_AUTO_TEST_CASE(nodes_that_dial_one_another_at_the_same_moment_stay_linked) {
  auto const files = certificate_files{};
  auto const left_own = files.identity_of("left");
  auto const right_own = files.identity_of("right");
  for (auto round = 0; round < 40; ++round) {
    auto left = node{round % 2 == 0 ? left_own : nullptr};
    auto right = node{round % 2 == 0 ? right_own : nullptr};
    auto const left_port = left.listen();
    auto const right_port = right.listen();
    auto there = left.start_dial(right_port, "right");
    auto back = right.start_dial(left_port, "left");
    auto const to_right = there.get();
    auto const to_left = back.get();
    BOOST_TEST_REQUIRE(to_right.has_value(), (to_right ? "" : to_right.error().render()));
    BOOST_TEST_REQUIRE(to_left.has_value(), (to_left ? "" : to_left.error().render()));
    for (auto count = 0; count < 3; ++count) {
      BOOST_TEST(left.ask(*to_right, "hello", 2s) == "hello");
      BOOST_TEST(right.ask(*to_left, "hello", 2s) == "hello");
    }
    BOOST_TEST(left.net.counts().open == 1);
    BOOST_TEST(right.net.counts().open == 1);
    for (auto const& event : left.events.all()) BOOST_TEST((event.what == link_event::kind::opened), event.reason);
    for (auto const& event : right.events.all()) BOOST_TEST((event.what == link_event::kind::opened), event.reason);
  }
}
