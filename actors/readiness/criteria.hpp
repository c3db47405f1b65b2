#pragma once

#include "actors/readiness/facts.hpp"
#include "messages/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nexus::readiness {

/// What a fact can be: a finite number, a boolean, a text.
using fact_value = std::variant<double, bool, std::string>;

enum class comparison : std::uint8_t { less, less_equal, equal, not_equal, greater_equal, greater, in };

/// One comparison of a value with what the policy wants.
struct criterion {
  comparison compare = comparison::equal;
  /// One operand; any number for `in`.
  std::vector<fact_value> operands;

  /// False for a value of another kind. Texts are compared without regard to upper and lower case (ASCII).
  auto holds(fact_value const& value) const -> bool;
  friend auto operator==(criterion const&, criterion const&) -> bool = default;
};

/// Comparisons that must all hold.
struct criteria {
  std::vector<criterion> all;

  auto holds(fact_value const& value) const -> bool;
  friend auto operator==(criteria const&, criteria const&) -> bool = default;
};

/// Reads a policy's criteria about a fact:
///
///     criteria   = comparison { "and" comparison }
///     comparison = ( ">=" | "<=" | ">" | "<" | "==" | "!=" ) value | "in" "[" value { "," value } "]"
///     value      = number [ "%" | unit ] | "true" | "false" | word | quoted text
///     number     = [ "-" ] digits [ "." digits ]
///
/// Only numbers can be compared by order; values must be of the fact's kind and among those it can have. At most 200
/// bytes, 8 comparisons and 32 values. Errors are errc::invalid_argument and name the column, counted from 1 in bytes.
auto parse_criteria(std::string_view text, fact_description const& fact) -> expected<criteria>;

/// Reads "90s", "30m", "24h", "7d" or a sum in falling units, "1h30m": more than zero, at most ten years.
auto parse_age(std::string_view text) -> expected<std::chrono::seconds>;

} // namespace nexus::readiness
