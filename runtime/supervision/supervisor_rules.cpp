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
  for (auto& child : children) {
    by_name_.emplace(child.name, slots_.size());
    slots_.push_back({.rules = std::move(child)});
  }
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
  effects_.state_changed(child, state);
}

auto supervisor_machine::try_start(std::size_t child) -> expected<void> {
  slots_[child].restart_timer = 0;
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

void supervisor_machine::request_stop(std::size_t child) {
  auto const patience = slots_[child].rules.shutdown.patience;
  auto const kill = patience == std::chrono::milliseconds::zero();
  set_state(child, child_state::stopping);
  if (!kill && patience != std::chrono::milliseconds::max()) slots_[child].kill_timer = arm(patience, child);
  effects_.stop_child(child, kill);
}

void supervisor_machine::stop_in_reverse(std::vector<std::size_t> children, std::function<void()> then) {
  to_stop_ = std::move(children);
  after_stop_ = std::move(then);
  if (rules_.strategy == supervision_strategy::simple_one_for_one)
    for (auto child : to_stop_)
      if (slots_[child].state == child_state::running) request_stop(child);
  stop_next();
}

void supervisor_machine::stop_next() {
  if (!after_stop_) return;
  for (; !to_stop_.empty(); to_stop_.pop_back()) {
    auto const state = slots_[to_stop_.back()].state;
    if (state == child_state::running) request_stop(to_stop_.back());
    if (state == child_state::running || state == child_state::stopping) return;
  }
  auto then = std::exchange(after_stop_, nullptr);
  std::erase_if(postponed_, [&](auto child) { return slots_[child].state != child_state::waiting_to_restart; });
  if (ending_ || postponed_.empty()) return then();
  // The group that was stopped is part of the group of whatever ended before it in the order.
  auto const first = *std::min_element(postponed_.begin(), postponed_.end());
  for (auto child : std::exchange(postponed_, {}))
    if (child != first && !restart_permitted()) return give_up(slots_[child].rules.name);
  restart(first);
}

void supervisor_machine::finish_with(std::optional<error> reason) {
  if (ending_) return;
  ending_ = true;
  postponed_.clear();
  auto all = children();
  for (auto child : all) {
    slots_[child].returns = false;
    if (slots_[child].state == child_state::waiting_to_restart) set_state(child, child_state::stopped);
  }
  stop_in_reverse(std::move(all), [this, reason = std::move(reason)] {
    done_ = true;
    effects_.finished(reason);
  });
}

void supervisor_machine::give_up(std::string const& name) {
  finish_with(error{errc::unavailable,
                    fmt::format("more than {} restarts within {} s, last of '{}'", rules_.intensity,
                                static_cast<double>(rules_.period.count()) / 1000, name),
                    {},
                    {},
                    {}});
}

void supervisor_machine::shut_down() { finish_with(std::nullopt); }

// -- restarting

auto supervisor_machine::restart_permitted() -> bool {
  auto const time = effects_.now();
  restarts_.push_back(time);
  while (time - restarts_.front() > rules_.period) restarts_.pop_front();
  return restarts_.size() <= rules_.intensity;
}

auto supervisor_machine::delay_for(slot& s) -> std::chrono::milliseconds {
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
  if (!restarts_groups()) return {child};
  auto group = std::vector<std::size_t>{};
  for (auto i = rules_.strategy == supervision_strategy::rest_for_one ? child : 0; i < slots_.size(); ++i)
    if (!slots_[i].forgotten) group.push_back(i);
  return group;
}

void supervisor_machine::restart(std::size_t child) {
  if (!restart_permitted()) return give_up(slots_[child].rules.name);
  bring_back(child, delay_for(slots_[child]), false);
}

void supervisor_machine::bring_back(std::size_t child, std::chrono::milliseconds delay, bool uncounted) {
  auto running = std::vector<std::size_t>{};
  for (auto member : group_of(child)) {
    auto& s = slots_[member];
    s.restart_timer = 0;
    s.uncounted = false;
    if (s.state == child_state::running || s.state == child_state::stopping) {
      s.returns = true;
      running.push_back(member);
    } else {
      set_state(member, child_state::waiting_to_restart);
    }
  }
  stop_in_reverse(std::move(running), [this, child, delay, uncounted] {
    if (delay == std::chrono::milliseconds::zero()) return start_group(child);
    slots_[child].uncounted = uncounted;
    slots_[child].restart_timer = arm(delay, child);
  });
}

void supervisor_machine::start_group(std::size_t child) {
  for (auto member : group_of(child)) {
    if (slots_[member].state != child_state::waiting_to_restart) continue;
    // A failed restart is tried again with the whole group, but never in the same breath.
    if (!try_start(member))
      return bring_back(member, std::max(delay_for(slots_[member]), std::chrono::milliseconds{1}), true);
  }
}

void supervisor_machine::restart_is_due(std::size_t child) {
  auto& s = slots_[child];
  s.restart_timer = 0;
  auto const uncounted = std::exchange(s.uncounted, false);
  auto const group = group_of(child);
  if (std::none_of(group.begin(), group.end(),
                   [this](auto member) { return slots_[member].state == child_state::waiting_to_restart; }))
    return;
  if (uncounted && !restart_permitted()) return give_up(s.rules.name);
  start_group(child);
}

// -- events

void supervisor_machine::child_ended(std::size_t child, exit_kind kind) {
  auto& s = slots_[child];
  if (s.forgotten || s.state == child_state::stopped || s.state == child_state::waiting_to_restart) return;
  auto const was_stopping = s.state == child_state::stopping;
  s.kill_timer = 0;
  if (s.returns) {
    s.returns = false;
    if (s.rules.restart == restart_type::temporary)
      forget(child);
    else
      set_state(child, child_state::waiting_to_restart);
    return stop_next();
  }
  auto const comes_back = s.rules.restart == restart_type::permanent ||
                          (s.rules.restart == restart_type::transient && kind == exit_kind::abnormal);
  if (ending_ || was_stopping || !comes_back) {
    if (forgettable(s))
      forget(child);
    else
      set_state(child, child_state::stopped);
    if (ending_ || was_stopping) return stop_next();
    return consider_automatic_shutdown(child);
  }
  if (effects_.now() - s.started > rules_.period) s.attempts = 0;
  set_state(child, child_state::waiting_to_restart);
  // A stop under way, of a group behind this child, is brought to its end first.
  if (after_stop_)
    postponed_.push_back(child);
  else
    restart(child);
}

void supervisor_machine::consider_automatic_shutdown(std::size_t child) {
  if (!slots_[child].rules.significant || rules_.automatic == auto_shutdown::never) return;
  auto const others = std::any_of(slots_.begin(), slots_.end(), [](auto const& s) {
    return s.rules.significant && !s.forgotten && s.state != child_state::stopped;
  });
  if (rules_.automatic == auto_shutdown::any_significant || !others) finish_with(std::nullopt);
}

auto supervisor_machine::arm(std::chrono::milliseconds delay, std::size_t child) -> std::uint64_t {
  auto const token = next_token_++;
  timers_.emplace(token, child);
  effects_.arm_timer(delay, token);
  return token;
}

void supervisor_machine::timer_fired(std::uint64_t token) {
  auto const found = timers_.find(token);
  if (found == timers_.end()) return;
  auto const child = found->second;
  timers_.erase(found);
  auto& s = slots_[child];
  if (s.kill_timer == token) {
    s.kill_timer = 0;
    effects_.stop_child(child, true);
  } else if (s.restart_timer == token && !ending_) {
    restart_is_due(child);
  }
}

// -- commands

auto supervisor_machine::add_child(child_rules child) -> expected<std::size_t> {
  if (ending_) return fail(errc::unavailable, "the supervisor is stopping");
  if (find(child.name)) return fail(errc::conflict, "a child named '{}' exists", child.name);
  if (auto valid = check(rules_, {child}); !valid) return tl::unexpected{valid.error()};
  if (restarting_a_group()) return fail(errc::unavailable, "the supervisor is restarting its children");
  // Slots of forgotten children are used again, so that short-lived children leave nothing behind. Only where order
  // means nothing.
  auto index = slots_.size();
  if (rules_.strategy == supervision_strategy::simple_one_for_one && !free_.empty()) {
    index = free_.back();
    free_.pop_back();
    slots_[index] = {.rules = std::move(child)};
  } else {
    slots_.push_back({.rules = std::move(child)});
  }
  by_name_.emplace(slots_[index].rules.name, index);
  if (auto started = try_start(index); !started) {
    forget(index);
    return tl::unexpected{started.error()};
  }
  return index;
}

auto supervisor_machine::terminate_child(std::size_t child) -> expected<void> {
  if (child >= slots_.size() || slots_[child].forgotten) return fail(errc::not_found, "no such child");
  auto& s = slots_[child];
  switch (s.state) {
  case child_state::running:
    s.returns = false;
    request_stop(child);
    break;
  case child_state::stopping:
    s.returns = false;
    break;
  case child_state::waiting_to_restart:
    // A timer that was armed for it still brings back the rest of its group.
    if (forgettable(s))
      forget(child);
    else
      set_state(child, child_state::stopped);
    break;
  case child_state::starting:
  case child_state::stopped:
    break;
  }
  return {};
}

auto supervisor_machine::restart_child(std::size_t child) -> expected<void> {
  if (child >= slots_.size() || slots_[child].forgotten) return fail(errc::not_found, "no such child");
  if (ending_) return fail(errc::unavailable, "the supervisor is stopping");
  if (restarting_a_group()) return fail(errc::unavailable, "the supervisor is restarting its children");
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

auto supervisor_machine::restarts_groups() const -> bool {
  return rules_.strategy == supervision_strategy::one_for_all || rules_.strategy == supervision_strategy::rest_for_one;
}

auto supervisor_machine::restarting_a_group() const -> bool {
  return restarts_groups() && (after_stop_ || std::any_of(slots_.begin(), slots_.end(), [](auto const& s) {
                                 return !s.forgotten && s.state == child_state::waiting_to_restart;
                               }));
}

auto supervisor_machine::forgettable(slot const& s) const -> bool {
  return s.rules.restart == restart_type::temporary || rules_.strategy == supervision_strategy::simple_one_for_one;
}

void supervisor_machine::forget(std::size_t child) {
  auto& s = slots_[child];
  if (std::exchange(s.forgotten, true)) return;
  s.state = child_state::stopped;
  by_name_.erase(s.rules.name);
  if (rules_.strategy == supervision_strategy::simple_one_for_one && !ending_) free_.push_back(child);
  effects_.forget_child(child);
}

auto supervisor_machine::find(std::string const& name) const -> std::optional<std::size_t> {
  auto const found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional{found->second};
}

auto supervisor_machine::children() const -> std::vector<std::size_t> {
  auto indices = std::vector<std::size_t>{};
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].forgotten) indices.push_back(i);
  return indices;
}

} // namespace nexus::supervision
