#include "tests/messages/core/sample.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <cmath>

using namespace nexus;

BOOST_AUTO_TEST_CASE(members_come_in_the_order_of_their_declaration_with_absent_optionals_as_null) {
  auto rules = sample_rules{.name = "n", .tags = {"a", "b"}};
  BOOST_TEST(encode_json(rules) == R"({"name":"n","weight":1,"share":null,"tags":["a","b"],"key":"","default":false})");
}

BOOST_AUTO_TEST_CASE(numbers_that_json_cannot_say_become_null) {
  for (auto number : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                      -std::numeric_limits<double>::infinity()}) {
    auto const text = encode_json(sample{.number = number});
    BOOST_TEST(text.find(R"("number":null)") != std::string::npos);
    BOOST_TEST(parse_json(text).has_value());
  }
}

BOOST_AUTO_TEST_CASE(integers_of_any_width_are_written_exactly) {
  auto const text = encode_json(sample{.wide = std::numeric_limits<std::int64_t>::min(),
                                       .unsigned_wide = std::numeric_limits<std::uint64_t>::max()});
  BOOST_TEST(text.find(R"("wide":-9223372036854775808,"unsigned_wide":18446744073709551615)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(strings_are_escaped_and_broken_bytes_replaced) {
  auto const value = parse_json(encode_json(sample{.text = std::string("\"\\\n\0\xff\xe2\x82\xac", 8)}));
  BOOST_TEST_REQUIRE(value.has_value());
  BOOST_TEST(value->at("text") == std::string("\"\\\n\0\xef\xbf\xbd\xe2\x82\xac", 10));
}

BOOST_AUTO_TEST_CASE(free_json_stands_in_the_document_as_it_is_and_broken_text_as_a_string) {
  auto const written = [](std::string text) {
    auto const value = parse_json(encode_json(sample{.free = {std::move(text)}}));
    BOOST_TEST_REQUIRE(value.has_value());
    return value->at("free").dump();
  };
  BOOST_TEST(written("") == "null");
  BOOST_TEST(written(R"({"a": [1, 2]})") == R"({"a":[1,2]})");
  BOOST_TEST(written("{\"a\": ") == R"("{\"a\": ")");
  BOOST_TEST(written("1}, {") == R"("1}, {")");
  BOOST_TEST(written("\xff") == "\"\xef\xbf\xbd\"");
  BOOST_TEST(written("\xef\xbb\xbf{}") == "\"\xef\xbb\xbf{}\"");
  BOOST_TEST(written("[1e999]") == R"("[1e999]")");
  auto const deep = std::string(10'000, '[') + std::string(10'000, ']');
  BOOST_TEST(written(deep) == nlohmann::json(deep).dump());
}

BOOST_AUTO_TEST_CASE(an_enumerations_value_without_a_name_is_unknown) {
  auto const text = encode_json(sample{.colour = static_cast<sample_colour>(99)});
  BOOST_TEST(text.find(R"("colour":"unknown")") != std::string::npos);
  BOOST_TEST(name_of(sample_colour::to_do) == "To Do");
  BOOST_TEST(name_of(static_cast<sample_colour>(99)) == "unknown");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back_the_same) {
  auto const sound = rc::check([](bool flag, std::int64_t wide, std::uint64_t unsigned_wide, std::uint8_t narrow,
                                  std::int32_t signed_narrow, std::vector<std::uint16_t> const& letters,
                                  std::map<std::uint16_t, std::int64_t> const& table) {
    auto const text = [](std::uint16_t letter) {
      return nlohmann::json::parse("\"" + fmt::format("\\u{:04x}", letter % 0xd800) + "\"").get<std::string>();
    };
    auto const bits = *rc::gen::arbitrary<std::uint64_t>();
    auto object = sample{
        .flag = flag, .wide = wide, .unsigned_wide = unsigned_wide, .narrow = narrow, .signed_narrow = signed_narrow};
    if (auto const number = std::bit_cast<double>(bits); std::isfinite(number)) object.number = number;
    object.time =
        timestamp{std::chrono::milliseconds{*rc::gen::inRange<std::int64_t>(-62135596800000, 253402300800000)}};
    object.colour = *rc::gen::element(sample_colour::red, sample_colour::to_do, sample_colour::other);
    if (flag) object.maybe = static_cast<double>(wide);
    for (auto letter : letters) {
      object.text += text(letter);
      object.list.push_back(text(letter));
      object.tree.children.push_back({text(letter), {}});
    }
    for (auto const& [key, value] : table) object.table[text(key)] = value;
    auto const back = decode_json_text<sample>(encode_json(object), decode_mode::closed);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == object);
  });
  BOOST_TEST(sound);
}
