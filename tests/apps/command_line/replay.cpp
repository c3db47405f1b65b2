#include "tests/apps/command_line/client.hpp"
#include "tests/apps/command_line/sample_release.hpp"

using namespace nexus;
using namespace nexus::apps;

namespace {

/// A policy whose windows depend on the clock of a place.
constexpr auto policy_text =
    "name: own\nversion: \"1\"\nextends: ci\nfreezes:\n"
    "  - {name: evening, time_zone: Europe/Berlin, recurrence: daily from 17:30 to 18:30, effect: conditional}\n";

/// A decision and its bundle in files.
struct decided : release {
  decided() : release() {}

  std::string policy = repository.write("policy.yaml", policy_text);
  std::string bundle = repository.path() + "/evidence.json";
  outcome decision =
      run(arguments({"--policy", policy, "--json", "--bundle", bundle, "--now", "2030-01-01T17:00:00Z"}));
  std::string decision_file = repository.write("decision.json", decision.out);
};

} // namespace

BOOST_AUTO_TEST_CASE(a_replay_gives_the_same_bytes_in_another_directory_and_time_zone) {
  auto const first = decided{};
  BOOST_TEST(first.decision.code == 10); // 18:00 in Berlin: the freeze holds
  auto const elsewhere = temporary_directory{};
  auto const bundle = elsewhere.write("moved.json", read_all(first.bundle));
  for (auto const* zone : {"Asia/Tokyo", "America/St_Johns", "UTC", ":/nowhere"}) {
    auto const again = run({.arguments = {"replay", "moved.json", "--json"},
                            .environment = {{"TZ", zone}, {"LC_ALL", "C"}},
                            .directory = elsewhere.path()});
    BOOST_TEST(again.code == 10);
    BOOST_TEST(again.out == first.decision.out);
    BOOST_TEST(again.err == "");
  }
  auto const said = run({"replay", bundle, "--decision", first.decision_file});
  BOOST_TEST(said.code == 10);
  BOOST_TEST(said.out.starts_with("OK  v1.1.0 CONDITIONAL"));
}

BOOST_AUTO_TEST_CASE(a_bundle_of_an_earlier_version_gives_its_decision) {
  auto const folder = std::string{NEXUS_SOURCE_DIR} + "/tests/actors/readiness/bundles/";
  auto const result = run({"replay", folder + "version-0.1.json", "--decision", folder + "version-0.1.decision.json"});
  BOOST_TEST(result.code == 30, result.err);
  BOOST_TEST(result.out.starts_with("OK  v1.1.0 NO_GO"));
}

BOOST_AUTO_TEST_CASE(a_bundle_that_was_changed_is_different) {
  auto const first = decided{};
  auto changed = nlohmann::json::parse(read_all(first.bundle));
  for (auto& item : changed["items"])
    if (item["fact"] == "tests.failed") item["value"] = 2;
  auto const evidence = run({"replay", first.repository.write("changed.json", changed.dump())});
  BOOST_TEST(evidence.code == 1);
  BOOST_TEST(evidence.out.starts_with("DIFFERENT"));
  BOOST_TEST(contains(evidence.err, "$.verdict: CONDITIONAL was recorded, NO_GO follows"), evidence.err);
  changed["policy"]["pass"] = 1;
  BOOST_TEST(run({"replay", first.repository.write("changed.json", changed.dump())}).code == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_bundle_is_said_with_what_to_do) {
  auto const first = decided{};
  auto later = nlohmann::json::parse(read_all(first.bundle));
  later["signature"] = "x";
  auto const result = run({"replay", first.repository.write("later.json", later.dump())});
  BOOST_TEST(result.code == 2);
  BOOST_TEST(contains(result.err, "$.signature"), result.err);
  BOOST_TEST(contains(result.err, "replay it with that version"), result.err);
  BOOST_TEST(run({"replay", first.decision_file}).code == 2);
  BOOST_TEST(run({"replay", first.repository.path() + "/none.json"}).code == 2);
  BOOST_TEST(run({"replay", first.bundle, "--decision", first.bundle}).code == 1);
}

BOOST_AUTO_TEST_CASE(a_bundle_is_a_baseline_for_the_next_release) {
  auto const first = decided{};
  auto const relative = first.repository.write(
      "relative.yaml", "name: own\nversion: \"1\"\nobjectives:\n"
                       "  - {name: coverage, fact: coverage.line_percentage, pass: '>= previous'}\n");
  BOOST_TEST(run(first.arguments({"--policy", relative})).code == 20);
  auto earlier = nlohmann::json::parse(read_all(first.bundle));
  earlier["release"] = "v1.0.0";
  auto const bundle = first.repository.write("earlier.json", earlier.dump());
  auto const result = run(first.arguments({"--policy", relative, "--baseline", bundle, "--json"}));
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.json()["objectives"][0]["baseline"] == "90 % in v1.0.0");
}

