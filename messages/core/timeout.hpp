#pragma once

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace nexus {

/// Calls `callback` in the context of `self` after `delay`, unless the actor ends before.
///
/// It is the timeout of a request that was never sent: CAF 0.17 drops those with their actor, whereas a delayed message
/// cannot be taken back and keeps its receiver in memory until it is due.
template <class Self, class Callback>
void call_after(Self* self, std::chrono::milliseconds delay, Callback callback) {
  auto const id = self->new_request_id(caf::message_priority::normal);
  self->request_response_timeout(caf::duration{delay}, id);
  self->add_multiplexed_response_handler(
      id.response_id(), caf::behavior{[callback = std::move(callback)](caf::error const&) mutable { callback(); }});
}

} // namespace nexus
