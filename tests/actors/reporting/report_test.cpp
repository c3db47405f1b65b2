#include "actors/reporting/report_text.hpp"
#include "actors/reporting/report_view.hpp"
#include "simulator/storage_format.hpp"
#include "tests/actors/reporting/fixture.hpp"

#include <rapidcheck/boost_test.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace nexus;
using namespace nexus::reporting;
using namespace nexus::reporting::testing;
using json = nlohmann::json;
using kainjow::mustache::data;

namespace {

constexpr report_format formats[] = {report_format::html, report_format::markdown, report_format::storage};

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

void check_golden(std::string const& name, std::string const& text) {
  auto const shipped = std::string{NEXUS_SOURCE_DIR "/tests/actors/reporting/data/"} + name;
  auto const made = std::string{NEXUS_BINARY_DIR "/"} + name;
  std::ofstream{made} << text;
  auto file = std::ifstream{shipped};
  auto const expected_text = std::string{std::istreambuf_iterator<char>{file}, {}};
  BOOST_TEST((text == expected_text), "look at " << made << ", and copy it to " << shipped << " if it is right");
}

/// The member of each row of a list, by the row's label.
auto rows_of(data const& view, std::string const& list, std::string const& member = "value")
    -> std::map<std::string, std::string> {
  auto result = std::map<std::string, std::string>{};
  for (auto const& row : view.get(list)->list_value())
    result[row.get("label")->string_value()] = row.get(member)->string_value();
  return result;
}

auto cells_of(data const& view, std::string const& list, std::vector<std::string> const& members)
    -> std::multiset<std::string> {
  auto result = std::multiset<std::string>{};
  for (auto const& row : view.get(list)->list_value())
    for (auto const& member : members) result.insert(row.get(member)->string_value());
  return result;
}

/// Every place of a member in a statement, by its JSON pointer; lists by their elements, too.
auto places_in(json const& value, std::string const& at = {}) -> std::vector<std::string> {
  auto result = std::vector<std::string>{};
  if (value.is_object() || value.is_array())
    for (auto const& [name, member] : value.items()) {
      result.push_back(at + "/" + name);
      for (auto& below : places_in(member, result.back())) result.push_back(std::move(below));
    }
  return result;
}

auto without(json statement, std::vector<std::string> const& places) -> json {
  for (auto const& place : places) {
    auto const pointer = json::json_pointer{place};
    if (!statement.contains(pointer)) continue;
    auto& parent = statement[pointer.parent_pointer()];
    if (parent.is_object()) parent.erase(pointer.back());
  }
  return statement;
}

/// A report all of whose texts are this one, which need not be UTF-8.
auto with_texts(std::string const& text) -> report {
  auto result = report_of(full_statement());
  auto const set = [&](auto&... places) { ((places = text), ...); };
  auto& stated = *result.stated;
  set(result.id, result.publication, stated.go_no_go, stated.decision_rationale, stated.release_date);
  auto& decision = result.decision;
  set(decision.release, decision.project, decision.rationale, decision.policy, decision.commit);
  for (auto* list : {&stated.blockers, &stated.risks, &decision.blockers, &decision.risks, &decision.unknowns,
                     &decision.degraded_reasons})
    list->assign(2, text);
  for (auto& each : stated.checklist) set(each.item, each.details);
  for (auto& each : result.tickets) {
    set(each.key, each.summary, each.status, each.priority);
    each.assignee = report_person{text};
  }
  for (auto& each : result.builds) set(each.job_name, each.status, each.url, each.timestamp, each.branch);
  for (auto& each : result.scans)
    set(each.repo_name, each.branch, each.scanner_name, each.scan_timestamp, each.report_url);
  for (auto& each : result.evidence) each.source = text;
  for (auto& each : decision.objectives) set(each.reason, each.description, each.observed, each.remedy, each.pass);
  return result;
}

auto well_formed(report const& of) -> bool {
  auto const storage = render(of, report_format::storage);
  auto const good = simulator::confluence::check_storage(storage);
  BOOST_TEST_REQUIRE(good.has_value(), (good ? "" : good.error().message));
  structure_of(storage, true);
  structure_of(render(of, report_format::html), false);
  return !render(of, report_format::markdown).empty();
}

} // namespace

// -- content

BOOST_AUTO_TEST_CASE(reports_look_as_they_were_approved) {
  auto const stated = report_of(full_statement());
  auto const own = stored_report();
  auto const nothing = report_of(json::object());
  check_golden("report_stated.html", render(stated, report_format::html));
  check_golden("report_stated.md", render(stated, report_format::markdown));
  check_golden("report_stated.storage.xml", render(stated, report_format::storage));
  check_golden("report_own.html", render(own, report_format::html));
  check_golden("report_own.md", render(own, report_format::markdown));
  check_golden("report_own.storage.xml", render(own, report_format::storage));
  check_golden("report_nothing.html", render(nothing, report_format::html));
  check_golden("report_absence.html", render_absence("There is no report of v9", "no release matches 'v9'"));
}

