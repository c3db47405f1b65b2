#pragma once

#include "actors/llm/notebook.hpp"
#include "actors/llm/question.hpp"

#include <string>
#include <vector>

namespace nexus::llm {

/// What a question is about, as the outside world names it.
struct subject {
  enum class state {
    /// Something has to be looked up first; the notebook has noted what.
    waiting,
    found,
    /// It cannot be told what is meant; `said` asks back or says what there is.
    open,
  };
  subject::state state = subject::state::waiting;
  /// Project key, job, repository or release.
  std::string name;
  /// For releases: the project's key.
  std::string project;
  /// For `found`: by which rule, if the question did not say; for `open`: what to answer.
  std::string said;

  auto waiting() const -> bool { return state == state::waiting; }
  auto found() const -> bool { return state == state::found; }
};

/// One named thing from a list_* tool.
struct listed {
  std::string name;
  /// The other names it goes by.
  std::vector<std::string> also;
  nlohmann::json const* details = nullptr;
};

/// Finds out which project, release, job or repository a question means: it asks the list_* tools what there is and
/// matches the question's words against that. Without a name in the question it takes the only candidate, or one that a
/// stated rule singles out, and asks back otherwise.
class subject_finder {
public:
  subject_finder(question const& asked, notebook& notes) : asked_(asked), notes_(notes) {}

  /// The project that the question names; without one: the only project, then the only one with an open release.
  auto project() -> subject;
  /// The project if the question names one; `found` with an empty name if it does not.
  auto named_project() -> subject;
  /// The release and its project; without a version in the question the only open release, or a project's next one.
  auto release() -> subject;
  /// The job that the question names, or the only one.
  auto job() -> subject;
  /// The repository that the question names, or the only one.
  auto repository() -> subject;

  /// What a list_* tool lists, at most 500 things; nullptr while it has to be asked. A tool that failed lists nothing.
  auto list(std::string_view tool, nlohmann::json arguments = nlohmann::json::object())
      -> std::optional<std::vector<listed>>;
  /// Those that the question names.
  auto match(std::vector<listed> const& candidates) const -> std::vector<listed>;

private:
  auto choose(std::string_view tool, std::string_view kind, std::string_view plural) -> subject;
  auto written_name() const -> std::string;
  auto with_open_release(std::vector<listed> const& projects) -> subject;

  question const& asked_;
  notebook& notes_;
};

/// The candidates as a sentence: "There are: a, b, c."
auto tell_candidates(std::vector<listed> const& candidates, std::string_view kinds) -> std::string;

} // namespace nexus::llm
