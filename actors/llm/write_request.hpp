#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm {

/// A demand to change something, as the call that carries it out.
struct write_request {
  /// "update_jira_ticket", "update_jira_ticket_fields" or "trigger_build".
  std::string tool;
  nlohmann::json arguments;
};

/// Understands a demand that says exactly what to change, and nothing else:
///
///     [please] move KEY to STATUS [and comment: TEXT]
///     comment on KEY: TEXT | add a comment to KEY: TEXT
///     set KEY to STATUS | set [the] FIELD of KEY to VALUE
///     trigger JOB [with NAME=VALUE, ...] | start a build of JOB [with ...]
///
/// Whatever does not follow one of these forms from its first word to its last is nothing: a change is never guessed.
auto read_write_request(std::string_view text) -> std::optional<write_request>;

} // namespace nexus::llm
