#include "actors/readiness/policy_file.hpp"
#include "fixture.hpp"

#include <algorithm>

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

using files = std::map<std::string, std::string>;

auto load(files const& all, std::string const& first = "main.yaml") -> tl::expected<policy_family, std::vector<error>> {
  return policy_family::load({first, all.at(first)},
                             [&](std::string const& reference, std::string const&) -> expected<policy_text> {
                               auto const found = all.find(reference);
                               if (found == all.end()) return fail(errc::not_found, "no policy '{}'", reference);
                               return policy_text{reference, found->second};
                             });
}

auto problems_of(files const& all) -> std::string {
  auto const family = load(all);
  BOOST_REQUIRE(!family.has_value());
  auto text = std::string{};
  for (auto const& problem : family.error()) text += problem.render() + "\n";
  return text;
}

auto has(std::string const& text, std::string const& part) -> boost::test_tools::predicate_result {
  auto result = boost::test_tools::predicate_result{text.find(part) != std::string::npos};
  if (!result) result.message() << "\n" << text << "has not " << part;
  return result;
}

auto const base = std::string{"name: base\nversion: \"1\"\npass: 80\nobjectives:\n"
                              "  - {name: a, fact: tests.failed, pass: \"== 0\", key: true}\n"
                              "  - {name: b, fact: coverage.line_percentage, pass: \">= 80 %\", weight: 2}\n"};

} // namespace

BOOST_AUTO_TEST_SUITE(policy_files)

BOOST_AUTO_TEST_CASE(a_file_says_what_is_different_from_the_one_it_extends) {
  auto const family = load({{"base.yaml", base},
                            {"main.yaml", "name: mine\nversion: \"7\"\nextends: base.yaml\nwarn: 60\nobjectives:\n"
                                          "  - {name: b, pass: \">= 90 %\"}\n"
                                          "  - {name: c, fact: tests.flaky, pass: \"== 0\"}\n"}});
  BOOST_REQUIRE(family.has_value());
  auto const& source = family->base().source();
  BOOST_TEST(source.name == "mine");
  BOOST_TEST(source.version == "7");
  BOOST_TEST(source.pass == 80);
  BOOST_TEST(source.warn == 60);
  BOOST_REQUIRE(source.objectives.size() == 3U);
  BOOST_TEST(source.objectives[0].key);
  BOOST_TEST(source.objectives[1].pass == ">= 90 %");
  BOOST_TEST(source.objectives[1].weight == 2);
  BOOST_TEST(family->sources().front() == "base.yaml");
}

BOOST_AUTO_TEST_CASE(projects_and_environments_lie_over_it_in_that_order) {
  auto const family = load({{"main.yaml", base + "projects:\n"
                                                 "  SHOP:\n    objectives: [{name: b, pass: \">= 60 %\"}]\n"
                                                 "environments:\n"
                                                 "  production:\n    pass: 95\n    objectives: [{name: b, weight: 5}]\n"
                                                 "  staging:\n    drop: [b]\n"}});
  BOOST_REQUIRE(family.has_value());
  auto const of = [&](std::string const& project, std::string const& environment) {
    return (*family->effective(project, environment))->source();
  };
  BOOST_TEST(of("", "").objectives[1].pass == ">= 80 %");
  BOOST_TEST(of("OTHER", "").pass == 80);
  BOOST_TEST(of("SHOP", "").objectives[1].pass == ">= 60 %");
  auto const both = of("SHOP", "production");
  BOOST_TEST(both.pass == 95);
  BOOST_TEST(both.objectives[1].pass == ">= 60 %");
  BOOST_TEST(both.objectives[1].weight == 5);
  BOOST_TEST(of("", "staging").objectives.size() == 1U);
  BOOST_TEST(family->environments().size() == 2U);
  auto const unknown = family->effective("", "prodction");
  BOOST_REQUIRE(!unknown.has_value());
  BOOST_TEST(unknown.error().remedy == "did you mean 'production'?");
}

BOOST_AUTO_TEST_CASE(a_problem_is_named_where_it_is_written) {
  auto const text =
      problems_of({{"base.yaml", base},
                   {"main.yaml", "name: mine\nversion: \"1\"\nextends: base.yaml\nprojects:\n  SHOP:\n    objectives:\n"
                                 "      - {name: b, pass: \">= 80 tests\"}\n"}});
  BOOST_TEST(has(text, "main.yaml:7:19: $.projects.SHOP.objectives[0].pass: '>= 80 tests', column 7"));
}

