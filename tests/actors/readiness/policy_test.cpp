#include "fixture.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

auto problem_of(std::string const& yaml) -> error {
  auto result = parse_policy(yaml, "policy.yaml");
  BOOST_REQUIRE_MESSAGE(!result.has_value(), yaml);
  return result.error();
}

auto const head = std::string{"name: p\nversion: \"1\"\nobjectives:\n  - name: a\n    fact: tests.failed\n"};
auto const sound = head + "    pass: \"== 0\"\n";

} // namespace

BOOST_AUTO_TEST_SUITE(policies)

BOOST_AUTO_TEST_CASE(what_is_left_out_has_its_default) {
  auto const policy = policy_from(sound).source();
  BOOST_TEST(policy.pass == 90);
  BOOST_TEST(policy.warn == 75);
  auto const& objective = policy.objectives.front();
  BOOST_TEST(objective.weight == 1);
  BOOST_TEST((objective.on_missing == absence_rule::inconclusive));
  BOOST_TEST((objective.on_stale == absence_rule::inconclusive));
}

BOOST_AUTO_TEST_CASE(a_policy_in_json_means_the_same) {
  auto const json = R"({"name":"p","version":"1","objectives":[{"name":"a","fact":"tests.failed","pass":"== 0"}]})";
  BOOST_TEST(policy_from(json).sha256() == policy_from(sound).sha256());
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_file_and_line) {
  struct row {
    std::string yaml, where, message;
  };
  auto const waiver = [](std::string const& members) { return sound + "waivers:\n  - {" + members + "}\n"; };
  auto const rows = std::vector<row>{
      {sound + "    wieght: 2\n", "policy.yaml:7: $.objectives[0].wieght", "did you mean 'weight'?"},
      {sound + "objectivs: 1\n", "policy.yaml:7: $.objectivs", "did you mean 'objectives'?"},
      {"name: p\nversion: \"1\"\n", "$.objectives", "required member 'objectives' is missing"},
      {"name: p\nversion: \"1\"\nobjectives: []\n", "policy.yaml:3: $.objectives", "number of items"},
      {"name: p\nversion: 1\nobjectives: []\n", "policy.yaml:2: $.version", "expected string, got integer"},
      {head + "    pass: \"=> 0\"\n", "policy.yaml:6: $.objectives[0].pass", "'=> 0', column 1"},
      {sound + "    warn: \"<= 3 bugs\"\n", "policy.yaml:7: $.objectives[0].warn", "column 6"},
      {sound + "    max_age: 1 day\n", "policy.yaml:7: $.objectives[0].max_age", "'1 day' is no duration"},
      {sound + "    on_stale: warn\n", "policy.yaml:7: $.objectives[0].on_stale", "never stale without max_age"},
      {sound + "    on_missing: pass\n", "policy.yaml:7: $.objectives[0].on_missing", "'pass' is not one of"},
      {sound + "    weight: 0\n", "policy.yaml:7: $.objectives[0].weight", "informational: true"},
      {sound + "    weight: -1\n", "policy.yaml:7: $.objectives[0].weight", "between 0 and 1000"},
      {sound + "    key: true\n    risk: true\n", "policy.yaml:8: $.objectives[0].risk", "cannot be only a risk"},
      {sound + "    key: true\n    informational: true\n", "policy.yaml:8: $.objectives[0].informational", "neither"},
      {sound + "    informational: true\n", "policy.yaml:3: $.objectives", "no objective counts"},
      {sound + "  - {name: a, fact: tests.total, pass: \"> 0\"}\n", "policy.yaml:7: $.objectives[1].name",
       "two objectives are named 'a'"},
      {"warn: 95\n" + sound, "policy.yaml:1: $.warn", "above the pass score"},
      {"pass: 101\n" + sound, "policy.yaml:1: $.pass", "between 0 and 100"},
      {"name: p\nversion: \"1\"\nobjectives:\n  - {name: a, fact: test.failed, pass: \"== 0\"}\n",
       "policy.yaml:4: $.objectives[0].fact", "did you mean 'tests.failed'?"},
      {waiver("objective: b, owner: o, reason: r, approved_by: p, expires: 2026-12-31"),
       "policy.yaml:8: $.waivers[0].objective", "no objective is named 'b'"},
      {waiver("objective: a, owner: o, reason: r, approved_by: p, expires: 2026-02-30"),
       "policy.yaml:8: $.waivers[0].expires", "neither a date"},
      {waiver("objective: a, owner: o, reason: r, approved_by: p, expires: soon"),
       "policy.yaml:8: $.waivers[0].expires", "neither a date"},
      {waiver("objective: a, reason: r, approved_by: p, expires: 2026-12-31"), "policy.yaml:8: $.waivers[0]",
       "'owner' is missing"},
      {waiver("objective: a, owner: \"\", reason: r, approved_by: p, expires: 2026-12-31"),
       "policy.yaml:8: $.waivers[0].owner", "length"},
      {waiver("objective: a, owner: o, reason: r, approved_by: p, expires: 2026-12-31") +
           "  - {objective: a, owner: o, reason: r, approved_by: p, expires: 2027-12-31}\n",
       "policy.yaml:9: $.waivers[1].objective", "waived twice"},
      {"", "policy.yaml", "expected object, got null"},
      {"name: p\nname: q\n", "policy.yaml:2", "name"},
  };
  for (auto const& [yaml, where, message] : rows) {
    auto const shown = problem_of(yaml).render();
    // The column, which stands between, is tested with the files.
    auto const line = where.starts_with("policy.yaml:") ? where.substr(0, where.find(' ')) : std::string{};
    auto const path = where.substr(line.empty() ? 0 : std::min(where.size(), line.size() + 1));
    BOOST_TEST(shown.find(line) != std::string::npos, shown << "\n  has not " << line);
    BOOST_TEST(shown.find(path) != std::string::npos, shown << "\n  has not " << path);
    BOOST_TEST(shown.find(message) != std::string::npos, shown << "\n  has not " << message);
  }
}

BOOST_AUTO_TEST_CASE(the_hash_follows_the_meaning_not_the_layout) {
  auto const reordered =
      "# a comment\nversion: '1'\nname: p\nobjectives: [{pass: \"== 0\", name: a, fact: tests.failed}]\n";
  BOOST_TEST(policy_from(reordered).sha256() == policy_from(sound).sha256());
  BOOST_TEST(policy_from(sound + "    key: true\n").sha256() != policy_from(sound).sha256());
}

BOOST_AUTO_TEST_CASE(shipped_policies_are_valid) {
  BOOST_TEST(default_policy().source().objectives.size() == 7);
  BOOST_TEST(ci_policy().source().objectives.size() == 7);
}

BOOST_AUTO_TEST_CASE(the_shipped_schema_is_the_codecs) {
  auto const generated = policy_schema();
  auto const path = std::string{NEXUS_BINARY_DIR "/policy.schema.json"};
  std::ofstream{path} << generated;
  BOOST_TEST(read_source("config/schemas/policy.schema.json") == generated,
             "config/schemas/policy.schema.json is out of date; the new one is " << path);
}

BOOST_AUTO_TEST_SUITE_END()
