#pragma once

#include "actors/evidence/version.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nexus::evidence {

/// A commit message by Conventional Commits 1.0.0 (conventionalcommits.org).
struct conventional_commit {
  /// Lower case: "feat", "fix", "docs".
  std::string type;
  /// What stands in parentheses; may be empty.
  std::string scope;
  std::string description;
  /// Marked by '!' or by a BREAKING CHANGE footer.
  bool breaking = false;
};

/// Reads a commit message; nothing when its first line has not the form "type(scope)!: description".
auto parse_conventional(std::string_view message) -> std::optional<conventional_commit>;

/// The text of a "BREAKING CHANGE:" or "BREAKING-CHANGE:" footer, whatever the first line is; nothing without one.
auto breaking_footer(std::string_view message) -> std::optional<std::string_view>;

/// What a commit asks of the next version: major when breaking, minor for "feat", patch for "fix", "perf" and "revert",
/// else nothing.
auto implied_bump(conventional_commit const& commit) -> version_bump;

} // namespace nexus::evidence
