#pragma once

#include "runtime/telemetry/span_exporter.hpp"

#include <map>

namespace nexus {

/// Where traces go, as OpenTelemetry's environment variables say it (specification: OTLP exporter configuration).
struct otlp_configuration {
  /// OTEL_EXPORTER_OTLP_ENDPOINT: "http://host:4318", "https://host:4317", or HOST:PORT.
  std::string endpoint;
  /// OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" or "http/protobuf"; empty for gRPC at port 4317 and HTTP at any other.
  std::string protocol;
  /// OTEL_EXPORTER_OTLP_INSECURE: no TLS for an endpoint that does not say http or https.
  bool insecure = false;
  /// OTEL_EXPORTER_OTLP_HEADERS: "api-key=abc,tenant=blue", values percent-encoded.
  std::string headers;
  /// OTEL_SERVICE_NAME; before a service.name among the resource attributes.
  std::string service_name;
  /// OTEL_RESOURCE_ATTRIBUTES, written like headers.
  std::string resource_attributes;
};

/// Reads "key=value,key=value" with percent-encoded values (W3C Baggage without properties). Errors name no value: it
/// may be a credential.
auto parse_pairs(std::string_view text) -> expected<std::vector<std::pair<std::string, std::string>>>;

/// What the exporter needs. `resource` holds attributes that the configuration goes before. Errors say what to write
/// instead.
auto otlp_target_of(otlp_configuration const& configuration, std::map<std::string, std::string> resource)
    -> expected<otlp_target>;

/// Loads the module beside the program (or in ../lib/nexus from there) and makes the exporter. errc::unavailable says
/// what to install.
auto load_otlp_exporter(otlp_target const& target) -> expected<std::unique_ptr<span_exporter>>;

} // namespace nexus
