#pragma once

#include "messages/core/call.hpp"
#include "runtime/http/message.hpp"

#include <atomic>
#include <deque>
#include <memory>

namespace nexus::http {

/// How an agent's client reaches its outside service: sends one request on behalf of a call and answers in the caller's
/// own context (its actor). Retries, deadline, breaker and authentication lie behind it, so that clients only map APIs.
using exchange = std::function<void(call const& context, request outbound, response_callback done)>;

/// How a client treats one outside service.
struct client_options {
  /// The service's name in errors: "Jira".
  std::string service;
  /// For one attempt; the call's deadline shortens it.
  std::chrono::milliseconds timeout{10'000};
  /// Attempts in all for requests that may be repeated (GET, HEAD).
  std::uint32_t attempts = 3;
  /// The delay before the second attempt; doubles with each further one, spread by +-50 %.
  std::chrono::milliseconds first_delay{100};
  /// Repetitions that the budget grants per request, and at most at once: a service that fails gets at most 20 % more
  /// load.
  double retry_ratio = 0.2;
  double retry_reserve = 10;
  /// So many failures in a row open the breaker, for so long.
  std::uint32_t breaker_failures = 10;
  std::chrono::milliseconds breaker_pause{5'000};
};

/// What a client needs from the actor that owns it.
struct client_environment {
  /// Runs the function in the owner's context after the delay.
  std::function<void(std::chrono::milliseconds delay, std::function<void()>)> schedule;
  /// Wraps a callback so that it runs in the owner's context.
  std::function<response_callback(response_callback)> in_context;
  std::function<timestamp()> now;
  /// Uniform in [0, 1).
  std::function<double()> random;
};

/// Requests to one outside service with deadline, retries within a budget and a circuit breaker. Used in one actor's
/// context only.
///
/// Repeated are GET and HEAD after a failed connection, 429, 502, 503 and 504; Retry-After is honoured if the deadline
/// allows. The breaker opens after failures in a row and lets one request through after its pause.
///
/// A service whose rate limit is used up (X-RateLimit-Remaining 0 without Retry-After, as GitHub says it with 429, 403
/// or the last success) is not asked before X-RateLimit-Reset: requests wait for it if their deadline allows, and fail
/// at once with errc::overloaded and that time if not. A limit of another resource than most requests have
/// (X-RateLimit-Resource, "core") concerns the one request only.
///
/// An error for a call with an idempotency key has the remedy `nothing_was_changed` (outbound.hpp) when nothing that
/// the call sent before, or now, can have changed anything at the service.
class client {
public:
  client(std::shared_ptr<transport> carrier, client_options options, client_environment environment);

  void send(call const& context, request outbound, response_callback done);
  /// The same as a function; the client must outlive it.
  auto as_exchange() -> exchange;

private:
  struct attempt;
  void try_once(std::shared_ptr<attempt> const& work);
  void judge(std::shared_ptr<attempt> const& work, expected<response> outcome);
  auto used_up_until(timestamp renewal) const -> error;
  auto remaining(attempt const& work) const -> std::chrono::milliseconds;
  /// Answers, with what is known of whether the call has changed anything.
  void answer(attempt const& work, expected<response> outcome, bool sent);

  std::shared_ptr<transport> carrier_;
  client_options options_;
  client_environment environment_;
  double retry_tokens_;
  std::uint32_t failures_in_row_ = 0;
  timestamp open_until_{};
  timestamp limited_until_{};
  bool probing_ = false;
  /// Keys of calls that may have changed something, the latest ones last.
  std::deque<std::string> arrived_;
};

/// Reads Retry-After: seconds, or an HTTP date relative to `now`. Absent or broken is nothing; at most one day.
auto retry_after(response const& answer, timestamp now) -> std::optional<std::chrono::milliseconds>;

} // namespace nexus::http
