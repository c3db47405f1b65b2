#include "messages/core/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace nexus;

namespace {

auto normal(std::string_view text) -> std::string {
  auto const time = parse_timestamp(text);
  return time ? format_timestamp(*time) : "refused";
}

} // namespace

BOOST_AUTO_TEST_CASE(rfc_3339_is_read_with_any_offset_and_written_in_utc) {
  BOOST_TEST(normal("2026-11-23T17:58:25.123Z") == "2026-11-23T17:58:25.123Z");
  BOOST_TEST(normal("2026-11-23t17:58:25z") == "2026-11-23T17:58:25.000Z");
  BOOST_TEST(normal("2026-11-23 17:58:25Z") == "2026-11-23T17:58:25.000Z");
  BOOST_TEST(normal("2026-11-23T17:58:25+05:30") == "2026-11-23T12:28:25.000Z");
  BOOST_TEST(normal("2026-11-23T17:58:25-08:00") == "2026-11-24T01:58:25.000Z");
  BOOST_TEST(normal("2026-11-23T17:58:25.123+0000") == "2026-11-23T17:58:25.123Z");
  BOOST_TEST(normal("2026-11-23T17:58:25.123456789Z") == "2026-11-23T17:58:25.123Z");
  BOOST_TEST(normal("2026-11-23T17:58:25.1Z") == "2026-11-23T17:58:25.100Z");
  BOOST_TEST(normal("2026-11-23") == "2026-11-23T00:00:00.000Z");
  BOOST_TEST(normal("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00.000Z");
  BOOST_TEST(normal("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00.000Z");
  BOOST_TEST(normal("1969-12-31T23:59:59.999Z") == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(what_is_no_timestamp_is_refused) {
  for (auto text : {"",
                    "2026",
                    "2026-11",
                    "2026-13-01",
                    "2026-02-29",
                    "2026-00-10",
                    "2026-11-23T",
                    "2026-11-23T17:58:25",
                    "2026-11-23T24:00:00Z",
                    "2026-11-23T17:60:00Z",
                    "2026-11-23T17:58:61Z",
                    "2026-11-23T17:58:25.Z",
                    "2026-11-23T17:58:25Zx",
                    "2026-11-23T17:58:25+",
                    "2026-11-23T17:58:25+24:00",
                    "0000-01-01T00:00:00Z",
                    "-001-01-01T00:00:00Z",
                    "20261123T175825Z",
                    "26-11-23",
                    "2026-11-23T17:58:25 Z",
                    "now"})
    BOOST_TEST(normal(text) == "refused", text);
}

BOOST_AUTO_TEST_CASE(an_offset_does_not_lead_out_of_the_years_that_can_be_written) {
  BOOST_TEST(normal("0001-01-01T00:00:00+00:01") == "refused");
  BOOST_TEST(normal("9999-12-31T23:59:59-00:01") == "refused");
  BOOST_TEST(normal("9999-12-31T23:59:60Z") == "refused");
  BOOST_TEST(normal("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00.000Z");
  BOOST_TEST(normal("9999-12-31T23:59:59.999Z") == "9999-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(times_beyond_the_calendar_are_written_as_its_ends) {
  BOOST_TEST(format_timestamp(timestamp::min()) == "0001-01-01T00:00:00.000Z");
  BOOST_TEST(format_timestamp(timestamp::max()) == "9999-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(every_time_is_read_back_as_it_was_written) {
  auto const sound = rc::check([] {
    auto const time =
        timestamp{std::chrono::milliseconds{*rc::gen::inRange<std::int64_t>(-62135596800000, 253402300800000)}};
    auto const back = parse_timestamp(format_timestamp(time));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == time);
  });
  BOOST_TEST(sound);
}
