#include "simulator/calendar.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace nexus::simulator {
namespace {

using namespace std::chrono;

struct broken_down {
  int year;
  unsigned month, day;
  long hour, minute, second;
  unsigned weekday;
};

auto break_down(instant when) -> broken_down {
  auto days = floor<std::chrono::days>(when);
  auto date = year_month_day{days};
  auto time = hh_mm_ss{when - days};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          time.hours().count(),
          time.minutes().count(),
          time.seconds().count(),
          weekday{days}.c_encoding()};
}

/// Takes a number of `width` digits off the front.
auto take_number(std::string_view& text, std::size_t width) -> std::optional<int> {
  int value = 0;
  if (text.size() < width) return std::nullopt;
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): its size is looked at above
  auto [end, bad] = std::from_chars(text.data(), text.data() + width, value);
  if (bad != std::errc{} || end != text.data() + width || value < 0) return std::nullopt;
  text.remove_prefix(width);
  return value;
}

auto take(std::string_view& text, char expected) -> bool {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

} // namespace

auto date_text(instant when) -> std::string {
  auto t = break_down(when);
  return fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
}

auto clock_text(instant when) -> std::string {
  auto t = break_down(when);
  return fmt::format("{:02}:{:02}:{:02}", t.hour, t.minute, t.second);
}

auto iso_time(instant when) -> std::string { return date_text(when) + 'T' + clock_text(when) + 'Z'; }
auto jira_time(instant when) -> std::string { return date_text(when) + 'T' + clock_text(when) + ".000+0000"; }
auto agile_time(instant when) -> std::string { return date_text(when) + 'T' + clock_text(when) + ".000Z"; }

auto http_date(instant when) -> std::string {
  constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto t = break_down(when);
  return fmt::format("{}, {:02} {} {:04} {} GMT", weekdays[t.weekday], t.day, months[t.month - 1], t.year,
                     clock_text(when));
}

auto epoch_ms(instant when) -> std::int64_t { return when.time_since_epoch().count() * 1000; }

auto day_of(instant when) -> instant { return floor<days>(when); }

auto parse_time(std::string_view text) -> std::optional<instant> {
  auto year_part = take_number(text, 4);
  if (!year_part || text.empty() || (text.front() != '-' && text.front() != '/')) return std::nullopt;
  auto separator = text.front();
  text.remove_prefix(1);
  auto month_part = take_number(text, 2);
  if (!month_part || !take(text, separator)) return std::nullopt;
  auto day_part = take_number(text, 2);
  if (!day_part) return std::nullopt;
  auto date = year_month_day{year{*year_part}, month{static_cast<unsigned>(*month_part)},
                             day{static_cast<unsigned>(*day_part)}};
  if (!date.ok()) return std::nullopt;
  instant result = sys_days{date};
  if (text.empty()) return result;
  if (!take(text, ' ') && !take(text, 'T')) return std::nullopt;
  auto hour_part = take_number(text, 2);
  if (!hour_part || *hour_part > 23 || !take(text, ':')) return std::nullopt;
  auto minute_part = take_number(text, 2);
  if (!minute_part || *minute_part > 59) return std::nullopt;
  result += hours{*hour_part} + minutes{*minute_part};
  if (take(text, ':')) {
    auto second_part = take_number(text, 2);
    if (!second_part || *second_part > 60) return std::nullopt;
    result += seconds{*second_part};
  }
  if (take(text, '.'))
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
  if (!text.empty() && text != "Z" && text != "+00:00" && text != "+0000") return std::nullopt;
  return result;
}

auto parse_span(std::string_view text) -> std::optional<seconds> {
  auto negative = take(text, '-');
  if (!negative) take(text, '+');
  seconds total{0};
  bool any = false;
  while (!text.empty()) {
    if (take(text, ' ')) continue;
    int count = 0;
    auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), count);
    // A century is enough, and keeps the sum far from overflow.
    if (bad != std::errc{} || count < 0 || count > 60 * 24 * 36525 || end == text.data() + text.size())
      return std::nullopt;
    switch (*end) {
    case 'm':
      total += minutes{count};
      break;
    case 'h':
      total += hours{count};
      break;
    case 'd':
      total += days{count};
      break;
    case 'w':
      total += weeks{count};
      break;
    default:
      return std::nullopt;
    }
    if (total > days{36525}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    any = true;
  }
  if (!any) return std::nullopt;
  return negative ? -total : total;
}

} // namespace nexus::simulator
