#include "runtime/cluster/membership/membership.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::cluster;
using namespace std::chrono_literals;

namespace {

auto const start = membership::time_point{1000s};

auto node(std::string name, std::uint64_t incarnation = 1) -> node_description {
  auto const address = name + ":4242";
  return {.name = std::move(name),
          .incarnation = incarnation,
          .address = address,
          .roles = {"jira"},
          .capacity = 100,
          .version = "1.0",
          .protocol = protocol_version,
          .layouts = "0123456789abcdef",
          .store = "s1",
          .urls = {},
          .started_at = {}};
}

auto beat(std::string name, std::uint64_t incarnation = 1) -> node_heartbeat {
  return {.name = std::move(name), .incarnation = incarnation, .load = {3, 1}, .draining = false, .known = {}};
}

auto told(membership& of) -> std::string {
  auto text = std::string{};
  for (auto const& event : of.events()) text += event.name + " " + std::string{name_of(event.to)} + "; ";
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(members_of_a_cluster)

BOOST_AUTO_TEST_CASE(seeds_are_dialled_until_they_are_met) {
  auto a = membership{node("a"), {"b:4242", "a:4242", "c:4242", "b:4242"}};
  BOOST_TEST(a.due_dials(start) == (std::vector<std::string>{"b:4242", "c:4242"}), boost::test_tools::per_element());
  BOOST_TEST(a.due_dials(start + 1h).empty()); // under way
  a.dial_failed("b:4242", {errc::unavailable, "nobody listens", {}, {}, {}}, start);
  BOOST_TEST(a.due_dials(start).size() == 1U); // the first time at once, then later and later
  a.dial_failed("b:4242", {errc::unavailable, "nobody listens", {}, {}, {}}, start);
  auto waited = start;
  auto attempts = 0;
  for (auto delay = 0ms; delay < 60s; delay += 100ms) {
    waited = start + delay;
    for (auto const& address : a.due_dials(waited)) {
      BOOST_TEST(address == "b:4242");
      ++attempts;
      a.dial_failed(address, {errc::unavailable, "nobody listens", {}, {}, {}}, waited);
    }
  }
  BOOST_TEST(attempts > 10);
  BOOST_TEST(attempts < 30);
  BOOST_REQUIRE(a.met(node("b"), waited));
  BOOST_TEST(a.due_dials(waited + 1h).empty());
  BOOST_TEST(told(a) == "b live; ");
}

BOOST_AUTO_TEST_CASE(whom_one_knows_all_know) {
  auto a = membership{node("a"), {}};
  BOOST_REQUIRE(a.met(node("b"), start));
  auto heartbeat = beat("b");
  heartbeat.known = {{"a", "a:4242"}, {"c", "c:4242"}, {"", "x:1"}, {"d", ""}};
  BOOST_TEST(a.heard(heartbeat, start));
  BOOST_TEST(a.due_dials(start) == std::vector<std::string>{"c:4242"}, boost::test_tools::per_element());
  BOOST_TEST(a.known().size() == 2U);
}

BOOST_AUTO_TEST_CASE(silence_makes_a_node_suspect_and_then_dead_and_a_word_makes_it_live) {
  auto a = membership{node("a"), {}};
  BOOST_REQUIRE(a.met(node("b"), start));
  a.tick(start + 1'499ms);
  BOOST_TEST(told(a) == "b live; ");
  a.tick(start + 1'500ms);
  BOOST_TEST(told(a) == "b suspect; ");
  BOOST_TEST(a.heard(beat("b"), start + 2s));
  BOOST_TEST(told(a) == "b live; ");
  a.answered("b", 1, 3ms, start + 3s);
  a.tick(start + 7'999ms);
  BOOST_TEST(told(a) == "b suspect; ");
  a.tick(start + 8s);
  auto const events = a.events();
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST((events[0].to == node_state::dead));
  BOOST_TEST(events[0].reason == "nothing was heard of it for 5000 ms");
  // It does not come back by talking on: it must join.
  BOOST_TEST(!a.heard(beat("b"), start + 8s));
  BOOST_TEST(!a.due_dials(start + 8s).empty());
}

BOOST_AUTO_TEST_CASE(a_new_life_of_a_node_takes_the_place_of_the_old_one) {
  auto a = membership{node("a"), {}};
  BOOST_REQUIRE(a.met(node("b", 5), start));
  BOOST_TEST(!a.heard(beat("b", 4), start));
  BOOST_TEST(!a.met(node("b", 4), start));
  (void)a.events();
  BOOST_REQUIRE(a.met(node("b", 6), start));
  BOOST_TEST(told(a) == "b live; ");
  // What is said of the old one does not concern the new one.
  a.link_lost("b", 5, "cut", start);
  a.left("b", 5, start);
  BOOST_TEST(told(a).empty());
  BOOST_TEST(a.heard(beat("b", 6), start));
}

BOOST_AUTO_TEST_CASE(a_cut_link_is_dialled_again_at_once_and_then_more_slowly) {
  auto a = membership{node("a"), {}};
  BOOST_REQUIRE(a.met(node("b"), start));
  a.link_lost("b", 1, "connection reset", start);
  BOOST_TEST(told(a) == "b live; b lost; ");
  BOOST_TEST(a.due_dials(start).size() == 1U);
  a.dial_failed("b:4242", {errc::unavailable, "nobody listens", {}, {}, {}}, start);
  BOOST_TEST(a.due_dials(start).empty());
  BOOST_TEST(a.due_dials(start + 200ms).size() == 1U);
  auto const view = a.view(start + 1s);
  BOOST_TEST(*view.at(1).reason == "connection reset");
  BOOST_TEST(*view.at(1).silent_ms == 1000.0);
  BOOST_TEST(!view.at(1).load);
}

BOOST_AUTO_TEST_CASE(nodes_that_differ_are_refused_with_the_difference) {
  auto const a = membership{node("a"), {}};
  BOOST_TEST(a.check(node("b")).has_value());
  auto const refusal = [&](auto change) {
    auto other = node("b");
    change(other);
    auto const verdict = a.check(other);
    BOOST_REQUIRE(!verdict);
    BOOST_TEST((verdict.error().code == errc::refused));
    BOOST_TEST(!verdict.error().remedy.empty());
    return verdict.error().message;
  };
  BOOST_TEST(refusal([](auto& other) { other.protocol = 9; }) == "node 'b' and node 'a' differ in protocol: 9 and 1");
  BOOST_TEST(refusal([](auto& other) { other.layouts = "fedcba9876543210"; }) ==
             "node 'b' and node 'a' differ in the layout of their messages: fedcba987654 and 0123456789ab");
  BOOST_TEST(refusal([](auto& other) { other.store = "s2"; }) ==
             "node 'b' and node 'a' differ in their store: s2 and s1");
  BOOST_TEST(refusal([](auto& other) { other.name = "a"; }) == "two nodes are called 'a': b:4242 and a:4242");
}

BOOST_AUTO_TEST_CASE(a_node_that_moved_keeps_its_name_and_a_seed_stays_a_seed) {
  auto a = membership{node("a"), {"old:1"}};
  auto moved = node("b", 1);
  moved.address = "old:1";
  BOOST_REQUIRE(a.met(moved, start));
  moved.address = "new:1";
  moved.incarnation = 2;
  BOOST_REQUIRE(a.met(moved, start));
  a.link_lost("b", 2, "cut", start);
  BOOST_TEST(a.view(start).size() == 2U);
  BOOST_TEST(a.due_dials(start) == std::vector<std::string>{"new:1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_drains_dials_nobody_and_who_left_is_dialled_for_its_return) {
  auto a = membership{node("a"), {"b:4242"}};
  BOOST_REQUIRE(a.met(node("b"), start));
  a.left("b", 1, start);
  BOOST_TEST(told(a) == "b live; b left; ");
  BOOST_TEST(a.due_dials(start + 1s).size() == 1U);
  a.dial_failed("b:4242", {errc::refused, "another secret", {}, {}, {}}, start);
  BOOST_TEST(told(a) == "b refused; ");
  a.set_draining();
  BOOST_TEST(a.due_dials(start + 1h).empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_is_long_gone_is_forgotten_unless_it_is_a_seed) {
  auto a = membership{node("a"), {"b:4242"}};
  BOOST_REQUIRE(a.met(node("b"), start));
  BOOST_REQUIRE(a.met(node("c"), start));
  a.link_lost("b", 1, "cut", start);
  a.link_lost("c", 1, "cut", start);
  a.tick(start + 25h);
  BOOST_REQUIRE(a.view(start).size() == 2U);
  BOOST_TEST(a.view(start)[1].name == "b");
}

BOOST_AUTO_TEST_CASE(what_others_claim_to_know_is_bounded) {
  auto a = membership{node("a"), {}};
  auto many = std::vector<known_node>{};
  for (auto i = 0; i < 10'000; ++i) many.push_back({"n" + std::to_string(i), "n" + std::to_string(i) + ":1"});
  a.learn(many, start);
  BOOST_TEST(a.known().size() == most_nodes);
}

BOOST_AUTO_TEST_SUITE_END()
