#include "actors/evidence/junit_report.hpp"

#include "tests/actors/evidence/fixture.hpp"

#include <boost/test/data/test_case.hpp>
#include <rapidcheck/boost_test.h>

using namespace nexus;
using namespace nexus::evidence;

namespace {

auto report_of(std::string const& producer) -> junit_report {
  auto report = parse_junit(sample("junit/" + producer + ".xml"), producer + ".xml");
  BOOST_REQUIRE_MESSAGE(report.has_value(), producer << (report ? "" : report.error().render()));
  return std::move(*report);
}

auto counts(junit_report const& report) -> std::string {
  auto const& t = report.totals;
  return fmt::format("{} tests: {} passed ({} flaky), {} failures, {} errors, {} skipped, {} disabled", t.tests,
                     t.passed(), t.flaky, t.failures, t.errors, t.skipped, t.disabled);
}

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(junit)

BOOST_AUTO_TEST_CASE(pytest_is_read) {
  auto const report = report_of("pytest");
  BOOST_TEST(counts(report) == "5 tests: 1 passed (0 flaky), 1 failures, 1 errors, 2 skipped, 0 disabled");
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST((report.observed_at == at("2024-05-01T10:00:00.123Z")));
  auto const& failed = report.failed_tests.at(0);
  BOOST_TEST(failed.name == "test_discount[10-<b>]");
  BOOST_TEST(failed.class_name == "tests.test_orders");
  BOOST_TEST(failed.message.starts_with("assert 90 == 91\n +  where 90 = discount(100, 10)"));
  BOOST_TEST(contains(failed.message, "tests/test_orders.py:12"));
  BOOST_TEST(!failed.broken);
  BOOST_TEST(report.failed_tests.at(1).broken);
}

BOOST_AUTO_TEST_CASE(surefire_is_read_with_its_reruns) {
  auto const report = report_of("surefire");
  BOOST_TEST(counts(report) == "4 tests: 2 passed (1 flaky), 1 failures, 0 errors, 1 skipped, 0 disabled");
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST(report.failed_tests.at(0).name == "persistent");
  BOOST_TEST(report.failed_tests.at(0).duration.count() == 1234.5);
  BOOST_TEST(report.duration.count() == 1234.516, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(gradle_is_read) {
  auto const report = report_of("gradle");
  BOOST_TEST(counts(report) == "3 tests: 1 passed (0 flaky), 1 failures, 0 errors, 1 skipped, 0 disabled");
  BOOST_TEST((report.observed_at == at("2024-05-01T12:00:00.250Z")));
  BOOST_TEST(report.failed_tests.at(0).message.starts_with(
      "org.opentest4j.AssertionFailedError: expected: <0> but was: <1>\n\tat app//"));
}

BOOST_AUTO_TEST_CASE(jest_is_read) {
  auto const report = report_of("jest");
  BOOST_TEST(counts(report) == "3 tests: 1 passed (0 flaky), 1 failures, 0 errors, 1 skipped, 0 disabled");
  BOOST_TEST(report.failed_tests.at(0).file == "src/cart.test.ts");
  BOOST_TEST(report.failed_tests.at(0).message.starts_with("Error: expect(received).toBe(expected)"));
  BOOST_TEST(report.suites.at(0).name == "cart");
}

BOOST_AUTO_TEST_CASE(googletest_is_read) {
  auto const report = report_of("googletest");
  BOOST_TEST(counts(report) == "4 tests: 1 passed (0 flaky), 1 failures, 0 errors, 1 skipped, 1 disabled");
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST(report.failed_tests.at(0).file == "cart_test.cc");
}

BOOST_AUTO_TEST_CASE(boost_test_is_read) {
  auto const report = report_of("boost_test");
  BOOST_TEST(counts(report) == "6 tests: 2 passed (0 flaky), 1 failures, 1 errors, 2 skipped, 0 disabled");
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST(report.failed_tests.at(0).class_name == "outer.inner");
  BOOST_TEST(contains(report.failed_tests.at(0).message, "check 1==2 has failed [1 != 2]"));
  BOOST_TEST(report.failed_tests.at(1).broken);
}

BOOST_AUTO_TEST_CASE(a_test_that_ctest_could_not_start_is_an_error) {
  auto const report = report_of("ctest");
  BOOST_TEST(counts(report) == "5 tests: 1 passed (0 flaky), 1 failures, 1 errors, 1 skipped, 1 disabled");
  BOOST_TEST(report.failed_tests.at(1).name == "gone");
  BOOST_TEST(report.failed_tests.at(1).message == "Unable to find executable");
  BOOST_TEST(report.warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(gotestsum_is_read) {
  auto const report = report_of("gotestsum");
  BOOST_TEST(counts(report) == "3 tests: 1 passed (0 flaky), 1 failures, 0 errors, 1 skipped, 0 disabled");
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST(report.failed_tests.at(0).name == "TestRemove/empty");
}

BOOST_AUTO_TEST_CASE(nested_suites_count_once) {
  auto const report =
      parse_junit(
          R"(<testsuites tests="3" failures="1"><testsuite name="outer" tests="3" failures="1"><testcase name="a"/>
    <testsuite name="inner" tests="2" failures="1"><testcase name="b"/><testcase name="c"><failure/></testcase></testsuite></testsuite></testsuites>)",
          "nested.xml")
          .value();
  BOOST_TEST(counts(report) == "3 tests: 2 passed (0 flaky), 1 failures, 0 errors, 0 skipped, 0 disabled");
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST(report.suites.size() == 2u);
  BOOST_TEST(report.failed_tests.at(0).suite == "inner");
}

BOOST_AUTO_TEST_CASE(counts_in_attributes_are_checked_not_believed) {
  auto const report =
      parse_junit(R"(<testsuite name="s" tests="7" failures="2"><testcase name="a"/></testsuite>)", "lies.xml").value();
  BOOST_TEST(report.totals.tests == 1u);
  BOOST_TEST(report.totals.failed() == 0u);
  BOOST_REQUIRE(report.warnings.size() == 2u);
  BOOST_TEST(report.warnings[0] == "lies.xml: <testsuite name=\"s\"> says tests=\"7\" and contains 1");
  BOOST_TEST(report.warnings[1] == "lies.xml: <testsuite name=\"s\"> says 2 failures and errors and contains 0");
}

BOOST_AUTO_TEST_CASE(a_suite_that_broke_as_a_whole_is_an_error) {
  auto const report =
      parse_junit(R"(<testsuite name="s"><error message="no compiler"/><testcase name="a"/></testsuite>)", "s.xml")
          .value();
  BOOST_TEST(report.totals.errors == 1u);
  BOOST_TEST(report.failed_tests.at(0).message == "no compiler");
}

BOOST_AUTO_TEST_CASE(a_report_without_executed_tests_says_so) {
  auto const empty = parse_junit("<testsuites/>", "empty.xml").value();
  BOOST_TEST(empty.totals.executed() == 0u);
  BOOST_TEST(empty.warnings.at(0) == "empty.xml contains no test case");
  auto const skipped =
      parse_junit(R"(<testsuite><testcase name="a"><skipped/></testcase></testsuite>)", "skipped.xml").value();
  BOOST_TEST(skipped.totals.executed() == 0u);
  BOOST_TEST(skipped.warnings.at(0) == "skipped.xml contains only skipped or disabled tests");
}

BOOST_AUTO_TEST_CASE(broken_xml_is_an_error_with_line_and_column) {
  auto const problem = parse_junit("<testsuites>\n  <testsuite>\n  </testsuit>\n</testsuites>", "broken.xml").error();
  BOOST_TEST((problem.code == errc::malformed));
  BOOST_TEST(problem.where.starts_with("broken.xml:3:"));
  for (auto const* text : {"", " ", "text", "<html/>", "<testsuite/><testsuite/>", "<testsuite", "\xff\xfe<\0t\0"})
    BOOST_TEST((parse_junit(text, "x.xml").error().code == errc::malformed), text);
  BOOST_TEST((parse_junit(std::string_view{"<testsuite>\0</testsuite>", 24}, "x.xml").error().where == "x.xml:1:12"));
}

BOOST_AUTO_TEST_CASE(hostile_xml_is_refused_or_harmless) {
  auto const deep = repeated("<testsuite>", 10'000) + repeated("</testsuite>", 10'000);
  BOOST_TEST(contains(parse_junit(deep, "deep.xml").error().message, "deeper than 100 levels"));
  BOOST_TEST((parse_junit(repeated("<testsuite>", 10'000), "deep.xml").error().code == errc::malformed));
  BOOST_TEST((parse_junit(std::string(report_limit + 1, ' '), "big.xml").error().code == errc::too_large));
  BOOST_TEST((parse_junit(repeated("<a/>", 5'000'001), "many.xml").error().code == errc::too_large));

  auto const laughs =
      std::string{R"(<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
    <!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&b;"><failure>&f;</failure></testcase></testsuite>)"};
  auto const report = parse_junit(laughs, "laughs.xml").value();
  BOOST_TEST(report.failed_tests.at(0).name == "&b;");
  BOOST_TEST(report.failed_tests.at(0).message == "&f;");
}

BOOST_AUTO_TEST_CASE(lists_and_texts_are_bounded_and_totals_are_not) {
  auto const text = "<testsuite>" +
                    repeated("<testcase name='" + std::string(300, 'n') + "'><failure message='" +
                                 std::string(900, 'm') + "'/></testcase>",
                             1500) +
                    "</testsuite>";
  auto const report = parse_junit(text, "many.xml").value();
  BOOST_TEST(report.totals.failures == 1500u);
  BOOST_TEST(report.failed_tests.size() == 1000u);
  BOOST_TEST(report.failed_tests[0].message.size() == 500u);
  BOOST_TEST(report.failed_tests[0].name.size() == 200u);
}

BOOST_DATA_TEST_CASE(damage_never_crashes, boost::unit_test::data::make({"surefire", "googletest", "ctest", "pytest"}),
                     producer) {
  survives_damage(sample(fmt::format("junit/{}.xml", producer)),
                  [](std::string_view text) { (void)parse_junit(text, "x.xml"); });
}

BOOST_AUTO_TEST_CASE(several_files_are_one_report_as_old_as_the_oldest) {
  auto const directory = temporary_directory{};
  for (auto const* name : {"gradle.xml", "pytest.xml"}) directory.write(name, sample(fmt::format("junit/{}", name)));
  auto const patterns = std::vector<std::string>{directory.path().string() + "/*.xml"};
  auto const report = read_junit(patterns).value();
  BOOST_TEST(report.totals.tests == 8u);
  BOOST_TEST((report.observed_at == at("2024-05-01T10:00:00.123Z")));
  BOOST_TEST(report.source.ends_with("gradle.xml and 1 more"));
  directory.write("z.xml", "<testsuite");
  auto const broken = read_junit(patterns).error();
  BOOST_TEST((broken.code == errc::malformed));
  BOOST_TEST(contains(broken.where, "z.xml:1:"));
}

RC_BOOST_PROP(every_test_counts_in_exactly_one_class, ()) {
  auto const children =
      std::array{"", "<failure/>", "<error/>", "<skipped/>", "<disabled/>", "<flakyFailure/>", "<failure/><error/>"};
  auto const picks = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, children.size()));
  auto text = std::string{"<testsuite>"};
  for (auto pick : picks) text += fmt::format("<testcase>{}</testcase>", children[pick]);
  auto const totals = parse_junit(text + "</testsuite>", "x.xml").value().totals;
  RC_ASSERT(totals.tests == picks.size());
  RC_ASSERT(totals.passed() + totals.failures + totals.errors + totals.skipped + totals.disabled == picks.size());
}

BOOST_AUTO_TEST_SUITE_END()
