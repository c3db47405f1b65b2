#pragma once

#include "runtime/http/message.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace nexus::http {

/// How a curl_transport behaves.
struct curl_options {
  /// "nexus/0.1.0"; a request's own User-Agent field goes before it.
  std::string user_agent = "nexus";
  /// Bytes of a response's body, after decompression; beyond: errc::too_large.
  std::size_t max_response_body = 16 * 1024 * 1024;
  std::chrono::milliseconds connect_timeout{5'000};
  /// Transfers at once; others wait their turn, and their timeout runs meanwhile.
  std::size_t max_transfers = 64;
  /// Requests that may wait; beyond: errc::overloaded.
  std::size_t max_waiting = 1024;
};

/// Sends requests over the network: libcurl's multi interface on one thread, which keeps connections open for the next
/// request. Speaks http and https alone, verifies certificates, follows no redirects, understands gzip. Loopback is
/// never reached through a proxy.
class curl_transport final : public transport {
public:
  explicit curl_transport(curl_options options);
  /// Completes every pending request with errc::cancelled. Not to be called from a callback.
  ~curl_transport() override;

  void send(request outbound, std::chrono::milliseconds timeout, response_callback done) override;

private:
  class worker;
  std::unique_ptr<worker> worker_;
};

} // namespace nexus::http
