#include "actors/git_ci/build_mapping.hpp"

#include "actors/git_ci/build_figures.hpp"
#include "messages/core/codec.hpp"
#include "runtime/http/message.hpp"
#include "runtime/rest/json_view.hpp"
#include "runtime/rest/service.hpp"

#include <algorithm>
#include <charconv>

namespace nexus::git_ci {
namespace {

using rest::json_view;

constexpr std::size_t max_failed_names = 50;
constexpr std::size_t max_artifacts = 100;

auto seconds_of(std::optional<std::int64_t> milliseconds) -> std::optional<double> {
  if (!milliseconds || *milliseconds < 0) return {};
  return static_cast<double>(*milliseconds) / 1000;
}

auto result_of(json_view const& build) -> build_result {
  auto const word = build["result"].text().value_or("");
  if (build["building"].boolean() == true || word.empty()) return build_result::building;
  for (auto const& each : descriptor_of<build_result>().enumerators)
    if (each.name == word) return static_cast<build_result>(each.value);
  return build_result::not_built;
}

auto parameter_text(json_view const& value) -> std::string {
  if (auto text = value.text()) return *text;
  // Passwords and credentials show no value.
  return value.is_null() ? std::string{} : dump_json(value.raw());
}

void read_action(build_status& to, json_view const& action) {
  for (auto const& each : action["causes"].items())
    if (!to.triggered_by) to.triggered_by = json_view{each}["shortDescription"].words();
  for (auto const& each : action["parameters"].items())
    if (auto name = json_view{each}["name"].words()) to.parameters[*name] = parameter_text(json_view{each}["value"]);
  // The first git data is the job's own; shared libraries add more.
  if (auto const revision = action["lastBuiltRevision"]; !to.commit_sha && !revision.is_null()) {
    to.commit_sha = revision["SHA1"].words();
    for (auto const& each : revision["branch"].items())
      if (auto const name = json_view{each}["name"].words(); name && name != "detached" && !to.branch)
        to.branch = short_ref(*name);
  }
  if (auto const queued = seconds_of(action["queuingDurationMillis"].integer())) to.queued_duration_seconds = queued;
  if (auto const total = action["totalCount"].count()) {
    auto tests = test_summary{.total_tests = *total,
                              .failed = action["failCount"].count().value_or(0),
                              .skipped = action["skipCount"].count().value_or(0),
                              .duration_seconds = {},
                              .coverage_percentage = {},
                              .failed_test_names = {}};
    tests.passed = std::max(0, tests.total_tests - tests.failed - tests.skipped);
    to.test_results = std::move(tests);
  }
  for (auto const& each : action["triggeredBuilds"].items())
    if (auto const number = json_view{each}["number"].count())
      to.downstream_builds.push_back({job_name_of(json_view{each}["url"].text().value_or("")), *number});
}

void read_changes(build_status& to, json_view const& change_set) {
  // Oldest first: the last one is the newest.
  for (auto const& each : change_set["items"].items()) {
    auto const change = json_view{each};
    if (to.commit_sha && change["commitId"].words() && change["commitId"].text() != to.commit_sha) continue;
    to.commit_message = change["msg"].words();
    to.commit_author = change["author"]["fullName"].words();
  }
}

/// "85.50%" as the coverage plugin writes it, "85,5%" in other languages.
auto percent(json_view const& value) -> std::optional<double> {
  auto result = value.number();
  if (auto text = value.text(); !result && text && text->ends_with('%')) {
    std::replace(text->begin(), text->end(), ',', '.');
    double parsed = 0;
    auto const [end, code] = std::from_chars(text->data(), text->data() + text->size() - 1, parsed);
    if (code == std::errc{} && end == text->data() + text->size() - 1) result = parsed;
  }
  return result && *result >= 0 && *result <= 100 ? result : std::nullopt;
}

void read_jobs(json_view const& node, std::string const& folder, std::vector<build_job>& jobs, bool& more) {
  for (auto const& each : node["jobs"].items()) {
    auto const job = json_view{each};
    auto const name = job["name"].words();
    if (!name) continue;
    auto const full = folder.empty() ? *name : folder + '/' + *name;
    auto const kind = job["_class"].text().value_or("");
    auto const is_folder =
        job["jobs"].raw().is_array() || kind.ends_with("Folder") || kind.ends_with("MultiBranchProject");
    if (is_folder) {
      if (!job["jobs"].raw().is_array()) more = true;
      read_jobs(job, full, jobs, more);
      continue;
    }
    auto const last = job["lastBuild"];
    auto entry = build_job{.job_name = full,
                           .description = job["description"].words(),
                           .last_build_number = last["number"].count(),
                           .last_build_status = {},
                           .repo_name = {}};
    if (!last.is_null()) entry.last_build_status = result_of(last);
    for (auto const& action : last["actions"].items())
      for (auto const& url : json_view{action}["remoteUrls"].items())
        if (!entry.repo_name) entry.repo_name = repository_of(json_view{url}.text().value_or(""));
    jobs.push_back(std::move(entry));
  }
}

} // namespace

auto build_from_json(nlohmann::json const& value, std::string const& job_name, timestamp now)
    -> expected<build_status> {
  auto const view = json_view{value};
  auto const number = view["number"].count();
  if (!number) return fail(errc::upstream, "Jenkins sent a build of {} without a number", job_name);
  auto result = build_status{};
  result.job_name = job_name;
  result.build_number = *number;
  result.status = result_of(view);
  result.url = view["url"].text().value_or("");
  result.timestamp = view["timestamp"].epoch_time().value_or(timestamp{});
  result.duration_seconds = seconds_of(view["duration"].integer()).value_or(0);
  if (result.status == build_result::building && result.duration_seconds == 0 && result.timestamp != timestamp{})
    result.duration_seconds = std::max(0.0, std::chrono::duration<double>(now - result.timestamp).count());
  if (!result.url.empty()) result.console_log_url = result.url + (result.url.ends_with('/') ? "console" : "/console");
  for (auto const& each : view["actions"].items()) read_action(result, json_view{each});
  read_changes(result, view["changeSet"]);
  for (auto const& each : view["changeSets"].items()) read_changes(result, json_view{each});
  for (auto const& each : view["artifacts"].items()) {
    auto const artifact = json_view{each};
    auto path = artifact["relativePath"].words();
    if (!path || result.artifacts.size() == max_artifacts) continue;
    result.artifacts.push_back(
        {.name = artifact["fileName"].words().value_or(*path),
         .path = *path,
         .url = result.url.empty() ? std::nullopt : std::optional{result.url + "artifact/" + *path},
         .size_bytes = {},
         .checksum = {}});
  }
  if (!result.commit_sha) {
    result.unavailable["commit_sha"] = "the build has no git data";
    result.unavailable["branch"] = "the build has no git data";
  }
  return result;
}

void add_test_report(build_status& to, nlohmann::json const& value) {
  auto const report = json_view{value};
  auto const failed = report["failCount"].count();
  auto const skipped = report["skipCount"].count();
  auto const total = report["totalCount"].count();
  auto passed = report["passCount"].count();
  if (!failed || (!passed && !total)) return;
  if (!passed) passed = std::max(0, *total - *failed - skipped.value_or(0));
  auto result = test_summary{.total_tests = *passed + *failed + skipped.value_or(0),
                             .passed = *passed,
                             .failed = *failed,
                             .skipped = skipped.value_or(0),
                             .duration_seconds = report["duration"].number(),
                             .coverage_percentage = {},
                             .failed_test_names = {}};
  auto const read_suites = [&](json_view const& suites) {
    for (auto const& suite : suites.items())
      for (auto const& each : json_view{suite}["cases"].items()) {
        auto const test = json_view{each};
        auto const status = test["status"].text().value_or("");
        if ((status != "FAILED" && status != "REGRESSION") || result.failed_test_names.size() == max_failed_names)
          continue;
        auto const name = test["name"].text().value_or("");
        auto const group = test["className"].words();
        result.failed_test_names.push_back(rest::one_line(group ? *group + '.' + name : name));
      }
  };
  read_suites(report["suites"]);
  // Maven and matrix jobs put the reports of their parts together.
  for (auto const& child : report["childReports"].items()) read_suites(json_view{child}["result"]["suites"]);
  to.test_results = std::move(result);
}

auto coverage_targets(nlohmann::json const& build) -> std::vector<std::string> {
  struct plugin {
    std::string_view action, target;
  };
  constexpr std::array plugins{plugin{"CoverageBuildAction", "/coverage/api/json"},
                               plugin{"plugins.coverage.CoverageAction", "/coverage/result/api/json"},
                               plugin{"Jacoco", "/jacoco/api/json"},
                               plugin{"cobertura", "/cobertura/api/json?depth=2"}};
  std::vector<std::string> result;
  for (auto const& each : plugins)
    for (auto const& action : json_view{build}["actions"].items())
      if (json_view{action}["_class"].text().value_or("").find(each.action) != std::string::npos) {
        result.emplace_back(each.target);
        break;
      }
  if (result.empty()) result.emplace_back(plugins.front().target);
  return result;
}

auto coverage_from_json(nlohmann::json const& value) -> std::optional<double> {
  auto const view = json_view{value};
  // Coverage plugin.
  if (auto const line = percent(view["projectStatistics"]["line"])) return line;
  // Code Coverage API ("Line") and Cobertura ("Lines") plugins.
  for (auto const& each : view["results"]["elements"].items()) {
    auto const name = json_view{each}["name"].text().value_or("");
    if (name == "Line" || name == "Lines") return percent(json_view{each}["ratio"]);
  }
  // JaCoCo plugin.
  auto const lines = view["lineCoverage"];
  if (auto const exact = percent(lines["percentageFloat"])) return exact;
  return percent(lines["percentage"]);
}

auto jobs_from_json(nlohmann::json const& value, bool& more) -> std::vector<build_job> {
  std::vector<build_job> result;
  read_jobs(json_view{value}, {}, result, more);
  return result;
}

auto repository_of(std::string_view url) -> std::optional<std::string> {
  while (url.ends_with('/')) url.remove_suffix(1);
  if (url.ends_with(".git")) url.remove_suffix(4);
  auto const cut = [&](std::string_view& text) -> std::string_view {
    auto const at = text.find_last_of("/:");
    if (at == std::string_view::npos) return {};
    auto const last = text.substr(at + 1);
    text = text.substr(0, at);
    return last;
  };
  auto rest = url;
  auto const name = cut(rest);
  auto const owner = cut(rest);
  // What is left must be a host: "/srv/git/backend" names no owner.
  if (name.empty() || owner.empty() || rest.empty() || rest.find_first_not_of("/:") == std::string_view::npos)
    return {};
  if (url.find("://") == std::string_view::npos && url.find('@') == std::string_view::npos) return {};
  return fmt::format("{}/{}", owner, name);
}

auto job_name_of(std::string_view url) -> std::string {
  auto const parts = http::parse_target(url);
  if (!parts) return {};
  std::string result;
  for (std::size_t i = 0; i + 1 < parts->segments.size(); ++i)
    if (parts->segments[i] == "job") {
      if (!result.empty()) result += '/';
      result += parts->segments[++i];
    }
  return result;
}

} // namespace nexus::git_ci
