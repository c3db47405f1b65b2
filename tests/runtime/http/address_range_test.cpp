#include "runtime/http/address_range.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace nexus;
using namespace nexus::http;

namespace {

auto contains(std::string_view range, std::string_view address) -> bool {
  return address_range::parse(range).value().contains(ip_address::parse(address).value());
}

} // namespace

BOOST_AUTO_TEST_SUITE(addresses)

BOOST_AUTO_TEST_CASE(a_range_holds_the_addresses_that_begin_like_it) {
  BOOST_TEST(contains("10.0.0.0/8", "10.255.1.2"));
  BOOST_TEST(!contains("10.0.0.0/8", "11.0.0.1"));
  BOOST_TEST(contains("192.0.2.128/25", "192.0.2.200"));
  BOOST_TEST(!contains("192.0.2.128/25", "192.0.2.127"));
  BOOST_TEST(contains("192.0.2.7", "192.0.2.7"));
  BOOST_TEST(!contains("192.0.2.7", "192.0.2.6"));
  BOOST_TEST(contains("0.0.0.0/0", "203.0.113.9"));
  BOOST_TEST(contains("fd00::/8", "fd12:3456::1"));
  BOOST_TEST(!contains("fd00::/8", "fe80::1"));
  BOOST_TEST(contains("2001:db8:0:8000::/49", "2001:db8:0:ffff::1"));
  BOOST_TEST(!contains("2001:db8:0:8000::/49", "2001:db8:0:7fff::1"));
  BOOST_TEST(!contains("::/0", "10.0.0.1"), "families are apart");
}

BOOST_AUTO_TEST_CASE(ipv4_in_the_clothes_of_ipv6_is_ipv4) {
  BOOST_TEST(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  BOOST_TEST(ip_address::parse("::ffff:10.1.2.3")->to_string() == "10.1.2.3");
  BOOST_TEST(ip_address::parse("::ffff:127.0.0.1")->is_loopback());
}

BOOST_AUTO_TEST_CASE(a_zone_does_not_belong_to_an_address) {
  BOOST_TEST(contains("fe80::/10", "fe80::1%eth0"));
  BOOST_TEST(!address_range::parse("fe80::1%eth0"));
}

BOOST_AUTO_TEST_CASE(what_is_no_range_is_refused_with_what_to_write) {
  for (auto const* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0", "::/129",
                           "example.com", "10.0.0.0/8/8", "10.0.0.0 /8", "*"}) {
    auto const range = address_range::parse(text);
    BOOST_TEST(!range, text);
    if (!range) BOOST_TEST(!range.error().remedy.empty());
  }
  BOOST_TEST(!address_range::parse(std::string(100'000, '1')));
}

BOOST_AUTO_TEST_CASE(bits_behind_the_prefix_are_a_mistake_and_the_range_meant_is_named) {
  BOOST_TEST(address_range::parse("10.0.0.1/8").error().remedy == "the range is 10.0.0.0/8");
  BOOST_TEST(address_range::parse("fd00::1/8").error().remedy == "the range is fd00::/8");
}

RC_BOOST_PROP(a_written_address_is_read_as_itself, (std::array<std::uint8_t, 4> const& bytes)) {
  auto const text = fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  RC_ASSERT(ip_address::parse(text)->to_string() == text);
  RC_ASSERT(ip_address::parse(text)->is_loopback() == (bytes[0] == 127));
  RC_ASSERT(contains(text, text));
}

BOOST_AUTO_TEST_SUITE_END()
