#include "actors/llm/answer_text.hpp"

#include <fmt/format.h>

namespace nexus::llm {

using nlohmann::json;

auto tell_pull_request(observation const& seen, std::string_view repository) -> std::string {
  auto const& pr = seen.result;
  auto text = fmt::format("Pull request #{} of {}", figure_at(pr, "pr_number").value_or("?"), repository);
  if (auto title = text_at(pr, "title")) text += fmt::format(" \"{}\"", *title);
  if (auto author = text_at(pr, "author")) text += fmt::format(" by {}", *author);
  auto const merged = flag_at(pr, "merged").value_or(false);
  auto const draft = flag_at(pr, "draft").value_or(false);
  text += fmt::format(" is {}{}", merged ? "merged" : text_at(pr, "state").value_or("in an unknown state"),
                      draft ? " (a draft)" : "");
  if (merged) {
    if (auto by = text_at(pr, "merged_by")) text += fmt::format(" by {}", *by);
    if (auto at = time_at(pr, "merged_at")) text += fmt::format(", {}", *at);
  }
  text += '.';
  auto const head = text_at(pr, "head_branch"), base = text_at(pr, "base_branch");
  if (head && base) text += fmt::format(" It goes from {} to {}.", *head, *base);
  if (auto approvals = figure_at(pr, "approvals"))
    text += fmt::format(" {}", counted(*approvals, "approval", "approvals"));
  auto const changes = flag_at(pr, "changes_requested");
  if (changes) text += *changes ? ", changes are requested" : ", no changes requested";
  text += '.';
  if (auto ci = text_at(pr, "ci_status")) text += fmt::format(" Checks: {}.", *ci);
  if (auto required = flag_at(pr, "required_checks_passed"))
    text += *required ? " All required checks passed." : " Not all required checks passed.";
  if (!merged)
    if (auto mergeable = flag_at(pr, "mergeable"))
      text += *mergeable ? " It has no conflicts with its base." : " It conflicts with its base.";
  auto const added = figure_at(pr, "additions"), removed = figure_at(pr, "deletions"),
             files = figure_at(pr, "changed_files");
  if (added && removed && files)
    text += fmt::format(" Size: +{} -{} in {}.", *added, *removed, counted(*files, "file", "files"));
  if (auto url = text_at(pr, "url")) text += fmt::format(" {}", *url);
  return text + tell_unavailable(pr);
}

auto tell_pull_requests(observation const& seen, std::string_view repository) -> std::string {
  auto const& prs = list_at(seen.result, "prs");
  std::vector<std::string> lines;
  for (auto const& pr : prs) {
    auto line = fmt::format("#{}", figure_at(pr, "pr_number").value_or("?"));
    if (auto title = text_at(pr, "title")) line += fmt::format(" \"{}\"", *title);
    std::vector<std::string> facts;
    if (auto author = text_at(pr, "author")) facts.push_back(*author);
    if (auto state = text_at(pr, "state")) facts.push_back(flag_at(pr, "merged").value_or(false) ? "merged" : *state);
    if (auto approvals = figure_at(pr, "approvals")) facts.push_back(counted(*approvals, "approval", "approvals"));
    if (flag_at(pr, "changes_requested").value_or(false)) facts.emplace_back("changes requested");
    if (auto ci = text_at(pr, "ci_status")) facts.push_back("checks " + *ci);
    if (!facts.empty()) line += fmt::format(" ({})", enumerate(facts));
    lines.push_back(std::move(line));
  }
  if (lines.empty()) return fmt::format("{} has no open pull requests.", repository);
  auto const more = flag_at(seen.result, "more").value_or(false);
  return fmt::format("{} has {}{}: {}.", repository, more ? "more than " : "",
                     counted(std::to_string(lines.size()), "pull request", "pull requests"), enumerate(lines, 10));
}

auto tell_repository(observation const& seen) -> std::string {
  auto const& repo = seen.result;
  auto const branch = text_at(repo, "default_branch").value_or("the default branch");
  auto text = text_at(repo, "repo_name").value_or("The repository") + ":";
  if (auto status = text_at(repo, "latest_commit_status"))
    text += fmt::format(" the newest commit on {} has checks {}", branch, *status);
  else
    text += fmt::format(" the newest commit on {} has no checks", branch);
  if (auto sha = text_at(repo, "latest_commit_sha")) text += fmt::format(" ({})", sha->substr(0, 8));
  text += '.';
  if (auto guarded = flag_at(repo, "branch_protection_enabled"))
    text += fmt::format(" {} is {}protected.", branch, *guarded ? "" : "not ");
  if (auto reviews = figure_at(repo, "required_reviews"))
    text += fmt::format(" A merge needs {}.", counted(*reviews, "approval", "approvals"));
  if (auto open = figure_at(repo, "open_prs")) {
    text += fmt::format(" {}", counted(*open, "pull request is open", "pull requests are open"));
    if (auto stale = figure_at(repo, "stale_prs")) text += fmt::format(", {} of them stale", *stale);
    text += '.';
  }
  if (auto issues = figure_at(repo, "open_issues"))
    text += fmt::format(" {}.", counted(*issues, "issue is open", "issues are open"));
  if (auto built = time_at(repo, "last_successful_build")) text += fmt::format(" Last successful build: {}.", *built);
  if (auto rate = figure_at(repo, "build_frequency_per_week")) text += fmt::format(" {} builds a week.", *rate);
  if (auto minutes = figure_at(repo, "average_build_duration_minutes"))
    text += fmt::format(" A build takes {} minutes on average.", *minutes);
  return text + tell_unavailable(repo);
}

auto tell_repositories(observation const& seen) -> std::string {
  std::vector<std::string> lines;
  for (auto const& repo : list_at(seen.result, "repositories"))
    if (auto name = text_at(repo, "repo_name"))
      lines.push_back(flag_at(repo, "archived").value_or(false) ? *name + " (archived)" : *name);
  if (lines.empty()) return "There are no repositories that I can see.";
  auto text = fmt::format("Repositories: {}.", enumerate(lines, 20));
  if (flag_at(seen.result, "more").value_or(false)) text += " There are more.";
  return text;
}

auto tell_security(observation const& seen) -> std::string {
  auto const& scan = seen.result;
  auto text = text_at(scan, "repo_name").value_or("The repository");
  if (auto branch = text_at(scan, "branch")) text += fmt::format(" ({})", *branch);
  text += ':';
  std::vector<std::string> counts;
  for (auto const* level : {"critical", "high", "medium", "low", "info"})
    if (auto figure = figure_at(scan, fmt::format("{}_vulnerabilities", level).c_str()))
      counts.push_back(fmt::format("{} {}", *figure, level));
  text += counts.empty() ? " the number of open vulnerabilities is not known"
                         : fmt::format(" open vulnerabilities: {}", enumerate(counts));
  if (auto score = figure_at(scan, "risk_score")) {
    text += fmt::format("; risk score {} of 100", *score);
    if (auto level = text_at(scan, "risk_level")) text += fmt::format(" ({})", *level);
  }
  text += '.';
  std::vector<std::string> worst;
  for (auto const& found : list_at(scan, "vulnerabilities")) {
    auto line = text_at(found, "id").value_or("(no id)");
    if (auto title = text_at(found, "title")) line += fmt::format(" \"{}\"", *title);
    std::vector<std::string> facts;
    if (auto severity = text_at(found, "severity")) facts.push_back(*severity);
    if (auto package = text_at(found, "package_name")) facts.push_back(*package);
    if (auto file = text_at(found, "file_path")) facts.push_back(*file);
    if (auto fixed = text_at(found, "fixed_in_version")) facts.push_back("fixed in " + *fixed);
    if (!facts.empty()) line += fmt::format(" ({})", enumerate(facts));
    worst.push_back(std::move(line));
  }
  if (!worst.empty()) text += fmt::format(" Most severe: {}.", enumerate(worst, 5));
  if (auto secrets = figure_at(scan, "secrets_detected")) text += fmt::format(" Secrets found: {}.", *secrets);
  std::vector<std::string> closed;
  for (auto const& source : list_at(scan, "sources"))
    if (auto name = text_at(source, "name"); name && !flag_at(source, "available").value_or(true))
      closed.push_back(text_at(source, "reason") ? fmt::format("{} ({})", *name, *text_at(source, "reason")) : *name);
  if (!closed.empty())
    text += fmt::format(" Not readable: {}. What they would show is not counted.", enumerate(closed));
  return text + tell_unavailable(scan);
}

} // namespace nexus::llm
