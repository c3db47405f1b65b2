#include "runtime/cluster/link/alarms.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

namespace nexus::cluster {

using caf::io::network::operation;

alarms::alarms(caf::io::network::default_multiplexer& multiplexer)
    : event_handler(multiplexer, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {}

auto alarms::set(time_point at, std::function<void()> ring) -> alarm {
  if (queue_.empty()) backend().add(operation::read, fd(), this);
  auto const which = queue_.emplace(at, std::move(ring));
  wind();
  return which;
}

void alarms::cancel(alarm which) {
  queue_.erase(which);
  if (queue_.empty()) backend().del(operation::read, fd(), this);
}

void alarms::handle_event(operation op) {
  if (op != operation::read) return;
  auto rung = std::uint64_t{0};
  (void)::read(fd(), &rung, sizeof rung);
  wound_ = {};
  auto const now = std::chrono::steady_clock::now();
  // Ringing may set and cancel others.
  while (!queue_.empty() && queue_.begin()->first <= now) {
    auto const ring = std::move(queue_.begin()->second);
    cancel(queue_.begin());
    ring();
  }
  wind();
}

/// An alarm that was cancelled may leave the timer too early; then it rings for nobody and is wound again.
void alarms::wind() {
  if (queue_.empty()) return;
  auto const next = queue_.begin()->first;
  if (wound_ != time_point{} && wound_ <= next) return;
  wound_ = next;
  // steady_clock counts as CLOCK_MONOTONIC does. Zero would switch the timer off.
  auto const since = std::max(next.time_since_epoch(), time_point::duration{1});
  auto const seconds = std::chrono::floor<std::chrono::seconds>(since);
  auto setting = itimerspec{};
  setting.it_value.tv_sec = seconds.count();
  setting.it_value.tv_nsec = std::chrono::nanoseconds{since - seconds}.count();
  timerfd_settime(fd(), TFD_TIMER_ABSTIME, &setting, nullptr);
}

} // namespace nexus::cluster
