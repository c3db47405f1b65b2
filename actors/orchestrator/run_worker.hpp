#pragma once

#include "actors/orchestrator/run_board.hpp"
#include "actors/orchestrator/run_journal.hpp"
#include "actors/orchestrator/tool_box.hpp"
#include "messages/actors.hpp"
#include "runtime/supervision/ask.hpp"

#include <atomic>

namespace nexus::orchestrator {

/// What runs use up at most, unless they ask for less.
struct run_limits {
  std::uint32_t max_steps = 10;
  std::uint64_t max_tokens = 100'000;
  /// From a run's acceptance, whatever restarts meanwhile.
  std::chrono::milliseconds timeout{60'000};
  /// Tool calls of one step; more are an error of the model.
  std::size_t max_parallel_calls = 16;
  /// A worker that crashes so often takes its run with it.
  std::uint32_t max_crashes = 3;
};

/// Figures of runs, counted where they happen.
struct run_observer {
  /// A run that is over, the context of its last step, and the seconds of its last worker.
  std::function<void(run const& outcome, call const& context, double seconds)> run_ended;
  /// "think" or "act", and its seconds.
  std::function<void(std::string_view kind, double seconds)> step_ended;
  std::function<void(std::string const& tool, bool success, double seconds)> tool_used;
};

/// What all runs of a process share.
struct run_environment {
  std::shared_ptr<run_board> board;
  std::shared_ptr<run_journal> journal;
  std::shared_ptr<tool_box> tools;
  supervision::address<llm_agent_actor> llm;
  run_limits limits;
  run_observer observer;
};

/// One run on its way through its worker's lives.
struct run_assignment {
  run state;
  call context;
  /// How often a worker has started on it.
  std::atomic<std::uint32_t> starts{0};
  /// Read the journal first: the run was accepted by an earlier process.
  bool resumed = false;
};

/// Carries out one run: asks the model, calls the tools it wants in parallel, and again, until it answers or a limit is
/// reached. One supervised actor per run; a restarted one goes on from the journal.
class run_worker {
public:
  run_worker(caf::event_based_actor* self, std::shared_ptr<run_environment const> environment,
             std::shared_ptr<run_assignment> assignment);

  ~run_worker();
  run_worker(run_worker const&) = delete;
  auto operator=(run_worker const&) -> run_worker& = delete;

  auto make_behavior() -> caf::behavior;

private:
  void begin();
  void replay(std::vector<recorded_turn> const& turns);
  void think();
  void consider(chat_completion completion);
  void act(chat_completion completion);
  void observed(std::size_t index, observation seen);
  void turn_complete();
  /// `replies` belong to the turn's observations, as far as they were made in this process.
  void note(recorded_turn const& turn, std::vector<std::shared_ptr<void const>> const& replies);
  void answer(chat_completion const& completion);
  void end(run_status status, errc code, std::string why);
  void conclude();
  /// Until the store takes it, as far as it may come round.
  void store_outcome();
  void put_off(error problem);
  /// Reads the journal and goes on from there.
  void recover();
  auto context() const -> call;

  caf::event_based_actor* self_;
  std::shared_ptr<run_environment const> environment_;
  std::shared_ptr<run_assignment> assignment_;
  run run_;
  std::vector<chat_message> messages_;
  std::uint64_t turns_ = 0;
  timestamp deadline_{};
  std::chrono::steady_clock::time_point started_, step_started_;
  /// The turn being made.
  recorded_turn turn_;
  std::vector<std::shared_ptr<void const>> replies_;
  std::size_t outstanding_ = 0;
  /// How often the same call brought the same answer.
  std::map<std::string, int> repeated_;
  bool claimed_ = false;
  bool over_ = false;
  bool put_off_ = false;
};

} // namespace nexus::orchestrator
