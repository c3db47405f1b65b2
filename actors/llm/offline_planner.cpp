#include "actors/llm/offline_planner.hpp"

#include "actors/llm/inquiry.hpp"

namespace nexus::llm {
namespace {

constexpr std::size_t bytes_per_token = 4;

auto estimated_tokens(std::size_t bytes) -> std::uint32_t {
  return static_cast<std::uint32_t>((bytes + bytes_per_token - 1) / bytes_per_token);
}

auto size_of(complete_chat const& chat) -> std::size_t {
  std::size_t bytes = 0;
  for (auto const& message : chat.messages) {
    bytes += message.text.size();
    for (auto const& made : message.tool_calls) bytes += made.name.size() + made.arguments.text.size();
  }
  for (auto const& tool : chat.tools) bytes += tool.name.size() + tool.description.size() + tool.parameters.text.size();
  return bytes;
}

} // namespace

auto plan(complete_chat const& chat) -> chat_completion {
  notebook notes{chat};
  auto const asked = parse_question(notes.question());
  auto said = inquiry{notes, asked}.answer_question();
  if (!said && notes.wanted().empty()) said = reply{"I could not find that out with the tools I have.", true};

  chat_completion completion;
  completion.model = "offline-planner";
  completion.input_tokens = estimated_tokens(size_of(chat));
  std::size_t written = 0;
  if (!said) {
    completion.finish_reason = finish_reason::tool_calls;
    completion.tool_calls = notes.wanted();
    for (auto const& made : completion.tool_calls) written += made.name.size() + made.arguments.text.size();
  } else {
    completion.text = said->text;
    completion.finish_reason = said->refused ? finish_reason::refusal : finish_reason::stop;
    if (!said->refused)
      if (auto sources = tell_sources(notes.used()); !sources.empty()) completion.text += "\n" + sources;
    auto const longest = static_cast<std::size_t>(chat.max_output_tokens) * bytes_per_token;
    if (completion.text.size() > longest) {
      while (completion.text.size() > longest ||
             (!completion.text.empty() && (static_cast<unsigned char>(completion.text.back()) & 0x80) != 0))
        completion.text.pop_back();
      completion.finish_reason = finish_reason::length;
    }
    written = completion.text.size();
  }
  completion.output_tokens = estimated_tokens(written);
  return completion;
}

} // namespace nexus::llm
