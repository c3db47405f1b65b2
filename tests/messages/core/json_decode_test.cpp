#include "tests/messages/core/sample.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

namespace nexus {
NEXUS_DEFINE_CODECS(sample_colour, sample_node, sample_empty, sample, sample_rules)
} // namespace nexus

namespace {

template <class T = sample>
auto decode(std::string const& text, decode_mode mode = decode_mode::closed) -> expected<T> {
  return decode_json_text<T>(text, mode);
}

template <class T = sample>
auto refusal(std::string const& text, decode_mode mode = decode_mode::closed) -> std::string {
  auto const outcome = decode<T>(text, mode);
  if (outcome) return "accepted";
  BOOST_TEST((outcome.error().code == errc::invalid_argument));
  return outcome.error().render();
}

} // namespace

BOOST_AUTO_TEST_CASE(every_shape_is_read) {
  auto const read = decode(R"({"flag": true, "wide": -9223372036854775808, "unsigned_wide": 18446744073709551615,
      "narrow": 255, "signed_narrow": -2147483648, "number": 2.5, "text": "a\u0000b\u20ac", "time": "2026-11-23T17:58:25.123Z",
      "free": {"any": [1, null]}, "colour": "To Do", "maybe": 3, "maybe_colour": "other", "list": ["x", ""],
      "table": {"k": 7, "": -7}, "tree": {"name": "root", "children": [{"name": "leaf", "children": []}]},
      "nothings": [{}, {}]})");
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->flag);
  BOOST_TEST(read->wide == std::numeric_limits<std::int64_t>::min());
  BOOST_TEST(read->unsigned_wide == std::numeric_limits<std::uint64_t>::max());
  BOOST_TEST(read->narrow == 255);
  BOOST_TEST(read->signed_narrow == std::numeric_limits<std::int32_t>::min());
  BOOST_TEST(read->number == 2.5);
  BOOST_TEST(read->text == std::string("a\0b\u20ac", 6));
  BOOST_TEST(read->time.time_since_epoch().count() == 1795456705123);
  BOOST_TEST(read->free.text == R"({"any":[1,null]})");
  BOOST_TEST((read->colour == sample_colour::to_do));
  BOOST_TEST(read->maybe.value() == 3.0);
  BOOST_TEST((read->maybe_colour == sample_colour::other));
  BOOST_TEST(read->list.size() == 2u);
  BOOST_TEST(read->table.at("") == -7);
  BOOST_TEST(read->tree.children.at(0).name == "leaf");
  BOOST_TEST(read->nothings.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_missing_member_is_named_with_its_path) {
  BOOST_TEST(refusal<sample_rules>("{}") == "$.name: required member 'name' is missing");
  BOOST_TEST(refusal(R"({"tree": {"name": "r", "children": [{"name": "x", "children": []}, {"name": "y"}]}})") ==
             "$.tree.children[1].children: required member 'children' is missing");
}

BOOST_AUTO_TEST_CASE(a_mistyped_member_is_named_with_what_was_expected) {
  BOOST_TEST(refusal(R"({"flag": 1})") == "$.flag: expected boolean, got integer");
  BOOST_TEST(refusal(R"({"wide": "1"})") == "$.wide: expected integer, got string");
  BOOST_TEST(refusal(R"({"wide": 1.5})") == "$.wide: expected integer, got number");
  BOOST_TEST(refusal(R"({"number": "1"})") == "$.number: expected number, got string");
  BOOST_TEST(refusal(R"({"text": 1})") == "$.text: expected string, got integer");
  BOOST_TEST(refusal(R"({"list": "x"})") == "$.list: expected array, got string");
  BOOST_TEST(refusal(R"({"list": ["x", 1]})") == "$.list[1]: expected string, got integer");
  BOOST_TEST(refusal(R"({"table": []})") == "$.table: expected object, got array");
  BOOST_TEST(refusal(R"({"table": {"k": true}})") == "$.table.k: expected integer, got boolean");
  BOOST_TEST(refusal(R"({"time": 5})") == "$.time: expected RFC 3339 timestamp, got integer");
  BOOST_TEST(refusal(R"({"colour": 5})") == "$.colour: expected string, got integer");
  BOOST_TEST(refusal(R"({"tree": 5})") == "$.tree: expected object, got integer");
  BOOST_TEST(refusal("[]") == "$: expected object, got array");
}

