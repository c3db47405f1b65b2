#include "messages/core/codec.hpp"
#include "runtime/settings/yaml.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace nexus;

namespace {

auto parsed(std::string_view text) -> nlohmann::json {
  auto document = parse_yaml(text, "file.yaml");
  if (!document) BOOST_FAIL(document.error().render());
  return document->value;
}

auto refused(std::string_view text) -> error {
  auto document = parse_yaml(text, "file.yaml");
  BOOST_REQUIRE_MESSAGE(!document, "accepted: " << text.substr(0, 80));
  return document.error();
}

auto repeat(std::string_view text, std::size_t times) -> std::string {
  auto result = std::string{};
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(scalars_follow_the_core_schema) {
  BOOST_TEST(parsed("[true, False, null, ~, 12, -3, +4, 010, 0x1f, 0o17, 1.5, -2e3, .5, 7.]").dump() ==
             "[true,false,null,null,12,-3,4,10,31,15,1.5,-2000.0,0.5,7.0]");
  BOOST_TEST(parsed("[yes, no, on, off, y, 1_000, 12:30:45, 2026-11-23, 0b1, 0x, '-', 1e, .]").dump() ==
             R"(["yes","no","on","off","y","1_000","12:30:45","2026-11-23","0b1","0x","-","1e","."])");
  BOOST_TEST(parsed("['12', \"true\", 'null', ! 5]").dump() == R"(["12","true","null","5"])");
  BOOST_TEST(parsed("[-9223372036854775808, 18446744073709551615]").dump() ==
             "[-9223372036854775808,18446744073709551615]");
}

BOOST_AUTO_TEST_CASE(block_texts_keep_their_lines) {
  BOOST_TEST(parsed("a: |\n  one\n  two\nb: >\n  one\n  two\n") ==
             nlohmann::json({{"a", "one\ntwo\n"}, {"b", "one two\n"}}));
}

BOOST_AUTO_TEST_CASE(a_file_of_comments_is_null) {
  BOOST_TEST(parsed("# nothing\n\n").is_null());
  BOOST_TEST(parsed("").is_null());
  BOOST_TEST(parsed("---\n...\n").is_null());
}

BOOST_AUTO_TEST_CASE(a_path_is_replaced_by_file_and_line) {
  auto const document = parse_yaml("# head\nruns:\n  retention:\n    max_age: 30d\n  steps:\n    - 1\n    - two\n"
                                   "a.b:\n  c: 1\n\"\": 2\n",
                                   "config/nexus.yaml");
  BOOST_REQUIRE(document);
  BOOST_TEST(document->line_of("$") == 2);
  BOOST_TEST(document->line_of("$.runs.retention.max_age") == 4);
  BOOST_TEST(document->line_of("$.runs.retention.missing") == 3);
  BOOST_TEST(document->line_of("$.runs.steps[1]") == 7);
  BOOST_TEST(document->line_of("$.runs.steps[99999999999999999999]") == 5);
  BOOST_TEST(document->line_of("$.a.b.c") == 9);
  BOOST_TEST(document->line_of("$.") == 10);
  BOOST_TEST(document->line_of("nonsense") == 2);
  auto const located = document->locate({errc::invalid_argument, "expected integer", "$.runs.steps[1]", {}, {}});
  BOOST_TEST(located.render() == "config/nexus.yaml:7: $.runs.steps[1]: expected integer");
  BOOST_TEST(document->locate({errc::invalid_argument, "x", "elsewhere", {}, {}}).where == "elsewhere");
}

BOOST_AUTO_TEST_CASE(what_means_different_things_to_different_readers_is_refused_with_its_place) {
  struct example {
    std::string_view text, where, message;
  };
  for (auto const& [text, where, message] : {
           example{"a: 1\nb: 2\na: 3\n", "file.yaml:3:1", "the key 'a' appears twice"},
           example{"a: {b: 1, \"b\": 2}\n", "file.yaml:1:11", "the key 'b' appears twice"},
           example{"a: &x 1\nb: *x\n", "file.yaml:1:4", "anchors and aliases"},
           example{"base: {a: 1}\nb:\n  <<: {c: 1}\n", "file.yaml:3:3", "merge keys"},
           example{"a: 1\n---\nb: 2\n", "file.yaml:2:1", "a second document"},
           example{"a: !!binary aGk=\n", "file.yaml:1:4", "the tag 'tag:yaml.org,2002:binary'"},
           example{"a: !ruby/object:X {}\n", "file.yaml:1:4", "the tag '!ruby/object:X'"},
           example{"a: .inf\n", "file.yaml:1:4", "is no finite number"},
           example{"a: -.NaN\nb: .nan\n", "file.yaml:2:4", "is no finite number"},
           example{"a: 1e999\n", "file.yaml:1:4", "is no finite number"},
           example{"a: 18446744073709551616\n", "file.yaml:1:4", "does not fit 64 bits"},
           example{"? [a, b]\n: c\n", "file.yaml:1:3", "cannot be a key"},
           example{": c\n", "file.yaml:1:1", "a key is missing"},
           example{"a: [1, 2\n", "file.yaml:2:1", "end of sequence flow not found"},
           example{"a:\n\t- b\n", "file.yaml:2:2", "illegal block entry"},
           example{"a: 'open\n", "file.yaml:2:2", "illegal EOF in scalar"},
           example{"ok: 1\nb: \xff\n", "file.yaml:2:4", "byte 0xff"},
           example{std::string_view{"a: \0\n", 5}, "file.yaml:1:4", "byte 0x00"},
           example{"\xed\xa0\x80", "file.yaml:1:1", "byte 0xed"},
       }) {
    auto const problem = refused(text);
    BOOST_TEST(problem.where == where, text << ": " << problem.render());
    BOOST_TEST(problem.message.find(message) != std::string::npos, text << ": " << problem.render());
    BOOST_TEST((problem.code == errc::malformed));
  }
}

BOOST_AUTO_TEST_CASE(size_depth_and_number_are_bounded) {
  BOOST_TEST((refused(repeat("a", 1024 * 1024 + 1)).code == errc::too_large));
  BOOST_TEST((refused(repeat("[", 65) + repeat("]", 65)).code == errc::too_large));
  BOOST_TEST(parsed(repeat("[", 64) + repeat("]", 64)).is_array());
  BOOST_TEST((refused("[" + repeat("1,", 100'001) + "]").code == errc::too_large));
  for (auto const* hostile :
       {"[", "{", "{a: ", "[{", "- ", "? ", ": ", "!a ", "'a", "\"", "a: ", "&a ", "*a ", "---\n", "- - ? "})
    (void)refused(repeat(hostile, 256 * 1024 / std::strlen(hostile)));
}

BOOST_AUTO_TEST_CASE(a_billion_laughs_die_at_the_first) {
  auto text = std::string{"a: &a [lol, lol, lol]\n"};
  for (char c = 'b'; c < 'k'; ++c) text += fmt::format("{0}: &{0} [*{1}, *{1}, *{1}]\n", c, char(c - 1));
  BOOST_TEST(refused(text).where == "file.yaml:1:4");
}

RC_BOOST_PROP(json_is_yaml_and_means_the_same, (std::map<std::uint16_t, std::vector<std::int64_t>> const& numbers,
                                                std::vector<std::string> const& texts)) {
  auto value = nlohmann::json::object();
  for (auto const& [key, list] : numbers) value[fmt::format("{:x}", key)] = list;
  for (auto const& text : texts)
    if (text.find('\x7f') == std::string::npos) value["texts"].push_back(text);
  auto const text = dump_json(value, 1);
  auto const document = parse_yaml(text, "x");
  RC_ASSERT(document.has_value());
  RC_ASSERT(document->value == nlohmann::json::parse(text));
}

RC_BOOST_PROP(any_text_is_read_or_refused_with_a_reason, (std::vector<std::uint8_t> const& choices)) {
  static constexpr std::string_view pieces[] = {"a", ":", " ", "\n", "- ", "[", "]", "{", "}", ",",  "'",   "\"", "#",
                                                "|", ">", "?", "&",  "*",  "!", "%", "@", "`", "\t", "---", "..."};
  auto text = std::string{};
  for (auto const choice : choices) text += pieces[choice % std::size(pieces)];
  if (auto const document = parse_yaml(text, "x"); !document) RC_ASSERT(!document.error().message.empty());
}
