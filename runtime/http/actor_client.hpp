#pragma once

#include "messages/core/caf.hpp"
#include "runtime/http/client.hpp"

#include <map>
#include <string>
#include <vector>

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

/// The writes that an agent is carrying out, by their keys, with those who wait for their outcomes.
template <class Reply>
using running_writes = std::map<std::string, std::vector<pending_reply<Reply>>>;

/// Answers a request by a client's write(). A call with the key of a write that is still going on here, such as one
/// that recovers it, gets that one's outcome.
template <class Request, class Self, class Client>
auto answer_by_writing(Self* self, Client const& client, running_writes<typename Request::reply>& running,
                       call const& context, Request const& wanted,
                       std::function<void(typename Request::reply const&)> const& on_success = {}) {
  using reply = typename Request::reply;
  auto [answer, promise] = begin_reply<reply>(self);
  auto const key = context.idempotency_key;
  if (!key.empty()) {
    auto const [waiting, first] = running.try_emplace(key);
    waiting->second.push_back(answer);
    if (!first) return promise;
  }
  client.write(context, wanted, [&running, key, on_success, answer = answer](expected<reply> outcome) {
    if (outcome && on_success) on_success(*outcome);
    if (key.empty()) return answer(std::move(outcome));
    auto const finished = running.extract(key);
    for (auto const& each : finished.mapped()) each(outcome);
  });
  return promise;
}

} // namespace nexus::http
