#include "actors/reporting/report_view.hpp"

#include "actors/readiness/evidence.hpp"
#include "actors/readiness/explain.hpp"
#include "actors/readiness/facts.hpp"
#include "actors/reporting/report_text.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <algorithm>
#include <cmath>

namespace nexus::reporting {
namespace {

using view = kainjow::mustache::data;

constexpr std::string_view dash = "–";

auto name_of(level x) -> char const* {
  constexpr char const* names[] = {"good", "fair", "poor", "none"};
  return names[static_cast<std::size_t>(x)];
}

/// The colours that Confluence's status macro knows.
auto macro_colour(level x) -> char const* {
  constexpr char const* names[] = {"Green", "Yellow", "Red", "Grey"};
  return names[static_cast<std::size_t>(x)];
}

/// "2026-01-15 10:00 UTC".
auto show_time(timestamp time) -> std::string {
  auto text = format_timestamp(time).substr(0, 16);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text + " UTC";
}

auto list_of(std::vector<std::string> const& texts) -> view {
  auto result = view{view::type::list};
  for (auto const& text : texts) result.push_back(view{"text", clean(text)});
  return result;
}

/// A list and the flag that says whether it is empty: "has_tickets", "tickets".
void set_list(view& into, std::string const& name, view rows, bool any) {
  into.set("has_" + name, any);
  into.set(name, rows);
}

auto at_least(double number, double good, double fair) -> level {
  return number >= good ? level::good : number >= fair ? level::fair : level::poor;
}
auto at_most(double number, double good, double fair) -> level {
  return number <= good ? level::good : number <= fair ? level::fair : level::poor;
}

auto level_of(release_decision verdict) -> level {
  switch (verdict) {
  case release_decision::go:
    return level::good;
  case release_decision::conditional:
    return level::fair;
  case release_decision::no_go:
    return level::poor;
  case release_decision::inconclusive:
  case release_decision::pending:
    break;
  }
  return level::none;
}

auto level_of(objective_status status) -> level {
  switch (status) {
  case objective_status::pass:
    return level::good;
  case objective_status::warn:
  case objective_status::waived:
    return level::fair;
  case objective_status::fail:
    return level::poor;
  case objective_status::missing:
  case objective_status::stale:
  case objective_status::skipped:
    break;
  }
  return level::none;
}

auto class_of(release_decision verdict) -> char const* {
  constexpr char const* names[] = {"go", "no_go", "conditional", "pending", "inconclusive"};
  return names[static_cast<std::size_t>(verdict)];
}

/// Writes the parts of one report into one view.
class writer {
public:
  explicit writer(report const& of) : of_(of), decision_(of.decision) {}

  auto write() -> view {
    write_head();
    write_cards();
    write_checklist();
    write_lists();
    write_stated_checks();
    write_tickets();
    write_builds();
    write_scans();
    write_evidence();
    write_provenance();
    out_.set("has_gaps", gaps_);
    return std::move(out_);
  }

private:
  /// The text, or a dash that a note below explains.
  auto cell(std::optional<std::string> const& text) -> std::string {
    auto shown = clean(text.value_or(""));
    if (!shown.empty()) return shown;
    gaps_ = true;
    return std::string{dash};
  }
  auto cell(std::optional<double> number, double scale = 1) -> std::string {
    if (number && std::isfinite(*number)) return readiness::show_number(*number * scale, 1);
    gaps_ = true;
    return std::string{dash};
  }

  static auto words_for(figure const& x) -> std::string {
    return x.available() ? clean(x.shown) : fmt::format("not available ({})", clean(x.missing_reason));
  }

  void write_head() {
    auto const release = clean(of_.release(), 200);
    out_.set("title", release.empty() ? std::string{"Release report"} : "Release " + release);
    out_.set("verdict", std::string{nexus::name_of(decision_.verdict)});
    out_.set("verdict_class", class_of(decision_.verdict));
    out_.set("macro_colour", macro_colour(level_of(decision_.verdict)));
    auto rationale = clean(decision_.rationale);
    // The banner shows the verdict large already.
    if (auto const verdict = fmt::format("{}: ", nexus::name_of(decision_.verdict)); rationale.starts_with(verdict))
      rationale.erase(0, verdict.size());
    out_.set("rationale", rationale);
    auto meta = std::vector<std::string>{};
    if (!decision_.project.empty()) meta.push_back("Project " + decision_.project);
    if (of_.stated && of_.stated->release_date) meta.push_back("Release date " + *of_.stated->release_date);
    if (!decision_.commit.empty()) meta.push_back("Commit " + decision_.commit.substr(0, 12));
    meta.push_back("Decided " + show_time(decision_.decided_at));
    meta.push_back(fmt::format("Policy {} {}", decision_.policy, decision_.policy_version));
    meta.push_back(fmt::format("Score {} of 100", readiness::show_number(decision_.score, 1)));
    out_.set("meta", list_of(meta));
    write_claim();
  }