BOOST_AUTO_TEST_CASE(a_missing_figure_is_shown_with_its_reason_and_never_as_zero) {
  auto statement = full_statement();
  statement["stats"].erase("blocked_tickets");
  statement["stats"]["unavailable"] = {{"blocked_tickets", "Jira did not answer"}};
  auto const made = report_of(statement);
  auto const figures = rows_of(view_of(made), "ticket_figures");
  BOOST_TEST(figures.at("Blocked") == "not available (Jira did not answer)");
  BOOST_TEST(contains(fmt::format("{}", fmt::join(not_available(made), " ")), "tickets.blocked"));
  for (auto const format : formats) BOOST_TEST(contains(render(made, format), "Jira did not answer"));
}

BOOST_AUTO_TEST_CASE(figures_that_cannot_be_are_not_available) {
  auto statement = full_statement();
  statement["stats"]["test_coverage_percentage"] = 140;
  statement["stats"]["blocked_tickets"] = -3;
  statement["stats"]["security_risk_score"] = 1e300;
  auto const made = report_of(statement);
  BOOST_TEST(!made.figure_of("coverage.line_percentage").available());
  BOOST_TEST(!made.figure_of("tickets.blocked").available());
  BOOST_TEST(!made.figure_of("security.risk_score").available());
  BOOST_TEST((made.decision.verdict != release_decision::go));
}

BOOST_AUTO_TEST_CASE(cards_have_the_colours_of_their_thresholds) {
  auto const levels = [](double completion, double coverage, double risk, double builds) {
    auto statement = full_statement();
    auto& stats = statement["stats"];
    stats["ticket_completion_rate"] = completion;
    stats["test_coverage_percentage"] = coverage;
    stats["security_risk_score"] = risk;
    stats["critical_vulnerabilities"] = 0;
    stats["build_success_rate"] = builds;
    auto const rows = rows_of(view_of(report_of(statement)), "cards", "level");
    return std::vector<std::string>{rows.at("Tickets done"), rows.at("Test coverage"), rows.at("Security risk"),
                                    rows.at("Build success")};
  };
  BOOST_TEST(levels(90, 80, 30, 90) == (std::vector<std::string>(4, "good")), boost::test_tools::per_element());
  BOOST_TEST(levels(89.9, 79.9, 30.1, 89.9) == (std::vector<std::string>(4, "fair")), boost::test_tools::per_element());
  BOOST_TEST(levels(70, 60, 60, 70) == (std::vector<std::string>(4, "fair")), boost::test_tools::per_element());
  BOOST_TEST(levels(69.9, 59.9, 60.1, 69.9) == (std::vector<std::string>(4, "poor")), boost::test_tools::per_element());
  auto const own = rows_of(view_of(stored_report()), "cards", "level");
  BOOST_TEST(own.at("Vulnerabilities") == "fair");
  BOOST_TEST(own.at("Last build") == "fair");
  BOOST_TEST(own.at("Test coverage") == "none");
}

BOOST_AUTO_TEST_CASE(statuses_have_their_colours) {
  for (auto const* good : {"Done", "SUCCESS", "passed"}) BOOST_TEST((level_of_status(good) == level::good));
  for (auto const* poor : {"FAILURE", "failed", "Blocked", "error"}) BOOST_TEST((level_of_status(poor) == level::poor));
  for (auto const* fair : {"In Progress", "in_progress", "UNSTABLE"})
    BOOST_TEST((level_of_status(fair) == level::fair));
  for (auto const* none : {"", "To Do", "pending"}) BOOST_TEST((level_of_status(none) == level::none));
}

BOOST_AUTO_TEST_CASE(the_decision_is_the_policys_and_the_senders_word_is_a_claim) {
  auto const made = report_of(full_statement());
  BOOST_TEST((made.decision.verdict == release_decision::no_go));
  for (auto const format : formats) {
    auto const text = render(made, format);
    BOOST_TEST(contains(text, format == report_format::markdown ? "NO\\_GO" : "NO_GO"));
    BOOST_TEST(contains(text, "The sender states GO"));
  }
}

BOOST_AUTO_TEST_CASE(links_lead_to_web_pages_only) {
  auto const html = render(report_of(full_statement()), report_format::html);
  BOOST_TEST(contains(html, "href=\"https://ci.example.com/job/nexus-main/143/\""));
  BOOST_TEST(!contains(html, "javascript:"));
  for (auto const* bad : {"javascript:alert(1)", "https://a\"onclick=x", "https://a b", "//a", "data:text/html,x", "",
                          "https://a/<b>", "HTTPS://a/\n"})
    BOOST_TEST(linkable(bad).empty(), bad);
}

BOOST_AUTO_TEST_CASE(what_needs_attention_comes_first) {
  auto const view = view_of(report_of(full_statement()));
  auto keys = std::vector<std::string>{};
  for (auto const& row : view.get("tickets")->list_value()) keys.push_back(row.get("key")->string_value());
  BOOST_TEST(keys == (std::vector<std::string>{"PROJ-2", "PROJ-3", "PROJ-1"}), boost::test_tools::per_element());
}

