#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

/// A receiver of traces, as a collector is one: it decodes what the protocol carries with OpenTelemetry's own classes.
namespace nexus::testing {

/// One span as it arrived; ids in hex.
struct received_span {
  std::string trace_id;
  std::string span_id;
  std::string parent;
  std::string name;
  /// 1 internal, 2 server, 3 client.
  int kind = 0;
  /// 0 unset, 1 ok, 2 error.
  int status = 0;
  std::string status_text;
  nlohmann::json attributes;
  std::uint64_t begun_ns = 0;
  std::uint64_t ended_ns = 0;
  nlohmann::json resource;
};

class otlp_receiver {
public:
  enum class protocol { http, grpc };
  /// Listens on a free port of loopback.
  explicit otlp_receiver(protocol how);
  ~otlp_receiver();
  otlp_receiver(otlp_receiver const&) = delete;
  auto operator=(otlp_receiver const&) -> otlp_receiver& = delete;

  /// "http://127.0.0.1:41234"
  auto endpoint() const -> std::string;
  auto spans() const -> std::vector<received_span>;
  /// The fields or metadata of the last request.
  auto fields() const -> std::map<std::string, std::string>;
  /// Requests that were no export of traces.
  auto refused() const -> int;
  /// Whether any request held these bytes.
  auto has_seen(std::string const& bytes) const -> bool;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace nexus::testing