  void write_claim() {
    auto const claimed = of_.stated ? clean(of_.stated->go_no_go.value_or(""), 100) : std::string{};
    auto const differs = !claimed.empty() && claimed != nexus::name_of(decision_.verdict);
    out_.set("has_claim", differs);
    auto text = fmt::format("The sender states {}; the policy decides {}.", claimed, nexus::name_of(decision_.verdict));
    if (differs && of_.stated->decision_rationale)
      text += " The sender's reason: " + clean(*of_.stated->decision_rationale);
    out_.set("claim", differs ? text : std::string{});
  }

  // -- cards ----------------------------------------------------------------------------------------------------------

  struct card {
    std::string label;
    figure value;
    nexus::reporting::level level = level::none;
    std::string detail;
  };

  auto rated(std::string label, std::string_view fact, level (*rate)(double, double, double), double good, double fair)
      -> card {
    auto value = of_.figure_of(fact);
    auto const reached = value.number ? rate(*value.number, good, fair) : level::none;
    return {std::move(label), std::move(value), reached, {}};
  }

  /// Of a share, what it is a share of.
  auto part_of(std::string_view part, std::string_view whole, std::string_view what) -> std::string {
    auto const done = of_.figure_of(part);
    auto const all = of_.figure_of(whole);
    return done.available() && all.available() ? fmt::format("{} of {} {}", done.shown, all.shown, what)
                                               : std::string{};
  }

  auto tests_text() -> std::string {
    auto const failed = of_.figure_of("tests.failed");
    if (!failed.available()) return "failing tests: " + words_for(failed);
    auto const passed = of_.figure_of("tests.passed");
    return passed.available() ? fmt::format("{} tests failed, {} passed", failed.shown, passed.shown)
                              : fmt::format("{} tests failed", failed.shown);
  }

  auto security_card() -> card {
    auto score = rated("Security risk", "security.risk_score", at_most, 30, 60);
    auto const critical = of_.figure_of("vulnerabilities.critical");
    auto const high = of_.figure_of("vulnerabilities.high");
    auto const counts = critical.available() && high.available()
                            ? fmt::format("{} critical, {} high vulnerabilities", critical.shown, high.shown)
                            : std::string{};
    if (score.value.available() || counts.empty()) {
      score.detail = counts;
      if (critical.number.value_or(0) > 0) score.level = level::poor;
      return score;
    }
    auto const worst = *critical.number > 0 ? level::poor : *high.number > 0 ? level::fair : level::good;
    auto shown = fmt::format("{} / {}", critical.shown, high.shown);
    return {
        "Vulnerabilities", {.number = {}, .shown = std::move(shown), .missing_reason = {}}, worst, "critical / high"};
  }

  auto build_card() -> card {
    auto rate = rated("Build success", "build.success_rate", at_least, 90, 70);
    auto last = of_.figure_of("build.last_result");
    if (rate.value.available()) {
      rate.detail = "last build: " + words_for(last);
      return rate;
    }
    auto const result = last.available() ? level_of_status(last.shown) : level::none;
    return {"Last build", std::move(last), result, {}};
  }

  void write_cards() {
    auto tickets = rated("Tickets done", "tickets.completion_rate", at_least, 90, 70);
    tickets.detail = part_of("tickets.completed", "tickets.total", "tickets");
    auto coverage = rated("Test coverage", "coverage.line_percentage", at_least, 80, 60);
    coverage.detail = tests_text();
    auto rows = view{view::type::list};
    for (auto const& each : {tickets, coverage, security_card(), build_card()}) {
      auto row = view{};
      row.set("label", each.label);
      row.set("value", each.value.available() ? clean(each.value.shown, 60) : "not available");
      row.set("level", name_of(each.level));
      row.set("macro_colour", macro_colour(each.level));
      row.set("detail", each.value.available() ? each.detail : clean(each.value.missing_reason, 300));
      rows.push_back(row);
    }
    out_.set("cards", rows);
  }

  // -- the decision ---------------------------------------------------------------------------------------------------

