#include "actors/evidence/coverage_report.hpp"

#include "tests/actors/evidence/fixture.hpp"

#include <boost/test/data/test_case.hpp>
#include <rapidcheck/boost_test.h>

using namespace nexus;
using namespace nexus::evidence;

namespace {

auto lines_of(std::string const& name) -> coverage_lines {
  return parse_coverage(sample("coverage/" + name), name).value();
}

auto report_of(std::vector<coverage_lines> parts) -> coverage_report { return merge(std::move(parts)).value(); }

auto summary(coverage_report const& report) -> std::string {
  auto result = fmt::format("{}/{}", report.covered, report.total);
  for (auto const& file : report.files) result += fmt::format(" {}:{}/{}", file.file, file.covered, file.total);
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(coverage)

BOOST_AUTO_TEST_CASE(cobertura_of_coverage_py_is_read) {
  auto const report = report_of({lines_of("coverage_py.xml")});
  BOOST_TEST(summary(report) == "3/5 /w/shop/tax.py:0/1 /w/shop/cart.py:3/4");
  BOOST_TEST(report.percentage.value() == 60.0);
  BOOST_TEST((report.observed_at == at("2024-05-01T10:00:00.123Z")));
  BOOST_TEST(report.warnings.empty());
}

BOOST_AUTO_TEST_CASE(cobertura_of_gcovr_is_read_and_methods_do_not_count_twice) {
  auto const report = report_of({lines_of("gcovr.xml")});
  BOOST_TEST(summary(report) == "2/3 src/cart.cpp:2/3");
  BOOST_TEST((report.observed_at == at("2024-05-01T10:00:00Z")));
}

BOOST_AUTO_TEST_CASE(lcov_is_read) {
  auto const report = report_of({lines_of("lcov.info")});
  BOOST_TEST(summary(report) == "3/5 /w/shop/rate.py:0/2 /w/shop/cart.py:3/3");
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST(!report.observed_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_line_covered_in_one_report_is_covered) {
  auto const report = report_of({lines_of("coverage_py.xml"), lines_of("lcov.info")});
  BOOST_TEST(summary(report) == "4/7 /w/shop/rate.py:0/2 /w/shop/tax.py:0/1 /w/shop/cart.py:4/4");
  BOOST_TEST(report.source == "coverage_py.xml and 1 more");
}

BOOST_AUTO_TEST_CASE(other_formats_are_refused_with_those_that_are_read) {
  for (auto const& text : {sample("coverage/jacoco.xml"), std::string{"mode: set\na.go:1.2,3.4 1 1\n"}, std::string{},
                           std::string{"{}"}, std::string{"<coverage generated=\"1\"><project/></coverage>"}}) {
    auto const problem = parse_coverage(text, "x").error();
    BOOST_TEST((problem.code == errc::malformed));
    BOOST_TEST(problem.message.find("Cobertura XML") != std::string::npos);
    BOOST_TEST(problem.message.find("LCOV") != std::string::npos);
  }
}

BOOST_DATA_TEST_CASE(broken_lcov_is_an_error_with_its_line,
                     boost::unit_test::data::make({"TN:\nDA:1,1", "TN:\nSF:a\nDA:1,1", "TN:\nSF:a\nSF:b",
                                                   "TN:\nend_of_record", "TN:\nSF:", "TN:\nSF:a\nDA:x,1",
                                                   "TN:\nSF:a\nDA:1", "TN:\nSF:a\nDA:1,nan", "TN:\nSF:a\nDA:99999999,1",
                                                   "TN:\nSF:a\nLF:-1", "TN:\nhello", "TN:\nhello: you"}),
                     text) {
  auto const problem = parse_coverage(text, "x.info").error();
  BOOST_TEST((problem.code == errc::malformed));
  BOOST_TEST((problem.where == "x.info:2" || problem.where == "x.info:3"));
}

BOOST_AUTO_TEST_CASE(odd_lcov_is_read_with_warnings) {
  auto const report = report_of(
      {parse_coverage("TN:\r\nSF:a.c\r\nDA:0,5\r\nDA:1,1e3\r\nXYZ:1\r\nLF:7\r\nLH:1\r\nend_of_record\r\n", "x.info")
           .value()});
  BOOST_TEST(summary(report) == "1/1 a.c:1/1");
  BOOST_REQUIRE(report.warnings.size() == 2u);
  BOOST_TEST(report.warnings[0] == "x.info:5: unknown record 'XYZ'");
  BOOST_TEST(report.warnings[1] == "x.info:8: LF and LH of a.c differ from its lines: 1 of 1 are covered");
}

BOOST_AUTO_TEST_CASE(stated_totals_count_where_lines_are_missing) {
  auto const cobertura = R"(<coverage line-rate="0.5" lines-valid="10" lines-covered="5"><packages/></coverage>)";
  auto const lcov = "SF:a\nLF:10\nLH:10\nend_of_record\n";
  auto const report = report_of({parse_coverage(cobertura, "a.xml").value(), parse_coverage(lcov, "b.info").value()});
  BOOST_TEST(summary(report) == "15/20");
  BOOST_TEST(report.percentage.value() == 75.0);
}

BOOST_AUTO_TEST_CASE(a_bare_rate_stands_alone_or_is_refused) {
  auto const rate =
      parse_coverage(
          R"(<coverage line-rate="0.5"><packages><package><classes><class filename="a"/></classes></package></packages></coverage>)",
          "r.xml")
          .value();
  BOOST_TEST(report_of({rate}).percentage.value() == 50.0);
  BOOST_TEST((merge({rate, lines_of("lcov.info")}).error().code == errc::refused));
}

BOOST_AUTO_TEST_CASE(a_report_without_lines_has_no_percentage) {
  for (auto const* text : {R"(<coverage line-rate="1" lines-valid="0" lines-covered="0"><packages/></coverage>)",
                           R"(<coverage line-rate="1"><packages/></coverage>)", "TN:\n", "SF:a\nend_of_record\n"}) {
    auto const report = report_of({parse_coverage(text, "x").value()});
    BOOST_TEST(!report.percentage.has_value());
    BOOST_TEST(report.warnings.at(0) == "x counts no line");
  }
}

BOOST_AUTO_TEST_CASE(hostile_coverage_is_refused) {
  BOOST_TEST((parse_coverage(repeated("<coverage>", 10'000), "x").error().code == errc::malformed));
  BOOST_TEST((parse_coverage(std::string(report_limit + 1, ' '), "x").error().code == errc::too_large));
  BOOST_TEST((parse_coverage(std::string_view{"SF:a\0b\nDA:1,\0", 13}, "x").error().code == errc::malformed));
}

BOOST_DATA_TEST_CASE(damaged_coverage_never_crashes,
                     boost::unit_test::data::make({"gcovr.xml", "coverage_py.xml", "lcov.info"}), name) {
  survives_damage(sample(fmt::format("coverage/{}", name)), [](std::string_view text) {
    if (auto lines = parse_coverage(text, "x")) (void)merge({*lines});
  });
}

BOOST_AUTO_TEST_CASE(the_list_of_files_is_bounded_and_begins_with_the_worst) {
  auto text = std::string{};
  for (int i = 0; i < 1500; ++i) text += fmt::format("SF:f{}\nDA:1,{}\nDA:2,0\nend_of_record\n", i, i == 1400 ? 0 : 1);
  auto const report = report_of({parse_coverage(text, "x").value()});
  BOOST_TEST(report.files.size() == 1000u);
  BOOST_TEST(report.file_count == 1500u);
  BOOST_TEST(report.files[0].file == "f1400");
  BOOST_TEST(report.total == 3000u);
}

BOOST_AUTO_TEST_CASE(files_are_read_and_merged) {
  auto const directory = temporary_directory{};
  auto const patterns = std::vector<std::string>{directory.write("a.xml", sample("coverage/coverage_py.xml")),
                                                 directory.path().string() + "/*.info"};
  BOOST_TEST((read_coverage(patterns).error().code == errc::invalid_argument));
  directory.write("b.info", sample("coverage/lcov.info"));
  BOOST_TEST(read_coverage(patterns).value().covered == 4u);
}

RC_BOOST_PROP(merging_is_the_union_of_covered_lines, ()) {
  auto const hits = rc::gen::container<std::map<std::uint32_t, bool>>(rc::gen::inRange<std::uint32_t>(1, 30),
                                                                      rc::gen::arbitrary<bool>());
  auto const a = *hits;
  auto const b = *hits;
  auto const text = [](auto const& lines) {
    auto result = std::string{"SF:a\n"};
    for (auto const& [line, covered] : lines) result += fmt::format("DA:{},{}\n", line, covered ? 2 : 0);
    return result + "end_of_record\n";
  };
  auto both = a;
  for (auto const& [line, covered] : b) both[line] |= covered;
  auto const report = report_of({parse_coverage(text(a), "a").value(), parse_coverage(text(b), "b").value()});
  RC_ASSERT(report.total == both.size());
  RC_ASSERT(report.covered ==
            static_cast<std::size_t>(std::ranges::count_if(both, [](auto const& entry) { return entry.second; })));
}

BOOST_AUTO_TEST_SUITE_END()