BOOST_AUTO_TEST_CASE(integers_out_of_their_types_range_are_refused) {
  BOOST_TEST(refusal(R"({"narrow": 256})") == "$.narrow: integer 256 is out of range (0 to 255)");
  BOOST_TEST(refusal(R"({"narrow": -1})") == "$.narrow: integer -1 is out of range (0 to 255)");
  BOOST_TEST(refusal(R"({"signed_narrow": 2147483648})") ==
             "$.signed_narrow: integer 2147483648 is out of range (-2147483648 to 2147483647)");
  BOOST_TEST(refusal(R"({"wide": 9223372036854775808})") ==
             "$.wide: integer 9223372036854775808 is out of range (-9223372036854775808 to 9223372036854775807)");
  BOOST_TEST(refusal(R"({"wide": 1e300})") == "$.wide: expected integer, got number");
}

BOOST_AUTO_TEST_CASE(a_whole_number_with_a_fraction_of_zero_is_an_integer) {
  BOOST_TEST(decode(R"({"wide": 3.0})")->wide == 3);
  BOOST_TEST(decode(R"({"narrow": 2.55e2})")->narrow == 255);
  BOOST_TEST(decode(R"({"wide": -0.0})")->wide == 0);
}

BOOST_AUTO_TEST_CASE(bounds_of_values_lengths_and_counts_are_checked) {
  BOOST_TEST(refusal<sample_rules>(R"({"name": "", "weight": 0})") == "$.weight: value must be between 1 and 10");
  BOOST_TEST(refusal<sample_rules>(R"({"name": "", "weight": 11})") == "$.weight: value must be between 1 and 10");
  BOOST_TEST(refusal<sample_rules>(R"({"name": "", "share": 0.8})") == "$.share: value must be between 0.25 and 0.75");
  BOOST_TEST(refusal<sample_rules>(R"({"name": "", "tags": ["a", "b", "c"]})") ==
             "$.tags: number of items must be at most 2");
  BOOST_TEST(refusal<sample_rules>(R"({"name": "", "key": "abcd"})") == "$.key: length must be at most 3");
  // Three characters, nine bytes.
  BOOST_TEST(decode<sample_rules>(R"({"name": "", "key": "\u20ac\u20ac\u20ac"})").has_value());
  BOOST_TEST(decode<sample_rules>(R"({"name": "", "weight": 10, "share": 0.25})").has_value());
}

BOOST_AUTO_TEST_CASE(a_defaulted_member_keeps_its_default_when_absent_or_null) {
  BOOST_TEST(decode<sample_rules>(R"({"name": "n"})")->weight == 1);
  BOOST_TEST(decode<sample_rules>(R"({"name": "n", "weight": null, "share": null})")->weight == 1);
  BOOST_TEST(refusal<sample_rules>(R"({"name": null})") == "$.name: expected string, got null");
}

BOOST_AUTO_TEST_CASE(a_member_may_have_a_name_that_is_no_identifier) {
  BOOST_TEST(decode<sample_rules>(R"({"name": "n", "default": true})")->is_default);
  BOOST_TEST(refusal<sample_rules>(R"({"name": "n", "is_default": true})") ==
             "$.is_default: unknown member 'is_default' (did you mean 'default'?)");
}

BOOST_AUTO_TEST_CASE(closed_decoding_refuses_unknown_members_and_guesses_what_was_meant) {
  BOOST_TEST(refusal<sample_rules>(R"({"name": "n", "wieght": 2})") ==
             "$.wieght: unknown member 'wieght' (did you mean 'weight'?)");
  BOOST_TEST(refusal(R"({"tree": {"name": "r", "children": [], "nmae": 1}})") ==
             "$.tree.nmae: unknown member 'nmae' (did you mean 'name'?)");
  BOOST_TEST(refusal<sample_rules>(R"({"name": "n", "colour": 2})") ==
             "$.colour: unknown member 'colour' (known here: name, weight, share, tags, key, default)");
  auto const shown = refusal<sample_rules>(R"({"name": "n", ")" + std::string(100'000, 'x') + R"(": 1})");
  BOOST_TEST(shown.size() < 300u);
}

BOOST_AUTO_TEST_CASE(open_decoding_ignores_unknown_members_and_counts_them_at_any_depth) {
  auto const text = R"({"flag": true, "more": 1, "tree": {"name": "r", "children": [], "colour": "red"}})";
  BOOST_TEST(decode(text, decode_mode::open)->flag);
  auto object = sample{};
  auto ignored = std::size_t{};
  BOOST_TEST(
      decode_json(descriptor_of<sample>(), &object, *parse_json(text), decode_mode::open, "$", &ignored).has_value());
  BOOST_TEST(ignored == 2u);
}

