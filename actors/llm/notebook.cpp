#include "actors/llm/notebook.hpp"

#include "messages/core/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <unordered_map>

namespace nexus::llm {

namespace {

using nlohmann::json;

// Beyond these a planner would be lost, not thorough.
constexpr std::size_t most_calls_at_once = 16;
constexpr std::size_t most_calls = 64;

auto text_of(json const& object, char const* name) -> std::string {
  auto const found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

void read_result(std::string_view text, observation& seen) {
  auto parsed = parse_json(text);
  if (!parsed) {
    seen.failed = {.code = "malformed", .message = "its answer is no JSON that can be read"};
    return;
  }
  auto const error = parsed->is_object() ? parsed->find("error") : parsed->end();
  if (!parsed->is_object() || error == parsed->end() || error->is_null()) {
    seen.result = std::move(*parsed);
    if (!seen.result.is_object() && !seen.result.is_array())
      seen.failed = {.code = "malformed", .message = "its answer is neither an object nor a list"};
    return;
  }
  if (error->is_object())
    seen.failed = {
        .code = text_of(*error, "code"), .message = text_of(*error, "message"), .remedy = text_of(*error, "remedy")};
  else
    seen.failed = {.code = "upstream", .message = error->is_string() ? error->get<std::string>() : std::string{}};
}

/// The names of a schema's properties; nothing where it lists none. The same few schemas come with every chat, so what
/// they say is kept.
auto properties_of(std::string const& schema) -> std::optional<std::set<std::string>> const& {
  constexpr std::size_t most_known = 256;
  thread_local std::unordered_map<std::string, std::optional<std::set<std::string>>> known;
  if (auto const found = known.find(schema); found != known.end()) return found->second;
  std::optional<std::set<std::string>> names;
  if (auto parsed = parse_json(schema); parsed && parsed->is_object())
    if (auto listed = parsed->find("properties"); listed != parsed->end() && listed->is_object()) {
      names.emplace();
      for (auto const& [name, unused] : listed->items()) names->insert(name);
    }
  if (known.size() >= most_known) known.clear();
  return known.emplace(schema, std::move(names)).first->second;
}

} // namespace

notebook::notebook(complete_chat const& chat) : tools_(chat.tools) {
  auto const& messages = chat.messages;
  std::size_t first = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    calls_made_ += messages[i].tool_calls.size();
    if (messages[i].role != chat_role::user) continue;
    question_ = messages[i].text;
    first = i + 1;
  }
  for (auto i = first; i < messages.size(); ++i) {
    if (messages[i].role != chat_role::assistant) continue;
    for (auto const& made : messages[i].tool_calls) {
      observation seen{.tool = made.name};
      if (auto arguments = parse_json(made.arguments.text); arguments && arguments->is_object())
        seen.arguments = std::move(*arguments);
      auto const answer = std::find_if(messages.begin() + static_cast<std::ptrdiff_t>(i), messages.end(),
                                       [&](auto& m) { return m.role == chat_role::tool && m.tool_call_id == made.id; });
      if (answer == messages.end())
        seen.failed = {.code = "unavailable", .message = "it did not answer"};
      else
        read_result(answer->text, seen);
      observations_.push_back(std::move(seen));
    }
  }
}

auto notebook::definition(std::string_view tool) const -> tool_definition const* {
  auto const found = std::find_if(tools_.begin(), tools_.end(), [&](auto const& t) { return t.name == tool; });
  return found == tools_.end() ? nullptr : &*found;
}

auto notebook::refuse(std::string_view tool, std::string code, std::string message) -> observation const* {
  refused_.push_back(std::make_unique<observation>());
  refused_.back()->tool = tool;
  refused_.back()->failed = {.code = std::move(code), .message = std::move(message)};
  return refused_.back().get();
}

auto notebook::look(std::string_view tool, json arguments) -> observation const* {
  auto const* offered = definition(tool);
  if (!offered) return refuse(tool, "not_offered", "this tool is not available here");

  if (auto const& known = properties_of(offered->parameters.text))
    for (auto it = arguments.begin(); it != arguments.end();)
      it = known->contains(it.key()) ? std::next(it) : arguments.erase(it);

  // Compared as text: that is how a call comes back, with U+FFFD for bytes that are not UTF-8.
  auto text = canonical_json(arguments);
  for (auto const& seen : observations_)
    if (seen.tool == tool && canonical_json(seen.arguments) == text) {
      if (std::find(used_.begin(), used_.end(), &seen) == used_.end()) used_.push_back(&seen);
      return &seen;
    }

  if (std::any_of(wanted_.begin(), wanted_.end(),
                  [&](auto const& w) { return w.name == tool && w.arguments.text == text; }))
    return nullptr;
  if (wanted_.size() >= most_calls_at_once || observations_.size() + wanted_.size() >= most_calls)
    return refuse(tool, "budget_exceeded", "this question needs more look-ups than are allowed");
  wanted_.push_back({.id = fmt::format("call_{}", calls_made_ + wanted_.size() + 1),
                     .name = std::string{tool},
                     .arguments = {std::move(text)}});
  return nullptr;
}

} // namespace nexus::llm
