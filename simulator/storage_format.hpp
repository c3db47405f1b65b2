#pragma once

#include "messages/core/error.hpp"

#include <string_view>

namespace nexus::simulator::confluence {

/// Whether a page's text is what Confluence takes: a well-formed fragment of XHTML with its macros (prefixes ac and
/// ri), and not a document of its own (html, head, style, script and their like). errc::malformed says what is wrong
/// and where.
auto check_storage(std::string_view text) -> expected<void>;

} // namespace nexus::simulator::confluence
