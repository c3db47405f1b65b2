#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nexus::simulator {

/// Mixes 64 bits thoroughly (the finaliser of SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014).
constexpr auto mix(std::uint64_t x) -> std::uint64_t {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// FNV-1a over the bytes of a text.
constexpr auto hash_text(std::string_view text) -> std::uint64_t {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

/// A SplitMix64 stream. Not a standard distribution: those differ between libraries, and the same seed must give the
/// same world everywhere.
class dice {
public:
  /// One stream per purpose, so that a change to one part of the world leaves the others as they were.
  dice(std::uint64_t seed, std::string_view purpose) : state_(mix(seed) ^ hash_text(purpose)) {}

  auto next() -> std::uint64_t { return mix(state_ += 0x9e3779b97f4a7c15ULL); }
  /// 0 to bound - 1; 0 for a bound of 0.
  auto below(std::uint64_t bound) -> std::uint64_t { return bound == 0 ? 0 : (next() >> 16) % bound; }
  /// Both ends included.
  auto between(int low, int high) -> int {
    return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// True in so many cases of a hundred.
  auto chance(int percent) -> bool { return below(100) < static_cast<std::uint64_t>(percent); }
  /// One element of a container that is not empty.
  template <class Container>
  auto pick(Container const& from) -> auto const& {
    return from[static_cast<std::size_t>(below(std::size(from)))];
  }

private:
  std::uint64_t state_;
};

} // namespace nexus::simulator
