#pragma once

#include "actors/readiness/facts.hpp"
#include "messages/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nexus::readiness {

/// What a fact can be: a finite number, a boolean, a text.
using fact_value = std::variant<double, bool, std::string>;

enum class comparison : std::uint8_t { less, less_equal, equal, not_equal, greater_equal, greater, in };

/// What earlier releases had: `factor` times the median over the last `releases` of them, and `offset` more.
struct relative_operand {
  std::uint32_t releases = 1;
  double factor = 1;
  double offset = 0;

  friend auto operator==(relative_operand const&, relative_operand const&) -> bool = default;
};

/// One comparison of a value with what the policy wants.
struct criterion {
  comparison compare = comparison::equal;
  /// One operand; any number for `in`, none for a relative one.
  std::vector<fact_value> operands;
  std::optional<relative_operand> relative;

  /// False for a value of another kind, and while `relative` is not resolved. Texts are compared without regard to
  /// upper and lower case (ASCII).
  auto holds(fact_value const& value) const -> bool;
  friend auto operator==(criterion const&, criterion const&) -> bool = default;
};

/// Comparisons that must all hold.
struct criteria {
  std::vector<criterion> all;

  auto holds(fact_value const& value) const -> bool;
  /// How many earlier releases it looks at; 0 when it names none.
  auto releases() const -> std::uint32_t;
  /// With numbers in place of earlier releases. `median` gives it over the last n; when that is nothing, so is the
  /// result. Limits are rounded to nine decimals, so that 1.1 x 10 is 11.
  auto resolved(std::function<std::optional<double>(std::uint32_t)> const& median) const -> std::optional<criteria>;
  /// As a policy writes it, with every number's unit: ">= 80 %".
  auto text(fact_description const& fact) const -> std::string;
  friend auto operator==(criteria const&, criteria const&) -> bool = default;
};

/// Reads a policy's criteria about a fact:
///
///     criteria   = comparison { "and" comparison }
///     comparison = ( ">=" | "<=" | ">" | "<" | "==" | "!=" ) ( value | relative ) | "in" "[" value { "," value } "]"
///     relative   = [ number "x" ] ( "previous" | "median" "(" count ")" ) [ ( "+" | "-" ) number [ "%" | unit ] ]
///     value      = number [ "%" | unit ] | "true" | "false" | word | quoted text
///     number     = [ "-" ] digits [ "." digits ]
///
/// Only numbers can be compared by order or with earlier releases; values must be of the fact's kind and among those it
/// can have. Percent in a relative comparison are percentage points. At most 200 bytes, 8 comparisons, 32 values and 20
/// releases. Errors are errc::invalid_argument and name the column, counted from 1 in bytes.
auto parse_criteria(std::string_view text, fact_description const& fact) -> expected<criteria>;

/// Reads "90s", "30m", "24h", "7d" or a sum in falling units, "1h30m": more than zero, at most ten years.
auto parse_age(std::string_view text) -> expected<std::chrono::seconds>;

} // namespace nexus::readiness
