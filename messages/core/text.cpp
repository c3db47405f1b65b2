#include "messages/core/text.hpp"

#include <algorithm>

namespace nexus {
namespace {

constexpr auto lower(char c) -> char { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// A copy in which `replacement_of` says what stands for a character; where it says nothing, the character stays.
template <class Function>
auto replaced(std::string_view text, Function const& replacement_of) -> std::string {
  auto result = std::string{};
  result.reserve(text.size() + text.size() / 8);
  for (auto const c : text) {
    auto const replacement = std::string_view{replacement_of(c)};
    replacement.empty() ? result += c : result += replacement;
  }
  return result;
}

} // namespace

auto character_length(std::string_view text) noexcept -> std::size_t {
  if (text.empty()) return 0;
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const lead = byte(0);
  if (lead < 0x80) return 1;
  auto const length = lead < 0xc2 ? 0u : lead < 0xe0 ? 2u : lead < 0xf0 ? 3u : lead < 0xf5 ? 4u : 0u;
  if (length == 0 || length > text.size()) return 0;
  for (auto i = 1u; i < length; ++i)
    if (starts_character(text[i])) return 0;
  auto const second = byte(1);
  auto const forbidden = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                         (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return forbidden ? 0 : length;
}

auto count_characters(std::string_view text) noexcept -> std::size_t {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

auto first_characters(std::string_view text, std::size_t count) noexcept -> std::string_view {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (starts_character(text[i]) && count-- == 0) return text.substr(0, i);
  return text;
}

auto beginning(std::string_view text, std::size_t bytes) noexcept -> std::string_view {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && !starts_character(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

auto lower_case(std::string_view text) -> std::string {
  auto result = std::string{text};
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

auto same_word(std::string_view left, std::string_view right) noexcept -> bool {
  return std::ranges::equal(left, right, {}, lower, lower);
}

auto xml_escaped(std::string_view text) -> std::string {
  return replaced(text, [](char c) {
    switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
    }
  });
}

auto markdown_escaped(std::string_view text) -> std::string {
  return replaced(text, [](char c) {
    switch (c) {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '@':
      // GitHub links a name only when it follows at once.
      return "@<!-- -->";
    case '\\':
      return "\\\\";
    case '`':
      return "\\`";
    case '*':
      return "\\*";
    case '_':
      return "\\_";
    case '~':
      return "\\~";
    case '[':
      return "\\[";
    case ']':
      return "\\]";
    case '#':
      return "\\#";
    case '|':
      return "\\|";
    case '!':
      return "\\!";
    default:
      return "";
    }
  });
}

} // namespace nexus