  void write_checklist() {
    auto rows = view{view::type::list};
    for (auto const& objective : decision_.objectives) {
      auto row = view{};
      auto const passed = objective.status == objective_status::pass;
      row.set("status", std::string{nexus::name_of(objective.status)});
      row.set("level", name_of(level_of(objective.status)));
      row.set("macro_colour", macro_colour(level_of(objective.status)));
      row.set("item", clean(readiness::title_of(objective)));
      row.set("required", objective.key);
      row.set("informational", objective.informational);
      row.set("observed", objective.observed.empty() ? "not available" : clean(objective.observed));
      row.set("wanted", clean(objective.pass));
      // Where the columns beside it say the same already, a reason is only noise.
      auto const said = passed || objective.reason == fmt::format("{}, wanted {}", objective.observed, objective.pass);
      row.set("has_reason", !said);
      row.set("reason", said ? std::string{} : clean(objective.reason));
      rows.push_back(row);
    }
    set_list(out_, "checklist", std::move(rows), !decision_.objectives.empty());
  }

  void write_lists() {
    auto lists = view{view::type::list};
    auto const add = [&](char const* heading, std::vector<std::string> texts,
                         std::vector<std::string> const* stated = nullptr) {
      if (stated)
        for (auto const& each : *stated)
          if (auto text = clean(each); !text.empty()) texts.push_back(text + " (stated by the sender)");
      if (texts.empty()) return;
      auto part = view{};
      part.set("heading", heading);
      part.set("items", list_of(texts));
      lists.push_back(part);
    };
    add("Blockers", decision_.blockers, of_.stated ? &of_.stated->blockers : nullptr);
    add("Could not be judged", decision_.unknowns);
    add("Risks", decision_.risks, of_.stated ? &of_.stated->risks : nullptr);
    auto remedies = std::vector<std::string>{};
    for (auto const& objective : decision_.objectives)
      if (!objective.remedy.empty() && objective.max_points > 0) remedies.push_back(objective.remedy);
    add("What would turn it green", std::move(remedies));
    add("What went wrong while evidence was collected", decision_.degraded_reasons);
    out_.set("lists", lists);
  }

  void write_stated_checks() {
    auto rows = view{view::type::list};
    auto const none = std::vector<stated_check>{};
    auto const& checks = of_.stated ? of_.stated->checklist : none;
    for (auto const& each : checks) {
      auto row = view{};
      auto const how = !each.passed ? level::none : *each.passed ? level::good : level::poor;
      row.set("status", !each.passed ? "not stated" : *each.passed ? "passed" : "failed");
      row.set("level", name_of(how));
      row.set("item", cell(each.item));
      row.set("required", each.required.value_or(true));
      row.set("details", cell(each.details));
      rows.push_back(row);
    }
    set_list(out_, "stated_checks", std::move(rows), !checks.empty());
  }

  // -- sections -------------------------------------------------------------------------------------------------------

  auto figures(std::initializer_list<std::pair<char const*, char const*>> wanted) -> view {
    auto rows = view{view::type::list};
    for (auto const& [label, fact] : wanted) {
      auto const value = of_.figure_of(fact);
      auto row = view{};
      row.set("label", label);
      row.set("value", words_for(value));
      row.set("level", value.available() ? "" : "none");
      rows.push_back(row);
    }
    return rows;
  }

