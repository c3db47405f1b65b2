#include "runtime/supervision/supervisor_rules.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace nexus::supervision {

auto supervisor_machine::check(supervisor_rules const& rules, std::vector<child_rules> const& children)
    -> expected<void> {
  if (rules.period <= std::chrono::milliseconds::zero())
    return fail(errc::invalid_argument, "the restart period must be longer than zero");
  if (rules.delay.factor < 1 || rules.delay.jitter < 0 || rules.delay.jitter > 1 ||
      rules.delay.minimum > rules.delay.maximum)
    return fail(errc::invalid_argument, "backoff wants factor >= 1, 0 <= jitter <= 1 and minimum <= maximum");
  auto names = std::set<std::string>{};
  for (auto const& child : children) {
    if (child.name.empty()) return fail(errc::invalid_argument, "a child needs a name");
    if (!names.insert(child.name).second)
      return fail(errc::invalid_argument, "two children are named '{}'", child.name);
    if (child.significant && child.restart == restart_type::permanent)
      return fail(errc::invalid_argument, "child '{}' is permanent and cannot be significant", child.name);
    if (child.significant && rules.automatic == auto_shutdown::never)
      return fail(errc::invalid_argument, "child '{}' is significant, but the supervisor never shuts down by itself",
                  child.name);
  }
  return {};
}

void supervisor_machine::start(std::vector<child_rules> children) {
  for (auto& child : children) slots_.push_back({.rules = std::move(child)});
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (auto started = try_start(i); !started) {
      auto reason = std::move(started.error());
      reason.message = fmt::format("child '{}' did not start: {}", slots_[i].rules.name, reason.message);
      return finish_with(std::move(reason));
    }
  }
}

void supervisor_machine::set_state(std::size_t child, child_state state) {
  slots_[child].state = state;
  ++slots_[child].generation;
  effects_.state_changed(child, state);
}

auto supervisor_machine::try_start(std::size_t child) -> expected<void> {
  set_state(child, child_state::starting);
  if (auto started = effects_.start_child(child); !started) {
    set_state(child, child_state::stopped);
    return started;
  }
  slots_[child].started = effects_.now();
  set_state(child, child_state::running);
  return {};
}

// -- stopping
// -----------------------------------------------------------------------------------------------------------------------

void supervisor_machine::request_stop(std::size_t child) {
  auto const patience = slots_[child].rules.shutdown.patience;
  auto const kill = patience == std::chrono::milliseconds::zero();
  set_state(child, child_state::stopping);
  effects_.stop_child(child, kill);
  if (!kill && patience != std::chrono::milliseconds::max() && slots_[child].state == child_state::stopping)
    arm(patience, child, true);
}

void supervisor_machine::stop_in_reverse(std::vector<std::size_t> children, std::function<void()> then) {
  std::sort(children.begin(), children.end());
  to_stop_ = std::move(children);
  after_stop_ = std::move(then);
  stop_next();
}

void supervisor_machine::stop_next() {
  while (!to_stop_.empty()) {
    auto const child = to_stop_.back();
    switch (slots_[child].state) {
    case child_state::running:
      request_stop(child);
      return;
    case child_state::stopping:
      return;
    case child_state::waiting_to_restart:
    case child_state::starting:
      set_state(child, child_state::stopped);
      [[fallthrough]];
    case child_state::stopped:
      to_stop_.pop_back();
    }
  }
  if (auto then = std::exchange(after_stop_, nullptr)) then();
  if (after_stop_ || ending_ || done_) return;
  // What ended on its own while others were being stopped gets its turn now.
  for (auto child : std::exchange(postponed_, {}))
    if (!slots_[child].forgotten && slots_[child].state == child_state::stopped) restart_after(child);
}

void supervisor_machine::finish_with(std::optional<error> reason) {
  if (ending_ || done_) return;
  ending_ = true;
  postponed_.clear();
  auto all = children();
  stop_in_reverse(std::move(all), [this, reason = std::move(reason)] {
    done_ = true;
    effects_.finished(reason);
  });
}

void supervisor_machine::give_up(std::string name) {
  finish_with(error{errc::unavailable,
                    fmt::format("more than {} restarts within {} s, last of '{}'", rules_.intensity,
                                static_cast<double>(rules_.period.count()) / 1000, name),
                    {},
                    {},
                    {}});
}

