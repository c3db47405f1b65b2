#pragma once

#include "runtime/http/address_range.hpp"
#include "runtime/http/message.hpp"

#include <span>

namespace nexus::http {

/// One element of a Forwarded field (RFC 7239): what one proxy says of the request as it got it. Parts that it does not
/// say, or that are not of the usual form, are empty.
struct forwarded_element {
  /// The address without port and brackets; "unknown" and obfuscated identifiers ("_hidden") as they stand.
  std::string client;
  /// "http" or "https".
  std::string scheme;
  /// Host, with a port if there is one.
  std::string host;
};

/// Reads the value of a Forwarded field, elements in order. errc::malformed for what the RFC's grammar forbids and for
/// more than 32 elements.
auto parse_forwarded(std::string_view value) -> expected<std::vector<forwarded_element>>;

/// Who a request comes from, and how its sender reached us.
struct client_origin {
  /// The address of the client, as far as it can be trusted.
  std::string address;
  /// The request came through a proxy of ours.
  bool proxied = false;
  /// What the client used; empty when no proxy says it.
  std::string scheme;
  std::string host;
};

/// The client behind our own proxies: what a trusted proxy says is believed, and what it says that others said only as
/// long as those are trusted too. Reads Forwarded, else X-Forwarded-For with X-Forwarded-Proto and -Host (of which the
/// last value counts: the nearest proxy's). When both are there and name different clients, neither is believed, since
/// a proxy that knows one of them hands on the other as its client sent it.
auto client_of(std::string_view peer, headers const& fields, std::span<address_range const> trusted) -> client_origin;

} // namespace nexus::http
