#include "actors/orchestrator/identifiers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::orchestrator {

id_source::id_source(std::function<timestamp()> now, std::function<std::uint64_t()> random)
    : now_(std::move(now)), random_(std::move(random)) {}

auto id_source::next() -> std::string {
  auto const lock = std::lock_guard{mutex_};
  // A clock that is set back must not make ids that sort before earlier ones.
  if (auto const time = now_(); time > last_) {
    last_ = time;
    low_ = random_() >> 8; // room to count up
  } else {
    ++low_;
  }
  return fmt::format("{:012x}{:016x}", last_.time_since_epoch().count(), low_);
}

auto is_identifier(std::string_view text) -> bool {
  return text.size() == 28 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

} // namespace nexus::orchestrator