void supervisor_machine::shut_down() { finish_with(std::nullopt); }

// -- restarting
// ---------------------------------------------------------------------------------------------------------------------

auto supervisor_machine::restart_permitted() -> bool {
  auto const time = effects_.now();
  restarts_.push_back(time);
  while (!restarts_.empty() && time - restarts_.front() > rules_.period) restarts_.pop_front();
  return restarts_.size() <= rules_.intensity;
}

auto supervisor_machine::delay_for(slot& s) -> std::chrono::milliseconds {
  if (effects_.now() - s.started > rules_.period) s.attempts = 0;
  auto const attempt = s.attempts++;
  if (attempt == 0 || rules_.delay.maximum == std::chrono::milliseconds::zero())
    return std::chrono::milliseconds::zero();
  auto const raw = static_cast<double>(rules_.delay.minimum.count()) *
                   std::pow(rules_.delay.factor, std::min<double>(attempt - 1, 60));
  auto const capped = std::min(raw, static_cast<double>(rules_.delay.maximum.count()));
  auto const spread = 1 + rules_.delay.jitter * (2 * effects_.random() - 1);
  return std::chrono::milliseconds{static_cast<std::int64_t>(capped * spread)};
}

auto supervisor_machine::group_of(std::size_t child) const -> std::vector<std::size_t> {
  auto group = std::vector<std::size_t>{};
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].forgotten) continue;
    auto const member = rules_.strategy == supervision_strategy::one_for_all    ? true
                        : rules_.strategy == supervision_strategy::rest_for_one ? i >= child
                                                                                : i == child;
    if (member) group.push_back(i);
  }
  return group;
}

void supervisor_machine::restart_after(std::size_t child) {
  if (!restart_permitted()) return give_up(slots_[child].rules.name);
  auto others = group_of(child);
  std::erase(others, child);
  // Only what runs, or is about to, is started again; what was stopped for good stays so.
  for (auto other : others) slots_[other].collateral = slots_[other].state != child_state::stopped;
  slots_[child].collateral = true;
  auto const delay = delay_for(slots_[child]);
  set_state(child, child_state::waiting_to_restart);
  auto const schedule = [this, child, delay] {
    if (delay == std::chrono::milliseconds::zero())
      restart_now(child);
    else
      arm(delay, child, false);
  };
  std::erase_if(others, [&](auto other) { return !slots_[other].collateral; });
  if (others.empty()) return schedule();
  stop_in_reverse(std::move(others), schedule);
}

void supervisor_machine::restart_now(std::size_t child) {
  for (auto member : group_of(child)) {
    auto& s = slots_[member];
    if (!std::exchange(s.collateral, false)) continue;
    if (member != child && s.rules.restart == restart_type::temporary) {
      forget(member);
      continue;
    }
    if (auto started = try_start(member); !started) {
      // The rest of the group waits for this one's next attempt.
      s.collateral = true;
      if (!restart_permitted()) return give_up(s.rules.name);
      auto const delay = std::max(delay_for(slots_[member]), std::chrono::milliseconds{1});
      set_state(member, child_state::waiting_to_restart);
      return arm(delay, member, false);
    }
  }
}

// -- events
// -------------------------------------------------------------------------------------------------------------------------

void supervisor_machine::child_ended(std::size_t child, exit_kind kind) {
  auto& s = slots_[child];
  if (s.forgotten || s.state == child_state::stopped || s.state == child_state::waiting_to_restart) return;
  auto const was_stopping = s.state == child_state::stopping;
  set_state(child, child_state::stopped);
  if (was_stopping || ending_) {
    if (std::exchange(s.terminated, false) && forgettable(s)) forget(child);
    return stop_next();
  }
  auto const restart = s.rules.restart == restart_type::permanent ||
                       (s.rules.restart == restart_type::transient && kind == exit_kind::abnormal);
  if (!restart) {
    if (forgettable(s)) forget(child);
    return consider_automatic_shutdown(child);
  }
  if (after_stop_) {
    // A stop sequence runs. If it is about this child too, it is done with it; otherwise it waits for its turn.
    if (std::find(to_stop_.begin(), to_stop_.end(), child) == to_stop_.end() && !s.collateral)
      postponed_.push_back(child);
    return stop_next();
  }
  restart_after(child);
}

