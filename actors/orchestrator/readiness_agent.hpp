#pragma once

#include "actors/orchestrator/identifiers.hpp"
#include "actors/orchestrator/release_evidence.hpp"
#include "actors/readiness/policy_file.hpp"
#include "messages/actors.hpp"
#include "runtime/operations/write_count.hpp"
#include "runtime/settings/live.hpp"
#include "runtime/store/store.hpp"
#include "runtime/supervision/ask.hpp"

#include <map>

namespace nexus::orchestrator {

/// What the readiness agent works with.
struct readiness_options {
  std::vector<release_source> sources;
  /// By name; `default_policy` names one of them.
  std::map<std::string, readiness::policy_family> policies;
  std::string default_policy;
  /// Evidence is read at most once in this time and shared by all who ask; zero reads it anew for each.
  live<std::chrono::milliseconds> evidence_max_age{std::chrono::milliseconds{30'000}};
  /// Counts the writes of this process, which end the sharing; without it nobody writes.
  std::shared_ptr<write_count const> writes;
  std::shared_ptr<store::store> store;
  std::shared_ptr<id_source> ids;
  supervision::address<jira_agent_actor> jira;
  supervision::address<git_ci_agent_actor> git_ci;
  /// Counts decisions where they are made; called with the verdict.
  std::function<void(release_decision)> count_decision;
};

/// The state of the READINESS AGENT. A decision belongs to its evidence: as long as that is fresh, asking again gives
/// the same decision, by its id (decision record 0003).
class readiness_agent {
public:
  readiness_agent(readiness_agent_actor::pointer self, std::shared_ptr<readiness_options const> options)
      : self_(self), options_(std::move(options)) {}

  auto make_behavior() -> readiness_agent_actor::behavior_type;

private:
  /// One gathering of evidence with those who wait for it.
  struct gathering {
    call context;
    std::string key;
    std::string policy;
    std::string environment;
    std::vector<std::string> labels;
    std::size_t outstanding = 0;
    release_observations observed;
    std::vector<pending_reply<decision>> waiting;
  };
  struct settled {
    timestamp gathered_at{};
    decision result;
  };

  // -- handlers
  // ----------------------------------------------------------------------------------------------------------------
  auto assess(call const& context, assess_release_readiness const& wanted) -> caf::result<decision>;
  auto list(call const& context, list_decisions const& wanted) -> caf::result<decision_list>;
  auto read(call const& context, get_decision const& wanted) -> caf::result<decision>;
  auto read_bundle(call const& context, get_decision_bundle const& wanted) -> caf::result<raw_document>;
  auto read_badge(call const& context, get_readiness_badge const& wanted) -> caf::result<raw_document>;

  // -- gathering
  // ---------------------------------------------------------------------------------------------------------------
  using task_ptr = std::shared_ptr<gathering>;
  void find_release(task_ptr const& task, assess_release_readiness const& wanted);
  void gather(task_ptr const& task);
  void one_more(task_ptr const& task);
  /// Looks for the earlier releases that the policy compares with, then decides.
  void find_baselines(task_ptr const& task, readiness::policy const& policy);
  void decide(task_ptr const& task, readiness::policy const& policy, std::vector<baseline_release> baselines);
  void fail_all(task_ptr const& task, error const& problem);
  void forget_stale();

  readiness_agent_actor::pointer self_;
  std::shared_ptr<readiness_options const> options_;
  std::map<std::string, task_ptr> running_;
  std::map<std::string, settled> fresh_;
};

} // namespace nexus::orchestrator
