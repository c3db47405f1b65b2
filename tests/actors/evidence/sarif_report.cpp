#include "actors/evidence/sarif_report.hpp"

#include "tests/actors/evidence/fixture.hpp"

#include <boost/test/data/test_case.hpp>
#include <rapidcheck/boost_test.h>

using namespace nexus;
using namespace nexus::evidence;
namespace data = boost::unit_test::data;

namespace {

auto report_of(std::string const& name) -> sarif_report { return parse_sarif(sample("sarif/" + name), name).value(); }

auto counts(sarif_report const& report) -> std::string {
  auto const& c = report.counts;
  return fmt::format("{} critical, {} high, {} medium, {} low, {} info", c.critical, c.high, c.medium, c.low, c.info);
}

auto with_run(std::string const& members) -> expected<sarif_report> {
  return parse_sarif(R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t","rules":[{"id":"r"}]}},)" + members +
                         "}]}",
                     "x.sarif");
}

auto severity_with(std::string const& security_severity, std::string const& level) -> std::string {
  auto const report = parse_sarif(
      fmt::format(R"({{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"t","rules":[{{"id":"r","properties":
    {{"security-severity":{}}}}}]}}}},"results":[{{"ruleId":"r","level":"{}","message":{{"text":"m"}}}}]}}]}})",
                  security_severity, level),
      "x.sarif");
  return std::string{to_string(report.value().findings.at(0).severity)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(sarif)

BOOST_AUTO_TEST_CASE(codeql_is_read_with_rules_of_its_extensions) {
  auto const report = report_of("codeql.sarif");
  BOOST_TEST(counts(report) == "1 critical, 1 high, 0 medium, 1 low, 0 info");
  BOOST_TEST(report.usable);
  BOOST_TEST(report.warnings.empty());
  BOOST_TEST((report.observed_at == at("2024-05-01T12:00:00Z")));
  BOOST_TEST(report.tools.at(0).name == "CodeQL");
  BOOST_TEST(report.tools.at(0).version == "2.17.0");
  BOOST_TEST(report.findings.at(0).rule == "cpp/command-line-injection");
  BOOST_TEST(report.findings.at(0).file == "src/shell.cpp");
  BOOST_TEST(report.findings.at(1).file == "src/db.cpp");
  BOOST_TEST(report.findings.at(1).line == 42u);
  BOOST_TEST(report.findings.at(1).level == "error");
  BOOST_TEST(report.findings.at(1).message == "This query depends on [user input](1).");
  BOOST_TEST(report.findings.at(2).level == "note");
}

BOOST_AUTO_TEST_CASE(suppressed_absent_and_passing_results_do_not_count) {
  auto const report = report_of("roslyn.sarif");
  BOOST_TEST(counts(report) == "0 critical, 1 high, 2 medium, 1 low, 0 info");
  BOOST_TEST(report.suppressed == 1u);
  BOOST_TEST(report.absent == 1u);
  BOOST_TEST(report.not_failures == 1u);
  BOOST_TEST(report.findings.at(0).message == "rejected");
  BOOST_TEST(report.findings.at(1).message == "Type 'Cart' has {static} member 'Total'");
  BOOST_TEST(report.findings.at(1).level == "warning");
}

BOOST_AUTO_TEST_CASE(a_scan_that_failed_or_has_no_results_is_no_evidence) {
  auto const failed = report_of("failed.sarif");
  BOOST_TEST(!failed.usable);
  BOOST_TEST(failed.warnings.at(0) == "failed.sarif: the run of Trivy did not succeed");
  BOOST_TEST(!with_run(R"("results":null)").value().usable);
  BOOST_TEST(!with_run(R"("columnKind":"utf16CodeUnits")").value().usable);
  BOOST_TEST(!parse_sarif(R"({"version":"2.1.0","runs":[]})", "x").value().usable);
  BOOST_TEST(!parse_sarif(R"({"version":"2.1.0"})", "x").value().usable);
  BOOST_TEST(!combine({}).usable);
  BOOST_TEST(with_run(R"("results":[])").value().usable);
}

BOOST_AUTO_TEST_CASE(severity_is_that_of_github) {
  BOOST_TEST(severity_with("\"9.0\"", "note") == "critical");
  BOOST_TEST(severity_with("\"8.9\"", "note") == "high");
  BOOST_TEST(severity_with("7.0", "note") == "high");
  BOOST_TEST(severity_with("6.9", "note") == "medium");
  BOOST_TEST(severity_with("\"3.9\"", "error") == "low");
  BOOST_TEST(severity_with("\"0.0\"", "error") == "info");
  for (auto const* odd : {"null", "\"high\"", "11", "-1", "\"nan\"", "[]", "\"9.8x\""}) {
    BOOST_TEST(severity_with(odd, "error") == "high");
    BOOST_TEST(severity_with(odd, "warning") == "medium");
    BOOST_TEST(severity_with(odd, "note") == "low");
    BOOST_TEST(severity_with(odd, "none") == "info");
  }
}

BOOST_DATA_TEST_CASE(what_is_no_sarif_is_refused,
                     data::make({"", "[]", "{}", "null", "{\"version\":\"2.1.0\",\"runs\":{}}",
                                 "{\"version\":\"2.0.0\",\"runs\":[]}", "{\"version\":2.1,\"runs\":[]}",
                                 "{\"version\":\"2.1.0\",\"runs\":[{}]}", "{\"version\":\"2.1.0\",\"runs\":[3]}",
                                 "{\"version\":\"2.1.0\"", "{\"version\":NaN}", "{\"version\":\"\xff\"}",
                                 "{\"version\":\"2.1.0\",\"runs\":[]} x"}),
                     text) {
  auto const problem = parse_sarif(text, "x.sarif").error();
  BOOST_TEST((problem.code == errc::malformed || problem.code == errc::invalid_argument));
  BOOST_TEST(problem.where.starts_with("x.sarif"));
}

BOOST_AUTO_TEST_CASE(members_of_the_wrong_type_are_survived) {
  auto const report =
      with_run(
          R"("invocations":[1,{"executionSuccessful":"no","endTimeUtc":7}],"artifacts":{},"results":[1,null,{},{"ruleId":7,"ruleIndex":-5,
    "rule":[],"level":{},"kind":3,"locations":[[]],"message":"x","suppressions":{}},{"ruleIndex":4000000000,"rule":{"index":1e99,"toolComponent":{"index":3}},
    "locations":[{"physicalLocation":{"region":{"startLine":-1}}}],"message":{"text":"{9} {x} {","arguments":[1]}}])")
          .value();
  BOOST_TEST(counts(report) == "0 critical, 0 high, 3 medium, 0 low, 0 info");
  BOOST_TEST(report.findings.at(2).message == "{9} {x} {");
  BOOST_TEST(report.warnings.size() == 2u);
}

