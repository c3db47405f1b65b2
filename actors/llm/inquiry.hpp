#pragma once

#include "actors/llm/answer_text.hpp"
#include "actors/llm/subject_finder.hpp"
#include "actors/llm/write_request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm {

/// What to say to a question.
struct reply {
  std::string text;
  bool refused = false;
};

/// A reply; nothing while observations are missing.
using answer = std::optional<reply>;

/// Works on one question with what the notebook holds. Each method answers one topic, written as if every tool answered
/// at once; they stand in files by what they are about (*_inquiry.cpp).
class inquiry {
public:
  inquiry(notebook& notes, question const& asked) : notes_(notes), asked_(asked), find_(asked, notes) {}

  auto answer_question() -> answer;

private:
  static constexpr auto waiting = std::nullopt;
  // A build number without a job is looked for in so many jobs.
  static constexpr std::size_t most_probed = 8;
  using teller = std::string (*)(observation const&);

  auto refusal(std::string_view reason) const -> answer;
  /// A tool that is not there cannot be made up for: refuse before anything is looked up.
  auto missing(std::string_view tool) const -> answer;
  /// Carries out a change, once, and says what the tool said.
  auto carry_out(write_request const& demanded) -> answer;
  /// The answer to a demand for a change that cannot be carried out as it stands.
  auto not_understood() const -> answer;
  static auto ask_back(subject const& open) -> answer;
  static auto with_rule(subject const& subject, std::string text) -> reply;
  auto simple(std::string_view tool, teller tell) -> answer;

  auto readiness() -> answer;
  auto discovered_readiness() -> answer;
  auto release_figures() -> answer;
  auto release_blockers() -> answer;
  auto releases() -> answer;

  auto tickets(std::string_view tool, teller tell) -> answer;
  static auto quoted(std::string_view value) -> std::string;
  static auto any_of(std::string_view field, std::vector<std::string> const& values) -> std::string;
  auto search() -> answer;
  /// The first run of unknown words that does not name the project.
  auto person_named(std::string const& project) -> std::string;
  auto search_for(std::string const& project, subject const& release, std::string const& person) -> answer;
  /// "Open bugs with status Blocked in X of release Y assigned to Z".
  auto description(std::string_view project, std::string_view release, std::string_view person) const -> std::string;
  static auto assignees(observation const& seen) -> std::vector<std::string>;
  auto sprint() -> answer;

  auto build() -> answer;
  /// When a build is not there: which is the newest.
  auto newest_build(std::string const& name) -> std::string;
  /// "Why did build 142 fail?" without a job: every job has a build with that number, but perhaps one failed.
  auto probed_build(subject const& open) -> answer;
  auto branch_word() const -> std::string;
  /// "Is main green?": the job that carries the branch's name, else what the repositories say of that branch.
  auto branch_state(std::string const& branch, subject const& open) -> answer;
  auto build_history() -> answer;

  auto about_repository(topic what) -> answer;

  /// "How is X doing?": whatever is named X.
  auto something() -> answer;

  notebook& notes_;
  question const& asked_;
  subject_finder find_;
};

} // namespace nexus::llm
