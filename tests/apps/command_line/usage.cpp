#include "tests/apps/command_line/program.hpp"

#include <fmt/format.h>

using namespace nexus::apps;

namespace {

std::vector<std::string> const commands[]{{"serve"},
                                          {"ask"},
                                          {"gate"},
                                          {"replay"},
                                          {"policy"},
                                          {"policy", "validate"},
                                          {"policy", "explain"},
                                          {"policy", "test"},
                                          {"policy", "diff"},
                                          {"policy", "schema"},
                                          {"call"},
                                          {"tools"},
                                          {"runs"},
                                          {"runs", "list"},
                                          {"runs", "show"},
                                          {"runs", "follow"},
                                          {"runs", "cancel"},
                                          {"tree"},
                                          {"status"},
                                          {"config"},
                                          {"config", "check"},
                                          {"config", "show"},
                                          {"config", "schema"},
                                          {"certs"},
                                          {"certs", "init"},
                                          {"certs", "issue"},
                                          {"certs", "rotate"},
                                          {"certs", "show"},
                                          {"simulate"},
                                          {"completion"},
                                          {"completion", "bash"},
                                          {"help"}};

} // namespace

BOOST_AUTO_TEST_CASE(every_command_explains_itself_with_examples_first) {
  for (auto words : commands) {
    auto name = std::string{"nexus"};
    for (auto const& word : words) name += " " + word;
    auto topic = words;
    topic.insert(topic.begin(), "help");
    words.push_back("--help");
    auto const result = run(words);
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(result.code == 0);
      BOOST_TEST(result.err == "");
      auto const examples = result.out.find("Examples:\n  ");
      auto const usage = result.out.find("Usage: " + name);
      BOOST_TEST(examples != std::string::npos);
      BOOST_TEST(usage != std::string::npos);
      BOOST_TEST(examples < usage);
      BOOST_TEST(run(topic).out == result.out);
    }
  }
}

BOOST_AUTO_TEST_CASE(help_lists_every_command_and_the_version_is_one_line) {
  auto const help = run({"--help"});
  BOOST_TEST(help.code == 0);
  for (auto const& words : commands) BOOST_TEST(contains(help.out, "  " + words.front()));
  auto const version = run({"--version"});
  BOOST_TEST(version.code == 0);
  BOOST_TEST(version.out.starts_with("nexus "));
  BOOST_TEST(std::count(version.out.begin(), version.out.end(), '\n') == 1);
}

BOOST_AUTO_TEST_CASE(exit_codes_are_documented) {
  auto const result = run({"help", "exit-codes"});
  BOOST_TEST(result.code == 0);
  for (auto const* code : {" 0 ", " 1 ", " 2 ", " 3 ", " 4 ", " 10 ", " 20 ", " 30 "})
    BOOST_TEST(contains(result.out, code));
}

BOOST_AUTO_TEST_CASE(typing_errors_are_met_with_what_was_probably_meant) {
  auto const check = [](std::vector<std::string> arguments, std::string_view text) {
    auto const result = run(std::move(arguments));
    BOOST_TEST(result.code == 2);
    BOOST_TEST(result.out == "");
    BOOST_TEST(result.err.starts_with("nexus: "));
    BOOST_TEST(contains(result.err, text));
  };
  check({"gat"}, "did you mean 'gate'?");
  check({"gate", "--relaese", "v1"}, "did you mean '--release'?");
  check({"runs", "lst"}, "did you mean 'list'?");
  check({"help", "gat"}, "did you mean 'gate'?");
  check({}, "a command is missing");
  check({"runs"}, "a command is missing");
  check({"ask"}, "question is required");
  check({"ask", "x", "--timeout", "soon"}, "--timeout");
}

BOOST_AUTO_TEST_CASE(an_output_that_cannot_be_written_is_a_failure) {
  auto const result = process{{{"-c", fmt::format("{} --help > /dev/full", NEXUS_PROGRAM)}}, "sh"}.finish();
  BOOST_TEST(result.code == 1);
  BOOST_TEST(contains(result.err, "standard output"));
}

BOOST_AUTO_TEST_CASE(completion_scripts_are_valid_and_complete) {
  auto const directory = temporary_directory{};
  auto const bash = directory.write("nexus.bash", run({"completion", "bash"}).out);
  auto const valid = process{{{"-n", bash}}, "bash"}.finish();
  BOOST_TEST(valid.code == 0);
  BOOST_TEST(valid.err == "");
  auto const complete = [&](std::string const& words, int index) {
    auto const script = fmt::format("source {}; COMP_WORDS=({}); COMP_CWORD={}; _nexus; echo \"${{COMPREPLY[*]}}\"",
                                    bash, words, index);
    return process{{{"-c", script}}, "bash"}.finish().out;
  };
  BOOST_TEST(complete("nexus ga", 1) == "gate\n");
  BOOST_TEST(complete("nexus gate --ju", 2) == "--junit\n");
  BOOST_TEST(complete("nexus runs fo", 2) == "follow\n");
  BOOST_TEST(complete("nexus policy val", 2) == "validate\n");
  BOOST_TEST(complete("nexus policy explain --env", 3) == "--environment\n");
  BOOST_TEST(complete("nexus runs list --st", 3) == "--status\n");
  BOOST_TEST(complete("nexus gate --release v1 --mark", 4) == "--markdown\n");
  for (auto const* shell : {"zsh", "fish"}) {
    auto const script = run({"completion", shell});
    BOOST_TEST(script.code == 0);
    BOOST_TEST(contains(script.out, "gate"));
    auto const file = directory.write(shell, script.out);
    auto const checked = process{{{"-n", file}}, shell}.finish();
    BOOST_TEST((checked.code == 0 || checked.code == 127), checked.err); // 127: the shell is not installed
  }
}
