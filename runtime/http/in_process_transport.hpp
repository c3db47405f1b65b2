#pragma once

#include "runtime/http/message.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace nexus::http {

/// How an in_process_transport behaves; the same limits as curl_options.
struct in_process_options {
  /// Bytes of a response's body; beyond: errc::too_large.
  std::size_t max_response_body = 16 * 1024 * 1024;
  /// Requests that may be under way; beyond: errc::overloaded.
  std::size_t max_pending = 1088;
};

/// Sends every request to a service in this process, whatever host its URL names. The service gets what it would get
/// over the network (an origin-form target, a Host field), on a thread of its own, one request at a time; an answer
/// that is told to be late delays no other, and one that is told to break off is the error that curl would make of it.
class in_process_transport final : public transport {
public:
  explicit in_process_transport(service target, in_process_options options = {});
  /// Completes every pending request with errc::cancelled. Not to be called from a callback.
  ~in_process_transport() override;

  void send(request outbound, std::chrono::milliseconds timeout, response_callback done) override;

private:
  class worker;
  std::unique_ptr<worker> worker_;
};

} // namespace nexus::http