  void write_tickets() {
    auto const done = of_.figure_of("tickets.completion_rate");
    out_.set("has_progress", done.available());
    if (done.available()) {
      out_.set("progress_percent", readiness::show_number(*done.number, 1));
      out_.set("progress_text", done.shown + " of the tickets are done");
      out_.set("progress_level", name_of(at_least(*done.number, 90, 70)));
    }
    out_.set("ticket_figures", figures({{"Done", "tickets.completion_rate"},
                                        {"Total", "tickets.total"},
                                        {"Completed", "tickets.completed"},
                                        {"In progress", "tickets.in_progress"},
                                        {"Blocked", "tickets.blocked"},
                                        {"Points completed", "tickets.points_completed"},
                                        {"Points total", "tickets.points_total"}}));
    // What needs attention comes first.
    auto order = std::vector<std::pair<int, report_ticket const*>>{};
    for (auto const& each : of_.tickets) {
      constexpr int places[] = {3, 1, 0, 2};
      order.emplace_back(places[static_cast<std::size_t>(level_of_status(each.status.value_or("")))], &each);
    }
    std::stable_sort(order.begin(), order.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
    auto rows = view{view::type::list};
    for (auto const& [place, each] : order) {
      auto row = view{};
      row.set("key", cell(each->key));
      row.set("summary", cell(each->summary));
      row.set("status", cell(each->status));
      row.set("level", name_of(level_of_status(each->status.value_or(""))));
      row.set("priority", cell(each->priority));
      row.set("assignee", cell(each->assignee ? each->assignee->display_name : std::nullopt));
      row.set("points", cell(each->story_points));
      rows.push_back(row);
    }
    set_list(out_, "tickets", std::move(rows), !of_.tickets.empty());
  }

  void write_builds() {
    out_.set("build_figures", figures({{"Last build", "build.last_result"},
                                       {"Successful builds", "build.success_rate"},
                                       {"Tests passed", "tests.passed"},
                                       {"Tests failed", "tests.failed"},
                                       {"Line coverage", "coverage.line_percentage"}}));
    auto rows = view{view::type::list};
    for (auto const& each : of_.builds) {
      auto row = view{};
      auto name = each.job_name;
      if (each.build_number) name = fmt::format("{} #{}", name.value_or("build"), *each.build_number);
      auto url = linkable(each.url.value_or(""));
      row.set("name", cell(name));
      row.set("has_url", !url.empty());
      row.set("url", url);
      row.set("status", cell(each.status));
      row.set("level", name_of(level_of_status(each.status.value_or(""))));
      row.set("branch", cell(each.branch));
      row.set("started", cell(each.timestamp));
      row.set("minutes", cell(each.duration_seconds, 1.0 / 60));
      rows.push_back(row);
    }
    set_list(out_, "builds", std::move(rows), !of_.builds.empty());
  }

  void write_scans() {
    out_.set("security_figures", figures({{"Risk score", "security.risk_score"},
                                          {"Critical vulnerabilities", "vulnerabilities.critical"},
                                          {"High vulnerabilities", "vulnerabilities.high"}}));
    auto rows = view{view::type::list};
    for (auto const& each : of_.scans) {
      auto row = view{};
      auto url = linkable(each.report_url.value_or(""));
      row.set("name", cell(each.repo_name));
      row.set("has_url", !url.empty());
      row.set("url", url);
      row.set("branch", cell(each.branch));
      row.set("scanner", cell(each.scanner_name));
      row.set("when", cell(each.scan_timestamp));
      row.set("risk", cell(each.risk_score));
      row.set("level", each.risk_score ? name_of(at_most(*each.risk_score, 30, 60)) : "none");
      row.set("critical", cell(each.critical_vulnerabilities));
      row.set("high", cell(each.high_vulnerabilities));
      row.set("medium", cell(each.medium_vulnerabilities));
      row.set("low", cell(each.low_vulnerabilities));
      rows.push_back(row);
    }
    set_list(out_, "scans", std::move(rows), !of_.scans.empty());
  }

  void write_evidence() {
    auto rows = view{view::type::list};
    for (auto const& item : of_.evidence) {
      auto const* const fact = readiness::find_fact(item.fact);
      auto row = view{};
      row.set("meaning", fact ? std::string{fact->meaning} : clean(item.fact));
      auto value = std::string{};
      if (!fact)
        value = clean(item.value.text, 200);
      else if (auto const usable = readiness::usable_value(item, *fact))
        value = clean(readiness::show(*usable, fact->unit, 1));
      else
        value = fmt::format("not available ({})", clean(usable.error()));
      row.set("value", value);
      row.set("source", cell(item.source));
      auto const known = item.observed_at != timestamp{} && item.observed_at <= of_.generated_at;
      auto const age = std::chrono::floor<std::chrono::seconds>(of_.generated_at - item.observed_at);
      row.set("age", known ? readiness::show_age(age) : std::string{"not known"});
      rows.push_back(row);
    }
    out_.set("evidence", rows);
  }

  void write_provenance() {
    auto lines = std::vector<std::string>{
        fmt::format("Report {}, generated {} by Nexus", of_.id, show_time(of_.generated_at)),
        of_.is_stored() ? fmt::format("Made from decision {} and its evidence (SHA-256 {})", decision_.decision_id,
                                      decision_.bundle_sha256)
                        : "Made from figures that the sender stated; Nexus decided over them and did not check them",
        fmt::format("Policy {} {} (SHA-256 {})", decision_.policy, decision_.policy_version, decision_.policy_sha256)};
    if (!of_.publication.empty()) lines.push_back("Publication " + of_.publication);
    out_.set("provenance", list_of(lines));
    auto text = std::string{};
    for (auto const& line : lines) text += (text.empty() ? "" : "\n") + cdata_escaped(clean(line));
    out_.set("provenance_text", text);
  }

  report const& of_;
  decision const& decision_;
  view out_;
  bool gaps_ = false;
};

} // namespace

auto level_of_status(std::string_view status) -> level {
  auto word = lower_case(status.substr(0, 40));
  std::replace_if(word.begin(), word.end(), [](char c) { return c == '_' || c == '-'; }, ' ');
  auto const is = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (is({"success", "done", "passed", "closed", "resolved", "released"})) return level::good;
  if (is({"failure", "failed", "error", "blocked"})) return level::poor;
  if (is({"in progress", "in review", "unstable", "warning", "building", "testing"})) return level::fair;
  return level::none;
}

auto view_of(report const& of) -> kainjow::mustache::data { return writer{of}.write(); }

} // namespace nexus::reporting
