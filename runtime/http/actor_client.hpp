#pragma once

#include "messages/core/caf.hpp"
#include "runtime/http/client.hpp"

namespace nexus::http {

/// What a client needs, taken from the actor that owns it and whose behavior runs `continuation`.
template <class Self>
auto environment_of(Self* self, std::function<double()> random) -> client_environment {
  return {
      .schedule =
          [self](std::chrono::milliseconds delay, std::function<void()> work) {
            self->delayed_send(self, delay, continuation{std::move(work)});
          },
      .in_context = [self](response_callback done) -> response_callback {
        return in_context_of(self, std::move(done));
      },
      .now = [system = &self->system()] { return now(*system); },
      .random = std::move(random),
  };
}

/// Answers a request by a client's read(): every handler of an agent that reads looks like this.
template <class Request, class Self, class Client>
auto answer_by_reading(Self* self, Client const& client, call const& context, Request const& wanted) {
  using reply = typename Request::reply;
  auto [answer, promise] = begin_reply<reply>(self);
  client.read(context, wanted, [answer = answer](expected<reply> outcome) { answer(std::move(outcome)); });
  return promise;
}

/// Answers a request by a client's write().
template <class Request, class Self, class Client>
auto answer_by_writing(Self* self, Client const& client, call const& context, Request const& wanted) {
  using reply = typename Request::reply;
  auto [answer, promise] = begin_reply<reply>(self);
  client.write(context, wanted, [answer = answer](expected<reply> outcome) { answer(std::move(outcome)); });
  return promise;
}

} // namespace nexus::http
