#include "tests/apps/command_line/program.hpp"

using namespace nexus::apps;

namespace {

constexpr auto wrong = "bind: 127.0.0.1\n"
                       "runs:\n"
                       "  max_stepps: 5\n"
                       "  timeout: soon\n"
                       "log: {level: loud}\n";

} // namespace

BOOST_AUTO_TEST_CASE(every_problem_of_the_settings_is_named_at_once) {
  auto const directory = temporary_directory{};
  auto const file = directory.write("nexus.yaml", wrong);
  for (auto const* command : {"check", "show"}) {
    auto const result =
        run({.arguments = {"config", command, "--config", file, "--set", "novalue", "--port-offset", "x"},
             .environment = {{"NEXUS_ENV", "moon"}}});
    BOOST_TEST(result.code == 2);
    BOOST_TEST(result.out == "");
    for (auto const* text : {"nexus.yaml:3", "did you mean 'max_steps'?", "nexus.yaml:4", "nexus.yaml:5", "NEXUS_ENV",
                             "'novalue' has no '='", "--port-offset"})
      BOOST_TEST(contains(result.err, text));
    BOOST_TEST(std::count(result.err.begin(), result.err.end(), '\n') == 6);
  }
}

BOOST_AUTO_TEST_CASE(serve_refuses_wrong_settings_with_all_their_problems) {
  auto const directory = temporary_directory{};
  auto const result = run({"serve", "--config", directory.write("nexus.yaml", wrong)});
  BOOST_TEST(result.code == 2);
  BOOST_TEST(std::count(result.err.begin(), result.err.end(), '\n') == 3);
}

BOOST_AUTO_TEST_CASE(problems_are_also_a_json_document) {
  auto const directory = temporary_directory{};
  auto const result = run({"config", "check", "--json", "--config", directory.write("nexus.yaml", wrong)});
  BOOST_TEST(result.code == 2);
  auto const document = result.json();
  BOOST_TEST(document["valid"] == false);
  BOOST_TEST(document["problems"].size() == 3U);
  BOOST_TEST(document["problems"][0].contains("remedy"));
  BOOST_TEST(run({"config", "check", "--json"}).json()["valid"] == true);
}

BOOST_AUTO_TEST_CASE(a_settings_file_that_is_not_there_is_an_error_only_when_it_was_named) {
  BOOST_TEST(run({"config", "check"}).code == 0);
  auto const named = run({"config", "check", "--config", "none.yaml"});
  BOOST_TEST(named.code == 2);
  BOOST_TEST(contains(named.err, "none.yaml"));
  auto const variable = run({.arguments = {"config", "check"}, .environment = {{"NEXUS_CONFIG", "none.yaml"}}});
  BOOST_TEST(variable.code == 2);
}

BOOST_AUTO_TEST_CASE(values_and_their_origins_are_shown_and_secrets_are_not) {
  auto const directory = temporary_directory{};
  directory.write("config/nexus.yaml", "runs: {max_steps: 7}\n");
  auto const call = invocation{
      .arguments = {"config", "show", "--origin", "--set", "runs.timeout=5m"},
      .environment = {{"NEXUS_BIND", "127.0.0.2"}, {"NEXUS_JWT_SECRET", "do-not-show-this-secret-to-anybody"}},
      .directory = directory.path()};
  auto const result = run(call);
  BOOST_TEST(result.code == 0);
  BOOST_TEST(contains(result.out, "config/nexus.yaml:1"));
  BOOST_TEST(contains(result.out, "NEXUS_BIND"));
  BOOST_TEST(contains(result.out, "--set"));
  BOOST_TEST(result.out.find("do-not-show") == std::string::npos);
  auto json_call = call;
  json_call.arguments.push_back("--json");
  auto const document = run(json_call).json();
  BOOST_TEST(document["settings"]["runs"]["max_steps"] == 7);
  BOOST_TEST(document["origins"]["bind"]["detail"] == "NEXUS_BIND");
}

BOOST_AUTO_TEST_CASE(the_schema_is_the_shipped_one) {
  auto const result = run({"config", "schema"});
  BOOST_TEST(result.code == 0);
  BOOST_TEST(result.out == read_all(std::string{NEXUS_SOURCE_DIR} + "/config/schemas/nexus.schema.json"));
}
