#include "actors/readiness/policy_cases.hpp"
#include "fixture.hpp"
#include "runtime/settings/yaml.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

/// A fenced block and the line on which it begins.
struct block {
  std::string text;
  int line = 0;
};

auto yaml_blocks(std::string const& markdown) -> std::vector<block> {
  auto blocks = std::vector<block>{};
  auto lines = std::istringstream{markdown};
  auto open = false, wanted = false;
  auto number = 0;
  for (auto line = std::string{}; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      wanted = !open && line == "```yaml";
      open = !open;
      if (wanted) blocks.push_back({{}, number});
    } else if (wanted) {
      blocks.back().text += line + "\n";
    }
  }
  BOOST_REQUIRE(!open);
  return blocks;
}

auto shipped(std::string const& reference, std::string const&) -> expected<policy_text> {
  return policy_text{reference, read_source("config/policies/" + reference + ".yaml")};
}

} // namespace

BOOST_AUTO_TEST_SUITE(documentation)

BOOST_AUTO_TEST_CASE(every_example_of_the_guide_comes_out_as_it_says) {
  auto current = std::optional<policy_family>{};
  auto policies = 0, cases = 0;
  for (auto const& [text, line] : yaml_blocks(read_source("docs/policies.md"))) {
    BOOST_TEST_CONTEXT("docs/policies.md:" << line) {
      auto const source = "docs/policies.md@" + std::to_string(line);
      auto const document = parse_yaml(text, source);
      BOOST_REQUIRE_MESSAGE(document.has_value(), (document ? "" : document.error().render()));
      if (!document->value.contains("cases")) {
        auto family = policy_family::load({source, text}, shipped);
        BOOST_REQUIRE_MESSAGE(family.has_value(), (family ? "" : family.error().front().render()));
        current = std::move(*family);
        ++policies;
        continue;
      }
      auto const file = parse_policy_cases(text, source);
      BOOST_REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().render()));
      BOOST_REQUIRE(current.has_value());
      for (auto const& result : run_policy_cases(*current, *file)) {
        ++cases;
        for (auto const& difference : result.differences) BOOST_ERROR(result.name << ": " << difference);
      }
    }
  }
  BOOST_TEST(policies >= 6);
  BOOST_TEST(cases >= 18);
}

BOOST_AUTO_TEST_CASE(the_guide_lists_every_fact) {
  auto const guide = read_source("docs/policies.md");
  for (auto const& fact : facts())
    BOOST_TEST(guide.find(fmt::format("| `{}` |", fact.name)) != std::string::npos, fact.name);
}

BOOST_AUTO_TEST_CASE(pipeline_steps_parse_and_know_every_exit_code) {
  for (auto const* path : {"docs/ci/github-actions.yml", "docs/ci/gitlab-ci.yml"}) {
    auto const document = parse_yaml(read_source(path), path);
    BOOST_REQUIRE_MESSAGE(document.has_value(), (document ? "" : document.error().render()));
    BOOST_TEST(document->value.is_object());
  }
  auto const actions = parse_yaml(read_source("docs/ci/github-actions.yml"), "x")->value;
  auto script = std::string{};
  for (auto const& step : actions["jobs"]["gate"]["steps"])
    if (step.value("name", "") == "Judge") script = step["run"].get<std::string>();
  for (auto const* code : {"0) ;;", "10) ", "20) ", "30) ", "*) exit $code"})
    BOOST_TEST(script.find(code) != std::string::npos, code);
  BOOST_TEST(parse_yaml(read_source("docs/ci/gitlab-ci.yml"), "x")->value["readiness"]["allow_failure"]["exit_codes"] ==
             10);
  auto const jenkins = read_source("docs/ci/Jenkinsfile");
  for (auto const* code : {"code == 0", "code == 10", "code == 20", "code == 30"})
    BOOST_TEST(jenkins.find(code) != std::string::npos, code);
  BOOST_TEST(std::ranges::count(jenkins, '{') == std::ranges::count(jenkins, '}'));
  BOOST_TEST(std::ranges::count(jenkins, '(') == std::ranges::count(jenkins, ')'));
}

BOOST_AUTO_TEST_SUITE_END()
