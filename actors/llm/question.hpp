#pragma once

#include "actors/llm/words.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm {

/// What a question is about.
enum class topic : std::uint8_t {
  /// Nothing that can be answered.
  unknown,
  /// A demand to change something in the world.
  action,
  readiness,
  release_figures,
  release_blockers,
  releases,
  ticket,
  hierarchy,
  search,
  sprint,
  build,
  build_history,
  pull_request,
  pull_requests,
  repository,
  security,
  projects,
  jobs,
  repositories,
  /// A name and how it is doing: what it names has to be found out.
  something,
};

/// What a search for tickets asks for.
struct ticket_filter {
  /// As Jira names them: "Bug".
  std::vector<std::string> types;
  std::vector<std::string> priorities;
  /// "Blocked", "In Progress", "In Review"; empty for any.
  std::string status;
  /// Done or not; absent for both.
  std::optional<bool> done;
  /// Assigned to whoever asks.
  bool mine = false;
  bool unassigned = false;
  /// Assigned to somebody whose name is among the question's unknown words.
  bool by_person = false;
};

/// A question as far as it can be understood without looking anything up.
struct question {
  std::vector<word> words;
  llm::topic topic = topic::unknown;
  /// "PROJ-123", in capitals, without duplicates; at most 5.
  std::vector<std::string> ticket_keys;
  /// A release's version as it is written: "v2.0", "2.0.0-rc.1".
  std::optional<std::string> version;
  /// The number of a build or of a pull request.
  std::optional<std::int64_t> number;
  /// "the last 20".
  std::optional<std::int64_t> count;
  /// "Sprint 14".
  std::optional<std::string> sprint;
  /// The word before or after "branch": "branch main".
  std::optional<std::string> branch;
  /// In another language than English; nothing else is made out then.
  bool foreign = false;
  /// Asks for the reason of something.
  bool why = false;
  ticket_filter filter;
  /// Runs of words that are not everyday language: names of people and things. As written.
  std::vector<std::string> names;

  auto has(std::initializer_list<std::string_view> any_of) const -> bool;
};

/// Reads a question in English. Never fails: what it cannot make out has topic::unknown.
auto parse_question(std::string_view text) -> question;

} // namespace nexus::llm
