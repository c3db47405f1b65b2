#pragma once

#include "actors/llm/notebook.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm {

/// A demand for a report, as the call that makes it.
struct report_request {
  /// "generate_report" or "publish_report".
  std::string tool;
  nlohmann::json arguments;
};

/// Understands a demand for a report of one release, and nothing else:
///
///     [please] generate | write | make | create | show a report of | for [release] VERSION [as markdown]
///     [please] publish the report of | for [release] VERSION to | in [space] KEY
///
/// Whatever does not follow one of these forms from its first word to its last is nothing: what is published, and
/// where, is never guessed.
auto read_report_request(std::string_view text) -> std::optional<report_request>;

/// What generate_report or publish_report said: the report in Markdown, or where the page is and what it says.
auto tell_report(observation const& seen) -> std::string;

} // namespace nexus::llm
