#include "actors/readiness/recurrence.hpp"

#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace nexus::readiness {
namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr std::size_t maximum_text = 80;
constexpr unsigned last_day = 32;
constexpr unsigned last_ordinal = 5;
constexpr auto whole_day = minutes{24 * 60};

constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<unsigned, 12> longest_month{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr std::array<std::string_view, 5> ordinals{"first", "second", "third", "fourth", "last"};
constexpr std::array<std::string_view, 4> periods{"daily", "weekly", "monthly", "yearly"};

/// Counted from 1; 0 when it is none of them.
template <std::size_t N>
auto number_in(std::array<std::string_view, N> const& names, std::string_view word) -> unsigned {
  auto const found = std::ranges::find_if(names, [&](auto name) { return same_word(name, word); });
  return found == names.end() ? 0 : static_cast<unsigned>(found - names.begin()) + 1;
}

class recurrence_parser {
public:
  explicit recurrence_parser(std::string_view text) : text_(text) {}

  auto parse() -> expected<recurrence> {
    auto result = recurrence{};
    auto const period = number_in(periods, next());
    if (period == 0) return problem("expected daily, weekly, monthly or yearly");
    result.period = static_cast<recurring_period>(period - 1);
    if (!same_word(next(), "from")) return problem("expected 'from'");
    if (auto done = parse_point(result.period, result.from, minutes{0}); !done) return tl::unexpected{done.error()};
    if (!same_word(next(), "to")) return problem("expected 'to'");
    if (auto done = parse_point(result.period, result.to, whole_day); !done) return tl::unexpected{done.error()};
    if (!next().empty()) return problem("expected the end");
    return result;
  }

private:
  /// About the word that was read last.
  template <class... Args>
  auto problem(fmt::format_string<Args...> text, Args&&... args) const -> tl::unexpected<error> {
    return fail(errc::invalid_argument, "'{}', column {}: {}", text_, start_ + 1,
                fmt::format(text, std::forward<Args>(args)...));
  }

  /// The next word; empty at the end.
  auto next() -> std::string_view {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
    start_ = position_;
    while (position_ < text_.size() && text_[position_] != ' ') ++position_;
    return text_.substr(start_, position_ - start_);
  }

  auto parse_point(recurring_period period, recurring_point& point, minutes otherwise) -> expected<void> {
    auto done = expected<void>{};
    switch (period) {
    case recurring_period::day:
      return parse_time(point, {});
    case recurring_period::week:
      done = parse_weekday(point);
      break;
    case recurring_period::month:
      done = parse_day_of_month(point);
      break;
    case recurring_period::year:
      point.month = number_in(months, next());
      if (point.month == 0) return problem("expected a month (Jan, Feb, ...)");
      done = parse_day(point, next(), longest_month[point.month - 1]);
      break;
    }
    if (!done) return done;
    return parse_time(point, otherwise);
  }

  auto parse_weekday(recurring_point& point) -> expected<void> {
    point.weekday = number_in(weekdays, next());
    if (point.weekday == 0) return problem("expected a weekday (Mon, Tue, ...)");
    return {};
  }

  auto parse_day_of_month(recurring_point& point) -> expected<void> {
    auto const word = next();
    point.ordinal = number_in(ordinals, word);
    if (point.ordinal == 0) return parse_day(point, word, 31);
    auto const before = position_;
    auto const weekday = number_in(weekdays, next());
    if (weekday > 0) {
      point.weekday = weekday;
      return {};
    }
    if (point.ordinal < last_ordinal) return problem("expected a weekday (Mon, Tue, ...)");
    position_ = before;
    point.ordinal = 0;
    point.day = last_day;
    return {};
  }

  auto parse_day(recurring_point& point, std::string_view word, unsigned longest) -> expected<void> {
    auto const [end, code] = std::from_chars(word.data(), word.data() + word.size(), point.day);
    if (code != std::errc{} || end != word.data() + word.size() || point.day < 1 || point.day > longest)
      return problem("expected a day from 1 to {}", longest);
    return {};
  }

  /// HH:MM; without a default the time has to be there.
  auto parse_time(recurring_point& point, std::optional<minutes> otherwise) -> expected<void> {
    auto const before = position_;
    auto const word = next();
    auto const digit = [&](std::size_t i) { return word[i] >= '0' && word[i] <= '9'; };
    if (word.size() == 5 && digit(0) && digit(1) && word[2] == ':' && digit(3) && digit(4)) {
      auto const hours = (word[0] - '0') * 10 + (word[1] - '0');
      auto const rest = (word[3] - '0') * 10 + (word[4] - '0');
      point.time = minutes{hours * 60 + rest};
      if (rest < 60 && point.time <= whole_day) return {};
      return problem("expected a time from 00:00 to 24:00");
    }
    if (!otherwise || word.find(':') != std::string_view::npos) return problem("expected a time such as 18:00");
    position_ = before;
    point.time = *otherwise;
    return {};
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t start_ = 0;
};

/// The point's day in the period `offset` periods after that of `today`.
auto day_in(recurring_period period, recurring_point const& point, date::local_days today, int offset)
    -> date::local_days {
  switch (period) {
  case recurring_period::day:
    return today + days{offset};
  case recurring_period::week: {
    auto const since_monday = days{date::weekday{today}.iso_encoding() - 1};
    return today - since_monday + days{7 * offset + static_cast<int>(point.weekday) - 1};
  }
  case recurring_period::month:
  case recurring_period::year:
    break;
  }
  auto const date_today = date::year_month_day{today};
  auto const in_month = period == recurring_period::month
                            ? date_today.year() / date_today.month() + date::months{offset}
                            : (date_today.year() + date::years{offset}) / date::month{point.month};
  if (point.ordinal == last_ordinal) return date::local_days{in_month / date::weekday{point.weekday % 7}[date::last]};
  if (point.ordinal > 0) return date::local_days{in_month / date::weekday{point.weekday % 7}[point.ordinal]};
  auto const last = date::year_month_day_last{in_month.year(), date::month_day_last{in_month.month()}};
  return date::local_days{in_month / std::min(date::day{point.day}, last.day())};
}

auto point_text(recurring_period period, recurring_point const& point, minutes otherwise) -> std::string {
  auto text = std::string{};
  switch (period) {
  case recurring_period::day:
    break;
  case recurring_period::week:
    text = weekdays[point.weekday - 1];
    break;
  case recurring_period::month:
    text = point.ordinal > 0       ? fmt::format("{} {}", ordinals[point.ordinal - 1], weekdays[point.weekday - 1])
           : point.day == last_day ? std::string{"last"}
                                   : fmt::format("{}", point.day);
    break;
  case recurring_period::year:
    text = fmt::format("{} {}", months[point.month - 1], point.day);
    break;
  }
  if (point.time == otherwise && period != recurring_period::day) return text;
  auto const time = fmt::format("{:02}:{:02}", point.time.count() / 60, point.time.count() % 60);
  return text.empty() ? time : text + " " + time;
}

} // namespace

auto parse_recurrence(std::string_view text) -> expected<recurrence> {
  if (text.size() > maximum_text)
    return fail(errc::invalid_argument, "a recurrence of {} bytes is longer than {}", text.size(), maximum_text);
  return recurrence_parser{text}.parse();
}

auto to_text(recurrence const& rule) -> std::string {
  return fmt::format("{} from {} to {}", periods[static_cast<std::size_t>(rule.period)],
                     point_text(rule.period, rule.from, minutes{0}), point_text(rule.period, rule.to, whole_day));
}

auto to_moment(local_moment time, date::time_zone const& zone) -> timestamp {
  auto const local = date::local_seconds{time.time_since_epoch()};
  return std::chrono::time_point_cast<timestamp::duration>(zone.to_sys(local, date::choose::earliest));
}

auto window_at(recurrence const& rule, date::time_zone const& zone, timestamp now) -> std::optional<time_window> {
  auto const today = date::floor<date::days>(zone.to_local(now));
  auto const local = [&](recurring_point const& point, int offset) {
    return day_in(rule.period, point, today, offset) + point.time;
  };
  auto const moment = [&](auto time) { return to_moment(local_moment{time.time_since_epoch()}, zone); };
  // One that began in the period before may still hold; the next one begins in the period after at the latest, or in
  // the one behind it when the clock skips one.
  for (auto offset = -1; offset <= 3; ++offset) {
    auto const from = local(rule.from, offset);
    auto to = local(rule.to, offset);
    if (to <= from) to = local(rule.to, offset + 1);
    auto const window = time_window{moment(from), moment(to)};
    if (window.starts < window.ends && now < window.ends) return window;
  }
  return {};
}

auto find_time_zone(std::string_view name) -> expected<date::time_zone const*> {
  try {
    auto const& database = date::get_tzdb();
    auto const found = std::ranges::find(database.zones, name, &date::time_zone::name);
    // Links ("Asia/Calcutta") are found by the library alone.
    if (found != database.zones.end()) return &*found;
    try {
      return date::locate_zone(name);
    } catch (std::exception const&) {
      auto names = std::vector<std::string_view>{};
      for (auto const& zone : database.zones) names.push_back(zone.name());
      auto problem = fail(errc::invalid_argument, "no time zone is named '{}'", name.substr(0, 64));
      auto const near = did_you_mean(name, names);
      problem.value().remedy = near.empty() ? "write an IANA name: Europe/Berlin, America/New_York, UTC"
                                            : fmt::format("did you mean '{}'?", near);
      return problem;
    }
  } catch (std::exception const& problem) {
    return fail(errc::unavailable, "the time zone database cannot be read: {}", problem.what());
  }
}

} // namespace nexus::readiness
