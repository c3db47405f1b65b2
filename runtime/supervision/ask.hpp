#pragma once

#include "messages/core/timeout.hpp"
#include "runtime/supervision/child_record.hpp"
#include "runtime/telemetry/span.hpp"

#include <memory>

namespace nexus::supervision {

/// How a request is repeated when its receiver ends before it answers.
enum class repetition : std::uint8_t {
  /// Sent again to the successor until the deadline: for reads.
  until_deadline,
  /// The same, with call::recovering: for writes that may be done twice. When the successor fails, the answer is
  /// unavailable, whatever it failed with, since the first may have done it.
  recovering,
  /// Never: the caller decides what an unknown outcome means.
  never,
};

/// When the caller sets no deadline.
inline constexpr std::chrono::milliseconds default_patience{30'000};

namespace detail {

/// A request on its way. The message is made once and shared with the mailboxes it goes to.
template <class Reply, class Done>
struct pending_request {
  caf::message content;
  child_record_ptr receiver;
  timestamp deadline;
  repetition repeat;
  Done done;
  span work;
  timeout late{};
  link_requests::ticket on_link{};
  bool again = false;
  bool recovering = false;

  void finish(expected<Reply> answer) {
    work.judge(answer);
    work.end();
    done(std::move(answer));
  }
  void recover() {
    recovering = true;
    content.force_unshare(); // the receiver that ended may still hold it
    content.template get_mutable_as<call>(0).recovering = true;
  }
  void fail_late() {
    finish(fail(errc::deadline_exceeded, "the deadline passed before '{}' was asked", receiver->name()));
  }
};

/// What a request's span is called.
template <class Request>
auto name_of_request() -> std::string_view {
  if constexpr (described_struct<Request>)
    return descriptor_of<Request>().name;
  else
    return "request";
}

template <class Self, class Reply, class Done>
void send(Self* self, std::shared_ptr<pending_request<Reply, Done>> state) {
  auto const patience = state->deadline - now(self->system());
  if (patience <= std::chrono::milliseconds::zero()) return state->fail_late();
  auto const target = state->receiver->route(std::exchange(state->again, true));
  if (!target) return state->finish(tl::unexpected{target.error()});
  auto content = state->repeat == repetition::never ? std::move(state->content) : state->content;
  auto const response = self->request(caf::actor_cast<caf::actor>(target->actor), caf::infinite, std::move(content));
  state->late = timeout{self->ctrl(), response.id(), patience};
  if (target->link) state->on_link = target->link->track(self->ctrl(), response.id());
  response.then([state](Reply& answer) { state->finish(std::move(answer)); },
                [self, state](caf::error& problem) {
                  if (receiver_ended(problem) && state->repeat != repetition::never) {
                    if (state->repeat == repetition::recovering) state->recover();
                    return send(self, state);
                  }
                  auto translated = from_caf(problem);
                  state->finish(tl::unexpected{state->recovering ? unsettled(std::move(translated)) : translated});
                });
}

} // namespace detail

/// The one way to send a request to a named actor, wherever it lives. `done` is called exactly once, in the context of
/// `self`, with the answer or with the error; the deadline travels in the context.
template <class Self, class Interface, class Request, class Done>
void ask(Self* self, address<Interface> const& receiver, call context, Request request, Done done,
         repetition repeat = repetition::until_deadline) {
  using reply = typename Request::reply;
  using arguments = caf::detail::type_list<call, Request>;
  static_assert(caf::response_type_unbox<caf::signatures_of_t<Interface>, arguments>::valid,
                "the receiver does not take this request");
  if (context.deadline == timestamp{}) context.deadline = now(self->system()) + default_patience;
  auto const deadline = context.deadline;
  auto work = begin_span(span_kind::internal, context, detail::name_of_request<Request>());
  if (work.recording()) work.set("nexus.actor.name", receiver.record()->name());
  auto content = caf::make_message(std::move(context), std::move(request));
  detail::send(self, std::make_shared<detail::pending_request<reply, Done>>(detail::pending_request<reply, Done>{
                         std::move(content), receiver.record(), deadline, repeat, std::move(done), std::move(work)}));
}

} // namespace nexus::supervision