BOOST_AUTO_TEST_CASE(a_gate_writes_what_others_read) {
  auto const sound = release{};
  auto const badge = sound.repository.path() + "/badge.svg", event = sound.repository.path() + "/event.json";
  auto const result = run(sound.arguments({"--badge", badge, "--cdevents", event, "--markdown"}));
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(contains(read_all(badge), "v1.1.0: GO 100"));
  auto const written = nlohmann::json::parse(read_all(event));
  BOOST_TEST(written["context"]["type"] == "dev.cdevents.testsuiterun.finished.0.3.0");
  BOOST_TEST(contains(result.out, "<details>"));
  auto const printed = run(sound.arguments({"--cdevents", "-"}));
  BOOST_TEST(printed.json()["subject"]["content"]["outcome"] == "success");
  BOOST_TEST(run(sound.arguments({"--badge", sound.repository.path() + "/no/where.svg"})).code == 2);
}

BOOST_AUTO_TEST_CASE(a_gate_sets_the_status_of_the_commit) {
  auto simulator = process{{{"simulate", "--port", "0", "--seed", "7", "--now", "2026-03-02T09:00:00Z", "--json"}}};
  auto const url = nlohmann::json::parse(simulator.read_until("\n"))["url"].get<std::string>() + "/github";
  auto const read = [&](std::string const& path) {
    auto const answer =
        get(url + "/repos/nexus/backend" + path, {{"Authorization", "Bearer simulator-token"}, {"User-Agent", "test"}});
    BOOST_REQUIRE(answer.has_value());
    return nlohmann::json::parse(answer->body);
  };
  auto const commit = read("/commits/main")["sha"].get<std::string>();
  auto const sound = release{};
  auto variables = std::map<std::string, std::string>{{"GITHUB_TOKEN", "simulator-token"},
                                                      {"GITHUB_REPOSITORY", "nexus/backend"},
                                                      {"GITHUB_SHA", commit},
                                                      {"GITHUB_API_URL", url},
                                                      {"GITHUB_SERVER_URL", "https://github.com"},
                                                      {"GITHUB_RUN_ID", "77"}};
  auto const result = run({.arguments = sound.arguments({"--github-status"}), .environment = variables});
  BOOST_TEST(result.code == 0, result.err);
  auto const status = read("/commits/" + commit + "/status")["statuses"].back();
  BOOST_TEST(status["context"] == "nexus/readiness");
  BOOST_TEST(status["state"] == "success");
  BOOST_TEST(status["target_url"] == "https://github.com/nexus/backend/actions/runs/77");

  // A GO of which nobody heard is no success; any other verdict keeps its code.
  variables["GITHUB_TOKEN"] = "s3cret-and-wrong";
  auto const unheard = run({.arguments = sound.arguments({"--github-status"}), .environment = variables});
  BOOST_TEST(unheard.code != 0);
  BOOST_TEST(contains(unheard.err, "GITHUB_TOKEN"), unheard.err);
  BOOST_TEST(!contains(unheard.err, "s3cret"));
  sound.repository.write("reports/unit.xml", failing);
  BOOST_TEST(run({.arguments = sound.arguments({"--github-status"}), .environment = variables}).code == 30);
  variables.erase("GITHUB_TOKEN");
  auto const without = run({.arguments = sound.arguments({"--github-status"}), .environment = variables});
  BOOST_TEST(without.code == 30);
  BOOST_TEST(contains(without.err, "GITHUB_TOKEN is not set"), without.err);
}
