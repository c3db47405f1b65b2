#include "messages/core/codec.hpp"

#include <date/date.h>

#include <algorithm>

namespace nexus {
namespace {

/// Years 0001 to 9999 in milliseconds since the epoch: what RFC 3339 can write.
constexpr timestamp earliest{std::chrono::milliseconds{-62135596800000}};
constexpr timestamp latest{std::chrono::milliseconds{253402300799999}};

} // namespace

auto format_timestamp(timestamp time) -> std::string {
  time = std::clamp(time, earliest, latest);
  auto const days = date::floor<date::days>(time);
  auto const day = date::year_month_day{days};
  auto const clock = time - days;
  using namespace std::chrono;
  auto const hour = duration_cast<hours>(clock);
  auto const minute = duration_cast<minutes>(clock - hour);
  auto const second = duration_cast<seconds>(clock - hour - minute);
  auto const milli = duration_cast<milliseconds>(clock - hour - minute - second);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), hour.count(), minute.count(),
                     second.count(), milli.count());
}

auto parse_timestamp(std::string_view text) -> expected<timestamp> {
  auto const refuse = [&] {
    return fail(errc::invalid_argument, "'{}' is not an RFC 3339 timestamp", text.substr(0, 64));
  };
  auto rest = text;
  auto const number = [&](std::size_t digits) -> int {
    if (rest.size() < digits) return -1;
    int value = 0;
    for (auto c : rest.substr(0, digits)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    rest.remove_prefix(digits);
    return value;
  };
  auto const literal = [&](std::string_view choices) {
    if (rest.empty() || choices.find(rest.front()) == std::string_view::npos) return false;
    rest.remove_prefix(1);
    return true;
  };
  auto const year = number(4);
  if (!literal("-")) return refuse();
  auto const month = number(2);
  if (!literal("-")) return refuse();
  auto const day = number(2);
  auto const date_part =
      date::year{year} / date::month{static_cast<unsigned>(month)} / date::day{static_cast<unsigned>(day)};
  if (year < 1 || month < 1 || day < 1 || !date_part.ok()) return refuse();
  auto result = timestamp{date::sys_days{date_part}.time_since_epoch()};
  if (rest.empty()) return result;
  if (!literal("Tt ")) return refuse();
  auto const hour = number(2);
  if (!literal(":")) return refuse();
  auto const minute = number(2);
  auto second = 0;
  if (literal(":")) second = number(2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return refuse();
  result += std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
  if (literal(".")) {
    auto scale = 100;
    auto digits = 0;
    for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1), ++digits) {
      result += std::chrono::milliseconds{(rest.front() - '0') * scale};
      scale /= 10;
    }
    if (digits == 0) return refuse();
  }
  // A leap second or an offset may lead out of the years that can be written.
  auto const within = [&](timestamp time) -> expected<timestamp> {
    if (time < earliest || time > latest) return refuse();
    return time;
  };
  if (literal("Zz")) return rest.empty() ? within(result) : refuse();
  auto const sign = rest.empty() ? '\0' : rest.front();
  if (!literal("+-")) return refuse();
  auto const offset_hours = number(2);
  literal(":");
  auto const offset_minutes = number(2);
  if (offset_hours < 0 || offset_hours > 23 || offset_minutes < 0 || offset_minutes > 59 || !rest.empty())
    return refuse();
  auto const offset = std::chrono::hours{offset_hours} + std::chrono::minutes{offset_minutes};
  return within(sign == '+' ? result - offset : result + offset);
}

} // namespace nexus