BOOST_AUTO_TEST_CASE(every_problem_is_told_at_once_in_the_order_of_the_lines) {
  auto const text =
      problems_of({{"main.yaml", "name: mine\n"
                                 "version: 1\n"
                                 "objectives:\n"
                                 "  - name: a\n"
                                 "    fact: test.failed\n"
                                 "    pass: \"== 0\"\n"
                                 "    wieght: 2\n"
                                 "  - name: a\n"
                                 "    fact: tests.flaky\n"
                                 "    pass: \"=< 0\"\n"
                                 "    group: none\n"
                                 "  - fact: tests.flaky\n"
                                 "waivers:\n"
                                 "  - {objective: a, owner: ada, reason: r, expires: 2026-13-01,\n"
                                 "     approved_by: ' Ada'}\n"
                                 "freezes:\n"
                                 "  - {name: f, starts: 2026-12-20, ends: 2026-12-01, time_zone: Mars}\n"}});
  auto lines = std::vector<std::string>{};
  for (auto const* part :
       {"main.yaml:2:1: $.version: expected string",
        "main.yaml:5:5: $.objectives[0].fact: no fact is named 'test.failed'",
        "main.yaml:7:5: $.objectives[0].wieght: unknown member", "main.yaml:8:5: $.objectives[1].name: two objectives",
        "main.yaml:10:5: $.objectives[1].pass", "main.yaml:11:5: $.objectives[1].group: no group is named 'none'",
        "$.objectives[2].name: required member 'name' is missing", "$.objectives[2].pass: required member 'pass'",
        "$.waivers[0].expires: '2026-13-01' is neither a date", "ada cannot approve a waiver of their own",
        "main.yaml:17:35: $.freezes[0].ends: it ends",
        "main.yaml:17:53: $.freezes[0].time_zone: no time zone is named"})
    BOOST_TEST(has(text, part));
  BOOST_TEST(std::ranges::count(text, '\n') == 12, text);
}

BOOST_AUTO_TEST_CASE(circles_depth_and_unknown_names_are_errors_with_their_line) {
  auto const extending = [](std::string const& name) { return "name: x\nversion: \"1\"\nextends: '" + name + "'\n"; };
  BOOST_TEST(
      has(problems_of({{"main.yaml", extending("two.yaml")}, {"two.yaml", extending("main.yaml")}}),
          "two.yaml:3:1: $.extends: policies extend each other in a circle: main.yaml -> two.yaml -> main.yaml"));
  auto deep = files{{"main.yaml", extending("1")}};
  for (auto i = 1; i < 20; ++i) deep[std::to_string(i)] = extending(std::to_string(i + 1));
  BOOST_TEST(has(problems_of(deep), "over more than 8 files"));
  BOOST_TEST(has(problems_of({{"main.yaml", extending("nowhere")}}), "main.yaml:3:1: $.extends: no policy 'nowhere'"));
  BOOST_TEST(has(problems_of({{"main.yaml", base + "environments:\n  staging:\n    drop: [bb]\n"}}),
                 "main.yaml:9:12: $.environments.staging.drop[0]: no inherited objective is named 'bb'"));
  BOOST_TEST(has(problems_of({{"main.yaml", base + "environments:\n  staging:\n    drop: [a, b]\n"}}),
                 "$.objectives: number of items must be between 1 and 200"));
}

BOOST_AUTO_TEST_CASE(a_waiver_needs_a_second_person_unless_the_policy_says_otherwise) {
  auto const waiver = std::string{"waivers:\n  - {objective: a, owner: ada, reason: r, expires: 2026-12-31"};
  BOOST_TEST(has(problems_of({{"main.yaml", base + waiver + "}\n"}}), "nobody approved the waiver of 'a'"));
  BOOST_TEST(load({{"main.yaml", base + "waiver_approval: optional\n" + waiver + "}\n"}}).has_value());
  BOOST_TEST(load({{"main.yaml", base + waiver + ", approved_by: bob}\n"}}).has_value());
  BOOST_TEST(has(problems_of({{"main.yaml", base + "waiver_approval: optional\n" + waiver + ", approved_by: ADA}\n"}}),
                 "cannot approve a waiver of their own"));
}

BOOST_AUTO_TEST_CASE(any_text_is_read_or_refused) {
  for (auto const* text : {"", "[]", "7", "name", "{objectives: 3}", "{objectives: [3, {}]}", "{projects: {A: 3}}",
                           "{name: n, version: v, projects: [], environments: {e: {objectives: {}}}}",
                           "{name: n, version: v, drop: 3, objectives: [{name: {}}]}"})
    BOOST_TEST(!load({{"main.yaml", text}}).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
