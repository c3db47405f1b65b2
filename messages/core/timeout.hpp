#pragma once

#include <caf/all.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace nexus {

/// A point in time at which an actor gets caf::sec::request_timeout as the answer to one of its requests. It is taken
/// back when this object ends, so that what was answered, or an actor that is gone, leaves nothing behind.
///
/// CAF 0.17 has such timeouts of its own but wakes its clock's thread for each, and holds what was answered until its
/// time would have come: a node that sends thousands of requests a second under long deadlines pays for both.
class timeout {
public:
  timeout() = default;
  /// `response` is the id under which the answer is awaited. Accurate to a millisecond on an idle machine.
  timeout(caf::actor_control_block* self, caf::message_id response, std::chrono::nanoseconds delay);
  timeout(timeout&& other) noexcept : key_(std::exchange(other.key_, {})) {}
  auto operator=(timeout&& other) noexcept -> timeout& {
    std::swap(key_, other.key_);
    return *this;
  }
  ~timeout();

private:
  /// When, and which of those at that time; no number, no timeout.
  std::pair<std::chrono::steady_clock::time_point, std::uint64_t> key_{};

  friend class timeout_thread;
};

/// Calls `callback` in the context of `self` after `delay`, unless the actor ends before.
template <class Self, class Callback>
void call_after(Self* self, std::chrono::milliseconds delay, Callback callback) {
  auto const id = self->new_request_id(caf::message_priority::normal).response_id();
  self->add_multiplexed_response_handler(
      id, caf::behavior{[callback = std::move(callback), due = std::make_shared<timeout>(self->ctrl(), id, delay)](
                            caf::error const&) mutable { callback(); }});
}

} // namespace nexus
