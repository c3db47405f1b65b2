#include "actors/evidence/release_facts.hpp"

#include "actors/readiness/evidence.hpp"

#include <algorithm>

namespace nexus::evidence {
namespace {

using readiness::fact_value;
using readiness::measured;
using readiness::missing;

/// Collects the facts of one source.
class fact_list {
public:
  /// An unknown time is the epoch, which counts as stale wherever an age is demanded.
  fact_list(std::string source, std::optional<timestamp> observed_at)
      : source_(std::move(source)), observed_at_(observed_at.value_or(timestamp{})) {}

  void add(std::string_view fact, fact_value const& value) {
    items_.push_back(measured(fact, value, source_, observed_at_));
  }
  void add_count(std::string_view fact, std::size_t count) { add(fact, static_cast<double>(count)); }
  void add_missing(std::string_view fact, std::string const& reason) {
    items_.push_back(missing(fact, reason, source_, observed_at_));
  }
  auto take() -> std::vector<evidence_item> { return std::move(items_); }

private:
  std::string source_;
  timestamp observed_at_;
  std::vector<evidence_item> items_;
};

constexpr std::string_view test_names[]{"tests.failed", "tests.flaky", "tests.passed", "tests.skipped", "tests.total"};
constexpr std::string_view coverage_names[]{"coverage.branch_percentage", "coverage.line_percentage",
                                            "coverage.lines_total"};
constexpr std::string_view finding_names[]{"findings.critical", "findings.high", "findings.low", "findings.medium"};

auto all_missing(std::span<std::string_view const> names, std::string const& reason, timestamp now)
    -> std::vector<evidence_item> {
  auto facts = fact_list{{}, now};
  for (auto const name : names) facts.add_missing(name, reason);
  return facts.take();
}

/// Whether the release follows what came before it; nothing when the history at hand does not reach far enough.
auto in_order(git_history const& history) -> std::optional<bool> {
  if (!history.in_order()) return false;
  auto const& release = history.release;
  if (release.spelled_version) {
    auto const& own = *release.spelled_version;
    if (history.since && history.since->spelled_version && history.since->sha != release.sha &&
        *history.since->spelled_version >= own)
      return false;
    auto const precedes = [&](git_point const& tag) {
      return tag.sha != release.sha && tag.spelled_version && *tag.spelled_version > own;
    };
    if (std::ranges::any_of(history.tags, precedes)) return false;
  }
  if (history.since ? !history.since_is_ancestor : history.shallow) return std::nullopt;
  return true;
}

/// How many breaking changes the release's version does not announce; nothing when the two versions cannot be compared.
auto undeclared_breaking_changes(git_history const& history) -> std::optional<std::size_t> {
  if (history.breaking_count == 0) return 0;
  if (history.origin == since_origin::whole_history) return 0; // a first release has no users to break
  // Without a version nothing is announced.
  if (!history.release.spelled_version) return history.breaking_count;
  if (!history.since || !history.since->spelled_version) return std::nullopt;
  auto const announced =
      bump_suffices(*history.since->spelled_version, *history.release.spelled_version, version_bump::major);
  return announced ? 0 : history.breaking_count;
}

/// Reports older than the commit they are said to be about cannot be about it.
void check_age(std::vector<std::string>& reasons, std::string_view kind, std::string const& source,
               std::optional<timestamp> observed_at, git_history const& history) {
  if (observed_at && *observed_at < history.release.time)
    reasons.push_back(fmt::format("the {} ({}) is older than the release's commit", kind, source));
}

template <class Report>
void add_report(release_facts& result, std::string_view kind, Report const& report, std::vector<evidence_item> items,
                git_history const& history) {
  std::ranges::move(items, std::back_inserter(result.items));
  std::ranges::copy(report.warnings, std::back_inserter(result.degraded_reasons));
  check_age(result.degraded_reasons, kind, report.source, report.observed_at, history);
}

} // namespace

auto history_facts(git_history const& history) -> std::vector<evidence_item> {
  auto facts = fact_list{history.source, history.observed_at};
  auto const cut_short = history.shallow     ? "the clone holds only the latest commits (fetch the whole history)"
                         : history.truncated ? "the history is longer than what is walked"
                                             : std::string{};
  if (auto const order = in_order(history))
    facts.add("history.in_order", *order);
  else
    facts.add_missing("history.in_order", cut_short);
  if (history.since)
    facts.add("history.days_since_previous",
              std::chrono::duration<double, std::ratio<86'400>>(history.release.time - history.since->time).count());
  else
    facts.add_missing("history.days_since_previous", "there is no earlier release");

  if (!cut_short.empty()) {
    for (auto const name : {"commits.authors", "commits.conventional_percentage", "commits.lead_time_median_hours",
                            "commits.total", "versioning.breaking_changes", "versioning.undeclared_breaking_changes"})
      facts.add_missing(name, cut_short);
    return facts.take();
  }

  facts.add_count("commits.total", history.commits.size());
  facts.add_count("commits.authors", history.authors.size());
  constexpr auto no_change = "the release holds no change";
  if (history.conventional_share)
    facts.add("commits.conventional_percentage", *history.conventional_share * 100);
  else
    facts.add_missing("commits.conventional_percentage", no_change);
  if (history.lead_time)
    facts.add("commits.lead_time_median_hours", history.lead_time->median_hours);
  else
    facts.add_missing("commits.lead_time_median_hours", no_change);

  facts.add_count("versioning.breaking_changes", history.breaking_count);
  if (auto const undeclared = undeclared_breaking_changes(history))
    facts.add_count("versioning.undeclared_breaking_changes", *undeclared);
  else
    facts.add_missing("versioning.undeclared_breaking_changes",
                      fmt::format("'{}' names no version to compare with", history.since ? history.since->ref : ""));
  return facts.take();
}

auto test_facts(junit_report const& report) -> std::vector<evidence_item> {
  auto facts = fact_list{report.source, report.observed_at};
  auto const& totals = report.totals;
  facts.add_count("tests.total", totals.executed());
  facts.add_count("tests.skipped", totals.skipped + totals.disabled);
  for (auto const& [name, count] :
       {std::pair{"tests.failed", totals.failed()}, {"tests.flaky", totals.flaky}, {"tests.passed", totals.passed()}}) {
    if (totals.executed() > 0)
      facts.add_count(name, count);
    else
      facts.add_missing(name, "no test ran to a verdict");
  }
  return facts.take();
}

auto coverage_facts(coverage_report const& report) -> std::vector<evidence_item> {
  auto facts = fact_list{report.source, report.observed_at};
  facts.add_missing("coverage.branch_percentage", "only lines are counted");
  if (report.percentage)
    facts.add("coverage.line_percentage", *report.percentage);
  else
    facts.add_missing("coverage.line_percentage", "no line is counted");
  if (report.total > 0)
    facts.add_count("coverage.lines_total", report.total);
  else
    facts.add_missing("coverage.lines_total", "no line is counted");
  return facts.take();
}

auto finding_facts(sarif_report const& report) -> std::vector<evidence_item> {
  auto facts = fact_list{report.source, report.observed_at};
  auto const& counts = report.counts;
  for (auto const& [name, count] : {std::pair{"findings.critical", counts.critical},
                                    {"findings.high", counts.high},
                                    {"findings.low", counts.low},
                                    {"findings.medium", counts.medium}}) {
    if (report.usable)
      facts.add_count(name, count);
    else
      facts.add_missing(name, report.warnings.empty() ? "the scan is not complete" : report.warnings.front());
  }
  return facts.take();
}

auto read_release_facts(evidence_files const& files) -> expected<release_facts> {
  auto const history = read_git_history(files.repository);
  if (!history) return tl::unexpected{history.error()};
  auto result = release_facts{files.repository.release_ref, history->release.sha, history_facts(*history), {}};
  if (history->shallow)
    result.degraded_reasons.push_back("the repository is a shallow clone: earlier commits are not known");

  auto const add_absent = [&](std::span<std::string_view const> names, char const* reason) {
    std::ranges::move(all_missing(names, reason, files.repository.now), std::back_inserter(result.items));
  };
  if (files.junit.empty()) {
    add_absent(test_names, "no --junit was given");
  } else {
    auto const report = read_junit(files.junit);
    if (!report) return tl::unexpected{report.error()};
    add_report(result, "test report", *report, test_facts(*report), *history);
  }
  if (files.coverage.empty()) {
    add_absent(coverage_names, "no --coverage was given");
  } else {
    auto const report = read_coverage(files.coverage);
    if (!report) return tl::unexpected{report.error()};
    add_report(result, "coverage report", *report, coverage_facts(*report), *history);
  }
  if (files.sarif.empty()) {
    add_absent(finding_names, "no --sarif was given");
  } else {
    auto const report = read_sarif(files.sarif);
    if (!report) return tl::unexpected{report.error()};
    add_report(result, "scan report", *report, finding_facts(*report), *history);
  }
  return result;
}

} // namespace nexus::evidence
