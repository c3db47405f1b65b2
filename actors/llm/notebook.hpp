#pragma once

#include "messages/llm.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm {

/// What a tool said to a call. Everything in it is data from outside.
struct observation {
  std::string tool;
  nlohmann::json arguments = nlohmann::json::object();
  /// What the tool answered; null when it failed.
  nlohmann::json result;
  /// Why there is no result.
  struct failure {
    /// As in errc: "not_found", "unavailable"; "malformed" for an answer that cannot be read, "not_offered" for a tool
    /// that is not there.
    std::string code;
    std::string message;
    /// What to do about it; may be empty.
    std::string remedy = {};
  };
  std::optional<failure> failed;

  auto ok() const -> bool { return !failed; }
};

/// The conversation since the last question, as calls and their observations. A planner looks things up in it as if
/// every tool answered at once: what was not asked yet is noted down and becomes the next calls. Replaying the same
/// conversation gives the same look-ups, so the planner itself keeps no state, and no call is ever made twice.
class notebook {
public:
  explicit notebook(complete_chat const& chat);

  /// The person's last message; empty when there is none.
  auto question() const -> std::string_view { return question_; }
  /// Whether a tool is among the definitions.
  auto offers(std::string_view tool) const -> bool { return definition(tool) != nullptr; }

  /// What the tool said; null when it has to be asked first. Arguments that the tool's schema does not know are left
  /// out. A tool that is not offered and a conversation with too many calls give a failed observation.
  auto look(std::string_view tool, nlohmann::json arguments = nlohmann::json::object()) -> observation const*;

  /// The calls to make before the next look.
  auto wanted() const -> std::vector<tool_call> const& { return wanted_; }
  /// The observations looked at, in order.
  auto used() const -> std::vector<observation const*> const& { return used_; }

private:
  auto definition(std::string_view tool) const -> tool_definition const*;
  auto refuse(std::string_view tool, std::string code, std::string message) -> observation const*;

  std::vector<tool_definition> const& tools_;
  std::string_view question_;
  // Pointers to elements are handed out: filled once, and the refused ones kept apart.
  std::vector<observation> observations_;
  std::vector<std::unique_ptr<observation>> refused_;
  std::vector<tool_call> wanted_;
  std::vector<observation const*> used_;
  std::size_t calls_made_ = 0;
};

} // namespace nexus::llm
