#include "runtime/settings/settings.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

namespace nexus {

enum class colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct endpoint {
  std::string host;
  int port = 1;
};
BOOST_DESCRIBE_STRUCT(endpoint, (), (host, port))

struct inner_settings {
  std::uint16_t count = 1;
  duration_text wait = "1s";
  size_text room = "1KiB";
  secret token;
};
BOOST_DESCRIBE_STRUCT(inner_settings, (), (count, wait, room, token))

struct outer_settings {
  std::string name = "none";
  colour paint = colour::red;
  bool quick = false;
  std::optional<double> ratio;
  std::vector<std::string> words;
  std::vector<endpoint> endpoints;
  std::map<std::string, secret> keys;
  std::optional<duration_text> pause;
  inner_settings inner;
};
BOOST_DESCRIBE_STRUCT(outer_settings, (), (name, paint, quick, ratio, words, endpoints, keys, pause, inner))

NEXUS_CODECS(colour, endpoint, inner_settings, outer_settings)

constexpr auto describe_notes(tag<inner_settings>) {
  return std::to_array<member_note>({{.name = "*", .defaulted = true}, {.name = "count", .minimum = 1, .maximum = 9}});
}
constexpr auto describe_notes(tag<outer_settings>) {
  return std::to_array<member_note>({{.name = "*", .defaulted = true}});
}

NEXUS_DEFINE_CODECS(colour, endpoint, inner_settings, outer_settings)

} // namespace nexus

using namespace nexus;

namespace {

constexpr auto aliases = std::to_array<setting_alias>({{"PLAIN_COUNT", "inner.count"}, {"PLAIN_TOKEN", "inner.token"}});
constexpr auto others = std::to_array<std::string_view>({"APP_CONFIG"});

struct given {
  std::string file = {};
  std::map<std::string, std::string> environment = {};
  std::vector<command_line_setting> command_line = {};
};

auto load(given const& from) {
  auto layers = setting_layers{};
  if (!from.file.empty()) layers.file = parse_yaml(from.file, "app.yaml").value();
  layers.environment = from.environment;
  layers.command_line = from.command_line;
  layers.prefix = "APP_";
  layers.aliases = aliases;
  layers.other_variables = others;
  layers.read_file = [](std::string const& path) -> expected<std::string> {
    if (path == "token.txt") return "from a file\r\n";
    return fail_at(path, errc::not_found, "cannot be opened");
  };
  return load_settings<outer_settings>(layers);
}

auto good(given const& from) -> loaded<outer_settings> {
  auto result = load(from);
  if (!result) BOOST_FAIL(result.error().front().render());
  return std::move(*result);
}

auto problems(given const& from) -> std::vector<std::string> {
  auto texts = std::vector<std::string>{};
  if (auto const result = load(from); !result)
    for (auto const& problem : result.error()) texts.push_back(problem.render());
  return texts;
}

} // namespace

BOOST_AUTO_TEST_CASE(each_layer_wins_over_the_one_below) {
  auto const file = std::string{"inner:\n  count: 2\n"};
  auto const environment = std::map<std::string, std::string>{{"APP_INNER_COUNT", "3"}};
  auto const line = std::vector<command_line_setting>{{"inner.count", "4", "--count"}};
  auto const check = [](loaded<outer_settings> const& result, int count, std::string const& origin) {
    BOOST_TEST(result.value.inner.count == count);
    BOOST_TEST(to_string(result.origins.at("inner.count")) == origin);
  };
  check(good({}), 1, "built in");
  check(good({.file = file}), 2, "app.yaml:2");
  check(good({.file = file, .environment = environment}), 3, "APP_INNER_COUNT");
  check(good({.file = file, .environment = environment, .command_line = line}), 4, "--count");
  check(good({.file = file, .environment = {{"PLAIN_COUNT", "5"}}}), 5, "PLAIN_COUNT");
  check(good({.file = file, .environment = {{"PLAIN_COUNT", ""}}}), 2, "app.yaml:2");
}

BOOST_AUTO_TEST_CASE(every_shape_can_be_given_as_text) {
  auto const result = good({.environment = {{"APP_PAINT", "green"},
                                            {"APP_QUICK", "true"},
                                            {"APP_RATIO", "0.5"},
                                            {"APP_WORDS", "a,b"},
                                            {"APP_ENDPOINTS", R"([{"host":"x","port":2}])"},
                                            {"APP_KEYS", R"({"k":"v"})"},
                                            {"APP_PAUSE", "1h30m"},
                                            {"APP_INNER_ROOM", "2 MiB"}}});
  BOOST_TEST((result.value.paint == colour::green));
  BOOST_TEST(result.value.quick);
  BOOST_TEST(*result.value.ratio == 0.5);
  BOOST_TEST(result.value.words.size() == 2U);
  BOOST_TEST(result.value.endpoints.at(0).host == "x");
  BOOST_TEST(result.value.keys.at("k").reveal() == "v");
  BOOST_TEST(result.value.pause->value().count() == 5'400'000);
  BOOST_TEST(result.value.inner.room.bytes() == 2U << 20);
}

