#pragma once

#include "messages/core/describe.hpp"

namespace nexus {

/// How many different edge values `fill_with_edges` knows.
inline constexpr std::size_t edge_variants = 14;

/// Fills an object of any described type with edge values: extremes of integers and times, infinities, NaN, -0.0,
/// denormals, empty and long texts, empty and filled containers and optionals, first and last enumerators. `variant`
/// chooses which; neighbouring members get different ones.
void fill_with_edges(type_descriptor const& type, void* object, std::size_t variant);

} // namespace nexus
