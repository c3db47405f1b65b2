#include "actors/llm/answer_text.hpp"

#include <fmt/format.h>

namespace nexus::llm {

namespace {

using nlohmann::json;

auto is_broken(std::string_view status) -> bool { return status == "FAILURE" || status == "UNSTABLE"; }

auto verb_of(std::string_view status) -> std::string {
  if (status == "SUCCESS") return "succeeded";
  if (status == "FAILURE") return "failed";
  if (status == "UNSTABLE") return "is unstable";
  if (status == "ABORTED") return "was aborted";
  if (status == "NOT_BUILT") return "was not built";
  if (status == "BUILDING") return "is still running";
  return fmt::format("has the status {}", status);
}

auto tell_tests(json const& build) -> std::string {
  auto const& tests = object_at(build, "test_results");
  std::string text;
  if (auto total = figure_at(tests, "total_tests")) {
    text += fmt::format(" Tests: {} in all", *total);
    if (auto passed = figure_at(tests, "passed")) text += fmt::format(", {} passed", *passed);
    if (auto failed = figure_at(tests, "failed")) text += fmt::format(", {} failed", *failed);
    if (auto skipped = figure_at(tests, "skipped")) text += fmt::format(", {} skipped", *skipped);
    text += '.';
  }
  if (auto names = texts_at(tests, "failed_test_names"); !names.empty())
    text += fmt::format(" Failed tests: {}.", enumerate(names));
  auto const coverage = figure_at(build, "coverage_percentage");
  if (auto measured = coverage ? coverage : figure_at(tests, "coverage_percentage"))
    text += fmt::format(" Line coverage: {} %.", *measured);
  return text;
}

// What the job's other builds say about when it broke.
auto tell_since(json const& build, observation const& history) -> std::string {
  auto const number = integer_at(build, "build_number");
  if (!history.ok() || !number) return {};
  std::optional<std::int64_t> first_bad, last_good;
  for (auto const& other : list_at(history.result, "builds")) {
    auto const other_number = integer_at(other, "build_number");
    auto const status = text_at(other, "status").value_or("");
    if (!other_number || *other_number > *number) continue;
    if (status == "SUCCESS") {
      last_good = other_number;
      break;
    }
    if (is_broken(status)) first_bad = other_number;
  }
  if (!last_good) return {};
  auto text = fmt::format(" The last success before it was #{}", *last_good);
  if (first_bad && *first_bad < *number) text += fmt::format("; it is broken since #{}", *first_bad);
  return text + '.';
}

} // namespace

auto tell_build(observation const& seen, observation const* history, bool why) -> std::string {
  auto const& build = seen.result;
  auto const status = text_at(build, "status");
  auto text = fmt::format("Build {} of {} {}",
                          integer_at(build, "build_number") ? fmt::format("#{}", *integer_at(build, "build_number"))
                                                            : "(no number)",
                          text_at(build, "job_name").value_or("the job"), status ? verb_of(*status) : "has no status");
  if (auto branch = text_at(build, "branch")) text += fmt::format(" on {}", *branch);
  if (auto time = time_at(build, "timestamp")) text += fmt::format(", started {}", *time);
  if (auto seconds = figure_at(build, "duration_seconds")) text += fmt::format(", took {} s", *seconds);
  text += '.';
  text += tell_tests(build);
  auto const broken = status && is_broken(*status);
  if (why && broken && texts_at(object_at(build, "test_results"), "failed_test_names").empty())
    text += " The build's record names no failed test, so the reason has to be read in its console log.";
  if (why && status == "SUCCESS") text += " It did not fail.";
  if (auto message = text_at(build, "commit_message")) {
    text += fmt::format(" Newest commit: \"{}\"", *message);
    if (auto author = text_at(build, "commit_author")) text += fmt::format(" by {}", *author);
    if (auto sha = text_at(build, "commit_sha")) text += fmt::format(" ({})", sha->substr(0, 8));
    text += '.';
  } else if (auto sha = text_at(build, "commit_sha")) {
    text += fmt::format(" Commit: {}.", sha->substr(0, 8));
  }
  if (auto by = text_at(build, "triggered_by")) text += fmt::format(" {}.", *by);
  if (broken && history) text += tell_since(build, *history);
  if (broken)
    if (auto log = text_at(build, "console_log_url")) text += fmt::format(" Console log: {} .", *log);
  return text + tell_unavailable(build);
}

auto tell_build_history(observation const& seen) -> std::string {
  auto const& builds = list_at(seen.result, "builds");
  auto const job = text_at(seen.result, "job_name").value_or("The job");
  if (builds.empty()) return fmt::format("{} has no builds.", job);
  std::size_t succeeded = 0, running = 0;
  std::vector<std::string> lines;
  for (auto const& build : builds) {
    auto const status = text_at(build, "status").value_or("unknown");
    if (status == "SUCCESS") ++succeeded;
    if (status == "BUILDING") ++running;
    lines.push_back(fmt::format("#{} {}", figure_at(build, "build_number").value_or("?"), status));
  }
  auto const finished = builds.size() - running;
  auto text = fmt::format("{} of the last {} finished builds of {} succeeded", succeeded, finished, job);
  if (finished > 0) text += fmt::format(" ({} %)", succeeded * 100 / finished);
  return fmt::format("{}. Newest first: {}.", text, enumerate(lines, 10));
}

auto tell_jobs(observation const& seen) -> std::string {
  std::vector<std::string> lines;
  for (auto const& job : list_at(seen.result, "jobs")) {
    auto const name = text_at(job, "job_name");
    if (!name) continue;
    auto const status = text_at(job, "last_build_status");
    auto const number = figure_at(job, "last_build_number");
    lines.push_back(status && number ? fmt::format("{} (#{} {})", *name, *number, *status) : *name);
  }
  if (lines.empty()) return "There are no build jobs that I can see.";
  auto text = fmt::format("Build jobs, each with its last build: {}.", enumerate(lines, 20));
  if (flag_at(seen.result, "more").value_or(false)) text += " There are more.";
  return text;
}

} // namespace nexus::llm
