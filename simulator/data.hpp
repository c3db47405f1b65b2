#pragma once

#include "simulator/calendar.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// The simulated world as plain data: what Jira, GitHub and Jenkins show is rendered from these structs.
namespace nexus::simulator {

/// New names for parts of the world; what is not named keeps its name.
struct renaming {
  /// Jira project keys: PROJ, NEXUS, OPS.
  std::map<std::string, std::string> projects;
  /// Jenkins jobs by full name: "nexus-main", "platform/nightly".
  std::map<std::string, std::string> jobs;
  /// Releases of the NEXUS project, which are tags too: "v2.0.0". Branches follow ("release/2.0").
  std::map<std::string, std::string> releases;
  /// Repositories with their owner: "nexus/backend".
  std::map<std::string, std::string> repositories;
};

/// Somebody with an account in all three services.
struct person {
  std::string account_id, name, email, login;
};

// -- Jira ---------------------------------------------------------------------

enum class ticket_type : std::uint8_t { epic, story, task, bug, subtask, incident };
enum class ticket_status : std::uint8_t { to_do, in_progress, in_review, blocked, done };
enum class priority : std::uint8_t { highest, high, medium, low, lowest };

constexpr std::array<std::string_view, 6> type_names{"Epic", "Story", "Task", "Bug", "Sub-task", "Incident"};
constexpr std::array<std::string_view, 5> status_names{"To Do", "In Progress", "In Review", "Blocked", "Done"};
constexpr std::array<std::string_view, 5> priority_names{"Highest", "High", "Medium", "Low", "Lowest"};

constexpr auto name_of(ticket_type x) -> std::string_view { return type_names[static_cast<std::size_t>(x)]; }
constexpr auto name_of(ticket_status x) -> std::string_view { return status_names[static_cast<std::size_t>(x)]; }
constexpr auto name_of(priority x) -> std::string_view { return priority_names[static_cast<std::size_t>(x)]; }

/// A fixVersion of a project.
struct version {
  int id = 0;
  std::string name, description;
  bool released = false, archived = false;
  instant start, release;
};

struct sprint {
  int id = 0;
  std::string name, goal;
  /// "closed", "active" or "future".
  std::string state;
  instant start, end;
  std::optional<instant> completed;
};

struct project {
  int id = 0;
  std::string key, name;
  /// Team-managed projects tie a ticket to its epic by `parent` alone.
  bool team_managed = false;
  std::size_t lead = 0;
  int board = 0;
  std::vector<version> versions;
  std::vector<sprint> sprints;
  std::vector<std::string> components;
};

/// "NEXUS-7 blocks NEXUS-9": stored at both ends.
struct ticket_link {
  int id = 0;
  /// True at the end that is blocked.
  bool is_blocked_by = false;
  std::string other;
};

struct ticket_comment {
  int id = 0;
  std::size_t author = 0;
  /// A document in the Atlassian Document Format, as JSON text.
  std::string document;
  instant created;
  /// Properties by key, each with a value as JSON text.
  std::vector<std::pair<std::string, std::string>> properties;
};

struct ticket {
  int id = 0;
  std::string key;
  std::size_t project = 0;
  int number = 0;
  ticket_type type = ticket_type::task;
  ticket_status status = ticket_status::to_do;
  simulator::priority priority = priority::medium;
  std::optional<std::size_t> assignee;
  std::size_t reporter = 0;
  /// Key of the epic, or of the story that a sub-task belongs to; may be empty.
  std::string parent;
  /// Indices into the project's versions.
  std::vector<std::size_t> versions;
  /// Indices into the project's sprints, in order of time.
  std::vector<std::size_t> sprints;
  std::vector<std::string> labels;
  /// Index into the project's components.
  std::optional<std::size_t> component;
  instant created, updated;
  std::optional<instant> resolved, due;
  std::optional<double> points;
  std::string summary;
  /// Paragraphs parted by an empty line; lines that start with "- " are bullets.
  std::string description;
  std::vector<ticket_link> links;
  std::vector<ticket_comment> comments;
};

// -- GitHub -------------------------------------------------------------------

/// A status that somebody set beside a commit.
struct posted_status {
  std::string state, context, description, target_url;
  instant when;
};

struct commit {
  std::string sha, message;
  std::size_t author = 0;
  instant when;
  /// Index of the parent in the repository's commits.
  std::optional<std::size_t> parent;
  /// What its checks say: passing, failing or still running.
  enum class checks : std::uint8_t { passing, failing, pending } health = checks::passing;
  /// Of each context the newest.
  std::vector<posted_status> statuses = {};
};

struct review {
  std::int64_t id = 0;
  std::size_t author = 0;
  /// "APPROVED", "CHANGES_REQUESTED" or "COMMENTED".
  std::string state;
  instant when;
};

struct pull_request {
  int number = 0;
  std::string title, body, head_ref, base_ref;
  std::size_t author = 0;
  bool draft = false;
  /// Index of the head commit.
  std::size_t head = 0;
  instant created, updated;
  std::optional<instant> merged, closed;
  /// Index of the commit on the base branch, when merged.
  std::optional<std::size_t> merge_commit;
  std::vector<review> reviews;
  std::vector<std::string> labels;
  /// False when the branch conflicts with its base.
  bool mergeable = true;
};

struct branch {
  std::string name;
  std::size_t head = 0;
  bool is_protected = false;
};

struct tag {
  std::string name;
  std::size_t commit = 0;
  instant when;
};

struct dependency_alert {
  int number = 0;
  /// "open", "fixed" or "dismissed".
  std::string state;
  /// "critical", "high", "medium" or "low".
  std::string severity;
  std::string package, ecosystem, manifest, summary, vulnerable_range, first_patched, ghsa, cve;
  double cvss = 0;
  instant created;
  std::optional<instant> ended;
};

struct code_alert {
  int number = 0;
  /// "open", "fixed" or "dismissed"; for the ref below.
  std::string state;
  /// "refs/heads/main"; an alert stands once for each ref on which it was seen.
  std::string ref;
  std::string rule, rule_description, severity, path;
  int line = 0;
  instant created;
  std::optional<instant> ended;
};

struct deployment {
  std::int64_t id = 0;
  /// "production" or "staging".
  std::string environment;
  std::string ref;
  std::size_t commit = 0;
  std::size_t creator = 0;
  instant created;
  /// States in order of time, each with when it was reached: pending, in_progress, success | failure.
  std::vector<std::pair<std::string, instant>> states;
};

struct repository {
  int id = 0;
  std::string owner, name, description, language, default_branch;
  instant created;
  std::vector<commit> commits;
  std::unordered_map<std::string, std::size_t> by_sha;
  std::vector<branch> branches;
  /// Newest first.
  std::vector<tag> tags;
  /// By number.
  std::vector<pull_request> pulls;
  std::vector<dependency_alert> dependency_alerts;
  std::vector<code_alert> code_alerts;
  /// Refs with a code-scanning analysis ("refs/heads/main").
  std::vector<std::string> analysed;
  /// Newest first.
  std::vector<deployment> deployments;

