#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace nexus;

namespace {

/// A code point as RFC 3629 writes it.
auto encoded(std::uint32_t code) -> std::string {
  auto const continuation = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), continuation(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), continuation(6), continuation(0)};
  return {static_cast<char>(0xf0 | code >> 18), continuation(12), continuation(6), continuation(0)};
}

/// Characters of each length, those at the ends of what is allowed more often than others.
auto characters() -> rc::Gen<std::vector<std::string>> {
  auto const code = rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0x800),
      rc::gen::inRange<std::uint32_t>(0x800, 0xd800), rc::gen::inRange<std::uint32_t>(0xe000, 0x110000),
      rc::gen::element<std::uint32_t>(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff));
  return rc::gen::container<std::vector<std::string>>(rc::gen::map(code, encoded));
}

/// Bytes out of which UTF-8 comes to be, or nearly.
auto bytes() -> rc::Gen<std::string> {
  auto const interesting = rc::gen::elementOf(
      std::string{"a\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5\xff"});
  return rc::gen::container<std::string>(interesting);
}

auto joined(std::vector<std::string> const& parts) -> std::string {
  auto text = std::string{};
  for (auto const& part : parts) text += part;
  return text;
}

/// Whether a walk from character to character comes to the end.
auto walks_through(std::string_view text) -> bool {
  while (!text.empty()) {
    auto const length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_character_is_as_long_as_its_encoding) {
  BOOST_TEST(character_length("a") == 1U);
  BOOST_TEST(character_length(std::string_view("\0", 1)) == 1U);
  for (auto const code : {0x80u, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xffffu, 0x10000u, 0x10ffffu}) {
    auto const text = encoded(code);
    BOOST_TEST(character_length(text) == text.size(), code);
    BOOST_TEST(character_length(text + "\x80") == text.size(), "what follows does not count");
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_utf8_has_no_length) {
  for (auto const* text : {"", "\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    BOOST_TEST(character_length(text) == 0U, text);
}

BOOST_AUTO_TEST_CASE(a_character_that_is_cut_off_has_no_length) {
  for (auto const code : {0x80u, 0x800u, 0x10000u}) {
    auto const text = encoded(code);
    for (std::size_t size = 1; size < text.size(); ++size) {
      BOOST_TEST(character_length(text.substr(0, size)) == 0U);
      BOOST_TEST(character_length(text.substr(0, size) + "abc") == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_walk_over_characters_agrees_with_the_check_of_the_whole) {
  BOOST_TEST(rc::check([] {
    auto const text = *bytes();
    RC_ASSERT(walks_through(text) == is_utf8(text));
    // Behind ASCII, which the check of the whole takes in larger steps.
    auto const longer = std::string(*rc::gen::inRange(0, 20), 'x') + text;
    RC_ASSERT(walks_through(longer) == is_utf8(longer));
  }));
  BOOST_TEST(rc::check([] {
    auto const text = joined(*characters());
    RC_ASSERT(walks_through(text));
    RC_ASSERT(is_utf8(text));
  }));
}

BOOST_AUTO_TEST_CASE(characters_are_counted_not_bytes) {
  BOOST_TEST(count_characters("") == 0U);
  BOOST_TEST(count_characters("a\u00e9\u20ac\U0001f600") == 4U);
  BOOST_TEST(first_characters("a\u00e9\u20ac\U0001f600", 0) == "");
  BOOST_TEST(first_characters("a\u00e9\u20ac\U0001f600", 2) == "a\u00e9");
  BOOST_TEST(first_characters("a\u00e9\u20ac\U0001f600", 4) == "a\u00e9\u20ac\U0001f600");
  BOOST_TEST(first_characters("a\u00e9", 9) == "a\u00e9");
  BOOST_TEST(rc::check([] {
    auto const parts = *characters();
    auto const count = *rc::gen::inRange<std::size_t>(0, parts.size() + 3);
    RC_ASSERT(count_characters(joined(parts)) == parts.size());
    auto const first =
        std::vector(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(std::min(count, parts.size())));
    RC_ASSERT(first_characters(joined(parts), count) == joined(first));
  }));
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_between_characters) {
  BOOST_TEST(beginning("caf\u00e9s", 6) == "caf\u00e9s");
  BOOST_TEST(beginning("caf\u00e9s", 5) == "caf\u00e9");
  BOOST_TEST(beginning("caf\u00e9s", 4) == "caf");
  BOOST_TEST(beginning("\U0001f600", 3) == "");
  BOOST_TEST(beginning("abc", 0) == "");
  BOOST_TEST(beginning("", 5) == "");
  BOOST_TEST(beginning("\x80\x80\x80", 2) == "", "continuation bytes alone end somewhere too");
}

BOOST_AUTO_TEST_CASE(the_beginning_of_utf8_is_utf8_as_long_as_may_be) {
  BOOST_TEST(rc::check([] {
    auto const text = joined(*characters());
    auto const bytes = *rc::gen::inRange<std::size_t>(0, text.size() + 4);
    auto const start = beginning(text, bytes);
    RC_ASSERT(is_utf8(start));
    RC_ASSERT(start.size() <= bytes);
    RC_ASSERT(text.starts_with(start));
    RC_ASSERT(start.size() == text.size() || start.size() + character_length(text.substr(start.size())) > bytes);
  }));
}

BOOST_AUTO_TEST_CASE(the_beginning_of_any_bytes_is_a_prefix_within_the_limit) {
  BOOST_TEST(rc::check([] {
    auto const text = *bytes();
    auto const limit = *rc::gen::inRange<std::size_t>(0, text.size() + 4);
    auto const start = beginning(text, limit);
    RC_ASSERT(start.size() <= limit);
    RC_ASSERT(text.starts_with(start));
  }));
}

BOOST_AUTO_TEST_CASE(only_letters_of_ascii_change_their_case) {
  BOOST_TEST(lower_case("AZ az @[`{ 09 \u00c9\u0130") == "az az @[`{ 09 \u00c9\u0130");
  BOOST_TEST(same_word("In Progress", "iN pROGRESS"));
  BOOST_TEST(same_word("", ""));
  BOOST_TEST(!same_word("done", "done "));
  BOOST_TEST(!same_word("@", "`"));
  BOOST_TEST(!same_word("[", "{"));
  BOOST_TEST(!same_word("\u00c9", "\u00e9"));
  BOOST_TEST(rc::check([](std::string const& left, std::string const& right) {
    RC_ASSERT(same_word(left, right) == (lower_case(left) == lower_case(right)));
    RC_ASSERT(same_word(left, lower_case(left)));
  }));
}

BOOST_AUTO_TEST_CASE(xml_has_no_mark_up_left) {
  BOOST_TEST(xml_escaped("") == "");
  BOOST_TEST(xml_escaped("caf\u00e9 1") == "caf\u00e9 1");
  BOOST_TEST(xml_escaped(R"(<a href="x" id='y'>&amp;</a>)") ==
             "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
}

BOOST_AUTO_TEST_CASE(markdown_shows_its_signs_as_they_are) {
  BOOST_TEST(markdown_escaped("plain, 1.2 (x) caf\u00e9") == "plain, 1.2 (x) caf\u00e9");
  BOOST_TEST(markdown_escaped(R"(\ ` * _ ~ [ ] # | !)") == R"(\\ \` \* \_ \~ \[ \] \# \| \!)");
  BOOST_TEST(markdown_escaped("<b> & @team") == "&lt;b&gt; &amp; @<!-- -->team");
}
