#pragma once

#include "apps/node_settings.hpp"
#include "runtime/http/bridge.hpp"
#include "runtime/telemetry/tracer.hpp"

namespace nexus::apps {

/// What a node's tracing needs beside its settings.
struct tracing_environment {
  redactor hidden;
  std::function<std::uint64_t()> random;
  metrics_registry* metrics = nullptr;
  /// The attributes service.version and service.instance.id.
  std::string version;
  std::string instance;
};

/// Where a node's settings let its traces go. Errors say what to write instead.
auto tracing_target(node_settings const& settings, std::string version, std::string instance) -> expected<otlp_target>;

/// "gRPC to http://localhost:4317"
auto shown_target(otlp_target const& target) -> std::string;

/// The traces of a node, if it has somewhere to send them: without an endpoint nothing is loaded or started. What is
/// wrong with the settings or the module is told in the log and by look(), and the node works without.
class node_tracing {
public:
  node_tracing(node_settings const& settings, tracing_environment environment);
  /// Whether traces are wanted.
  auto wanted() const -> bool { return wanted_; }
  /// A receiver that is away is no trouble of the node: it is told, and the check passes.
  auto look() const -> http::health;

private:
  bool wanted_ = false;
  std::string where_;
  std::optional<error> problem_;
  std::unique_ptr<tracer> tracer_;
  std::unique_ptr<process_tracer> installed_;
};

/// The values of the headers that go to the receiver, which are secrets.
auto tracing_secrets(node_settings const& settings) -> std::vector<std::string>;

} // namespace nexus::apps
