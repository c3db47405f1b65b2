#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text from outside on its way into a report.
namespace nexus::reporting {

/// The text on one line, as valid UTF-8 without characters that show nothing or turn the direction of writing, which
/// are also those that XML forbids. Longer than `limit` bytes, it ends with "...".
auto clean(std::string_view text, std::size_t limit = 2'000) -> std::string;

/// Text as the inside of a CDATA section, which it cannot end.
auto cdata_escaped(std::string_view text) -> std::string;

/// The URL if it is one that a page may link to: http or https, without anything that XML or Markdown would take for
/// its own; empty otherwise.
auto linkable(std::string_view url) -> std::string;

} // namespace nexus::reporting
