#pragma once

#include "messages/core/call.hpp"
#include "runtime/http/message.hpp"

namespace nexus::http {

/// How an agent's client reaches its outside service: sends one request on behalf of a call and answers in the caller's
/// own context (its actor). Retries, deadline, breaker and authentication lie behind it, so that clients only map APIs.
using exchange = std::function<void(call const& context, request outbound, response_callback done)>;

} // namespace nexus::http
