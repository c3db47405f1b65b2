#pragma once

#include "actors/readiness/criteria.hpp"
#include "messages/readiness.hpp"

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nexus::readiness {

/// An observation. A number that is not finite becomes a missing one. The unit is the fact's. An `observed_at` at the
/// epoch means that the time is not known: such evidence is stale wherever an age is demanded.
auto measured(std::string_view fact, fact_value const& value, std::string source, timestamp observed_at)
    -> evidence_item;

/// An observation that could not be made, and why.
auto missing(std::string_view fact, std::string reason, std::string source, timestamp observed_at) -> evidence_item;

/// The value if it is usable for the fact: of its kind, not negative, at most 100 for a share; else the reason why not.
auto usable_value(evidence_item const& item, fact_description const& fact) -> tl::expected<fact_value, std::string>;

/// A value with its unit as people read it: "92.5 %", "1 ticket", "SUCCESS", "true". Numbers have at most `digits`
/// decimals; the shortest exact form without.
auto show(fact_value const& value, std::string_view unit, std::optional<int> digits = 2) -> std::string;

/// A number with at most so many decimals and no zeros behind: 92.5, 3.
auto show_number(double number, int digits = 2) -> std::string;

/// The text as the JSON encoder writes it: bytes that are not UTF-8 become U+FFFD.
auto valid_text(std::string text) -> std::string;

/// The items sorted, their texts made valid UTF-8: equal evidence gives equal bytes in whatever order it came.
auto in_canonical_order(std::vector<evidence_item> items) -> std::vector<evidence_item>;

} // namespace nexus::readiness
