#include "actors/readiness/recurrence.hpp"
#include "fixture.hpp"

#include <rapidcheck.h>

using namespace nexus;
using namespace nexus::readiness;

namespace {

auto at(std::string const& text) -> timestamp { return parse_timestamp(text).value(); }

/// The window that holds or comes next, as two moments.
auto window(std::string const& rule, std::string const& zone, std::string const& now) -> std::string {
  auto const parsed = parse_recurrence(rule);
  BOOST_REQUIRE_MESSAGE(parsed.has_value(), rule);
  auto const found = window_at(*parsed, **find_time_zone(zone), at(now));
  BOOST_REQUIRE(found.has_value());
  return format_timestamp(found->starts).substr(0, 16) + " " + format_timestamp(found->ends).substr(0, 16);
}

} // namespace

BOOST_AUTO_TEST_SUITE(recurrences)

BOOST_AUTO_TEST_CASE(a_week_end_comes_every_week) {
  auto const rule = "weekly from Fri 16:00 to Mon 08:00";
  // 2026-11-23 is a Monday.
  BOOST_TEST(window(rule, "UTC", "2026-11-23T07:59:00Z") == "2026-11-20T16:00 2026-11-23T08:00");
  BOOST_TEST(window(rule, "UTC", "2026-11-23T08:00:00Z") == "2026-11-27T16:00 2026-11-30T08:00");
  BOOST_TEST(window(rule, "America/New_York", "2026-11-23T12:59:00Z") == "2026-11-20T21:00 2026-11-23T13:00");
}

BOOST_AUTO_TEST_CASE(days_without_a_time_are_whole_days) {
  BOOST_TEST(window("weekly from Sat to Sun", "UTC", "2026-11-23T12:00:00Z") == "2026-11-28T00:00 2026-11-30T00:00");
  BOOST_TEST(window("monthly from last to last", "UTC", "2026-02-10T00:00:00Z") == "2026-02-28T00:00 2026-03-01T00:00");
  BOOST_TEST(window("yearly from Dec 20 to Jan 3", "Europe/Berlin", "2027-01-01T00:00:00Z") ==
             "2026-12-19T23:00 2027-01-03T23:00");
}

BOOST_AUTO_TEST_CASE(nights_and_months_run_over_their_end) {
  BOOST_TEST(window("daily from 18:00 to 08:00", "UTC", "2026-11-23T03:00:00Z") == "2026-11-22T18:00 2026-11-23T08:00");
  BOOST_TEST(window("monthly from 28 12:00 to 2", "UTC", "2026-03-02T23:59:00Z") ==
             "2026-02-28T12:00 2026-03-03T00:00");
  BOOST_TEST(window("monthly from last Fri 12:00 to last", "UTC", "2026-11-01T00:00:00Z") ==
             "2026-11-27T12:00 2026-12-01T00:00");
  BOOST_TEST(window("monthly from second Tue to second Wed 06:00", "UTC", "2026-11-11T05:00:00Z") ==
             "2026-11-10T00:00 2026-11-11T06:00");
}

BOOST_AUTO_TEST_CASE(days_that_a_month_does_not_have_are_its_last) {
  BOOST_TEST(window("monthly from 31 to 31", "UTC", "2026-04-01T00:00:00Z") == "2026-04-30T00:00 2026-05-01T00:00");
  BOOST_TEST(window("yearly from Feb 29 to Feb 29", "UTC", "2027-01-01T00:00:00Z") ==
             "2027-02-28T00:00 2027-03-01T00:00");
  BOOST_TEST(window("yearly from Feb 29 to Feb 29", "UTC", "2028-01-01T00:00:00Z") ==
             "2028-02-29T00:00 2028-03-01T00:00");
}

