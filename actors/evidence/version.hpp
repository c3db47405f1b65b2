#pragma once

#include "messages/core/error.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::evidence {

/// A version by Semantic Versioning 2.0.0 (semver.org).
struct version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  /// The dot-separated identifiers after '-'; empty for a release.
  std::vector<std::string> pre_release;
  /// What follows '+'; never ordered.
  std::string build;

  /// "2.0.0-rc.1+5".
  auto text() const -> std::string;

  /// Precedence by section 11 of the specification: build metadata does not count.
  friend auto operator<=>(version const& left, version const& right) -> std::weak_ordering;
  /// Equal precedence.
  friend auto operator==(version const& left, version const& right) -> bool { return (left <=> right) == 0; }
};

/// Reads a version exactly as the specification writes it, without a prefix; errc::invalid_argument otherwise.
auto parse_version(std::string_view text) -> expected<version>;

/// A version as a person wrote it.
struct written_version {
  /// Components that were not written are zero.
  version value;
  /// How many of major, minor and patch were written: 1 to 3.
  int components = 0;
};

/// Reads a version as people and tags write it: "v2.0", "V2", "2.0.0", "release 2.0", "Release-2.0.0", "version 2.0
/// rc1". Nothing when the text is anything else ("main", "frontend-1.2.3", "1.2.3.4").
auto read_version(std::string_view written) -> std::optional<written_version>;

/// How a version moved.
enum class version_bump : std::uint8_t {
  /// The same version.
  none,
  /// Only the pre-release part changed: 2.0.0-rc.1 to 2.0.0.
  pre_release,
  patch,
  minor,
  major,
};

auto to_string(version_bump bump) noexcept -> std::string_view;

/// The most significant part in which the two differ, in either direction.
auto bump_between(version const& from, version const& to) -> version_bump;

/// Whether going from one version to the other announces changes of the required kind. A pre-release already counts for
/// the version it leads to (2.0.0-rc.1 to 2.0.0 is a major step), and below 1.0.0 a minor step may break (SemVer,
/// section 4). Going backwards announces nothing.
auto bump_suffices(version const& from, version const& to, version_bump required) -> bool;

/// Whether both texts name the same version, however it is written: "v2.0" is "2.0.0". Texts without a version match
/// when they are equal but for letter case and surrounding white space. Build metadata counts only where both sides
/// write it.
auto matches(std::string_view written, std::string_view candidate) -> bool;

/// The one candidate that a person means. The same text wins over the same version, and that over a version that begins
/// with what is written
/// ("2.0" finds "v2.0.3" where there is no 2.0.0; a pre-release is found only by writing one). errc::not_found lists
/// what there is, errc::refused lists the candidates between which the text does not decide.
auto find_version(std::string_view written, std::span<std::string const> candidates) -> expected<std::string>;

} // namespace nexus::evidence
