#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nexus::readiness {

enum class fact_kind : std::uint8_t { number, text, flag };

/// What can be known about a release. Policies and evidence name facts, and only those listed here.
struct fact_description {
  /// "tickets.completion_rate"
  std::string_view name;
  fact_kind kind;
  /// The plural of what a number counts, one word; "percent" for shares (0 to 100). No number is below 0. Empty for
  /// texts and flags.
  std::string_view unit;
  /// One phrase.
  std::string_view meaning;
  /// What to do about a number that is too high, a text or a flag that is wrong: "fix {n} failing {unit}". {n} is how
  /// many, {unit} the unit in its number, {goal} the value wanted. May be empty.
  std::string_view remedy = {};
  /// For a share of something countable: the fact that counts the whole, and what to do with {n} of its {total} {unit}.
  std::string_view whole = {};
  std::string_view whole_remedy = {};
  /// The only values that a text can have (upper and lower case are the same); empty for free text.
  std::span<std::string_view const> values = {};
};

/// All facts, sorted by name.
auto facts() -> std::span<fact_description const>;

/// The fact of that name; null when there is none.
auto find_fact(std::string_view name) -> fact_description const*;

/// The nearest name to one that is no fact; empty when none is near.
auto nearest_fact(std::string_view name) -> std::string_view;

/// The unit for that many: 1 "ticket", 2 "tickets", 1 "vulnerability".
auto unit_for(std::string_view plural, double count) -> std::string;

} // namespace nexus::readiness
