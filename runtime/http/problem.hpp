#pragma once

#include "runtime/http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace nexus::http {

/// An error response as RFC 9457 describes it: `application/problem+json` with type "about:blank", the status' reason
/// phrase as title, the status, the detail, and the request id as instance (left out when empty).
auto problem(int status, std::string_view detail, std::string_view request_id = {}) -> response;

/// The HTTP status of an error code, as messages/core/error.hpp names it; budget_exceeded and refused, which are
/// failures of meaning, are 422.
auto status_of(errc code) noexcept -> int;

/// The problem that tells a client about an error: its detail is error::render(). 429 and 503 carry Retry-After in
/// whole seconds, rounded up and at least 1. Defects of ours (500) do not show their text.
auto problem_of(error const& failure, std::string_view request_id = {}) -> response;

} // namespace nexus::http
