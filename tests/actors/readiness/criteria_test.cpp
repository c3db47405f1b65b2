#include "fixture.hpp"

using namespace nexus;
using namespace nexus::readiness;

namespace {

auto read(std::string_view text, std::string_view fact) -> criteria {
  auto result = parse_criteria(text, *find_fact(fact));
  BOOST_REQUIRE_MESSAGE(result.has_value(), text << ": " << (result ? "" : result.error().render()));
  return *result;
}

auto problem_of(std::string_view text, std::string_view fact) -> std::string {
  auto result = parse_criteria(text, *find_fact(fact));
  BOOST_REQUIRE_MESSAGE(!result.has_value(), text);
  return result.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(criteria_grammar)

BOOST_AUTO_TEST_CASE(every_operator_compares_numbers_as_it_reads) {
  struct row {
    std::string_view text;
    bool below, on, above;
  };
  for (auto const& [text, below, on, above] :
       {row{">= 80", false, true, true}, row{"> 80", false, false, true}, row{"<= 80", true, true, false},
        row{"< 80", true, false, false}, row{"== 80", false, true, false}, row{"!= 80", true, false, true},
        row{"in [80, 81]", false, true, true}, row{">= 79 and <= 80", true, true, false}}) {
    auto const rule = read(text, "coverage.line_percentage");
    BOOST_TEST(rule.holds(79.0) == below, text);
    BOOST_TEST(rule.holds(80.0) == on, text);
    BOOST_TEST(rule.holds(81.0) == above, text);
  }
}

BOOST_AUTO_TEST_CASE(units_may_be_written_and_must_be_the_facts_own) {
  auto const plain = read(">= 80", "coverage.line_percentage");
  for (auto text : {">=80", ">= 80%", ">= 80 %", " >=  80 percent ", ">= 80.0"})
    BOOST_TEST((read(text, "coverage.line_percentage") == plain), text);
  BOOST_TEST((read("<= 1 ticket", "tickets.blocked") == read("<= 1", "tickets.blocked")));
  BOOST_TEST((read("<= 2 tickets and >= 1", "tickets.blocked") == read("<= 2 and >= 1", "tickets.blocked")));
  BOOST_TEST(problem_of(">= 80 %", "tickets.blocked") ==
             "'>= 80 %', column 7: tickets.blocked is counted in tickets, not in percent");
  BOOST_TEST(problem_of("<= 3 bugs", "tickets.blocked") ==
             "'<= 3 bugs', column 6: tickets.blocked is counted in tickets, not in 'bugs'");
}

BOOST_AUTO_TEST_CASE(texts_are_compared_without_regard_to_case) {
  auto const success = read("== SUCCESS", "build.last_result");
  BOOST_TEST(success.holds(std::string{"SUCCESS"}));
  BOOST_TEST(success.holds(std::string{"success"}));
  BOOST_TEST(!success.holds(std::string{"FAILURE"}));
  BOOST_TEST(read("in [SUCCESS, 'UNSTABLE']", "build.last_result").holds(std::string{"unstable"}));
  BOOST_TEST(!read("!= \"FAILURE\"", "build.last_result").holds(std::string{"failure"}));
}

BOOST_AUTO_TEST_CASE(flags_are_true_or_false) {
  BOOST_TEST(read("== true", "history.in_order").holds(true));
  BOOST_TEST(read("!= true", "history.in_order").holds(false));
  BOOST_TEST(!read("== true", "history.in_order").holds(false));
}

BOOST_AUTO_TEST_CASE(a_value_of_another_kind_meets_nothing) {
  for (auto text : {"== 1", "!= 1", ">= 0", "<= 1", "in [1]"}) {
    BOOST_TEST(!read(text, "tests.failed").holds(std::string{"1"}), text);
    BOOST_TEST(!read(text, "tests.failed").holds(true), text);
  }
}

BOOST_AUTO_TEST_CASE(errors_name_the_column) {
  struct row {
    std::string_view text, fact;
    int column;
  };
  for (auto const& [text, fact, column] : {row{"", "tests.failed", 1},
                                           row{"=> 90", "tests.failed", 1},
                                           row{"90", "tests.failed", 1},
                                           row{"= 90", "tests.failed", 1},
                                           row{">= x", "tests.failed", 4},
                                           row{">= 9.", "tests.failed", 4},
                                           row{">= .5", "tests.failed", 4},
                                           row{">= 1e5", "tests.failed", 5},
                                           row{">= +1", "tests.failed", 4},
                                           row{">= inf", "tests.failed", 4},
                                           row{">= nan", "tests.failed", 4},
                                           row{">=", "tests.failed", 3},
                                           row{">= 1 or <= 2", "tests.failed", 6},
                                           row{">= 1 and", "tests.failed", 9},
                                           row{"in 1", "tests.failed", 4},
                                           row{"in []", "tests.failed", 5},
                                           row{"in [1", "tests.failed", 6},
                                           row{"in [1,]", "tests.failed", 7},
                                           row{"inside [1]", "tests.failed", 1},
                                           row{">= SUCCESS", "build.last_result", 1},
                                           row{"== 'SUCCESS", "build.last_result", 4},
                                           row{"== ''", "build.last_result", 4},
                                           row{"== SUCCES", "build.last_result", 4},
                                           row{"== yes", "history.in_order", 4},
                                           row{"> false", "history.in_order", 1},
                                           row{"== 1 ]", "tests.failed", 6}}) {
    auto const problem = problem_of(text, fact);
    BOOST_TEST(problem.find(fmt::format("column {}:", column)) != std::string::npos, text << " -> " << problem);
  }
  BOOST_TEST(problem_of("== SUCCES", "build.last_result").find("did you mean 'SUCCESS'?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(criteria_are_bounded) {
  auto many = std::string{">= 0"};
  for (int i = 0; i < 8; ++i) many += " and >= 0";
  BOOST_TEST(problem_of(many, "tests.failed").find("more than 8 comparisons") != std::string::npos);
  auto list = std::string{"in [0"};
  for (int i = 0; i < 32; ++i) list += ",0";
  BOOST_TEST(problem_of(list + "]", "tests.failed").find("more than 32 values") != std::string::npos);
  BOOST_TEST(problem_of(std::string(201, '9'), "tests.failed").find("longer than 200") != std::string::npos);
  BOOST_TEST(
      problem_of(">= " + std::string(190, '9') + "." + std::string(5, '9') + "x", "tests.failed").find("column") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(ages_are_sums_in_falling_units) {
  using namespace std::chrono_literals;
  BOOST_TEST((parse_age("90s") == 90s));
  BOOST_TEST((parse_age("24h") == 24h));
  BOOST_TEST((parse_age("7d") == 168h));
  BOOST_TEST((parse_age("1h30m") == 90min));
  for (auto text :
       {"", "0s", "24", "h", "1h1h", "30m1h", "-1h", "1.5h", "24 h", "4000000000d", "99999999999999h", "1w"})
    BOOST_TEST(!parse_age(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
