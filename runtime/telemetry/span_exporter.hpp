#pragma once

#include "runtime/telemetry/span.hpp"

#include <span>
#include <utility>

namespace nexus {

/// Where spans go. Used by one thread.
class span_exporter {
public:
  span_exporter() = default;
  span_exporter(span_exporter const&) = delete;
  auto operator=(span_exporter const&) -> span_exporter& = delete;
  virtual ~span_exporter() = default;
  /// Sends a batch and waits for its acknowledgement, for a bounded time. Answers why it failed; empty when it did not.
  virtual auto send(std::span<finished_span const> batch) -> std::string = 0;
};

/// A receiver of traces that speaks OTLP.
struct otlp_target {
  enum class protocol_type : std::uint8_t { grpc, http } protocol = protocol_type::http;
  /// "http://host:4317" for gRPC, with the path of the traces for HTTP: "http://host:4318/v1/traces".
  std::string url;
  /// Sent with each request, such as credentials.
  std::vector<std::pair<std::string, std::string>> headers;
  /// What all spans are from: service.name and the like.
  std::vector<std::pair<std::string, std::string>> resource;
  /// Of this program, as the scope of its spans.
  std::string version;
};

/// The module that speaks OTLP: it brings libraries that cost start time and memory, so it is loaded when there is
/// somewhere to send to. These two are all that it and the program know of each other.
inline constexpr auto otlp_module_file = "libnexus-otlp.so";
inline constexpr auto otlp_module_entry = "nexus_make_otlp_exporter_1"; // the number changes with the types above

/// Makes an exporter; null, and why in `problem`, when there can be none.
using otlp_module_function = auto(otlp_target const& target, std::string& problem) -> span_exporter*;

} // namespace nexus
