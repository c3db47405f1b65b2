#include "actors/readiness/criteria.hpp"
#include "actors/readiness/recurrence.hpp"
#include "messages/core/codec.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace nexus;
using namespace nexus::readiness;

/// What is read is written, and read again as the same.
void check_recurrence(std::string_view text) {
  static auto const* zone = *find_time_zone("Europe/Berlin");
  auto const rule = parse_recurrence(text);
  if (!rule) {
    if (rule.error().message.empty()) std::abort();
    return;
  }
  auto const again = parse_recurrence(to_text(*rule));
  if (!again || to_text(*again) != to_text(*rule)) std::abort();
  // Around both changes of the clock, a leap day and the turn of a year.
  for (auto const* now :
       {"2026-03-29T00:30:00Z", "2026-10-25T00:30:00Z", "2028-02-29T12:00:00Z", "2026-12-31T23:59:59Z"}) {
    auto const moment = *parse_timestamp(now);
    auto const window = window_at(*rule, *zone, moment);
    if (!window || window->ends <= window->starts || window->ends <= moment) std::abort();
  }
}

void check_criteria(std::string_view text) {
  for (auto const* name : {"tests.failed", "coverage.line_percentage", "build.last_result", "history.in_order"}) {
    auto const& fact = *find_fact(name);
    auto const parsed = parse_criteria(text, fact);
    if (!parsed) {
      if (parsed.error().message.empty()) std::abort();
      continue;
    }
    if (parsed->all.empty() || parsed->releases() > 20) std::abort();
    auto const resolved = parsed->resolved([](std::uint32_t) { return std::optional{50.0}; });
    if (resolved && resolved->releases() != 0) std::abort();
    if (resolved) resolved->holds(50.0);
    if (parsed->resolved([](std::uint32_t) { return std::optional<double>{}; }).has_value() !=
        (parsed->releases() == 0))
      std::abort();
  }
}

} // namespace

/// The small languages inside a policy: criteria, ages and the recurrence of freezes.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = std::string_view{reinterpret_cast<char const*>(data), size};
  check_recurrence(text);
  check_criteria(text);
  if (auto const age = parse_age(text); age && age->count() <= 0) std::abort();
  return 0;
}
