#pragma once

#include <nlohmann/json.hpp>

#include <string_view>

namespace nexus::jira {

/// Plain text as a document in the Atlassian Document Format (see document_text.hpp): empty lines part paragraphs,
/// single line ends stay line ends. Nothing in the text is taken for mark-up.
auto text_document(std::string_view text) -> nlohmann::json;

} // namespace nexus::jira
