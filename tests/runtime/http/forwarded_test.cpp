#include "runtime/http/forwarded.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::http;

namespace {

auto const trusted = std::vector{address_range::parse("10.0.0.0/8").value(), address_range::parse("fd00::/8").value()};

auto client(std::string_view peer, headers const& fields) -> client_origin { return client_of(peer, fields, trusted); }

} // namespace

BOOST_AUTO_TEST_SUITE(forwarded)

BOOST_AUTO_TEST_CASE(whoever_is_no_proxy_of_ours_is_the_client_whatever_it_says) {
  auto const seen = client("203.0.113.9", {{"X-Forwarded-For", "198.51.100.1"},
                                           {"X-Forwarded-Proto", "https"},
                                           {"X-Forwarded-Host", "nexus.example.com"},
                                           {"Forwarded", "for=198.51.100.1;proto=https"}});
  BOOST_TEST(seen.address == "203.0.113.9");
  BOOST_TEST(!seen.proxied);
  BOOST_TEST(seen.scheme == "");
  BOOST_TEST(seen.host == "");
}

BOOST_AUTO_TEST_CASE(a_proxy_of_ours_is_believed) {
  auto const usual = client(
      "10.0.0.1",
      {{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "nexus.example.com"}});
  auto const standard =
      client("10.0.0.1", {{"Forwarded", "for=198.51.100.1;proto=https;host=nexus.example.com;by=10.0.0.1"}});
  for (auto const& seen : {usual, standard}) {
    BOOST_TEST(seen.address == "198.51.100.1");
    BOOST_TEST(seen.proxied);
    BOOST_TEST(seen.scheme == "https");
    BOOST_TEST(seen.host == "nexus.example.com");
  }
}

BOOST_AUTO_TEST_CASE(what_a_client_wrote_itself_stands_further_left_and_is_not_believed) {
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "127.0.0.1, 198.51.100.1"}}).address == "198.51.100.1");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "127.0.0.1, 198.51.100.1, 10.0.0.2"}}).address == "198.51.100.1");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "127.0.0.1"}, {"X-Forwarded-For", "198.51.100.1"}}).address ==
             "198.51.100.1");
  BOOST_TEST(client("10.0.0.1", {{"Forwarded", "for=127.0.0.1;proto=http, for=198.51.100.1;proto=https"}}).scheme ==
             "https");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-Proto", "http, https"}}).scheme ==
             "https");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "10.9.9.9, 10.0.0.2"}}).address == "10.9.9.9");
}

BOOST_AUTO_TEST_CASE(two_fields_that_name_different_clients_make_neither_believed) {
  // A proxy that writes X-Forwarded-For hands on the Forwarded that its client sent, and the other way round.
  auto const seen = client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"Forwarded", "for=127.0.0.1"}});
  BOOST_TEST(seen.address == "10.0.0.1");
  BOOST_TEST(seen.proxied);
  BOOST_TEST(
      client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"Forwarded", "for=\"198.51.100.1:99\""}}).address ==
      "198.51.100.1");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_ends_the_chain) {
  BOOST_TEST(client("10.0.0.1", {{"Forwarded", "for=unknown"}}).address == "10.0.0.1");
  BOOST_TEST(client("10.0.0.1", {{"Forwarded", "for=198.51.100.1, for=_hidden, for=10.0.0.2"}}).address == "10.0.0.2");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", ""}}).address == "10.0.0.1");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", ",,,"}}).address == "10.0.0.1");
  BOOST_TEST(client("10.0.0.1", {{"Forwarded", "for=\"no end"}}).address == "10.0.0.1");
  BOOST_TEST(client("10.0.0.1", {}).address == "10.0.0.1");
  BOOST_TEST(client("10.0.0.1", {}).proxied);
}

BOOST_AUTO_TEST_CASE(addresses_come_with_ports_and_brackets) {
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1:4711"}}).address == "198.51.100.1");
  BOOST_TEST(client("fd00::1", {{"X-Forwarded-For", "2001:db8::17"}}).address == "2001:db8::17");
  BOOST_TEST(client("fd00::1", {{"Forwarded", "for=\"[2001:db8::17]:4711\""}}).address == "2001:db8::17");
}

BOOST_AUTO_TEST_CASE(a_host_that_could_break_out_of_a_link_is_left_out) {
  for (auto const* host : {"evil.example/path", "evil\"><script>", "a b", "user@evil.example", "x\\y", "a,b c"}) {
    auto const seen = client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-Host", host}});
    BOOST_TEST(seen.host.find_first_of("/\"<> @\\") == std::string::npos, host);
  }
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-Proto", "javascript"}}).scheme ==
             "");
  BOOST_TEST(
      client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-Host", std::string(300, 'a')}}).host ==
      "");
}

BOOST_AUTO_TEST_CASE(the_standard_s_grammar_is_read) {
  auto const read = parse_forwarded("For=\"[2001:db8:cafe::17]:4711\" , for=192.0.2.60;proto=HTTP;by=203.0.113.43,;");
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->size() == 3U);
  BOOST_TEST(read->at(0).client == "2001:db8:cafe::17");
  BOOST_TEST(read->at(1).client == "192.0.2.60");
  BOOST_TEST(read->at(1).scheme == "http");
  BOOST_TEST(read->at(2).client == "");
  BOOST_TEST(parse_forwarded("for=\"a\\\"b\"")->at(0).client == "a\"b");
  for (auto const* bad : {"for", "for=", "for =x", "for=\"x", "for=\"x\\", "for=a b", "for=a/b", "\"x\"=y"})
    BOOST_TEST(!parse_forwarded(bad), bad);
  auto many = std::string{"for=1.2.3.4"};
  for (auto i = 0; i < 40; ++i) many += ",for=1.2.3.4";
  BOOST_TEST(!parse_forwarded(many));
}

BOOST_AUTO_TEST_SUITE_END()
