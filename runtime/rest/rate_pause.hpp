#pragma once

#include "runtime/http/client.hpp"

namespace nexus::rest {

/// Leaves a service alone while it limits us, as GitHub demands ("Rate limits for the REST API"): after a refusal (403,
/// 429) that says Retry-After for so long, and for a minute after a secondary limit that names no time (which then gets
/// a Retry-After). At most an hour. Requests fail meanwhile with errc::overloaded and the time that is left, without
/// being sent. A limit that is used up is the client's matter (http::client).
///
/// Used in one context, as the exchange below it. `name` is the service's in error texts.
auto rate_pause(std::string name, http::exchange exchange, std::function<timestamp()> now) -> http::exchange;

} // namespace nexus::rest
