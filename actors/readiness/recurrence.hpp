#pragma once

#include "messages/core/describe.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace nexus::readiness {

/// A moment on the clock of some place.
using local_moment = std::chrono::local_time<std::chrono::seconds>;

/// One end of a window within its period; which members count depends on the period.
struct recurring_point {
  /// 1 January to 12 December.
  unsigned month = 1;
  /// Day of the month; 32 is the last one. A day that a month does not have is its last one.
  unsigned day = 1;
  /// Instead of `day`: the first (1) to fourth or the last (5) such weekday of the month; 0 for none.
  unsigned ordinal = 0;
  /// ISO: 1 Monday to 7 Sunday.
  unsigned weekday = 1;
  /// Of the day, up to 24 hours.
  std::chrono::minutes time{0};

  friend auto operator==(recurring_point const&, recurring_point const&) -> bool = default;
};

enum class recurring_period : std::uint8_t { day, week, month, year };

/// A window that comes again in each period. One that ends before it begins ends in the following period.
struct recurrence {
  recurring_period period = recurring_period::week;
  recurring_point from;
  recurring_point to;

  friend auto operator==(recurrence const&, recurrence const&) -> bool = default;
};

/// Reads when a window recurs:
///
///     recurrence = "daily from" time "to" time
///                | "weekly from" weekday [ time ] "to" weekday [ time ]
///                | "monthly from" day [ time ] "to" day [ time ]
///                | "yearly from" month number [ time ] "to" month number [ time ]
///     day        = number | "last" | ( "first" | "second" | "third" | "fourth" | "last" ) weekday
///     weekday    = "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun"
///     month      = "Jan" | "Feb" | ... | "Dec"
///     time       = hour ":" minute, 00:00 to 24:00
///
/// Without a time the window begins with the first and ends with the last minute of its day. Upper and lower case are
/// the same. At most 80 bytes; errors are errc::invalid_argument and name the column, counted from 1.
auto parse_recurrence(std::string_view text) -> expected<recurrence>;

/// The rule as parse_recurrence reads it.
auto to_text(recurrence const& rule) -> std::string;

/// A span of time; `ends` is the first moment outside.
struct time_window {
  timestamp starts{};
  timestamp ends{};

  auto contains(timestamp time) const -> bool { return starts <= time && time < ends; }
  friend auto operator==(time_window const&, time_window const&) -> bool = default;
};

/// The zone's local time as a moment. A time that a clock change skips is the change itself; of one that comes twice
/// it is the earlier.
auto to_moment(local_moment time, date::time_zone const& zone) -> timestamp;

/// The window that holds at `now`, else the next one.
auto window_at(recurrence const& rule, date::time_zone const& zone, timestamp now) -> std::optional<time_window>;

/// The zone of an IANA name; errc::invalid_argument with what was probably meant, errc::unavailable without a time zone
/// database.
auto find_time_zone(std::string_view name) -> expected<date::time_zone const*>;

} // namespace nexus::readiness
