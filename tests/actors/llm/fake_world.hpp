#pragma once

#include "messages/llm.hpp"
#include "tests/actors/llm/paraphrase.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::llm::tests {

/// Everything in a world that has a name. Two worlds share none of them, apart from the default branch.
struct world_names {
  std::string project, project_name, project_said;
  std::string other_project, other_project_name;
  std::string release, release_short, past_release, other_release;
  std::vector<std::string> jobs;
  /// How people say the first of the jobs.
  std::string job_loose;
  /// With their owner; the first is asked about.
  std::vector<std::string> repositories;
  std::string person, other_person;
  int ticket = 42, epic = 7, build = 142, pr = 17, sprint = 14;
};

auto first_world() -> world_names;
auto second_world() -> world_names;

/// A made-up outside: it answers tools in the shapes of the real ones.
class fake_world {
public:
  explicit fake_world(world_names names) : names_(std::move(names)) {}

  auto names() const -> world_names const& { return names_; }
  /// What a tool answers.
  auto call(std::string_view tool, nlohmann::json const& arguments) const -> nlohmann::json;
  /// Puts this world's names for the placeholders.
  auto fill_in(std::string_view text) const -> std::string;

private:
  auto build(std::string const& job, std::int64_t number) const -> nlohmann::json;
  auto ticket(std::string const& key) const -> nlohmann::json;
  auto search(std::string const& jql) const -> nlohmann::json;
  auto release(std::string const& name) const -> std::string;

  world_names names_;
};

/// The definitions of all tools.
auto all_tools() -> std::vector<tool_definition>;

/// One conversation, from the question to the last word.
struct conversation {
  struct made_call {
    std::string tool;
    nlohmann::json arguments;
    std::string observation;
  };
  std::vector<made_call> calls;
  /// How many calls each step asked for.
  std::vector<std::size_t> steps;
  chat_completion last;
  /// Ended with an answer within 8 steps.
  bool ended = false;

  auto made(std::string_view tool) const -> made_call const*;
};

using tool_function = std::function<std::string(std::string_view tool, nlohmann::json const& arguments)>;

/// Plays the orchestrator: asks, carries out the calls, until there is an answer.
auto converse(std::string const& question, tool_function const& tools,
              std::vector<tool_definition> definitions = all_tools()) -> conversation;
auto converse(std::string const& question, fake_world const& world) -> conversation;

/// Empty when the conversation did what the paraphrase expects; otherwise what it did instead.
auto complaint(paraphrase const& expected, fake_world const& world) -> std::string;

/// Numbers in an answer that are in no observation and count no list there.
auto unfounded_numbers(conversation const& talk, std::string const& question) -> std::vector<std::string>;

} // namespace nexus::llm::tests
