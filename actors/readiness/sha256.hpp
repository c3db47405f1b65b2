#pragma once

#include <string>
#include <string_view>

namespace nexus::readiness {

/// SHA-256 (FIPS 180-4) as 64 lower-case hex digits.
auto sha256_hex(std::string_view bytes) -> std::string;

} // namespace nexus::readiness
