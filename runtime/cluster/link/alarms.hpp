#pragma once

#include <caf/io/network/default_multiplexer.hpp>

#include <chrono>
#include <functional>
#include <map>

namespace nexus::cluster {

/// Timers in CAF's multiplexer, which has none. To be used in its thread only; the multiplexer goes on as long as an
/// alarm is set.
class alarms final : public caf::io::network::event_handler {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using queue = std::multimap<time_point, std::function<void()>>;
  using alarm = queue::iterator;

  explicit alarms(caf::io::network::default_multiplexer& multiplexer);

  /// Calls `ring` once, at that time.
  auto set(time_point at, std::function<void()> ring) -> alarm;
  /// Forgets an alarm that has not begun to ring.
  void cancel(alarm which);

  void handle_event(caf::io::network::operation op) override;
  void removed_from_loop(caf::io::network::operation) override {}
  void graceful_shutdown() override {}

private:
  void wind();

  queue queue_;
  time_point wound_{};
};

} // namespace nexus::cluster
