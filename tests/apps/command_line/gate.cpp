#include "tests/apps/command_line/sample_release.hpp"

using namespace nexus;
using namespace nexus::apps;

namespace {

auto gate(std::vector<std::string> arguments) -> outcome {
  arguments.insert(arguments.begin(), "gate");
  return run(std::move(arguments));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_sound_release_is_go) {
  auto const sound = release{};
  auto const result = run(sound.arguments());
  BOOST_TEST(result.code == 0);
  BOOST_TEST(contains(result.out, "GO  score 100 of 100"));
  BOOST_TEST(contains(result.out, "Release v1.1.0"));
  BOOST_TEST(result.err == "");
}

BOOST_AUTO_TEST_CASE(a_breaking_change_without_a_major_version_is_conditional) {
  auto const result = run(release{"feat!: drop the old interface"}.arguments({"--json"}));
  BOOST_TEST(result.code == 10);
  BOOST_TEST(result.json()["verdict"] == "CONDITIONAL");
}

BOOST_AUTO_TEST_CASE(coverage_between_the_thresholds_is_conditional) {
  auto const thin = release{};
  thin.repository.write("coverage.info", lcov(7));
  BOOST_TEST(run(thin.arguments()).code == 10);
}

BOOST_AUTO_TEST_CASE(without_reports_nothing_can_be_said) {
  auto const sound = release{};
  auto const result = gate({"--repo", sound.repository.path(), "--release", "v1.1.0"});
  BOOST_TEST(result.code == 20);
  BOOST_TEST(contains(result.out, "INCONCLUSIVE"));
  BOOST_TEST(contains(result.out, "no --junit was given"));
  BOOST_TEST(contains(result.out, "no --coverage was given"));
  BOOST_TEST(contains(result.out, "no --sarif was given"));
}

BOOST_AUTO_TEST_CASE(a_failing_test_is_no_go) {
  auto const broken = release{};
  broken.repository.write("reports/more.xml", failing);
  auto const result = run(broken.arguments({"--junit", broken.repository.path() + "/reports/more.xml", "--json"}));
  BOOST_TEST(result.code == 30);
  auto const decision = result.json();
  BOOST_TEST(decision["verdict"] == "NO_GO");
  BOOST_TEST(decision["blockers"].size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_first_release_is_in_order_and_breaks_nobody) {
  auto first = sample_repository{};
  first.commit("feat!: begin");
  auto const result = gate({"--repo", first.path(), "--release", "HEAD", "--json"});
  BOOST_TEST(result.code == 20);
  auto const judged = result.json();
  for (auto const& objective : judged["objectives"])
    if (objective["name"] == "history-in-order" || objective["name"] == "undeclared-breaking-changes")
      BOOST_TEST(objective["status"] == "pass");
}

BOOST_AUTO_TEST_CASE(a_glob_finds_reports_in_folders) {
  auto const sound = release{};
  sound.repository.write("reports/deep/down/more.xml", passing);
  auto const result = gate({"--repo", sound.repository.path(), "--release", "v1.1.0", "--json", "--junit",
                            sound.repository.path() + "/reports/**/*.xml"});
  auto const judged = result.json();
  for (auto const& objective : judged["objectives"])
    if (objective["name"] == "tests-ran") BOOST_TEST(objective["value"] == 4);
}

BOOST_AUTO_TEST_CASE(equal_inputs_give_equal_bytes_and_other_inputs_another_id) {
  auto const sound = release{};
  auto const arguments = sound.arguments({"--json", "--now", "2030-01-01T00:00:00Z"});
  auto const first = run(arguments), second = run(arguments);
  BOOST_TEST(first.out == second.out);
  BOOST_TEST(first.json()["decided_at"] == "2030-01-01T00:00:00.000Z");
  auto const later = run(sound.arguments({"--json", "--now", "2030-01-02T00:00:00Z"}));
  BOOST_TEST(first.json()["decision_id"] != later.json()["decision_id"]);
}

BOOST_AUTO_TEST_CASE(the_bundle_holds_the_evidence_whose_hash_the_decision_names) {
  auto const sound = release{};
  auto const file = sound.repository.path() + "/bundle.json";
  auto const result = run(sound.arguments({"--json", "--bundle", file}));
  auto const bundle = nlohmann::json::parse(read_all(file));
  BOOST_TEST(bundle["decision_id"] == result.json()["decision_id"]);
  BOOST_TEST(bundle["items"].size() > 10U);
  auto const refused = run(sound.arguments({"--bundle", sound.repository.path() + "/no/where.json"}));
  BOOST_TEST(refused.code == 2);
  BOOST_TEST(refused.out == "");
}

BOOST_AUTO_TEST_CASE(markdown_is_for_pull_requests) {
  auto const result = run(release{}.arguments({"--markdown"}));
  BOOST_TEST(result.code == 0);
  BOOST_TEST(result.out.starts_with("#"));
  BOOST_TEST(contains(result.out, "| "));
}

BOOST_AUTO_TEST_CASE(a_policy_of_ones_own_decides) {
  auto const sound = release{};
  auto const policy =
      sound.repository.write("policy.yaml", "name: own\nversion: \"1\"\nobjectives:\n"
                                            "  - {name: many, fact: tests.total, pass: '>= 5', key: true}\n");
  auto const result = run(sound.arguments({"--policy", policy, "--json"}));
  BOOST_TEST(result.code == 30);
  BOOST_TEST(result.json()["policy"] == "own");
}

BOOST_AUTO_TEST_CASE(a_policy_with_a_typing_error_is_named_with_its_line) {
  auto const sound = release{};
  auto const policy = sound.repository.write(
      "policy.yaml",
      "name: own\nversion: \"1\"\nobjectives:\n  - name: t\n    fact: tests.total\n    pass: '>= 5'\n    wieght: 2\n");
  auto const result = run(sound.arguments({"--policy", policy}));
  BOOST_TEST(result.code == 2);
  BOOST_TEST(contains(result.err, "policy.yaml:7"));
  BOOST_TEST(contains(result.err, "did you mean 'weight'?"));
  BOOST_TEST(result.out == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_exit_code_two_and_said) {
  auto const sound = release{};
  auto const repository = sound.repository.path();
  auto const broken = sound.repository.write("reports/broken.xml", "<testsuite>\n  <testcase name='a'\n</testsuite>");
  auto const refused = [&](std::vector<std::string> arguments, std::string_view text) {
    auto const result = gate(std::move(arguments));
    BOOST_TEST(result.code == 2);
    BOOST_TEST(result.out == "");
    BOOST_TEST(result.err.starts_with("nexus: "));
    BOOST_TEST(contains(result.err, text));
  };
  refused({"--repo", repository, "--release", "v9"}, "'v9'");
  refused({"--repo", repository, "--release", "v1.1.0", "--since", "nope"}, "'nope'");
  refused({"--repo", repository, "--release", "v1.1.0", "--junit", repository + "/none*.xml"}, "none*.xml");
  refused({"--repo", repository, "--release", "v1.1.0", "--junit", broken}, "broken.xml:");
  refused({"--repo", repository, "--release", "v1.1.0", "--coverage", repository + "/none.info"}, "none.info");
  refused({"--repo", repository, "--release", "v1.1.0", "--sarif", broken}, "broken.xml");
  refused({"--repo", repository, "--release", "v1.1.0", "--policy", repository + "/none.yaml"}, "none.yaml");
  refused({"--repo", repository, "--release", "v1.1.0", "--now", "yesterday"}, "'yesterday'");
  refused({"--repo", repository + "/reports/../..", "--release", "v1.1.0"}, "repository");
  refused({"--repo", repository}, "--release is required");
  refused({"--release", "x", "--json", "--markdown"}, "excludes");
  refused({"--release", "x", "--server", "http://127.0.0.1:1", "--junit", "x"}, "excludes");
  refused({"--repo", repository, "--release", "v1.1.0", "--environment", "prod"}, "has no environment 'prod'");
  refused({"--repo", repository, "--release", "v1.1.0", "--baseline", broken}, "broken.xml");
}

BOOST_AUTO_TEST_CASE(a_repository_without_commits_is_said_to_be_so) {
  auto const empty = sample_repository{};
  auto const result = gate({"--repo", empty.path(), "--release", "HEAD"});
  BOOST_TEST(result.code == 2);
  BOOST_TEST(contains(result.err, "commit"));
}

BOOST_AUTO_TEST_CASE(colour_and_marks_are_for_terminals_alone) {
  auto const sound = release{};
  auto const escape = std::string{"\x1b["};
  BOOST_TEST(contains(run({.arguments = sound.arguments(), .on_terminal = true}).out, escape));
  BOOST_TEST(contains(run({.arguments = sound.arguments(), .on_terminal = true}).out, "✓"));
  for (auto const& plain :
       {run({.arguments = sound.arguments(), .environment = {{"NO_COLOR", "1"}}, .on_terminal = true}),
        run({.arguments = sound.arguments({"--no-color"}), .on_terminal = true}),
        run({.arguments = sound.arguments(), .environment = {{"TERM", "dumb"}}, .on_terminal = true}),
        run(sound.arguments())})
    BOOST_TEST(plain.out.find(escape) == std::string::npos);
  auto const ascii = run({.arguments = sound.arguments(), .environment = {{"LC_ALL", "C"}}, .on_terminal = true}).out;
  BOOST_TEST(ascii.find("✓") == std::string::npos);
  BOOST_TEST(run(sound.arguments()).out.find("✓") == std::string::npos);
}
