#pragma once

#include "messages/core/codec.hpp"
#include "runtime/http/bridge.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/telemetry/span.hpp"

/// Inside the bridge: what its source files share.
namespace nexus::http {

inline constexpr auto json_type = "application/json";

inline auto json_response(int status, std::string body) -> response {
  return {status, {{"Content-Type", json_type}}, std::move(body)};
}

/// One request on its way to its answer.
struct role_api::exchange {
  incoming request;
  responder answer;
  target_parts target;
  std::shared_ptr<edge_rules const> rules;
  principal who;
  call context;
  span work;
  std::string endpoint = "unmatched";
  std::string task_id;
  /// Set while the answer is awaited by whoever sends the same key again.
  std::optional<idempotency_claim> claim;
  /// What happened, where the answer's own status does not say it.
  std::optional<int> outcome_status;
  std::chrono::steady_clock::time_point begun;
  role_api* api = nullptr;
  bool answered = false;

  /// Begins the request's span in the caller's trace, or in one of its own.
  void begin_span(std::function<std::uint64_t()> const& random);
  void end_span(int status);
  /// Counts the request, whose answer is known now.
  void record(int status, std::uint64_t bytes) const;
  void respond(response reply);
  void refuse(error const& problem);
};

} // namespace nexus::http
