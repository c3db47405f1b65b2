#include "actors/reporting/report_text.hpp"

#include "actors/readiness/evidence.hpp"
#include "messages/core/text.hpp"

#include <algorithm>

namespace nexus::reporting {
namespace {

/// How long the character at the beginning of valid UTF-8 is, and which one.
auto first_character(std::string_view text) -> std::pair<char32_t, std::size_t> {
  auto const lead = static_cast<unsigned char>(text[0]);
  auto const size = character_length(text);
  auto code = static_cast<char32_t>(size == 1 ? lead : lead & (0xff >> (size + 1)));
  for (std::size_t i = 1; i < size; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return {code, size};
}

/// Controls, marks and overrides of direction, invisible joiners of words, what is no character.
auto shows_nothing(char32_t c) -> bool {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c & 0xfffe) == 0xfffe;
}

} // namespace

auto clean(std::string_view text, std::size_t limit) -> std::string {
  // What is longer than this is cut off in any case; repairing it all would be for nothing.
  auto const valid = readiness::valid_text(std::string{text.substr(0, limit + 4)});
  auto result = std::string{};
  auto rest = std::string_view{valid};
  while (!rest.empty()) {
    auto const [code, size] = first_character(rest);
    auto const blank = code == ' ' || code == '\t' || code == '\n' || code == '\r';
    if (blank && !result.empty() && result.back() != ' ')
      result += ' ';
    else if (!blank && !shows_nothing(code))
      result += rest.substr(0, size);
    rest.remove_prefix(size);
    if (result.size() > limit || (rest.empty() && text.size() > limit + 4)) {
      while (result.size() > limit || (!result.empty() && !starts_character(result.back()))) result.pop_back();
      if (!result.empty() && (result.back() & 0x80) != 0) result.pop_back();
      return result + "...";
    }
  }
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

auto cdata_escaped(std::string_view text) -> std::string {
  auto result = std::string{};
  for (auto end = text.find("]]>"); end != std::string_view::npos; end = text.find("]]>")) {
    result += text.substr(0, end + 2);
    result += "]]><![CDATA[";
    text.remove_prefix(end + 2);
  }
  return result += text;
}

auto linkable(std::string_view url) -> std::string {
  auto const plain = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view{"<>\"'`{}|\\^"}.find(c) == std::string_view::npos;
  };
  auto const has_scheme = url.starts_with("https://") || url.starts_with("http://");
  if (!has_scheme || url.size() > 2'000 || !std::all_of(url.begin(), url.end(), plain)) return {};
  return std::string{url};
}

} // namespace nexus::reporting
