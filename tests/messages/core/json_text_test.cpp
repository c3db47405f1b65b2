#include "messages/core/codec.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

namespace {

auto code_of(std::string const& text, json_limits limits = {}) -> errc {
  auto const value = parse_json(text, limits);
  BOOST_TEST_REQUIRE(!value.has_value());
  return value.error().code;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_nul_byte_does_not_hide_what_follows) {
  using namespace std::literals;
  BOOST_TEST(!parse_json("{}\0garbage"sv).has_value());
  BOOST_TEST(!is_json("{}\0"sv));
  BOOST_TEST(!parse_json("\"a\0b\""sv).has_value());
}

BOOST_AUTO_TEST_CASE(text_is_parsed_strictly) {
  for (auto text : {"",         " ",         "{",       "[1,]",        "{\"a\":1,}", "// x\n1", "/* x */ 1", "NaN",
                    "Infinity", "-Infinity", "[NaN]",   "'a'",         "{a:1}",      "01",      "+1",        "1.",
                    ".5",       "\"\t\"",    "\"\\x\"", "\"\\ud800\"", "nul",        "1 2",     "{} x"})
    BOOST_TEST((code_of(text) == errc::malformed), text);
}

BOOST_AUTO_TEST_CASE(a_syntax_error_names_its_line_and_column) {
  using namespace std::literals;
  auto const message = [](std::string_view text, json_limits limits = {}) {
    return parse_json(text, limits).error().message;
  };
  BOOST_TEST(message("{\"a\": tru}") == "not JSON: unexpected input at line 1, column 10");
  BOOST_TEST(message("{\r\n  \"a\": 1,\r\n  b\r\n}") == "not JSON: unexpected input at line 3, column 3");
  BOOST_TEST(message("[\"\u20ac\", x]") == "not JSON: unexpected input at line 1, column 7", "columns are characters");
  BOOST_TEST(message("") == "not JSON: unexpected end at line 1, column 1");
  BOOST_TEST(message("[1,\n") == "not JSON: unexpected end at line 2, column 1");
  BOOST_TEST(message("[\n\0]"sv) == "not JSON: a NUL byte at line 2, column 1");
  BOOST_TEST(message("[1,\n [2]]", {.depth = 1}) == "JSON is nested deeper than 1 levels (line 2, column 2)");
}

BOOST_AUTO_TEST_CASE(a_number_beyond_a_double_is_refused) {
  BOOST_TEST((code_of("1e999") == errc::malformed));
  BOOST_TEST((code_of("[-1e999]") == errc::malformed));
  BOOST_TEST(parse_json("1e-999").has_value());
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded_before_anything_recurses) {
  auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  BOOST_TEST(parse_json(nested(64)).has_value());
  BOOST_TEST((code_of(nested(65)) == errc::malformed));
  BOOST_TEST((code_of(nested(10'000)) == errc::malformed));
  BOOST_TEST((code_of(std::string(1024 * 1024, '[')) == errc::malformed));
  BOOST_TEST(parse_json(nested(10'000), {.depth = 10'000}).has_value());
  // Brackets inside strings do not nest.
  BOOST_TEST(parse_json("\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"").has_value());
}

BOOST_AUTO_TEST_CASE(size_is_bounded_to_the_byte) {
  auto const of_size = [](std::size_t size) { return "\"" + std::string(size - 2, 'x') + "\""; };
  BOOST_TEST(parse_json(of_size(1024 * 1024)).has_value());
  BOOST_TEST((code_of(of_size(1024 * 1024 + 1)) == errc::too_large));
  BOOST_TEST((code_of("[1]", {.bytes = 2}) == errc::too_large));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_refused) {
  for (auto text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"",
                    "\"\xe0\x80\x80\"", "\"\x80\"", "\"\xf5\x80\x80\x80\""})
    BOOST_TEST(parse_json(text).error().message == "JSON text is not UTF-8");
  BOOST_TEST(parse_json("\"\xf4\x8f\xbf\xbf \xed\x9f\xbf \xc2\x80\"").has_value());
}

BOOST_AUTO_TEST_CASE(of_equal_member_names_the_last_counts) {
  BOOST_TEST(parse_json(R"({"a": 1, "a": 2})")->dump() == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(dumping_never_throws) {
  BOOST_TEST(dump_json(nlohmann::json("\xff")) == "\"\xef\xbf\xbd\"");
  BOOST_TEST(dump_json(nlohmann::json(std::numeric_limits<double>::infinity())) == "null");
}

BOOST_AUTO_TEST_CASE(equal_values_have_equal_canonical_text) {
  auto const canonical = [](std::string const& text) { return canonical_json(*parse_json(text)); };
  BOOST_TEST(canonical(R"({ "b": [1.0, 2.5, -0.0], "a": {"y": null, "x": "\u20ac"} })") ==
             "{\"a\":{\"x\":\"\u20ac\",\"y\":null},\"b\":[1,2.5,0]}");
  BOOST_TEST(canonical("[100, 1e2, 100.0]") == "[100,100,100]");
  BOOST_TEST(canonical("[18446744073709551615, 1e300, 0.1]") == "[18446744073709551615,1e+300,0.1]");
  auto const once = canonical(R"({"z": [1e2, {"k": 1.5e-7}], "a": "x"})");
  BOOST_TEST(canonical(once) == once);
}