// -- analysis

BOOST_AUTO_TEST_CASE(nothing_stated_is_nothing_known) {
  auto const said = analysis_of(decide_on(policy(), {}, {}, {}, present));
  BOOST_TEST((said.decision == release_decision::inconclusive));
  BOOST_TEST(!said.required_criteria_passed);
  BOOST_TEST(said.unknowns.size() == 7u);
  BOOST_TEST(said.blockers.empty());
}

BOOST_AUTO_TEST_CASE(all_criteria_met_is_go_and_coverage_alone_is_conditional) {
  auto stats = report_stats{};
  stats.ticket_completion_rate = 90;
  stats.blocked_tickets = stats.failing_tests = stats.critical_vulnerabilities = stats.high_vulnerabilities = 0;
  stats.test_coverage_percentage = 80;
  stats.last_build_status = "success";
  auto said = analysis_of(decide_on(policy(), stats, {}, {}, present));
  BOOST_TEST((said.decision == release_decision::go));
  BOOST_TEST(said.required_criteria_passed);
  stats.test_coverage_percentage = 75;
  said = analysis_of(decide_on(policy(), stats, {}, {}, present));
  BOOST_TEST((said.decision == release_decision::conditional));
  BOOST_TEST(said.required_criteria_passed);
  stats.last_build_status = "UNKNOWN";
  said = analysis_of(decide_on(policy(), stats, {}, {}, present));
  BOOST_TEST((said.decision == release_decision::inconclusive));
  BOOST_TEST(!said.required_criteria_passed);
}

// -- properties

RC_BOOST_PROP(whatever_is_left_out_the_report_is_sound_and_invents_nothing, ()) {
  static auto const full = full_statement();
  static auto const places = places_in(full);
  auto const gone = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(places));
  auto const whole = view_of(report_of(full));
  auto const made = report_of(without(full, gone));
  RC_ASSERT(well_formed(made));
  auto const view = view_of(made);
  for (auto const* list : {"ticket_figures", "build_figures", "security_figures"}) {
    auto const before = rows_of(whole, list);
    for (auto const& [label, value] : rows_of(view, list))
      RC_ASSERT(value == before.at(label) || value.starts_with("not available ("));
  }
  auto const subset = [&](std::string const& list, std::vector<std::string> const& members) {
    auto const before = cells_of(whole, list, members);
    for (auto const& cell : cells_of(view, list, members))
      RC_ASSERT(cell == "–" || cell == "nexus-main" || cell == "build #143" || before.contains(cell));
  };
  subset("tickets", {"key", "summary", "status", "priority", "assignee", "points"});
  subset("builds", {"name", "status", "branch", "started", "minutes"});
  subset("scans", {"name", "branch", "scanner", "when", "risk", "critical", "high", "medium", "low"});
  // What is not there never makes it better.
  if (made.decision.verdict == release_decision::go) RC_FAIL("GO without evidence");
}

RC_BOOST_PROP(no_text_changes_what_a_report_is_made_of, ()) {
  auto const fragment = rc::gen::oneOf(
      rc::gen::element<std::string>("]]>", "<script>alert(1)</script>", "&", "&amp;", "\"'", "{{{title}}}",
                                    "{{#cards}}", "-->", "<!--", "<![CDATA[", "\xff\xfe", "\xef\xbf\xbf",
                                    std::string{"\0", 1}, "\x1b[2J", "\xe2\x80\xae", "\n# ", "|", "`", "**", "[a](b)",
                                    "@all", "<ac:x>", "</td></tr>", "\xed\xa0\x80", "\xc2\x85", "\xf0\x9f\x9a\x80"),
      rc::gen::string<std::string>());
  auto const hostile = "x" + (*rc::gen::map(rc::gen::container<std::vector<std::string>>(fragment),
                                            [](auto const& parts) { return fmt::format("{}", fmt::join(parts, "")); }));
  auto const made = with_texts("x");
  auto const evil = with_texts(hostile);
  RC_ASSERT(well_formed(evil));
  for (auto const format : {report_format::html, report_format::storage}) {
    auto const fragment_only = format == report_format::storage;
    RC_ASSERT(structure_of(render(evil, format), fragment_only) == structure_of(render(made, format), fragment_only));
  }
  auto const lines = [](std::string const& text, std::string_view beginning) {
    auto count = 0;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      if (std::string_view{text}.substr(at).starts_with(beginning)) ++count;
      if (text.find('\n', at) == std::string::npos) break;
    }
    return count;
  };
  auto const dull = render(made, report_format::markdown);
  auto const loud = render(evil, report_format::markdown);
  for (auto const* beginning : {"", "#", "|", "- "}) RC_ASSERT(lines(dull, beginning) == lines(loud, beginning));
}

RC_BOOST_PROP(cleaned_text_is_short_and_says_the_same_again, (std::string const& text)) {
  auto const once = clean(text, 20);
  RC_ASSERT(once.size() <= 23u);
  RC_ASSERT(is_utf8(once));
  RC_ASSERT(clean(clean(text)) == clean(text));
}
