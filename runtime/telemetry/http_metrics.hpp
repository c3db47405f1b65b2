#pragma once

#include "runtime/telemetry/metrics.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nexus {

/// What all listeners measure: http_requests_total{method, endpoint, status, agent_type},
/// http_request_duration_seconds{method, endpoint, agent_type}, http_request_size_bytes and
/// http_response_size_bytes{method, endpoint}, http_active_requests{agent_type} and http_errors_total{method, endpoint,
/// error_type, agent_type} (status 400 and above, error_type "http_<status>").
///
/// The endpoint is the route's template ("/issue/{ticket_key}"), never the path of a request.
class http_metrics {
public:
  explicit http_metrics(metrics_registry& registry);

  /// Counts one finished request (an event stream when it is over); from any thread. After the first of its kind this
  /// costs a look-up and a few additions.
  void record(std::string_view method, std::string_view endpoint, int status, std::string_view agent_type,
              double seconds, std::uint64_t request_bytes, std::uint64_t response_bytes);

  /// Counts a request that was refused because its principal asked too much: nexus_rate_limit_exceeded_total{endpoint,
  /// client_id}.
  void rate_limited(std::string_view endpoint, std::string_view client) {
    limited_.with({endpoint, client}).Increment();
  }
  /// Counts a request with an Idempotency-Key by what became of it: nexus_idempotent_requests_total{outcome}, "first",
  /// "replayed", "running", "mismatch" or "recovered".
  void keyed(std::string_view outcome) { keyed_.with({outcome}).Increment(); }

  /// Requests being answered by a role; the listener keeps the reference.
  auto active(std::string_view agent_type) -> prometheus::Gauge& { return active_.with({agent_type}); }

private:
  struct route {
    prometheus::Counter* requests;
    prometheus::Counter* errors;
    prometheus::Histogram* duration;
    prometheus::Histogram* request_size;
    prometheus::Histogram* response_size;
  };
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  auto route_of(std::string_view method, std::string_view endpoint, int status, std::string_view agent_type) -> route;

  counter_family& requests_;
  counter_family& errors_;
  histogram_family& duration_;
  histogram_family& request_size_;
  histogram_family& response_size_;
  gauge_family& active_;
  counter_family& limited_;
  counter_family& keyed_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, route, hash, std::equal_to<>> routes_;
};

} // namespace nexus