BOOST_AUTO_TEST_CASE(hostile_json_is_refused) {
  BOOST_TEST((parse_sarif(repeated("[", 10'000) + repeated("]", 10'000), "x").error().code == errc::malformed));
  BOOST_TEST((with_run(R"("properties":)" + repeated("{\"a\":", 10'000) + "1" + repeated("}", 10'000)).error().code ==
              errc::malformed));
  BOOST_TEST((parse_sarif(std::string(report_limit + 1, ' '), "x").error().code == errc::too_large));
  BOOST_TEST((parse_sarif(std::string_view{"{\"version\":\"2.1.0\0\"}", 20}, "x").error().where == "x"));
}

BOOST_DATA_TEST_CASE(damaged_sarif_never_crashes, data::make({"roslyn.sarif", "codeql.sarif"}), name) {
  survives_damage(sample(fmt::format("sarif/{}", name)), [](std::string_view text) { (void)parse_sarif(text, "x"); });
}

BOOST_AUTO_TEST_CASE(findings_are_bounded_and_the_worst_are_kept) {
  auto results = std::string{R"("results":[)"};
  for (int i = 0; i < 1500; ++i)
    results += fmt::format(R"({{"level":"{}","message":{{"text":"{}"}}}},)", i >= 1400 ? "error" : "note",
                           std::string(900, 'm'));
  results.back() = ']';
  auto const report = with_run(results).value();
  BOOST_TEST(counts(report) == "0 critical, 100 high, 0 medium, 1400 low, 0 info");
  BOOST_TEST(report.findings.size() == 1000u);
  BOOST_TEST((report.findings[99].severity == severity::high));
  BOOST_TEST((report.findings[100].severity == severity::low));
  BOOST_TEST(report.findings[0].message.size() == 500u);
}

BOOST_AUTO_TEST_CASE(several_scans_are_one_report) {
  auto const directory = temporary_directory{};
  for (auto const* name : {"codeql.sarif", "roslyn.sarif"})
    directory.write(name, "\xef\xbb\xbf" + sample(fmt::format("sarif/{}", name)));
  auto const patterns = std::vector<std::string>{directory.path().string() + "/*.sarif"};
  auto const report = read_sarif(patterns).value();
  BOOST_TEST(counts(report) == "1 critical, 2 high, 2 medium, 2 low, 0 info");
  BOOST_TEST(report.tools.size() == 2u);
  BOOST_TEST(report.usable);
  BOOST_TEST((report.observed_at == at("2024-05-01T11:00:00Z")));
  directory.write("z.sarif", sample("sarif/failed.sarif"));
  BOOST_TEST(!read_sarif(patterns).value().usable);
}

RC_BOOST_PROP(every_result_counts_once, ()) {
  auto const kinds =
      std::array{R"({"kind":"pass"})",   R"({"baselineState":"absent"})", R"({"suppressions":[{"kind":"inSource"}]})",
                 R"({"level":"error"})", R"({"level":"note"})",           "{}"};
  auto const picks = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, kinds.size()));
  auto results = std::string{};
  for (auto pick : picks) results += (results.empty() ? "" : ",") + std::string{kinds[pick]};
  auto const report = with_run(R"("results":[)" + results + "]").value();
  RC_ASSERT(report.counts.total() + report.suppressed + report.absent + report.not_failures == picks.size());
}

BOOST_AUTO_TEST_SUITE_END()
