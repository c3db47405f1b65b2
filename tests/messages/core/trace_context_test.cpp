#include "messages/core/call.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

namespace {

auto const header = std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};

auto accepted(std::string const& text) -> bool { return trace_context::parse(text).has_value(); }

} // namespace

BOOST_AUTO_TEST_CASE(a_traceparent_is_read_and_written_the_same) {
  auto const context = trace_context::parse(header);
  BOOST_TEST_REQUIRE(context.has_value());
  BOOST_TEST(context->valid());
  BOOST_TEST(context->flags == 1);
  BOOST_TEST(context->trace_id_hex() == "4bf92f3577b34da6a3ce929d0e0e4736");
  BOOST_TEST(context->to_header() == header);
  BOOST_TEST(!trace_context{}.valid());
}

BOOST_AUTO_TEST_CASE(what_the_standard_forbids_is_refused) {
  BOOST_TEST(!accepted(""));
  BOOST_TEST(!accepted(header.substr(1)));
  BOOST_TEST(!accepted(header + "x"));
  BOOST_TEST(!accepted(header + "-00"));
  BOOST_TEST(!accepted("ff" + header.substr(2)));
  BOOST_TEST(!accepted("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  BOOST_TEST(!accepted("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  BOOST_TEST(!accepted("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
  BOOST_TEST(!accepted("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  BOOST_TEST(!accepted("00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"));
  for (std::size_t size = 0; size < header.size(); ++size) BOOST_TEST(!accepted(header.substr(0, size)));
}

BOOST_AUTO_TEST_CASE(later_versions_may_add_fields_behind_a_dash) {
  BOOST_TEST(accepted("01" + header.substr(2)));
  BOOST_TEST(accepted("01" + header.substr(2) + "-more"));
  BOOST_TEST(!accepted("01" + header.substr(2) + "more"));
}
