#include "messages/core/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace nexus {

auto sha256(std::string_view bytes) -> std::array<unsigned char, 32> {
  auto digest = std::array<unsigned char, 32>{};
  // It fails for want of memory alone.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc{};
  return digest;
}

auto sha256_hex(std::string_view bytes) -> std::string { return hex(sha256(bytes)); }

auto hmac_sha256_hex(std::string_view key, std::string_view bytes) -> std::string {
  auto digest = std::array<unsigned char, 32>{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<unsigned char const*>(bytes.data()),
           bytes.size(), digest.data(), nullptr) == nullptr)
    throw std::bad_alloc{};
  return hex(digest);
}

auto hex(std::span<unsigned char const> bytes) -> std::string {
  constexpr std::string_view digits = "0123456789abcdef";
  auto text = std::string{};
  text.reserve(2 * bytes.size());
  for (auto const byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

} // namespace nexus
