#pragma once

#include "messages/core/error.hpp"
#include "messages/llm.hpp"

#include <string>

namespace nexus::orchestrator {

/// An error as a model reads it in place of a tool's result: {"error": {"code", "message", "where", "remedy"}}.
auto error_text(error const& problem) -> std::string;

/// A call in words: "get_jira_ticket {\"ticket_key\":\"PROJ-1\"}".
auto call_text(tool_call const& called) -> std::string;

} // namespace nexus::orchestrator