BOOST_AUTO_TEST_CASE(sections_may_be_empty_and_measures_plain_numbers) {
  auto const result = good({.file = "inner:\nwords:\n"});
  BOOST_TEST(result.value.inner.count == 1);
  auto const numbers = good({.file = "inner: {wait: 0, room: 4096}"});
  BOOST_TEST(numbers.value.inner.room.bytes() == 4096U);
  BOOST_TEST(numbers.value.inner.wait.value().count() == 0);
}

BOOST_AUTO_TEST_CASE(all_problems_are_reported_at_once_with_their_places) {
  auto const found = problems({.file = "nam: x\n"
                                       "paint: blue\n"
                                       "inner:\n"
                                       "  count: 10\n"
                                       "  wait: soon\n"
                                       "  token: 12\n"
                                       "endpoints:\n"
                                       "  - host: a\n"
                                       "    port: 1\n"
                                       "  - prt: 1\n"
                                       "    port: x\n",
                               .environment = {{"APP_QUICK", "perhaps"}, {"APP_INNER_ROOM", "1 XB"}},
                               .command_line = {{"inner.cont", "1", "--set inner.cont=1"}}});
  auto const wanted =
      std::vector<std::string>{"app.yaml:1: $.nam: unknown member 'nam' (did you mean 'name'?)",
                               "app.yaml:2: $.paint: 'blue' is not one of: red, green",
                               "app.yaml:4: $.inner.count: value must be between 1 and 9",
                               std::string{"app.yaml:5: $.inner.wait: 'soon' is no duration: a number is expected "
                                           "(write whole numbers with ms, s, m, h, d or w, such as 500ms, 30s, 1h30m, "
                                           "30d)"},
                               "app.yaml:6: $.inner.token: expected secret, got integer",
                               "app.yaml:10: $.endpoints[1].prt: unknown member 'prt' (did you mean 'port'?)",
                               "app.yaml:10: $.endpoints[1]: required member 'host' is missing",
                               "app.yaml:11: $.endpoints[1].port: expected integer, got string",
                               "APP_QUICK: expected boolean, got 'perhaps'",
                               std::string{"APP_INNER_ROOM: '1 XB' is no size: the unit is not known (write a whole "
                                           "number with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, such as 64MiB)"},
                               "--set inner.cont=1: there is no setting 'inner.cont' (did you mean 'inner.count'?)"};
  BOOST_TEST(found == wanted, boost::test_tools::per_element());
  BOOST_TEST(problems({.file = "- a\n- b\n"}) == std::vector<std::string>{"app.yaml:1: $: expected object, got array"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unknown_variables_are_warnings) {
  auto const result = good({.environment = {{"APP_INNER_COUTN", "1"}, {"APP_CONFIG", "x"}, {"OTHER", "1"}}});
  BOOST_REQUIRE(result.warnings.size() == 1U);
  BOOST_TEST(result.warnings[0].render() ==
             "APP_INNER_COUTN: no setting has this environment variable (did you mean APP_INNER_COUNT?)");
}

BOOST_AUTO_TEST_CASE(two_names_for_one_setting_must_agree) {
  BOOST_TEST(problems({.environment = {{"APP_INNER_COUNT", "2"}, {"PLAIN_COUNT", "2"}}}).empty());
  BOOST_TEST(problems({.environment = {{"APP_INNER_COUNT", "2"}, {"PLAIN_COUNT", "3"}}}) ==
                 std::vector<std::string>{
                     "PLAIN_COUNT: both this variable and APP_INNER_COUNT set inner.count (unset one of them)"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(secrets_come_from_files_too) {
  auto const result = good({.environment = {{"PLAIN_TOKEN_FILE", "token.txt"}}});
  BOOST_TEST(result.value.inner.token.reveal() == "from a file");
  BOOST_TEST(to_string(result.origins.at("inner.token")) == "PLAIN_TOKEN_FILE");
  BOOST_TEST(problems({.environment = {{"APP_INNER_TOKEN_FILE", "absent"}}}) ==
                 std::vector<std::string>{"APP_INNER_TOKEN_FILE: cannot be opened"},
             boost::test_tools::per_element());
  BOOST_TEST(problems({.environment = {{"PLAIN_TOKEN", "a"}, {"PLAIN_TOKEN_FILE", "token.txt"}}}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(settings_are_shown_with_their_origins_and_without_secrets) {
  auto const result = good({.file = "keys: {k: hidden}\nendpoints: [{host: h, port: 2}]",
                            .environment = {{"PLAIN_TOKEN", "hidden"}, {"APP_NAME", "x"}}});
  BOOST_TEST(render_settings(result, false) == "name: x\n"
                                               "paint: red\n"
                                               "quick: false\n"
                                               "ratio: null\n"
                                               "words: []\n"
                                               "endpoints: [{\"host\":\"h\",\"port\":2}]\n"
                                               "keys: {\"k\":\"(set)\"}\n"
                                               "pause: null\n"
                                               "inner.count: 1\n"
                                               "inner.wait: 1s\n"
                                               "inner.room: 1KiB\n"
                                               "inner.token: (set)\n");
  auto const with_origin = render_settings(result, true);
  BOOST_TEST(with_origin.find("# APP_NAME\n") != std::string::npos);
  BOOST_TEST(with_origin.find("# app.yaml:1\n") != std::string::npos);
  BOOST_TEST(with_origin.find("# built in\n") != std::string::npos);
  auto const json = render_settings_json(descriptor_of<outer_settings>(), &result.value, result.origins, true);
  BOOST_TEST(json["settings"]["inner"]["token"] == "(set)");
  BOOST_TEST(json["origins"]["inner.token"].dump() == R"({"layer":"environment","detail":"PLAIN_TOKEN"})");
  BOOST_TEST(json.dump().find("hidden") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(meaning_is_checked_at_the_place_of_the_setting) {
  auto layers = setting_layers{};
  layers.file = parse_yaml("name: x\npaint: blue\nendpoints:\n  - {host: a, port: 1}\n", "app.yaml").value();
  layers.environment = {{"APP_QUICK", "true"}};
  layers.prefix = "APP_";
  auto const result = load_settings<outer_settings>(layers, [](outer_settings const&) {
    return std::vector<error>{{errc::invalid_argument, "a", "name", {}, {}},
                              {errc::invalid_argument, "not reported: its shape is wrong", "paint", {}, {}},
                              {errc::invalid_argument, "b", "quick", {}, {}},
                              {errc::invalid_argument, "c", "endpoints[0].port", {}, {}},
                              {errc::invalid_argument, "d", "inner.token", {}, {}}};
  });
  BOOST_REQUIRE(!result);
  auto texts = std::vector<std::string>{};
  for (auto const& problem : result.error()) texts.push_back(problem.render());
  auto const wanted =
      std::vector<std::string>{"app.yaml:2: $.paint: 'blue' is not one of: red, green", "app.yaml:1: $.name: a",
                               "APP_QUICK: b", "app.yaml:4: $.endpoints[0].port: c", "inner.token: d"};
  BOOST_TEST(texts == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(durations_are_read) {
  auto const milliseconds = [](std::string_view text) { return parse_duration(text).value().count(); };
  BOOST_TEST(milliseconds("0") == 0);
  BOOST_TEST(milliseconds("500ms") == 500);
  BOOST_TEST(milliseconds("1h30m") == 5'400'000);
  BOOST_TEST(milliseconds("30d") == 30LL * 86'400'000);
  BOOST_TEST(milliseconds("2w1d1s1ms") == 15LL * 86'400'000 + 1001);
  for (auto const* bad : {"", "5", "s", "-1s", "1.5s", "1 s", "1sec", "1s ", "+1s", "99999999999999999999s",
                          "101w99999999d", "36601d", "9223372036854775807ms"})
    BOOST_TEST(!parse_duration(bad), bad);
}

BOOST_AUTO_TEST_CASE(sizes_are_read) {
  auto const bytes = [](std::string_view text) { return parse_size(text).value(); };
  BOOST_TEST(bytes("0") == 0U);
  BOOST_TEST(bytes("4096") == 4096U);
  BOOST_TEST(bytes("1 GiB") == 1U << 30);
  BOOST_TEST(bytes("64MiB") == 64U << 20);
  BOOST_TEST(bytes("10 kB") == 10'000U);
  for (auto const* bad : {"", "B", "-1B", "1.5GiB", "1  GiB", "1 ", "1gib", "1K", "99999999999999999999",
                          "9223372036854775808", "8388608TiB"})
    BOOST_TEST(!parse_size(bad), bad);
}

RC_BOOST_PROP(any_text_in_a_variable_is_taken_or_refused, (std::string const& text)) {
  for (auto const* name : {"APP_INNER_COUNT", "APP_INNER_WAIT", "APP_ENDPOINTS", "APP_KEYS", "APP_PAINT", "APP_RATIO"})
    if (auto const result = load({.environment = {{name, text}}}); !result)
      RC_ASSERT(result.error().front().where.starts_with(name));
}
