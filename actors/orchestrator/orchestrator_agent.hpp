#pragma once

#include "actors/orchestrator/identifiers.hpp"
#include "actors/orchestrator/run_worker.hpp"
#include "runtime/supervision/supervisor.hpp"

namespace nexus::orchestrator {

/// What the orchestrator works with.
struct orchestrator_options {
  std::shared_ptr<run_environment const> environment;
  std::shared_ptr<id_source> ids;
  /// The supervisor of the runs' workers.
  supervision::address<caf::actor> runs;
  /// Runs at once; more are refused with errc::overloaded.
  live<std::size_t> max_concurrent{10'000};
};

/// The state of the ORCHESTRATOR. It accepts runs and answers for them; the work is done by one supervised actor per
/// run, so that neither a crash of the orchestrator nor a client that hangs up ends a run.
class orchestrator_agent {
public:
  orchestrator_agent(orchestrator_actor::pointer self, std::shared_ptr<orchestrator_options const> options)
      : self_(self), options_(std::move(options)) {}

  auto make_behavior() -> orchestrator_actor::behavior_type;

private:
  // -- handlers
  // ----------------------------------------------------------------------------------------------------------------
  auto ask(call const& context, ask_question const& question) -> caf::result<query_answer>;
  auto start(call const& context, start_run const& wanted) -> caf::result<run_accepted>;
  auto read(call const& context, get_run const& wanted) -> caf::result<run>;
  auto list(call const& context, list_runs const& wanted) -> caf::result<run_list>;
  auto cancel(call const& context, cancel_run const& wanted) -> caf::result<run>;

  // -- runs
  // --------------------------------------------------------------------------------------------------------------------
  /// Puts a new run on the board and on disk; `accepted` comes when it is there, and its worker starts then.
  auto accept(call const& context, run state, std::function<void(expected<void>)> accepted) -> expected<void>;
  void start_worker(run const& state, call const& context, bool resumed);
  void wait_for(std::string const& run_id, std::function<void(expected<run>)> done);
  void find(std::string const& run_id, std::function<void(expected<run>)> done);
  void resume_unfinished();
  /// Looks after runs that were being accepted when an earlier orchestrator ended.
  void sweep();
  /// `left_behind`: by an earlier process, so that it is not on the board; tried again until it can be read. `logged`
  /// is the last reason why it could not.
  void resume(std::string const& run_id, bool left_behind, std::string const& logged = {});
  auto new_run(call const& context, std::string const& query) const -> run;

  orchestrator_actor::pointer self_;
  std::shared_ptr<orchestrator_options const> options_;
};

} // namespace nexus::orchestrator