BOOST_AUTO_TEST_CASE(open_decoding_is_strict_about_types_and_required_members) {
  BOOST_TEST(refusal(R"({"flag": 1})", decode_mode::open) == "$.flag: expected boolean, got integer");
  BOOST_TEST(refusal<sample_rules>("{}", decode_mode::open) == "$.name: required member 'name' is missing");
}

BOOST_AUTO_TEST_CASE(an_unknown_enumerator_is_refused_with_what_there_is) {
  BOOST_TEST(refusal(R"({"colour": "to_do"})") == "$.colour: 'to_do' is not one of: red, To Do, other");
  BOOST_TEST(refusal(R"({"colour": ""})") == "$.colour: '' is not one of: red, To Do, other");
}

BOOST_AUTO_TEST_CASE(null_and_absence_empty_an_optional) {
  auto object = sample{};
  object.maybe = 1.0;
  BOOST_TEST(decode_json(descriptor_of<sample>(), &object, *parse_json(R"({"maybe": null})"), decode_mode::closed)
                 .has_value());
  BOOST_TEST(!object.maybe.has_value());
  BOOST_TEST(!decode("{}")->maybe.has_value());
}

BOOST_AUTO_TEST_CASE(the_path_of_an_error_may_start_elsewhere) {
  auto const outcome = decode_json<sample>(*parse_json(R"({"flag": 1})"), decode_mode::closed, "policy.yaml");
  BOOST_TEST(outcome.error().where == "policy.yaml.flag");
}

BOOST_AUTO_TEST_CASE(text_becomes_the_json_that_a_type_expects) {
  auto const member = [](std::string_view name) -> type_descriptor const& {
    for (auto const& entry : descriptor_of<sample>().members)
      if (entry.name == name) return entry.type();
    throw std::out_of_range{"no such member"};
  };
  auto const read = [&](std::string_view name, std::string_view text) {
    auto const value = json_from_text(member(name), text, "--" + std::string{name});
    return value ? value->dump() : value.error().render();
  };
  BOOST_TEST(read("wide", "3") == "3");
  BOOST_TEST(read("wide", "-3") == "-3");
  BOOST_TEST(read("wide", "3x") == "--wide: expected integer, got '3x'");
  BOOST_TEST(read("wide", "") == "--wide: expected integer, got ''");
  BOOST_TEST(read("unsigned_wide", "18446744073709551615") == "18446744073709551615");
  BOOST_TEST(read("number", "2.5e1") == "25.0");
  BOOST_TEST(read("number", "inf") == "--number: expected number, got 'inf'");
  BOOST_TEST(read("number", "nan") == "--number: expected number, got 'nan'");
  BOOST_TEST(read("flag", "true") == "true");
  BOOST_TEST(read("flag", "no") == "false");
  BOOST_TEST(read("flag", "maybe") == "--flag: expected boolean, got 'maybe'");
  BOOST_TEST(read("text", "[1]") == R"("[1]")");
  BOOST_TEST(read("text", "\xff") == "--text: the text is not UTF-8");
  BOOST_TEST(read("maybe", "1") == "1.0");
  BOOST_TEST(read("list", "a,b,,c") == R"(["a","b","","c"])");
  BOOST_TEST(read("list", "") == "[]");
  BOOST_TEST(read("list", R"(["a,b"])") == R"(["a,b"])");
  BOOST_TEST(read("table", R"({"k": 1})") == R"({"k":1})");
  BOOST_TEST(read("table", "{") == "--table: not JSON: unexpected end at line 1, column 2");
}

BOOST_AUTO_TEST_CASE(a_typing_error_is_matched_to_its_nearest_candidate_and_nothing_else) {
  auto const names = std::vector<std::string_view>{"weight", "threshold", "key"};
  BOOST_TEST(did_you_mean("wieght", names) == "weight");
  BOOST_TEST(did_you_mean("treshold", names) == "threshold");
  BOOST_TEST(did_you_mean("kay", names) == "key");
  BOOST_TEST(did_you_mean("colour", names) == "");
  BOOST_TEST(did_you_mean("", names) == "");
  BOOST_TEST(did_you_mean(std::string(1000, 'w'), names) == "");
  BOOST_TEST(did_you_mean("weight", {}) == "");
}
