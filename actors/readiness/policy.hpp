#pragma once

#include "actors/readiness/criteria.hpp"
#include "messages/readiness.hpp"

#include <chrono>
#include <optional>
#include <string>
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
    /// The index of its group in source().groups.
    std::optional<std::size_t> group;
  };

  /// Checks what the codec cannot. Errors are errc::invalid_argument and name the member ("$.objectives[2].fact"):
  /// unknown facts, bad criteria, ages and dates, names used twice, a weight of zero, waivers for unknown objectives,
  /// unknown groups, freezes without a time, no objective that counts. Gives the first of problems().
  static auto check(readiness_policy source) -> expected<policy>;
  /// All that check() would find, in the order of the members.
  static auto problems(readiness_policy const& source) -> std::vector<error>;
  /// What is wrong in a policy that somebody writes, and is nobody's matter in one that was decided by: waivers without
  /// a second person, time zones that this machine does not know.
  static auto authoring_problems(readiness_policy const& source) -> std::vector<error>;

  auto source() const -> readiness_policy const& { return source_; }
  /// In the order of source().objectives.
  auto objectives() const -> std::vector<objective> const& { return objectives_; }
  /// How many earlier releases its criteria look at; 0 when they name none.
  auto baseline_releases() const -> std::uint32_t { return baseline_releases_; }
  /// The facts that are compared with earlier releases, sorted.
  auto baseline_facts() const -> std::vector<std::string> const& { return baseline_facts_; }
  /// From when on each of source().waivers no longer holds.
  auto waivers_end() const -> std::vector<timestamp> const& { return waivers_end_; }
  /// The source as canonical JSON.
  auto canonical() const -> std::string const& { return canonical_; }
  /// SHA-256 of that.
  auto sha256() const -> std::string const& { return sha256_; }

private:
  policy() = default;

  void read(readiness_policy const& source, std::vector<error>& problems);
  void read_waivers(readiness_policy const& source, std::vector<error>& problems);

  readiness_policy source_;
  std::vector<objective> objectives_;
  std::vector<timestamp> waivers_end_;
  std::uint32_t baseline_releases_ = 0;
  std::vector<std::string> baseline_facts_;
  std::string canonical_;
  std::string sha256_;
};

} // namespace nexus::readiness