  auto full_name() const -> std::string { return owner + '/' + name; }
};

// -- Jenkins ------------------------------------------------------------------

/// Why a build failed; decides what its log shows.
enum class failure : std::uint8_t {
  none,
  compile_error,
  python_tests,
  java_tests,
  npm_build,
  out_of_memory,
  timeout,
  missing_package,
  permission_denied,
};

struct build {
  int number = 0;
  /// "SUCCESS", "FAILURE", "UNSTABLE" or "ABORTED"; empty while it is going on.
  std::string result;
  failure cause = failure::none;
  instant start;
  std::int64_t duration_ms = 0;
  /// As the git plugin names it: "refs/remotes/origin/main", "refs/tags/v1.9.0".
  std::string branch;
  std::string sha;
  std::size_t started_by = 0;
  bool by_timer = false, by_user = false;
  /// Its item in the queue; 0 for builds that were there from the beginning.
  int queue_id = 0;
  /// Absent (0 tests) when the build did not come that far.
  int tests = 0, failed_tests = 0, skipped_tests = 0;
  /// Line coverage in percent, when it was published.
  std::optional<double> coverage;
  std::vector<std::pair<std::string, std::string>> parameters;
  /// Indices of the commits that are new in this build.
  std::vector<std::size_t> changes;

  auto building() const -> bool { return result.empty(); }
};

/// A build that was asked for.
struct queue_item {
  int id = 0;
  std::size_t job = 0;
  std::vector<std::pair<std::string, std::string>> parameters;
  instant since;
  /// The build that it became; 0 while it waits.
  int build = 0;
};

struct job {
  /// With folders: "platform/nightly".
  std::string full_name;
  std::string description;
  /// Index of the repository it builds.
  std::size_t repository = 0;
  /// The parameters that it takes, each with its default; none for a job without.
  std::vector<std::pair<std::string, std::string>> parameters;
  /// By number, without gaps, from 1.
  std::vector<build> builds;

  /// The newest build that is over.
  auto last_completed() const -> build const&;
};

// -- everything ---------------------------------------------------------------

struct data_set {
  std::uint64_t seed = 0;
  instant anchor;
  std::vector<person> people;
  std::vector<project> projects;
  std::vector<ticket> tickets;
  std::unordered_map<std::string, std::size_t> tickets_by_key;
  /// Indices of the tickets under an epic or a story.
  std::unordered_map<std::string, std::vector<std::size_t>> children;
  std::vector<repository> repositories;
  std::vector<job> jobs;
  std::vector<queue_item> queue;
  /// Counts the changes, so that answers made before one are not given after it.
  std::uint64_t edition = 0;
  /// Ids of what is made by clients.
  int next_id = 900'000;

  auto find_project(std::string_view key) const -> project const*;
  auto find_ticket(std::string_view key) const -> ticket const*;
  auto find_repository(std::string_view owner, std::string_view name) const -> repository const*;
  auto find_job(std::string_view full_name) const -> job const*;
};

/// A release as the data set plans it. The last is the farthest in the future.
struct release_plan {
  /// "v1.9.0", renamed if asked for.
  std::string name;
  /// "release/1.9": the branch on which it is, or would be, prepared.
  std::string branch;
  instant date;
  enum class stage_type : std::uint8_t { released, due, early } stage = stage_type::released;
};

/// Names after renaming.
class names {
public:
  explicit names(renaming changes) : changes_(std::move(changes)) {}
  auto project(std::string const& name) const -> std::string { return renamed(changes_.projects, name); }
  auto job(std::string const& name) const -> std::string { return renamed(changes_.jobs, name); }
  auto release(std::string const& name) const -> std::string { return renamed(changes_.releases, name); }
  auto repository(std::string const& name) const -> std::string { return renamed(changes_.repositories, name); }

private:
  static auto renamed(std::map<std::string, std::string> const& map, std::string const& name) -> std::string {
    auto found = map.find(name);
    return found == map.end() ? name : found->second;
  }
  renaming changes_;
};

/// Builds the world. The same arguments give the same world on every machine.
auto generate(std::uint64_t seed, instant anchor, names const& called) -> data_set;

} // namespace nexus::simulator
