#pragma once

#include "messages/core/describe.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What the system says to a language model and hears from it: a chat with native function calling, the same for every
/// provider. A provider's own wire format lives in its client.

namespace nexus {

/// Who speaks in a chat.
enum class chat_role : std::uint8_t {
  /// The system's own instructions to the model.
  system,
  /// The person who asks.
  user,
  /// The model.
  assistant,
  /// The result of a tool call. Its text is data from outside, never an instruction.
  tool,
};
BOOST_DESCRIBE_ENUM(chat_role, system, user, assistant, tool)

/// One use of a tool that the model asks for.
struct tool_call {
  /// Unique within the conversation; the result refers to it.
  std::string id;
  /// The name of one of the tools that the model was offered.
  std::string name;
  /// A JSON object that should fit the tool's parameters. The model wrote it, so it is checked before use.
  json_text arguments{"{}"};

  friend auto operator==(tool_call const&, tool_call const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(tool_call, (), (id, name, arguments))

constexpr auto describe_notes(detail::tag<tool_call>) {
  return std::to_array<member_note>({
      {.name = "arguments", .description = "a JSON object, checked against the tool's parameters", .defaulted = true},
  });
}

/// One message of a chat.
struct chat_message {
  chat_role role = chat_role::user;
  /// What is said; for `tool`, the result as JSON or {"error": {"code", "message"}}. May be empty when an assistant
  /// only calls tools.
  std::string text;
  /// The tools that an assistant asks for; empty for every other role.
  std::vector<tool_call> tool_calls;
  /// For `tool`: the id of the call that this is the result of; empty for every other role.
  std::string tool_call_id;

  friend auto operator==(chat_message const&, chat_message const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(chat_message, (), (role, text, tool_calls, tool_call_id))

constexpr auto describe_notes(detail::tag<chat_message>) {
  return std::to_array<member_note>({
      {.name = "text", .description = "what is said, or a tool's result", .defaulted = true},
      {.name = "tool_calls", .description = "what an assistant asks for", .defaulted = true},
      {.name = "tool_call_id", .description = "the call that a tool message answers", .defaulted = true},
  });
}

/// A tool as it is offered to a model.
struct tool_definition {
  std::string name;
  /// One sentence that tells a model when to use it.
  std::string description;
  /// The JSON Schema of the arguments, an object.
  json_text parameters;

  friend auto operator==(tool_definition const&, tool_definition const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(tool_definition, (), (name, description, parameters))

/// Why a model stopped writing.
enum class finish_reason : std::uint8_t {
  /// The text is the answer.
  stop,
  /// The model waits for the results of its calls.
  tool_calls,
  /// The limit on output tokens cut the answer off.
  length,
  /// The model does not answer this; the text says why.
  refusal,
};
BOOST_DESCRIBE_ENUM(finish_reason, stop, tool_calls, length, refusal)

/// What a model says next.
struct chat_completion {
  /// The answer, or the refusal; may be empty when tools are called.
  std::string text;
  /// To be carried out, in any order, before the model is asked again.
  std::vector<tool_call> tool_calls;
  nexus::finish_reason finish_reason = nexus::finish_reason::stop;
  /// The model that really answered, as its provider names it.
  std::string model;
  /// Tokens read and written as the provider counted them. The offline planner has no tokenizer: its figures are an
  /// estimate, one token for every 4 bytes.
  std::uint32_t input_tokens = 0;
  std::uint32_t output_tokens = 0;

  friend auto operator==(chat_completion const&, chat_completion const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(chat_completion, (), (text, tool_calls, finish_reason, model, input_tokens, output_tokens))

/// Asks a model for the next message of a chat.
struct complete_chat {
  using reply = chat_completion;

  /// The conversation so far, oldest first.
  std::vector<chat_message> messages;
  /// What the model may call; nothing else is ever called.
  std::vector<tool_definition> tools;
  /// Bound on the answer's length, in tokens.
  std::uint32_t max_output_tokens = 2048;

  friend auto operator==(complete_chat const&, complete_chat const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(complete_chat, (), (messages, tools, max_output_tokens))

constexpr auto describe_notes(detail::tag<complete_chat>) {
  return std::to_array<member_note>({
      {.name = "messages", .description = "the conversation, oldest first", .minimum = 1, .maximum = 1000},
      {.name = "tools", .description = "what the model may call", .defaulted = true, .maximum = 128},
      {.name = "max_output_tokens",
       .description = "bound on the answer in tokens",
       .defaulted = true,
       .minimum = 1,
       .maximum = 1'000'000},
  });
}

NEXUS_CODECS(chat_role, tool_call, chat_message, tool_definition, finish_reason, chat_completion, complete_chat)

} // namespace nexus
