#include "runtime/telemetry/http_metrics.hpp"

#include <fmt/format.h>

namespace nexus {
namespace {

/// Kinds of requests whose handles are kept. Further ones are measured through the families, which have bounds of their
/// own.
constexpr std::size_t most_routes = 10'000;

/// What a method that HTTP does not know is counted as: clients choose methods, and labels must not be theirs.
auto known_method(std::string_view method) -> std::string_view {
  for (auto const* known : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
    if (method == known) return method;
  return "other";
}

} // namespace

http_metrics::http_metrics(metrics_registry& registry)
    : requests_{registry.counter("http_requests_total", "HTTP requests answered.",
                                 {"method", "endpoint", "status", "agent_type"})},
      errors_{registry.counter("http_errors_total", "HTTP requests answered with status 400 or above.",
                               {"method", "endpoint", "error_type", "agent_type"})},
      duration_{registry.histogram("http_request_duration_seconds", "Time from a request's head to its answer.",
                                   http_duration_buckets(), {"method", "endpoint", "agent_type"})},
      request_size_{registry.histogram("http_request_size_bytes", "Size of request bodies.", size_buckets(),
                                       {"method", "endpoint"})},
      response_size_{registry.histogram("http_response_size_bytes", "Size of response bodies.", size_buckets(),
                                        {"method", "endpoint"})},
      active_{registry.gauge("http_active_requests", "HTTP requests being answered.", {"agent_type"})},
      limited_{registry.counter("nexus_rate_limit_exceeded_total", "Requests beyond their principal's quota.",
                                {"endpoint", "client_id"})},
      keyed_{registry.counter("nexus_idempotent_requests_total", "Requests with an Idempotency-Key.", {"outcome"})} {}

void http_metrics::record(std::string_view method, std::string_view endpoint, int status, std::string_view agent_type,
                          double seconds, std::uint64_t request_bytes, std::uint64_t response_bytes) {
  auto const found = route_of(known_method(method), endpoint, status, agent_type);
  found.requests->Increment();
  if (found.errors) found.errors->Increment();
  found.duration->Observe(seconds);
  found.request_size->Observe(static_cast<double>(request_bytes));
  found.response_size->Observe(static_cast<double>(response_bytes));
}

auto http_metrics::route_of(std::string_view method, std::string_view endpoint, int status, std::string_view agent_type)
    -> route {
  auto key = fmt::basic_memory_buffer<char, 256>{};
  for (auto const part : {method, endpoint, agent_type}) {
    key.append(part.data(), part.data() + part.size());
    key.push_back('\x1f');
  }
  key.append(reinterpret_cast<char const*>(&status), reinterpret_cast<char const*>(&status) + sizeof status);
  auto const name = std::string_view{key.data(), key.size()};
  {
    auto const lock = std::shared_lock{mutex_};
    if (auto const found = routes_.find(name); found != routes_.end()) return found->second;
  }
  auto const code = std::to_string(status);
  auto const made = route{
      .requests = &requests_.with({method, endpoint, code, agent_type}),
      .errors = status >= 400 ? &errors_.with({method, endpoint, "http_" + code, agent_type}) : nullptr,
      .duration = &duration_.with({method, endpoint, agent_type}),
      .request_size = &request_size_.with({method, endpoint}),
      .response_size = &response_size_.with({method, endpoint}),
  };
  auto const lock = std::unique_lock{mutex_};
  if (routes_.size() < most_routes) routes_.emplace(name, made);
  return made;
}

} // namespace nexus
