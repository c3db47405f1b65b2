#pragma once

#include "messages/core/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::http {

/// An IPv4 or IPv6 address without port and zone. An IPv4 address in IPv6's clothes (::ffff:10.0.0.1) is the IPv4
/// address.
class ip_address {
public:
  /// Reads "10.0.0.1", "::1" and "fe80::1%eth0", whose zone is dropped; nothing for anything else.
  static auto parse(std::string_view text) -> std::optional<ip_address>;

  auto is_v4() const -> bool { return v4_; }
  auto is_loopback() const -> bool;
  auto to_string() const -> std::string;
  friend auto operator==(ip_address const&, ip_address const&) -> bool = default;

private:
  friend class address_range;
  bool v4_ = true;
  /// The first 4 count for IPv4.
  std::array<std::uint8_t, 16> bytes_{};
};

/// The addresses that begin alike: "10.0.0.0/8", "fd00::/8", or a single one: "127.0.0.1".
class address_range {
public:
  /// errc::invalid_argument for what is neither an address nor a range, and for a range with bits behind its prefix
  /// ("10.0.0.1/8"), which is more often a mistake than meant; the remedy names the range.
  static auto parse(std::string_view text) -> expected<address_range>;

  auto contains(ip_address const& address) const -> bool;
  friend auto operator==(address_range const&, address_range const&) -> bool = default;

private:
  ip_address first_;
  unsigned prefix_ = 0;
};

} // namespace nexus::http
