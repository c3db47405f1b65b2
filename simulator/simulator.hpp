#pragma once

#include "messages/core/error.hpp"
#include "runtime/http/message.hpp"
#include "simulator/data.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nexus::simulator {

/// What a world is made from.
struct options {
  /// Another seed gives other tickets, people at work, commits, builds and figures; what the releases v1.9.0, v2.0.0
  /// and v2.1.0 show stays true for every seed.
  std::uint64_t seed = 1;
  /// The moment as of which the data set is made: sprints are mid-way, v2.0.0 is due a few days later.
  std::chrono::system_clock::time_point anchor =
      std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + std::chrono::hours{10};
  /// The world's own time, against which ages are computed; it stands still at the anchor when empty.
  std::function<std::chrono::system_clock::time_point()> clock;
  std::string jira_user = "nexus";
  std::string jira_token = "simulator-token";
  std::string github_token = "simulator-token";
  std::string jenkins_user = "nexus";
  std::string jenkins_token = "simulator-token";
  std::string confluence_user = "nexus";
  std::string confluence_token = "simulator-token";
  /// New names for projects, jobs, releases and repositories, throughout the data set.
  renaming renamed;
};

/// Misbehaviour on order.
struct fault {
  /// "jira", "github", "jenkins" or "confluence"; empty for all of them.
  std::string service;
  /// The beginning of the path, with or without the service's name: "/rest/api/3/search"; empty for every path.
  std::string match;
  enum class kind_type : std::uint8_t {
    /// Answers with `status` and an error in the service's own shape.
    status,
    /// Answers properly after `delay`.
    slow,
    /// Closes the connection in the middle of the body.
    cut_off,
    /// A body that ends in the middle of its JSON although the transfer is complete.
    malformed,
    /// The service's own way to say "too many requests", with Retry-After.
    rate_limit,
  } kind = kind_type::status;
  /// For kinds status and rate_limit; 0 means 500, and 429 (GitHub: 403).
  int status = 0;
  std::chrono::milliseconds delay{0};
  /// What Retry-After says.
  std::chrono::seconds retry_after{1};
  /// How many requests it hits; negative for all until faults are cleared.
  int count = -1;
};

/// A request that was served.
struct log_entry {
  std::chrono::system_clock::time_point time;
  /// "jira", "github", "jenkins", "confluence" or "_simulator".
  std::string service;
  std::string method;
  /// As it was sent, with its query, cut at 2,048 characters.
  std::string path;
  int status = 0;
  /// The kind of fault that was applied; empty without.
  std::string fault;
};

/// A small outside world: Jira Cloud, GitHub and Jenkins over one data set that changes with what is written to it, and
/// a Confluence Cloud that keeps what is published. Served below /jira, /github, /jenkins, /confluence and /_simulator.
/// All members may be called from any thread.
class world {
public:
  /// Generates the data set (a few milliseconds).
  explicit world(options settings);
  ~world();
  world(world const&) = delete;
  auto operator=(world const&) -> world& = delete;

  /// Answers one request. Never throws and never blocks for long; a delay is asked for in the reply.
  auto handle(http::request const& received) -> http::service_reply;

  /// Changes the data, visibly for the next request. One member says what:
  /// {"ticket": KEY, "status"|"assignee"|"priority"|"summary"|"labels"|"fixVersions"|"points": ...},
  /// {"build": {"job", "result", "branch"?, "sha"?, "coverage"?, "tests"?, "failed_tests"?, "cause"?}} appends a build,
  /// {"alert": {"repository", "number", "state"}} opens or closes a code-scanning alert,
  /// {"version": NAME, "released"?, "releaseDate"?}.
  /// Returns what was changed. errc::not_found and errc::invalid_argument say what was wrong.
  auto set(nlohmann::json const& change) -> expected<nlohmann::json>;

  /// Faults apply in the order in which they were added; the first that matches hits.
  void add_fault(fault ordered);
  void clear_faults();

  /// The last 10,000 requests, oldest first.
  auto log() const -> std::vector<log_entry>;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace nexus::simulator
