#pragma once

#include "runtime/supervision/child_record.hpp"

#include <memory>

namespace nexus::supervision {

/// How a request is repeated when its receiver ends before it answers.
enum class repetition : std::uint8_t {
  /// Sent again to the successor until the deadline: reads, and requests that carry an idempotency key.
  until_deadline,
  /// Never: the caller decides what an unknown outcome means.
  never,
};

/// When the caller sets no deadline.
inline constexpr std::chrono::milliseconds default_patience{30'000};

/// The one way to send a request to a named actor. `done` is called exactly once, in the context of `self`, with the
/// answer or with the error; the deadline travels in the context.
template <class Self, class Interface, class Request, class Done>
void ask(Self* self, address<Interface> const& receiver, call const& context, Request request, Done done,
         repetition repeat = repetition::until_deadline) {
  using reply = typename Request::reply;
  auto patience = default_patience;
  if (context.deadline != timestamp{}) {
    patience = context.deadline - now(self->system());
    if (patience <= std::chrono::milliseconds::zero())
      return done(
          expected<reply>{fail(errc::deadline_exceeded, "the deadline passed before '{}' was asked", receiver.name())});
  }
  struct pending {
    address<Interface> receiver;
    call context;
    Request request;
    Done done;
  };
  auto state = std::make_shared<pending>(pending{receiver, context, std::move(request), std::move(done)});
  if (context.deadline == timestamp{}) state->context.deadline = now(self->system()) + patience;
  self->request(state->receiver.target(), patience, state->context, state->request)
      .then([state](reply& answer) { state->done(expected<reply>{std::move(answer)}); },
            [self, state, repeat](caf::error& problem) {
              if (receiver_ended(problem) && repeat == repetition::until_deadline)
                return ask(self, state->receiver, state->context, std::move(state->request), std::move(state->done),
                           repeat);
              state->done(expected<reply>{tl::unexpected{from_caf(problem)}});
            });
}

} // namespace nexus::supervision