BOOST_AUTO_TEST_CASE(clock_changes_move_the_ends_and_lose_no_window) {
  // Berlin goes to summer time on 2026-03-29: 02:30 does not exist, and the day has 23 hours.
  BOOST_TEST(window("daily from 02:30 to 04:00", "Europe/Berlin", "2026-03-29T00:00:00Z") ==
             "2026-03-29T01:00 2026-03-29T02:00");
  BOOST_TEST(window("weekly from Sun to Sun", "Europe/Berlin", "2026-03-29T00:00:00Z") ==
             "2026-03-28T23:00 2026-03-29T22:00");
  // What lies wholly in the hour that is skipped is left out that day.
  BOOST_TEST(window("daily from 02:00 to 03:00", "Europe/Berlin", "2026-03-29T00:00:00Z") ==
             "2026-03-30T00:00 2026-03-30T01:00");
  // 02:30 comes twice on 2026-10-25: the earlier one begins and ends.
  BOOST_TEST(window("daily from 02:30 to 03:30", "Europe/Berlin", "2026-10-25T00:00:00Z") ==
             "2026-10-25T00:30 2026-10-25T02:30");
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_their_column) {
  auto const refused = [](std::string const& text, std::string const& problem) {
    auto const parsed = parse_recurrence(text);
    BOOST_REQUIRE_MESSAGE(!parsed.has_value(), text);
    BOOST_TEST(parsed.error().message.find(problem) != std::string::npos, parsed.error().message);
  };
  refused("", "column 1: expected daily");
  refused("hourly from 1 to 2", "column 1: expected daily, weekly, monthly or yearly");
  refused("weekly Fri to Mon", "column 8: expected 'from'");
  refused("weekly from Fri 25:00 to Mon", "column 17: expected a time from 00:00 to 24:00");
  refused("weekly from Friday to Mon", "column 13: expected a weekday");
  refused("daily from 18:00 to", "column 20: expected a time such as 18:00");
  refused("monthly from 32 to 2", "column 14: expected a day from 1 to 31");
  refused("monthly from first to 2", "column 20: expected a weekday");
  refused("yearly from Feb 30 to Mar 1", "column 17: expected a day from 1 to 29");
  refused("weekly from Fri to Mon always", "column 24: expected the end");
  refused(std::string(81, 'x'), "longer than 80");
  BOOST_TEST(find_time_zone("Europe/Berln").error().remedy == "did you mean 'Europe/Berlin'?");
  BOOST_TEST(!find_time_zone("../../etc/passwd").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_read_is_written_alike) {
  for (auto const* text :
       {"daily from 18:00 to 08:00", "weekly from Fri 16:00 to Mon 08:00", "weekly from Sat to Sun",
        "monthly from last Fri 12:00 to last", "monthly from 28 to 2", "yearly from Dec 20 to Jan 3"})
    BOOST_TEST(to_text(*parse_recurrence(text)) == text);
  BOOST_TEST(to_text(*parse_recurrence("WEEKLY from sat 00:00 to sun 24:00")) == "weekly from Sat to Sun");
}

BOOST_AUTO_TEST_CASE(the_next_window_is_never_over_and_never_far) {
  BOOST_TEST(rc::check("window_at gives one that is not over and begins within its period", [] {
    auto const rule = *parse_recurrence(*rc::gen::element<std::string>(
        "daily from 18:00 to 08:00", "weekly from Fri 16:00 to Mon 08:00", "monthly from 31 to 3",
        "monthly from last Fri to first Mon", "yearly from Dec 20 to Jan 3", "daily from 00:00 to 24:00"));
    auto const* zone = *find_time_zone(*rc::gen::element<std::string>("UTC", "Europe/Berlin", "Pacific/Apia",
                                                                      "America/St_Johns", "Australia/Lord_Howe"));
    auto const now = at("2000-01-01T00:00:00Z") + std::chrono::minutes{*rc::gen::inRange(0, 60 * 24 * 366 * 40)};
    auto const found = window_at(rule, *zone, now);
    RC_ASSERT(found.has_value());
    RC_ASSERT(found->starts < found->ends);
    RC_ASSERT(now < found->ends);
    RC_ASSERT(found->starts - now < std::chrono::days{367});
    // Nothing is skipped: the window found a moment before it begins is the same.
    RC_ASSERT(window_at(rule, *zone, found->ends - std::chrono::milliseconds{1}) == found);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
