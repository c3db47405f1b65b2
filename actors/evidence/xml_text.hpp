#pragma once

#include "actors/evidence/report_file.hpp"

#include <pugixml.hpp>

#include <memory>

namespace nexus::evidence {

/// Parses XML from outside: well-formed with one root element, at most report_limit bytes, depth_limit levels and
/// 5,000,000 tags, no NUL bytes (so no UTF-16). A document type declaration is skipped: nothing it declares is expanded
/// or fetched. errc::malformed with line and column, or errc::too_large.
auto parse_xml(std::string_view text, std::string const& source) -> expected<std::unique_ptr<pugi::xml_document>>;

/// The integer in an attribute; nothing when it is absent or no number from 0 to 10^15.
auto count_attribute(pugi::xml_node node, char const* name) -> std::optional<std::uint64_t>;
/// The number in an attribute, also written "1,234.5"; nothing when it is absent, not finite or negative.
auto number_attribute(pugi::xml_node node, char const* name) -> std::optional<double>;
/// The text of an attribute that is there and not empty.
auto text_attribute(pugi::xml_node node, char const* name) -> std::optional<std::string_view>;

} // namespace nexus::evidence
