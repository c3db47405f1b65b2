#pragma once

#include "messages/readiness.hpp"

#include <string>

namespace nexus::readiness {

struct render_options {
  /// Columns of the terminal; less than 60 counts as 60.
  int width = 100;
  /// ANSI colours.
  bool colour = false;
  /// Marks beyond ASCII. Every mark has a word beside it either way.
  bool unicode = true;
};

/// The decision for a terminal: every objective with mark, observed value, threshold, age, points and source, then the
/// verdict with its reason, then what would turn it green. Control characters in texts from outside are dropped.
auto render_text(decision const& decision, render_options options = {}) -> std::string;

/// The decision in GitHub's Markdown, for a comment on a pull request: verdict, objectives, what would turn it green;
/// where the evidence comes from is folded away. At most 65,536 bytes, as GitHub takes them. Texts from outside are
/// escaped: they cannot bring mark-up, HTML or mentions of their own.
auto render_markdown(decision const& decision) -> std::string;

} // namespace nexus::readiness
