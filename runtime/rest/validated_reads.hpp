#pragma once

#include "runtime/http/client.hpp"

namespace nexus::rest {

/// Bounds on the answers that are kept.
struct validated_read_limits {
  std::size_t entries = 512;
  /// Of bodies, in bytes; one that would take more than a quarter is not kept.
  std::size_t bytes = std::size_t{16} * 1024 * 1024;
};

/// Reads that cost a service little when nothing has changed: keeps answers to GET that carry an ETag and asks again
/// with If-None-Match; what a 304 confirms is answered as it was at first (RFC 9110, section 13). Every read still asks
/// the service, so that nothing is ever out of date. The answer that was not asked for longest goes first.
///
/// For one set of credentials and one way to ask (Accept), and used in one context, as the exchange below it.
auto validated_reads(http::exchange exchange, validated_read_limits limits = {}) -> http::exchange;

} // namespace nexus::rest
