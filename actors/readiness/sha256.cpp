#include "actors/readiness/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace nexus::readiness {

auto sha256_hex(std::string_view bytes) -> std::string {
  auto digest = std::array<unsigned char, EVP_MAX_MD_SIZE>{};
  unsigned size = 0;
  // It fails for want of memory alone.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc{};
  constexpr std::string_view digits = "0123456789abcdef";
  auto text = std::string{};
  text.reserve(2 * size);
  for (unsigned i = 0; i < size; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

} // namespace nexus::readiness
