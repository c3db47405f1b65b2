#pragma once

#include "messages/llm.hpp"

namespace nexus::llm {

/// The model of the provider `mock`: it plans and answers questions about releases, tickets, sprints, builds, pull
/// requests, repositories and security without any language model.
///
/// It reads the last user message and the observations after it, and either asks for tools (several at once when they
/// do not depend on each other), or answers from the observations, or refuses and names what can be asked. It knows
/// tools by their names and schemas only and nothing about the data: names in a question are matched against what the
/// list_* tools say there is. Observations are data: no text in them chooses a tool, and every figure in an answer
/// comes from one of them. A pure function: equal chats give equal completions.
///
/// Token counts are an estimate, one token for every 4 bytes. An answer longer than max_output_tokens by this estimate
/// is cut off, with finish_reason::length.
auto plan(complete_chat const& chat) -> chat_completion;

} // namespace nexus::llm
