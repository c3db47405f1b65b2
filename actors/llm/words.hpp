#pragma once

#include <string>
#include <string_view>
#include <vector>

/// English as the offline planner reads it: words, and which of them are everyday words rather than names.
namespace nexus::llm {

/// One word of a question.
struct word {
  /// As written, without the punctuation around it and without a possessive "'s".
  std::string text;
  std::string lower;
  /// Made of several parts ("nightly-scan", "acme/portal", "3.4.0"): a name or a number, not vocabulary.
  bool compound = false;
  /// "acme/portal#17": the number follows without a space, as pull requests are written.
  bool number_follows = false;
};

/// Splits at white space and punctuation. "#142" is a word of its own; only the first 2 KiB are read.
auto split_words(std::string_view text) -> std::vector<word>;

/// The runs of letters and digits of a name, in lower case: "tools/nightly-scan" has three.
auto name_parts(std::string_view name) -> std::vector<std::string>;

/// Whether a word (in lower case) belongs to the language of questions, so that it says nothing about which thing is
/// meant.
auto is_common(std::string_view lower) -> bool;

/// Whether the words look like German, French, Spanish or Italian rather than English.
auto is_foreign(std::vector<word> const& words) -> bool;

} // namespace nexus::llm
