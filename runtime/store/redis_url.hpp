#pragma once

#include "messages/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::store {

/// Which database of which server, and as whom.
struct redis_address {
  /// A name or an IP address; an IPv6 address without its brackets.
  std::string host;
  std::uint16_t port = 6'379;
  /// Empty for the default user.
  std::string user;
  /// Empty for none.
  std::string password;
  std::uint32_t database = 0;

  /// "redis://host:6379/0": for errors, logs and status; without user and password.
  auto text() const -> std::string;
};

/// Reads `redis://[[user]:password@]host[:port][/database]`; user and password may be percent-encoded. Errors:
/// errc::invalid_argument, errc::refused for `rediss://` (no TLS). None of them repeats what may be a password.
auto parse_redis_url(std::string_view url) -> expected<redis_address>;

} // namespace nexus::store
