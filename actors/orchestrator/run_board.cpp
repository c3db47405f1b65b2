#include "actors/orchestrator/run_board.hpp"

#include "messages/core/codec.hpp"

namespace nexus::orchestrator {
namespace {

auto status_data(std::string const& run_id, run_status status) -> std::string {
  return fmt::format(R"({{"run_id":"{}","status":"{}"}})", run_id, name_of(status));
}

} // namespace

auto is_over(run_status status) -> bool { return status != run_status::pending && status != run_status::in_progress; }

auto events_of(run const& outcome) -> std::vector<run_event> {
  auto events = std::vector<run_event>{};
  auto const add = [&](std::string kind, std::string data) {
    events.push_back({events.size() + 1, std::move(kind), std::move(data)});
  };
  add("status", status_data(outcome.run_id, run_status::pending));
  add("status", status_data(outcome.run_id, run_status::in_progress));
  for (auto const& step : outcome.steps) add("step", encode_json(step));
  add("status", status_data(outcome.run_id, outcome.status));
  if (is_over(outcome.status)) add("result", encode_json(outcome));
  return events;
}

void run_board::publish(entry& target, std::string kind, std::string data, bool last) {
  target.events.push_back({target.events.size() + 1, std::move(kind), std::move(data)});
  std::erase_if(target.listeners, [&](auto const& receive) { return !receive(target.events.back(), last); });
}

void run_board::tell_steps(entry& target, run const& state) {
  for (; target.steps_told < state.steps.size(); ++target.steps_told)
    publish(target, "step", encode_json(state.steps[target.steps_told]), false);
}

auto run_board::add(run const& state) -> bool {
  auto const lock = std::lock_guard{mutex_};
  auto [position, added] = runs_.try_emplace(state.run_id);
  if (!added) return false;
  position->second.state = state;
  publish(position->second, "status", status_data(state.run_id, run_status::pending), false);
  return true;
}

auto run_board::claim(std::string const& run_id) -> bool {
  auto const lock = std::lock_guard{mutex_};
  auto const found = runs_.find(run_id);
  return found != runs_.end() && !std::exchange(found->second.claimed, true);
}

void run_board::unclaim(std::string const& run_id) {
  auto const lock = std::lock_guard{mutex_};
  if (auto const found = runs_.find(run_id); found != runs_.end()) found->second.claimed = false;
}

auto run_board::unclaimed() const -> std::vector<std::string> {
  auto const lock = std::lock_guard{mutex_};
  auto ids = std::vector<std::string>{};
  for (auto const& [id, present] : runs_)
    if (!present.claimed) ids.push_back(id);
  return ids;
}

void run_board::update(run const& state) {
  auto const lock = std::lock_guard{mutex_};
  auto const found = runs_.find(state.run_id);
  if (found == runs_.end()) return;
  auto& target = found->second;
  if (target.state.status != state.status) publish(target, "status", status_data(state.run_id, state.status), false);
  tell_steps(target, state);
  target.state = state;
}

void run_board::finish(run const& outcome) {
  auto target = entry{};
  {
    auto const lock = std::lock_guard{mutex_};
    auto const found = runs_.find(outcome.run_id);
    if (found == runs_.end()) return;
    target = std::move(found->second);
    runs_.erase(found);
  }
  // Nobody can begin to listen any more: what comes later reads the stored run.
  if (!target.listeners.empty()) {
    tell_steps(target, outcome);
    publish(target, "status", status_data(outcome.run_id, outcome.status), false);
    publish(target, "result", encode_json(outcome), true);
  }
  for (auto const& done : target.waiting) done(outcome);
}

void run_board::fail_waiting(std::string const& run_id, error const& why) {
  auto waiting = std::vector<ended>{};
  {
    auto const lock = std::lock_guard{mutex_};
    if (auto const found = runs_.find(run_id); found != runs_.end()) waiting = std::exchange(found->second.waiting, {});
  }
  for (auto const& done : waiting) done(tl::unexpected{why});
}

auto run_board::find(std::string const& run_id) const -> std::optional<run> {
  auto const lock = std::lock_guard{mutex_};
  auto const found = runs_.find(run_id);
  return found == runs_.end() ? std::nullopt : std::optional{found->second.state};
}

auto run_board::size() const -> std::size_t {
  auto const lock = std::lock_guard{mutex_};
  return runs_.size();
}

auto run_board::when_ended(std::string const& run_id, ended done) -> bool {
  auto const lock = std::lock_guard{mutex_};
  auto const found = runs_.find(run_id);
  if (found == runs_.end()) return false;
  found->second.waiting.push_back(std::move(done));
  return true;
}

auto run_board::listen(std::string const& run_id, std::uint64_t after, std::function<listener()> const& open) -> bool {
  auto const lock = std::lock_guard{mutex_};
  auto const found = runs_.find(run_id);
  if (found == runs_.end()) return false;
  auto receive = open();
  for (auto const& event : found->second.events)
    if (event.sequence > after && !receive(event, false)) return true;
  found->second.listeners.push_back(std::move(receive));
  return true;
}

void run_board::set_cancel(std::string const& run_id, std::function<void()> cancel) {
  auto const lock = std::lock_guard{mutex_};
  if (auto const found = runs_.find(run_id); found != runs_.end()) found->second.cancel = std::move(cancel);
}

auto run_board::cancel(std::string const& run_id) -> bool {
  auto const lock = std::lock_guard{mutex_};
  auto const found = runs_.find(run_id);
  if (found == runs_.end()) return false;
  found->second.cancel_requested = true;
  if (found->second.cancel) found->second.cancel();
  return true;
}

auto run_board::cancel_requested(std::string const& run_id) const -> bool {
  auto const lock = std::lock_guard{mutex_};
  auto const found = runs_.find(run_id);
  return found != runs_.end() && found->second.cancel_requested;
}

} // namespace nexus::orchestrator
