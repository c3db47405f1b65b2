#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace nexus::jira {

/// The plain text of a document in the Atlassian Document Format
/// (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/): blocks on lines of their own, list
/// items behind "- ", table cells parted by " | ". A string is taken as it is (API version 2), anything unknown is
/// searched for text inside it. At most `limit` bytes; beyond, the text ends with "...".
auto document_text(nlohmann::json const& document, std::size_t limit = 32 * 1024) -> std::string;

} // namespace nexus::jira
