#include "actors/readiness/freeze.hpp"

#include "actors/readiness/explain.hpp"
#include "actors/readiness/recurrence.hpp"
#include "messages/core/codec.hpp"

#include <date/tz.h>

#include <algorithm>

namespace nexus::readiness {
namespace {

/// "2026-12-20", at its beginning or behind its end, or "2026-12-20T18:00".
auto parse_local(std::string const& text, bool behind_the_day) -> expected<local_moment> {
  auto const is_day = text.size() == 10;
  auto const moment = is_day || (text.size() == 16 && text[10] == 'T')
                          ? parse_timestamp(text + (is_day ? "T00:00:00Z" : ":00Z"))
                          : expected<timestamp>{fail(errc::invalid_argument, "")};
  if (!moment) return fail(errc::invalid_argument, "'{}' is neither 2026-12-20 nor 2026-12-20T18:00", text);
  auto const since = std::chrono::floor<std::chrono::seconds>(moment->time_since_epoch());
  return local_moment{since + std::chrono::days{is_day && behind_the_day ? 1 : 0}};
}

auto window_of(policy_freeze const& freeze, timestamp now) -> expected<std::optional<time_window>> {
  auto const zone = find_time_zone(freeze.time_zone);
  if (!zone) return tl::unexpected{zone.error()};
  if (!freeze.recurrence.empty()) {
    auto const rule = parse_recurrence(freeze.recurrence);
    if (!rule) return tl::unexpected{rule.error()};
    return window_at(*rule, **zone, now);
  }
  auto const starts = parse_local(freeze.starts, false);
  if (!starts) return tl::unexpected{starts.error()};
  auto const ends = parse_local(freeze.ends, true);
  if (!ends) return tl::unexpected{ends.error()};
  auto const window = time_window{to_moment(*starts, **zone), to_moment(*ends, **zone)};
  return now < window.ends ? std::optional{window} : std::nullopt;
}

auto exemption_of(policy_freeze const& freeze, std::string_view release, std::span<std::string const> labels)
    -> std::string {
  for (auto const& pattern : freeze.exempt_releases)
    if (fits(pattern, release)) return fmt::format("its name fits '{}'", pattern);
  for (auto const& label : freeze.exempt_labels)
    if (std::ranges::find(labels, label) != labels.end()) return fmt::format("it is labelled '{}'", label);
  return {};
}

auto because(policy_freeze const& freeze) -> std::string {
  return freeze.reason.empty() ? std::string{} : fmt::format(" ({})", freeze.reason);
}

} // namespace

void check_freeze(policy_freeze const& freeze, std::string const& path, std::vector<error>& problems) {
  auto const add = [&](std::string const& member, error problem) {
    problem.where = path + member;
    problems.push_back(std::move(problem));
  };
  auto const refuse = [&](std::string const& member, std::string message) {
    add(member, {errc::invalid_argument, std::move(message), {}, {}, {}});
  };
  if (!freeze.recurrence.empty()) {
    if (!freeze.starts.empty() || !freeze.ends.empty())
      refuse(".recurrence", "a freeze has either starts and ends or a recurrence");
    if (auto const rule = parse_recurrence(freeze.recurrence); !rule) add(".recurrence", rule.error());
  } else if (freeze.starts.empty() || freeze.ends.empty()) {
    refuse("", fmt::format("the freeze '{}' has neither starts and ends nor a recurrence", freeze.name));
  } else {
    auto const starts = parse_local(freeze.starts, false);
    if (!starts) add(".starts", starts.error());
    auto const ends = parse_local(freeze.ends, true);
    if (!ends) add(".ends", ends.error());
    if (starts && ends && *ends <= *starts)
      refuse(".ends", fmt::format("it ends ({}) before it starts ({})", freeze.ends, freeze.starts));
  }
  if (!freeze.notice.empty())
    if (auto const notice = parse_age(freeze.notice); !notice) add(".notice", notice.error());
  auto const check_texts = [&](std::string const& member, std::vector<std::string> const& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (texts[i].empty() || texts[i].size() > 100)
        refuse(fmt::format("{}[{}]", member, i), "an exemption has 1 to 100 characters");
  };
  check_texts(".exempt_releases", freeze.exempt_releases);
  check_texts(".exempt_labels", freeze.exempt_labels);
}

auto check_zone(policy_freeze const& freeze) -> expected<void> {
  auto const zone = find_time_zone(freeze.time_zone);
  if (!zone) return tl::unexpected{zone.error()};
  return {};
}

auto windows_of(policy const& policy, timestamp now) -> std::vector<freeze_window> {
  auto result = std::vector<freeze_window>{};
  for (auto const& freeze : policy.source().freezes) {
    auto const window = window_of(freeze, now);
    if (!window)
      result.push_back({freeze.name, {}, {}, window.error().message});
    else if (*window)
      result.push_back({freeze.name, (*window)->starts, (*window)->ends, {}});
  }
  return result;
}

auto judge_freezes(policy const& policy, std::span<freeze_window const> windows, std::string_view release,
                   std::span<std::string const> labels, timestamp now) -> std::vector<freeze_result> {
  auto results = std::vector<freeze_result>{};
  for (auto const& freeze : policy.source().freezes) {
    auto const window = std::ranges::find(windows, freeze.name, &freeze_window::name);
    if (window == windows.end()) continue;
    auto result = freeze_result{.name = freeze.name,
                                .state = freeze_state::unknown,
                                .effect = freeze.effect,
                                .reason = freeze.reason,
                                .starts = {},
                                .ends = {},
                                .finding = {}};
    auto const exemption = exemption_of(freeze, release, labels);
    if (!window->problem.empty()) {
      if (!exemption.empty()) continue;
      result.finding = fmt::format("whether the freeze {} holds cannot be told: {}", freeze.name, window->problem);
      results.push_back(std::move(result));
      continue;
    }
    result.starts = window->starts;
    result.ends = window->ends;
    auto const notice = freeze.notice.empty() ? std::chrono::seconds{0} : parse_age(freeze.notice).value();
    if (time_window{window->starts, window->ends}.contains(now)) {
      result.state = exemption.empty() ? freeze_state::active : freeze_state::exempt;
      result.finding =
          fmt::format("the freeze {}{} holds until {}", freeze.name, because(freeze), format_timestamp(window->ends));
      if (!exemption.empty()) result.finding += fmt::format("; this release is exempt, for {}", exemption);
    } else if (now < window->starts && window->starts - now <= notice && exemption.empty()) {
      result.state = freeze_state::announced;
      result.finding = fmt::format("the freeze {}{} begins in {}, {}", freeze.name, because(freeze),
                                   show_age(std::chrono::floor<std::chrono::seconds>(window->starts - now)),
                                   format_timestamp(window->starts));
    } else {
      continue;
    }
    results.push_back(std::move(result));
  }
  return results;
}

auto fits(std::string_view pattern, std::string_view text) -> bool {
  // Goes back to the last star alone: at most the product of both lengths.
  auto star = std::string_view::npos, tried = std::size_t{0};
  auto p = std::size_t{0};
  for (auto t = std::size_t{0}; t < text.size();) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++tried;
    } else {
      return false;
    }
  }
  return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

} // namespace nexus::readiness
