#pragma once

#include "runtime/supervision/supervisor_rules.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nexus::supervision {

/// A world on virtual time: does what the machine decides and keeps a record of it. Children stop only when told to.
struct recorded_world : supervisor_effects {
  std::vector<std::string> events;
  std::set<std::size_t> alive;
  std::set<std::size_t> fails_to_start;
  std::vector<std::size_t> forgotten;
  std::map<std::uint64_t, instant> timers;
  instant time{std::chrono::hours{1}};
  bool over = false;
  std::optional<error> reason;
  double chance = 0.5;
  supervisor_machine* machine = nullptr;
  /// Names for the record; the index when the machine forgot it.
  auto name(std::size_t child) const -> std::string { return machine->rules_of(child).name; }

  auto start_child(std::size_t child) -> expected<void> override {
    if (fails_to_start.contains(child)) {
      events.push_back("fail " + name(child));
      return fail(errc::unavailable, "no database");
    }
    events.push_back("start " + name(child));
    alive.insert(child);
    return {};
  }
  void stop_child(std::size_t child, bool kill) override { events.push_back((kill ? "kill " : "stop ") + name(child)); }
  void arm_timer(std::chrono::milliseconds delay, std::uint64_t token) override { timers[token] = time + delay; }
  void forget_child(std::size_t child) override { forgotten.push_back(child); }
  void finished(std::optional<error> why) override {
    over = true;
    reason = std::move(why);
  }
  void state_changed(std::size_t, child_state) override {}
  auto random() -> double override { return chance; }
  auto now() -> instant override { return time; }

  void ends(std::size_t child, exit_kind kind) {
    alive.erase(child);
    machine->child_ended(child, kind);
  }
  /// The child that is being stopped does as it is told.
  void obeys(std::size_t child) { ends(child, exit_kind::shutdown); }

  /// Lets time pass and fires the timers that are due, in their order.
  void pass(std::chrono::milliseconds span) {
    auto const until = time + span;
    for (;;) {
      auto next = std::min_element(timers.begin(), timers.end(),
                                   [](auto const& a, auto const& b) { return a.second < b.second; });
      if (next == timers.end() || next->second > until) break;
      auto const token = next->first;
      time = std::max(time, next->second);
      timers.erase(next);
      machine->timer_fired(token);
    }
    time = until;
  }

  auto take_events() -> std::vector<std::string> { return std::exchange(events, {}); }
};

} // namespace nexus::supervision
