#pragma once

#include "actors/evidence/report_file.hpp"
#include "actors/evidence/version.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nexus::evidence {

/// What is asked of a repository.
struct git_query {
  /// A repository, or a directory that one tracks.
  std::filesystem::path path;
  /// A tag, branch, commit id or HEAD; anything that names a commit for git.
  std::string release_ref = "HEAD";
  /// Where the release's changes begin; absent: at the highest earlier version tag among the release's ancestors.
  std::optional<std::string> since_ref;
  timestamp now;
  /// How far commit times may lie after `now`: clocks differ.
  std::chrono::minutes future_tolerance{15};
  /// How many commits are walked at most.
  std::size_t commit_limit = 100'000;
};

/// A name and the commit it leads to.
struct git_point {
  std::string ref;
  std::string sha;
  /// The annotated tag's time where there is one, else the commit's.
  timestamp time;
  /// The version that the name spells ("v2.0.0").
  std::optional<version> spelled_version;
};

/// One commit; texts are valid UTF-8. E-mail addresses are left out.
struct release_commit {
  std::string sha;
  /// At most 200 bytes.
  std::string author;
  /// The first line, at most 200 bytes.
  std::string subject;
  /// The committer's time.
  timestamp time;
  std::vector<std::string> parents;
};

/// A change that breaks its users.
struct breaking_change {
  std::string sha;
  /// The footer's text, or the description; at most 500 bytes.
  std::string note;
};

/// From commit to release, in hours (DORA's lead time for changes).
struct lead_times {
  /// The mean of the middle two for an even number.
  double median_hours = 0;
  /// The nearest rank.
  double p90_hours = 0;
};

/// How the beginning of the range was found.
enum class since_origin : std::uint8_t {
  /// The query named it.
  given,
  previous_version,
  /// There is no earlier version: the whole history counts.
  whole_history,
};

auto to_string(since_origin origin) noexcept -> std::string_view;

/// What a repository says about a release. Merge commits carry no change of their own: they are in `commits`, and count
/// neither for lead time nor for conventional commits.
struct git_history {
  /// "PATH@SHA".
  std::string source;
  /// The release commit's time.
  timestamp observed_at;
  /// Where its name spells no version, the highest version tag on its commit does.
  git_point release;
  std::optional<git_point> since;
  since_origin origin = since_origin::whole_history;

  /// Reachable from the release and not from `since`; newest first, always in the same order.
  std::vector<release_commit> commits;
  /// Commits by author's name, most first, then by name.
  std::vector<std::pair<std::string, std::size_t>> authors;
  /// Tags on commits of the range, by name; at most 1,000.
  std::vector<git_point> tags;
  /// Absent when the range has no change.
  std::optional<lead_times> lead_time;

  /// Commits of the range that are no merges.
  std::size_t changes = 0;
  /// Those among them that follow Conventional Commits, by type; beyond 100 types the rest is "other".
  std::map<std::string, std::size_t> conventional_types;
  std::size_t conventional = 0;
  /// conventional / changes, 0 to 1; absent without a change.
  std::optional<double> conventional_share;
  /// At most 1,000; `breaking_count` counts all.
  std::vector<breaking_change> breaking_changes;
  std::size_t breaking_count = 0;

  /// The most that any change asks for; absent when no change says (none is conventional or breaking).
  std::optional<version_bump> implied;
  /// Between the versions that both names spell; absent when either spells none.
  std::optional<version_bump> made;
  /// Whether the step made announces what the changes imply; absent when either is unknown.
  std::optional<bool> bump_sufficient;

  /// Whether the release contains `since`; absent without `since`, or when the history at hand does not reach far
  /// enough to tell.
  std::optional<bool> since_is_ancestor;
  /// Commits of the range, the release among them, whose time lies after `now` and tolerance.
  std::size_t commits_in_future = 0;
  /// The clone holds only the latest commits: lead times and breaking changes may be incomplete.
  bool shallow = false;
  /// The commit limit was reached.
  bool truncated = false;

  /// False when the release is known not to contain `since`, or commits come from the future.
  auto in_order() const -> bool { return since_is_ancestor.value_or(true) && commits_in_future == 0; }
};

/// Reads a repository without changing it. errc::invalid_argument: no repository, or a name that is no commit;
/// errc::not_found: an unknown name, with near ones; errc::refused: no commit yet, or an ambiguous name; errc::corrupt:
/// missing or damaged objects. Whatever the machine's git configuration and the files' owner, the answer is the same.
auto read_git_history(git_query const& query) -> expected<git_history>;

} // namespace nexus::evidence
