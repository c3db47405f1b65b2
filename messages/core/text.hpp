#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text in UTF-8 (RFC 3629): measured, cut, compared and escaped.
namespace nexus {

/// Bytes of the character at the front; 0 if the text is empty or begins with what is no UTF-8 (a continuation byte, an
/// overlong form, a surrogate, a code point beyond U+10FFFF, a sequence that is cut off).
auto character_length(std::string_view text) noexcept -> std::size_t;

/// Whether the byte is the first one of a character.
constexpr auto starts_character(char byte) noexcept -> bool {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

/// The number of characters (code points) of a text in UTF-8.
auto count_characters(std::string_view text) noexcept -> std::size_t;

/// The first characters of a text in UTF-8, at most `count`.
auto first_characters(std::string_view text, std::size_t count) noexcept -> std::string_view;

/// The beginning of a text in UTF-8, at most `bytes` long; no character is cut in two.
auto beginning(std::string_view text, std::size_t bytes) noexcept -> std::string_view;

/// A copy whose ASCII letters are lower case.
auto lower_case(std::string_view text) -> std::string;

/// Whether two texts differ in nothing but the case of ASCII letters.
auto same_word(std::string_view left, std::string_view right) noexcept -> bool;

/// Text for XML and HTML, between tags and in attributes.
auto xml_escaped(std::string_view text) -> std::string;

/// Text for GitHub's Markdown: mark-up, HTML, table bars and mentions have no effect.
auto markdown_escaped(std::string_view text) -> std::string;

} // namespace nexus
