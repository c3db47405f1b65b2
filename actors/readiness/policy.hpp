#pragma once

#include "actors/readiness/criteria.hpp"
#include "messages/readiness.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::readiness {

/// A policy that was checked: its facts exist, its criteria parse, its names are unique.
class policy {
public:
  /// What an objective's texts mean.
  struct objective {
    fact_description const* fact;
    criteria pass;
    std::optional<criteria> warn;
    std::optional<std::chrono::seconds> max_age;
    /// The index of the waiver for it in source().waivers.
    std::optional<std::size_t> waiver;
  };

  /// Checks what the codec cannot. Errors are errc::invalid_argument and name the member ("$.objectives[2].fact"):
  /// unknown facts, bad criteria, ages and dates, names used twice, a weight of zero, waivers for unknown objectives,
  /// no objective that counts.
  static auto check(readiness_policy source) -> expected<policy>;

  auto source() const -> readiness_policy const& { return source_; }
  /// In the order of source().objectives.
  auto objectives() const -> std::vector<objective> const& { return objectives_; }
  /// From when on each of source().waivers no longer holds.
  auto waivers_end() const -> std::vector<timestamp> const& { return waivers_end_; }
  /// The source as canonical JSON.
  auto canonical() const -> std::string const& { return canonical_; }
  /// SHA-256 of that.
  auto sha256() const -> std::string const& { return sha256_; }

private:
  policy() = default;

  readiness_policy source_;
  std::vector<objective> objectives_;
  std::vector<timestamp> waivers_end_;
  std::string canonical_;
  std::string sha256_;
};

/// Reads and checks a policy in YAML (or JSON, which is YAML). Errors name the file, the line and the member; members
/// that nobody knows are errors.
auto parse_policy(std::string_view text, std::string const& source) -> expected<policy>;

/// The JSON Schema of policy files, as shipped in config/schemas/policy.schema.json.
auto policy_schema() -> std::string;

} // namespace nexus::readiness
