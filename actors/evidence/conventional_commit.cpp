#include "actors/evidence/conventional_commit.hpp"

#include "messages/core/text.hpp"

#include <algorithm>

namespace nexus::evidence {

namespace {

constexpr std::size_t longest_type = 32;

auto trimmed(std::string_view text) -> std::string_view {
  auto const first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

auto is_letter(char c) -> bool { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

} // namespace

auto parse_conventional(std::string_view message) -> std::optional<conventional_commit> {
  auto subject = trimmed(message.substr(0, message.find('\n')));
  auto const type_end = subject.find_first_of("(!: ");
  if (type_end == std::string_view::npos || type_end == 0 || type_end > longest_type) return std::nullopt;
  auto result = conventional_commit{};
  result.type = subject.substr(0, type_end);
  if (!is_letter(result.type.front())) return std::nullopt;
  for (auto const c : result.type)
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_') return std::nullopt;
  result.type = lower_case(result.type);
  subject.remove_prefix(type_end);
  if (subject.front() == '(') {
    auto const close = subject.find(')');
    if (close == std::string_view::npos) return std::nullopt;
    result.scope = trimmed(subject.substr(1, close - 1));
    if (result.scope.empty()) return std::nullopt;
    subject.remove_prefix(close + 1);
  }
  if (subject.starts_with('!')) {
    result.breaking = true;
    subject.remove_prefix(1);
  }
  if (!subject.starts_with(": ")) return std::nullopt;
  result.description = trimmed(subject.substr(2));
  if (result.description.empty()) return std::nullopt;
  result.breaking = result.breaking || breaking_footer(message).has_value();
  return result;
}

auto breaking_footer(std::string_view message) -> std::optional<std::string_view> {
  auto const subject_end = message.find('\n');
  if (subject_end == std::string_view::npos) return std::nullopt;
  auto rest = message.substr(subject_end + 1);
  // Footers stand in paragraphs after the first line, so after a blank line.
  auto blank_seen = false;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('\n'), rest.size());
    auto const line = rest.substr(0, end);
    blank_seen = blank_seen || trimmed(line).empty();
    for (auto token : {std::string_view{"BREAKING CHANGE: "}, std::string_view{"BREAKING-CHANGE: "}})
      if (blank_seen && line.starts_with(token) && !trimmed(line.substr(token.size())).empty())
        return trimmed(line.substr(token.size()));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

auto implied_bump(conventional_commit const& commit) -> version_bump {
  if (commit.breaking) return version_bump::major;
  if (commit.type == "feat") return version_bump::minor;
  if (commit.type == "fix" || commit.type == "perf" || commit.type == "revert") return version_bump::patch;
  return version_bump::none;
}

} // namespace nexus::evidence
