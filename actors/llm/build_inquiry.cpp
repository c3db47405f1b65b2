#include "actors/llm/inquiry.hpp"
#include "actors/llm/name_matching.hpp"
#include "messages/core/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::llm {

using nlohmann::json;

auto inquiry::build() -> answer {
  if (!notes_.offers("get_build_status")) return missing("get_build_status");
  auto job = find_.job();
  if (job.waiting()) return waiting;
  if (!job.found() && asked_.names.empty()) {
    if (asked_.number) return probed_build(job);
    if (auto branch = branch_word(); !branch.empty()) return branch_state(branch, job);
  }
  if (!job.found()) return ask_back(job);
  json arguments{{"job_name", job.name}};
  if (asked_.number) arguments["build_number"] = *asked_.number;
  auto const* seen = notes_.look("get_build_status", arguments);
  auto const explained = asked_.why && notes_.offers("get_build_history");
  auto const* history = explained ? notes_.look("get_build_history", {{"job_name", job.name}}) : nullptr;
  if (!seen || (explained && !history)) return waiting;
  if (seen->ok()) return with_rule(job, tell_build(*seen, history, asked_.why));
  return with_rule(job, tell_failure(*seen) + newest_build(job.name));
}

// When a build is not there: which is the newest.
auto inquiry::newest_build(std::string const& name) -> std::string {
  for (auto const& job : find_.list("list_jobs").value_or(std::vector<listed>{}))
    if (job.name == name)
      if (auto number = integer_at(*job.details, "last_build_number"))
        return fmt::format(" The newest build of {} is #{}.", clean(name), *number);
  return {};
}

// "Why did build 142 fail?" without a job: every job has a build with that number, but perhaps one failed.
auto inquiry::probed_build(subject const& open) -> answer {
  auto const jobs = *find_.list("list_jobs");
  if (jobs.empty() || jobs.size() > most_probed) return ask_back(open);
  auto const* chosen = static_cast<observation const*>(nullptr);
  std::size_t there = 0, broken = 0;
  auto pending = false;
  for (auto const& job : jobs) {
    auto const* seen = notes_.look("get_build_status", {{"job_name", job.name}, {"build_number", *asked_.number}});
    pending = pending || !seen;
    if (!seen || !seen->ok()) continue;
    auto const status = text_at(seen->result, "status").value_or("");
    auto const failed = status == "FAILURE" || status == "UNSTABLE";
    ++there;
    if (failed) ++broken;
    if (!chosen || (failed && broken == 1)) chosen = seen;
  }
  if (pending) return waiting;
  auto const job = chosen ? text_at(chosen->result, "job_name").value_or("") : std::string{};
  if (there == 1)
    return reply{fmt::format("You named no job; {} is the only one with a build {}. {}", job, *asked_.number,
                             tell_build(*chosen, nullptr, asked_.why))};
  if (broken == 1)
    return reply{fmt::format("You named no job; {} is the only one whose build {} did not succeed. {}", job,
                             *asked_.number, tell_build(*chosen, nullptr, asked_.why))};
  return ask_back(open);
}

auto inquiry::branch_word() const -> std::string {
  if (asked_.branch) return *asked_.branch;
  for (auto const& w : asked_.words)
    if (w.lower == "main" || w.lower == "master" || w.lower == "trunk") return w.lower;
  return {};
}

// "Is main green?": the job that carries the branch's name, else what the repositories say of that branch.
auto inquiry::branch_state(std::string const& branch, subject const& open) -> answer {
  auto const jobs = *find_.list("list_jobs");
  std::vector<std::string> named;
  for (auto const& job : jobs) {
    auto const parts = name_parts(job.name);
    if (std::find(parts.begin(), parts.end(), lower_case(branch)) != parts.end()) named.push_back(job.name);
  }
  if (named.size() == 1) {
    auto const* seen = notes_.look("get_build_status", {{"job_name", named[0]}});
    if (!seen) return waiting;
    return reply{fmt::format("You named no job; {} is the only one named after {}. {}", clean(named[0]), branch,
                             seen->ok() ? tell_build(*seen, nullptr, asked_.why) : tell_failure(*seen))};
  }
  if (!notes_.offers("list_repositories") || !notes_.offers("get_repo_health")) return ask_back(open);
  auto const repositories = find_.list("list_repositories");
  if (!repositories) return waiting;
  std::string text;
  auto pending = false;
  std::size_t asked = 0;
  for (auto const& repo : *repositories) {
    if (text_at(*repo.details, "default_branch") != branch || flag_at(*repo.details, "archived").value_or(false))
      continue;
    if (asked++ == most_probed) break;
    auto const* seen = notes_.look("get_repo_health", {{"repo_name", repo.name}});
    pending = pending || !seen;
    if (seen) text += (text.empty() ? "" : "\n") + (seen->ok() ? tell_repository(*seen) : tell_failure(*seen));
  }
  if (pending) return waiting;
  return text.empty() ? ask_back(open) : reply{std::move(text)};
}

auto inquiry::build_history() -> answer {
  if (!notes_.offers("get_build_history")) return missing("get_build_history");
  auto const job = find_.job();
  if (job.waiting()) return waiting;
  if (!job.found()) return ask_back(job);
  json arguments{{"job_name", job.name}};
  if (asked_.count) arguments["limit"] = std::clamp<std::int64_t>(*asked_.count, 1, 50);
  auto const* seen = notes_.look("get_build_history", std::move(arguments));
  if (!seen) return waiting;
  return with_rule(job, seen->ok() ? tell_build_history(*seen) : tell_failure(*seen));
}

auto inquiry::about_repository(topic what) -> answer {
  auto const* tool = what == topic::pull_request    ? "get_pr_status"
                     : what == topic::pull_requests ? "list_pull_requests"
                     : what == topic::security      ? "get_security_scan"
                                                    : "get_repo_health";
  if (!notes_.offers(tool)) return missing(tool);
  auto const repository = find_.repository();
  if (repository.waiting()) return waiting;
  if (!repository.found()) return ask_back(repository);
  json arguments{{"repo_name", repository.name}};
  if (what == topic::pull_request) arguments["pr_number"] = *asked_.number;
  if (what == topic::security && asked_.branch) arguments["branch"] = *asked_.branch;
  auto const* seen = notes_.look(tool, std::move(arguments));
  if (!seen) return waiting;
  if (!seen->ok()) return with_rule(repository, tell_failure(*seen));
  auto const name = clean(repository.name);
  return with_rule(repository, what == topic::pull_request    ? tell_pull_request(*seen, name)
                               : what == topic::pull_requests ? tell_pull_requests(*seen, name)
                               : what == topic::security      ? tell_security(*seen)
                                                              : tell_repository(*seen));
}

} // namespace nexus::llm
