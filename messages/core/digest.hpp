#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace nexus {

/// SHA-256 (FIPS 180-4), as bytes.
auto sha256(std::string_view bytes) -> std::array<unsigned char, 32>;

/// SHA-256 as 64 lower-case hex digits.
auto sha256_hex(std::string_view bytes) -> std::string;

/// HMAC (RFC 2104) with SHA-256, as 64 lower-case hex digits.
auto hmac_sha256_hex(std::string_view key, std::string_view bytes) -> std::string;

/// Two lower-case hex digits a byte.
auto hex(std::span<unsigned char const> bytes) -> std::string;

} // namespace nexus