void supervisor_machine::consider_automatic_shutdown(std::size_t child) {
  if (!slots_[child].rules.significant || rules_.automatic == auto_shutdown::never) return;
  auto const others = std::any_of(slots_.begin(), slots_.end(), [](auto const& s) {
    return s.rules.significant && !s.forgotten && s.state != child_state::stopped;
  });
  if (rules_.automatic == auto_shutdown::any_significant || !others) finish_with(std::nullopt);
}

void supervisor_machine::arm(std::chrono::milliseconds delay, std::size_t child, bool kill) {
  auto const token = next_token_++;
  timers_.push_back({token, child, slots_[child].generation, kill});
  effects_.arm_timer(delay, token);
}

void supervisor_machine::timer_fired(std::uint64_t token) {
  auto const found = std::find_if(timers_.begin(), timers_.end(), [&](auto const& t) { return t.token == token; });
  if (found == timers_.end()) return;
  auto const fired = *found;
  timers_.erase(found);
  if (done_ || slots_[fired.child].generation != fired.generation) return;
  if (fired.kill)
    effects_.stop_child(fired.child, true);
  else if (!ending_)
    restart_now(fired.child);
}

// -- commands
// -----------------------------------------------------------------------------------------------------------------------

auto supervisor_machine::add_child(child_rules child) -> expected<std::size_t> {
  if (ending()) return fail(errc::unavailable, "the supervisor is stopping");
  if (rules_.strategy != supervision_strategy::simple_one_for_one && find(child.name))
    return fail(errc::conflict, "a child named '{}' exists", child.name);
  if (auto valid = check(rules_, {child}); !valid) return tl::unexpected{valid.error()};
  // Slots of forgotten children are used again, so that short-lived children leave nothing behind. Only where order
  // means nothing.
  auto index = slots_.size();
  if (rules_.strategy == supervision_strategy::simple_one_for_one && !free_.empty()) {
    index = free_.back();
    free_.pop_back();
    auto const generation = slots_[index].generation;
    slots_[index] = {.rules = std::move(child), .generation = generation + 1};
  } else {
    slots_.push_back({.rules = std::move(child)});
  }
  if (auto started = try_start(index); !started) {
    forget(index);
    return tl::unexpected{started.error()};
  }
  return index;
}

auto supervisor_machine::terminate_child(std::size_t child) -> expected<void> {
  if (child >= slots_.size() || slots_[child].forgotten) return fail(errc::not_found, "no such child");
  switch (slots_[child].state) {
  case child_state::running:
    slots_[child].terminated = true;
    request_stop(child);
    return {};
  case child_state::waiting_to_restart:
  case child_state::starting:
    set_state(child, child_state::stopped);
    if (forgettable(slots_[child])) forget(child);
    return {};
  case child_state::stopping:
  case child_state::stopped:
    return {};
  }
  return {};
}

auto supervisor_machine::restart_child(std::size_t child) -> expected<void> {
  if (child >= slots_.size() || slots_[child].forgotten) return fail(errc::not_found, "no such child");
  if (ending()) return fail(errc::unavailable, "the supervisor is stopping");
  if (slots_[child].state != child_state::stopped)
    return fail(errc::conflict, "child '{}' is not stopped", slots_[child].rules.name);
  return try_start(child);
}

auto supervisor_machine::delete_child(std::size_t child) -> expected<void> {
  if (child >= slots_.size() || slots_[child].forgotten) return fail(errc::not_found, "no such child");
  if (slots_[child].state != child_state::stopped)
    return fail(errc::conflict, "child '{}' is not stopped", slots_[child].rules.name);
  forget(child);
  return {};
}

auto supervisor_machine::forgettable(slot const& s) const -> bool {
  return s.rules.restart == restart_type::temporary || rules_.strategy == supervision_strategy::simple_one_for_one;
}

void supervisor_machine::forget(std::size_t child) {
  if (std::exchange(slots_[child].forgotten, true)) return;
  if (rules_.strategy == supervision_strategy::simple_one_for_one) free_.push_back(child);
  effects_.forget_child(child);
}

auto supervisor_machine::find(std::string const& name) const -> std::optional<std::size_t> {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].forgotten && slots_[i].rules.name == name) return i;
  return std::nullopt;
}

auto supervisor_machine::children() const -> std::vector<std::size_t> {
  auto indices = std::vector<std::size_t>{};
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].forgotten) indices.push_back(i);
  return indices;
}

} // namespace nexus::supervision
