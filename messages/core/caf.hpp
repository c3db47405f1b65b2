#pragma once

#include "messages/core/call.hpp"
#include "messages/core/codec.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

/// All that is particular to CAF 0.17.6. A later CAF is a change here and nowhere else.

namespace nexus {

namespace detail {

template <class Signature>
struct from_signature;
template <class... Rs, class... As>
struct from_signature<caf::result<Rs...>(As...)> {
  using type = typename caf::replies_to<As...>::template with<Rs...>;
};
template <class... As>
struct from_signature<caf::result<void>(As...)> {
  using type = caf::reacts_to<As...>;
};

} // namespace detail

/// A typed actor's interface in today's spelling: interface_of<auto(call, get_ticket)->caf::result<ticket>, ...>.
template <class... Signatures>
using interface_of = caf::typed_actor<typename detail::from_signature<Signatures>::type...>;

/// Described structs travel as one string of bytes, written over their table (decision 0001): no float reaches CAF's
/// serialiser, which hangs on infinity, and reading is bounded.
template <class Inspector, described_struct T>
auto inspect(Inspector& f, T& x) -> typename Inspector::result_type {
  if constexpr (std::is_same_v<Inspector, caf::detail::stringification_inspector>) {
    // The content may hold what must not be logged. The name is a literal.
    return f(caf::meta::type_name(descriptor_of<T>().name.data())); // NOLINT(bugprone-suspicious-stringview-data-usage)
  } else {
    std::string bytes;
    if constexpr (Inspector::reads_state) encode_wire(descriptor_of<T>(), &x, bytes);
    auto load = [&]() -> caf::error {
      return decode_wire(descriptor_of<T>(), &x, bytes) ? caf::error{} : caf::error{caf::sec::invalid_argument};
    };
    return f(bytes, caf::meta::load_callback(load));
  }
}

/// Work that comes back to an actor from another thread (a store's or a transport's). Local to the process.
struct continuation {
  std::function<void()> run;
};

/// Wraps a callback so that it may be called on any thread and runs in the context of `self`, whose behavior handles
/// `continuation` by running it. When the actor is gone, the callback is dropped and with it what it holds.
template <class Self, class F>
auto in_context_of(Self* self, F callback) {
  return [weak = caf::actor_cast<caf::actor_addr>(self),
          callback = std::make_shared<F>(std::move(callback))](auto&&... results) {
    if (auto const actor = caf::actor_cast<caf::actor>(weak))
      caf::anon_send(actor, continuation{[callback, ... results = std::forward<decltype(results)>(results)]() mutable {
                       (*callback)(std::move(results)...);
                     }});
  };
}

/// An error of ours as CAF carries it.
auto to_caf(error const& problem) -> caf::error;
/// What a failed request means: our own errors come back whole; a timeout is deadline_exceeded, a dead receiver is
/// unavailable, an exception in a handler is internal.
auto from_caf(caf::error const& problem) -> error;
/// True when the receiver ended before it answered, so that a request may be sent again to its successor.
auto receiver_ended(caf::error const& problem) -> bool;

/// The present as messages carry it. Follows the actor system's clock, so that tests run on virtual time.
auto now(caf::actor_system& system) -> timestamp;

/// The answer to a request that is still being worked on. Copies share it; it is given once. If all copies vanish
/// without an answer (the actor ended), the requester learns that the receiver ended, which CAF 0.17 would not tell.
template <class T>
class pending_reply {
public:
  pending_reply() = default;
  explicit pending_reply(caf::typed_response_promise<T> promise)
      : state_(std::make_shared<state>(std::move(promise))) {}

  void operator()(expected<T> outcome) const {
    if (!state_ || !state_->promise.pending()) return;
    if (outcome)
      state_->promise.deliver(std::move(*outcome));
    else
      state_->promise.deliver(to_caf(outcome.error()));
  }
  auto pending() const -> bool { return state_ && state_->promise.pending(); }

private:
  struct state {
    explicit state(caf::typed_response_promise<T> p) : promise(std::move(p)) {}
    state(state const&) = delete;
    auto operator=(state const&) -> state& = delete;
    ~state() {
      // The last copy may go on any thread, while deliver() belongs to the actor's own.
      auto const& untyped = static_cast<caf::response_promise&>(promise);
      if (auto const& requester = untyped.source(); requester && !untyped.async())
        requester->enqueue(nullptr, untyped.id().response_id(),
                           caf::make_message(caf::error{caf::sec::request_receiver_down}), nullptr);
    }
    caf::typed_response_promise<T> promise;
  };
  std::shared_ptr<state> state_;
};

/// Starts an answer that is given later: `auto reply = begin_reply<ticket>(self_); ...; return reply.promise();`
template <class T, class Self>
auto begin_reply(Self* self) -> std::pair<pending_reply<T>, caf::typed_response_promise<T>> {
  auto promise = self->template make_response_promise<caf::typed_response_promise<T>>();
  return {pending_reply<T>{promise}, promise};
}

} // namespace nexus

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::continuation)
