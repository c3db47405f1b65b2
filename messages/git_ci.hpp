#pragma once

#include "messages/core/describe.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the git_ci agent reads from GitHub and Jenkins and answers. What they do not tell is absent (null in JSON),
/// never a default; `unavailable` then gives the reason by the member's name.

namespace nexus {

// -- builds -------------------------------------------------------------------

/// How a Jenkins build ended, or that it is still running.
enum class build_result : std::uint8_t { success, failure, unstable, aborted, not_built, building };
BOOST_DESCRIBE_ENUM(build_result, success, failure, unstable, aborted, not_built, building)

constexpr auto describe_names(tag<build_result>) {
  using enum build_result;
  return std::array<std::pair<build_result, std::string_view>, 6>{{{success, "SUCCESS"},
                                                                   {failure, "FAILURE"},
                                                                   {unstable, "UNSTABLE"},
                                                                   {aborted, "ABORTED"},
                                                                   {not_built, "NOT_BUILT"},
                                                                   {building, "BUILDING"}}};
}

struct build_artifact {
  std::string name;
  /// Relative to the build's artifact folder.
  std::string path;
  std::optional<std::string> url;
  std::optional<std::int64_t> size_bytes;
  std::optional<std::string> checksum;
};
BOOST_DESCRIBE_STRUCT(build_artifact, (), (name, path, url, size_bytes, checksum))

struct test_summary {
  std::int32_t total_tests = 0;
  std::int32_t passed = 0;
  std::int32_t failed = 0;
  std::int32_t skipped = 0;
  std::optional<double> duration_seconds;
  /// Line coverage, 0 to 100; absent when the build published none.
  std::optional<double> coverage_percentage;
  /// At most 50.
  std::vector<std::string> failed_test_names;
};
BOOST_DESCRIBE_STRUCT(test_summary, (),
                      (total_tests, passed, failed, skipped, duration_seconds, coverage_percentage, failed_test_names))

struct downstream_build {
  std::string job_name;
  std::int32_t build_number = 0;
};
BOOST_DESCRIBE_STRUCT(downstream_build, (), (job_name, build_number))

/// One build as Jenkins knows it.
struct build_status {
  /// With folders: "platform/nightly".
  std::string job_name;
  std::int32_t build_number = 0;
  build_result status = build_result::building;
  std::string url;
  /// When the build started.
  nexus::timestamp timestamp{};
  /// So far, while the build is running.
  double duration_seconds = 0;
  std::optional<double> queued_duration_seconds;
  /// Without remote and refs prefix: "main", "release/2.0", "v1.9.0".
  std::optional<std::string> branch;
  std::optional<std::string> commit_sha;
  /// The newest commit's message, when the build had changes.
  std::optional<std::string> commit_message;
  std::optional<std::string> commit_author;
  /// As Jenkins puts it: "Started by user Ada".
  std::optional<std::string> triggered_by;
  std::map<std::string, std::string> parameters;
  std::vector<build_artifact> artifacts;
  /// Absent when the build published no test report.
  std::optional<test_summary> test_results;
  /// Line coverage, 0 to 100, also when there is no test report.
  std::optional<double> coverage_percentage;
  std::optional<std::string> console_log_url;
  std::vector<downstream_build> downstream_builds;
  /// Why a member is absent, by its name.
  std::map<std::string, std::string> unavailable;
};
BOOST_DESCRIBE_STRUCT(build_status, (),
                      (job_name, build_number, status, url, timestamp, duration_seconds, queued_duration_seconds,
                       branch, commit_sha, commit_message, commit_author, triggered_by, parameters, artifacts,
                       test_results, coverage_percentage, console_log_url, downstream_builds, unavailable))

struct build_history {
  std::string job_name;
  /// Newest first; without coverage and names of failed tests, which are read per build.
  std::vector<build_status> builds;
};
BOOST_DESCRIBE_STRUCT(build_history, (), (job_name, builds))

/// A Jenkins job that can be built.
struct build_job {
  /// With folders: "platform/nightly".
  std::string job_name;
  std::optional<std::string> description;
  std::optional<std::int32_t> last_build_number;
  std::optional<build_result> last_build_status;
  /// The repository its last build checked out ("nexus/backend"), as its git data says.
  std::optional<std::string> repo_name;
};
BOOST_DESCRIBE_STRUCT(build_job, (), (job_name, description, last_build_number, last_build_status, repo_name))

struct job_list {
  std::vector<build_job> jobs;
  /// Whether a limit of folders or jobs was reached.
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(job_list, (), (jobs, more))

// -- repositories and pull requests -------------------------------------------

/// What all checks and statuses of a commit say together.
enum class check_state : std::uint8_t { success, failure, pending };
BOOST_DESCRIBE_ENUM(check_state, success, failure, pending)

/// A pull request with its reviews and checks.
struct pr_status {
  std::int32_t pr_number = 0;
  std::string title;
  /// "open" or "closed".
  std::string state;
  std::string author;
  std::string base_branch;
  std::string head_branch;
  std::string url;
  bool draft = false;
  /// Absent while GitHub has not worked it out.
  std::optional<bool> mergeable;
  bool merged = false;
  std::optional<std::string> merged_by;
  std::optional<timestamp> merged_at;
  /// Absent when the head commit has neither checks nor statuses.
  std::optional<check_state> ci_status;
  /// Absent when the base branch requires none, or its protection cannot be read.
  std::optional<bool> required_checks_passed;
  /// Reviewers whose latest decision is an approval.
  std::int32_t approvals = 0;
  /// Whether a reviewer's latest decision asks for changes.
  bool changes_requested = false;
  std::int32_t additions = 0;
  std::int32_t deletions = 0;
  std::int32_t changed_files = 0;
  std::int32_t commits = 0;
  std::int32_t comments = 0;
  std::optional<timestamp> created_at;
  std::optional<timestamp> updated_at;
  /// Why a member is absent, by its name.
  std::map<std::string, std::string> unavailable;
};
BOOST_DESCRIBE_STRUCT(pr_status, (),
                      (pr_number, title, state, author, base_branch, head_branch, url, draft, mergeable, merged,
                       merged_by, merged_at, ci_status, required_checks_passed, approvals, changes_requested, additions,
                       deletions, changed_files, commits, comments, created_at, updated_at, unavailable))

struct pr_list {
  std::string repo_name;
  /// Newest first.
  std::vector<pr_status> prs;
  /// Whether there are more than these.
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(pr_list, (), (repo_name, prs, more))

/// How a repository is doing.
struct repository_health {
  /// With its owner: "nexus/backend".
  std::string repo_name;
  std::string default_branch;
  /// Of the default branch.
  std::string latest_commit_sha;
  /// Absent when the commit has neither checks nor statuses.
  std::optional<check_state> latest_commit_status;
  std::optional<bool> branch_protection_enabled;
  /// Approvals that a merge into the default branch needs.
  std::optional<std::int32_t> required_reviews;
  std::int32_t open_prs = 0;
  /// Open pull requests that nobody touched for more than 7 days.
  std::int32_t stale_prs = 0;
  /// Without pull requests.
  std::int32_t open_issues = 0;
  std::optional<timestamp> last_successful_build;
  /// Over the builds that were read; absent without at least two.
  std::optional<double> build_frequency_per_week;
  /// Mean of the completed builds that were read.
  std::optional<double> average_build_duration_minutes;
  /// Why a member is absent, by its name.
  std::map<std::string, std::string> unavailable;
};
BOOST_DESCRIBE_STRUCT(repository_health, (),
                      (repo_name, default_branch, latest_commit_sha, latest_commit_status, branch_protection_enabled,
                       required_reviews, open_prs, stale_prs, open_issues, last_successful_build,
                       build_frequency_per_week, average_build_duration_minutes, unavailable))

struct repository_summary {
  /// With its owner: "nexus/backend".
  std::string repo_name;
  std::string default_branch;
  std::optional<std::string> description;
  bool archived = false;
};
BOOST_DESCRIBE_STRUCT(repository_summary, (), (repo_name, default_branch, description, archived))

struct repository_list {
  std::vector<repository_summary> repositories;
  /// Whether there are more than these.
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(repository_list, (), (repositories, more))

enum class ref_kind : std::uint8_t { tag, branch };
BOOST_DESCRIBE_ENUM(ref_kind, tag, branch)

/// The commit that a release is, or would be, made of.
struct release_candidate {
  std::string repo_name;
  /// As asked for.
  std::string release;
  std::string commit;
  /// The tag's or branch's name: "v1.9.0", "release/2.0".
  std::string ref;
  ref_kind kind = ref_kind::tag;
  std::optional<timestamp> committed_at;
};
BOOST_DESCRIBE_STRUCT(release_candidate, (), (repo_name, release, commit, ref, kind, committed_at))

// -- security -----------------------------------------------------------------

enum class severity_level : std::uint8_t { critical, high, medium, low, info };
BOOST_DESCRIBE_ENUM(severity_level, critical, high, medium, low, info)

/// An open security alert.
struct vulnerability {
  /// CVE or GHSA of a dependency alert; "code-scanning-7" for a finding in the code.
  std::string id;
  std::string title;
  std::optional<std::string> description;
  severity_level severity = severity_level::info;
  /// 0 to 10.
  std::optional<double> cvss_score;
  std::optional<std::string> package_name;
  std::optional<std::string> package_version;
  std::optional<std::string> file_path;
  std::optional<std::int32_t> line_number;
  std::optional<std::string> fixed_in_version;
  std::optional<std::string> remediation;
  /// Absent: neither source tells.
  std::optional<bool> exploitable;
  std::vector<std::string> references;
  std::optional<timestamp> published_date;
};
BOOST_DESCRIBE_STRUCT(vulnerability, (),
                      (id, title, description, severity, cvss_score, package_name, package_version, file_path,
                       line_number, fixed_in_version, remediation, exploitable, references, published_date))

/// Where alerts come from, and whether they could be read.
struct security_source {
  /// "dependabot" or "code_scanning".
  std::string name;
  bool available = false;
  /// Why it is not available.
  std::optional<std::string> reason;
  /// The ref that its alerts are about.
  std::optional<std::string> ref;
  std::optional<std::int32_t> alerts;
};
BOOST_DESCRIBE_STRUCT(security_source, (), (name, available, reason, ref, alerts))

/// The open security alerts of a branch. Counts, score and level are there only when every source that the settings ask
/// for could be read; a source that is not available is never a zero.
struct security_scan_result {
  /// Names source and subject: "github:nexus/backend@main".
  std::string scan_id;
  std::string repo_name;
  std::string branch;
  /// The commit of the newest code analysis.
  std::optional<std::string> commit_sha;
  std::string scanner_name;
  std::optional<std::string> scanner_version;
  /// When the newest code analysis was made; without one, when the alerts were read.
  timestamp scan_timestamp{};
  std::optional<double> scan_duration_seconds;
  /// 0 to 100: min(100, 60 critical + 20 high + 5 medium + 1 low), a rule of ours: one critical alert is "high" by
  /// itself, two are "critical".
  std::optional<std::int32_t> risk_score;
  /// Of the score: 80 and more critical, 60 high, 40 medium, 20 low, else info.
  std::optional<severity_level> risk_level;
  std::optional<std::int32_t> critical_vulnerabilities;
  std::optional<std::int32_t> high_vulnerabilities;
  std::optional<std::int32_t> medium_vulnerabilities;
  std::optional<std::int32_t> low_vulnerabilities;
  std::optional<std::int32_t> info_vulnerabilities;
  /// Most severe first; at most 50.
  std::vector<vulnerability> vulnerabilities;
  std::optional<std::int32_t> total_dependencies;
  /// Packages with at least one open alert.
  std::optional<std::int32_t> vulnerable_dependencies;
  std::optional<std::int32_t> outdated_dependencies;
  std::optional<std::int32_t> secrets_detected;
  /// Findings of code scanning that are no security matter.
  std::optional<std::int32_t> code_smells;
  std::optional<std::string> report_url;
  std::optional<std::string> sarif_report_url;
  /// Absent: whether alerts are acceptable is the release policy's matter.
  std::optional<bool> compliant;
  std::vector<std::string> policy_violations;
  std::vector<security_source> sources;
  /// Why a member is absent, by its name.
  std::map<std::string, std::string> unavailable;
};
BOOST_DESCRIBE_STRUCT(security_scan_result, (),
                      (scan_id, repo_name, branch, commit_sha, scanner_name, scanner_version, scan_timestamp,
                       scan_duration_seconds, risk_score, risk_level, critical_vulnerabilities, high_vulnerabilities,
                       medium_vulnerabilities, low_vulnerabilities, info_vulnerabilities, vulnerabilities,
                       total_dependencies, vulnerable_dependencies, outdated_dependencies, secrets_detected,
                       code_smells, report_url, sarif_report_url, compliant, policy_violations, sources, unavailable))

// -- requests -----------------------------------------------------------------

namespace detail {
constexpr auto repo_name_note =
    member_note{.name = "repo_name",
                .description = "The repository: nexus/backend, or backend alone for the owner in the settings.",
                .minimum = 1,
                .maximum = 200};
constexpr auto job_name_note = member_note{
    .name = "job_name", .description = "The job with its folders: platform/nightly.", .minimum = 1, .maximum = 300};
} // namespace detail

/// Reads how a repository is doing.
struct get_repo_health {
  using reply = repository_health;
  std::string repo_name;
};
BOOST_DESCRIBE_STRUCT(get_repo_health, (), (repo_name))
constexpr auto describe_notes(tag<get_repo_health>) { return std::array{detail::repo_name_note}; }

/// Reads one pull request with its reviews and checks.
struct get_pr_status {
  using reply = pr_status;
  std::string repo_name;
  std::int32_t pr_number = 0;
};
BOOST_DESCRIBE_STRUCT(get_pr_status, (), (repo_name, pr_number))
constexpr auto describe_notes(tag<get_pr_status>) {
  return std::array{detail::repo_name_note,
                    member_note{.name = "pr_number", .description = "The pull request's number.", .minimum = 1}};
}

/// Lists a repository's pull requests, newest first.
struct list_pull_requests {
  using reply = pr_list;
  std::string repo_name;
  std::optional<std::string> state;
};
BOOST_DESCRIBE_STRUCT(list_pull_requests, (), (repo_name, state))
constexpr auto describe_notes(tag<list_pull_requests>) {
  return std::array{detail::repo_name_note,
                    member_note{.name = "state", .description = "open (the default), closed or all."}};
}

/// Reads one build, or the job's newest.
struct get_build_status {
  using reply = build_status;
  std::string job_name;
  std::optional<std::int32_t> build_number;
};
BOOST_DESCRIBE_STRUCT(get_build_status, (), (job_name, build_number))
constexpr auto describe_notes(tag<get_build_status>) {
  return std::array{
      detail::job_name_note,
      member_note{.name = "build_number", .description = "The build's number; left out for the newest.", .minimum = 1}};
}

/// Lists a job's builds, newest first.
struct get_build_history {
  using reply = build_history;
  std::string job_name;
  std::int32_t limit = 10;
};
BOOST_DESCRIBE_STRUCT(get_build_history, (), (job_name, limit))
constexpr auto describe_notes(tag<get_build_history>) {
  return std::array{detail::job_name_note, member_note{.name = "limit",
                                                       .description = "How many builds to return.",
                                                       .defaulted = true,
                                                       .minimum = 1,
                                                       .maximum = 50}};
}

/// Reads a branch's open security alerts.
struct get_security_scan {
  using reply = security_scan_result;
  std::string repo_name;
  std::optional<std::string> branch;
};
BOOST_DESCRIBE_STRUCT(get_security_scan, (), (repo_name, branch))
constexpr auto describe_notes(tag<get_security_scan>) {
  return std::array{
      detail::repo_name_note,
      member_note{.name = "branch", .description = "Left out for the default branch.", .minimum = 1, .maximum = 250}};
}

/// Finds the commit of a release: its tag, else its release branch.
struct find_release_candidate {
  using reply = release_candidate;
  std::string repo_name;
  std::string release;
};
BOOST_DESCRIBE_STRUCT(find_release_candidate, (), (repo_name, release))
constexpr auto describe_notes(tag<find_release_candidate>) {
  return std::array{detail::repo_name_note, member_note{.name = "release",
                                                        .description = "The version as people write it: v2.0.0, 2.0.",
                                                        .minimum = 1,
                                                        .maximum = 200}};
}

/// Reads the newest completed build of a commit; without one, of the branch or tag. The reply's `commit_sha` tells
/// which commit it was. At least one of the two must be given.
struct get_release_build {
  using reply = build_status;
  std::string job_name;
  std::string commit;
  std::string ref;
};
BOOST_DESCRIBE_STRUCT(get_release_build, (), (job_name, commit, ref))
constexpr auto describe_notes(tag<get_release_build>) {
  return std::array{
      detail::job_name_note,
      member_note{
          .name = "commit", .description = "The commit's SHA, at least 7 digits.", .defaulted = true, .maximum = 64},
      member_note{.name = "ref", .description = "Branch or tag: release/2.0.", .defaulted = true, .maximum = 250}};
}

/// Lists the jobs that the credentials can see, folders included.
struct list_jobs {
  using reply = job_list;
};
BOOST_DESCRIBE_STRUCT(list_jobs, (), ())

/// Lists the repositories of the owner in the settings.
struct list_repositories {
  using reply = repository_list;
};
BOOST_DESCRIBE_STRUCT(list_repositories, (), ())

// -- writes -------------------------------------------------------------------

/// A build that was asked for.
struct build_trigger {
  /// The number of its place in Jenkins' queue.
  std::int64_t queue_id = 0;
  std::string message;
  /// Absent as long as it waits in the queue.
  std::optional<std::int32_t> build_number;
  std::optional<std::string> url;
};
BOOST_DESCRIBE_STRUCT(build_trigger, (), (queue_id, message, build_number, url))

/// Starts a build of a job.
struct trigger_build {
  using reply = build_trigger;
  std::string job_name;
  std::map<std::string, json_text> parameters;
};
BOOST_DESCRIBE_STRUCT(trigger_build, (), (job_name, parameters))
constexpr auto describe_notes(tag<trigger_build>) {
  return std::array{detail::job_name_note,
                    member_note{.name = "parameters",
                                .description = "The build's parameters: texts, numbers or booleans by name.",
                                .defaulted = true}};
}

/// What a status says of a commit.
enum class commit_state : std::uint8_t { success, failure, error, pending };
BOOST_DESCRIBE_ENUM(commit_state, success, failure, error, pending)

/// A status as GitHub shows it beside a commit.
struct commit_status {
  std::string commit;
  std::string context;
  commit_state state = commit_state::pending;
  std::string description;
  std::optional<std::string> target_url;
  std::optional<std::string> url;
};
BOOST_DESCRIBE_STRUCT(commit_status, (), (commit, context, state, description, target_url, url))

/// Sets a commit's status. Of the same context the newest one counts.
struct set_commit_status {
  using reply = commit_status;
  std::string repo_name;
  std::string commit;
  commit_state state = commit_state::pending;
  std::string context = "nexus/readiness";
  std::string description;
  std::optional<std::string> target_url;
};
BOOST_DESCRIBE_STRUCT(set_commit_status, (), (repo_name, commit, state, context, description, target_url))
constexpr auto describe_notes(tag<set_commit_status>) {
  return std::array{
      member_note{.name = "repo_name", .description = "The repository: nexus/backend.", .minimum = 1, .maximum = 201},
      member_note{.name = "commit", .description = "The full SHA.", .minimum = 40, .maximum = 64},
      member_note{.name = "state", .description = "success, failure, error or pending."},
      member_note{.name = "context",
                  .description = "What the status is about; of each the newest one counts.",
                  .defaulted = true,
                  .minimum = 1,
                  .maximum = 100},
      member_note{.name = "description",
                  .description = "One line; GitHub shows 140 characters.",
                  .defaulted = true,
                  .maximum = 1000},
      member_note{
          .name = "target_url", .description = "Where more about it is to be read.", .minimum = 1, .maximum = 2000},
  };
}

NEXUS_CODECS(commit_state, commit_status, set_commit_status, build_trigger, trigger_build, build_result, build_artifact,
             test_summary, downstream_build, build_status, build_history, build_job, job_list, check_state, pr_status,
             pr_list, repository_health, repository_summary, repository_list, ref_kind, release_candidate,
             severity_level, vulnerability, security_source, security_scan_result, get_repo_health, get_pr_status,
             list_pull_requests, get_build_status, get_build_history, get_security_scan, find_release_candidate,
             get_release_build, list_jobs, list_repositories)

} // namespace nexus
