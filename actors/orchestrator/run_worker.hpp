#pragma once

#include "actors/orchestrator/run_board.hpp"
#include "actors/orchestrator/run_journal.hpp"
#include "actors/orchestrator/tool_box.hpp"
#include "messages/actors.hpp"
#include "runtime/settings/live.hpp"
#include "runtime/supervision/ask.hpp"

#include <atomic>
#include <set>

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
  /// How long a write whose outcome is unknown is left alone before it is settled, so that what is under way arrives.
  std::chrono::milliseconds settling_delay{1'000};
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
  /// A run keeps those of its start.
  live<run_limits> limits;
  run_observer observer;
  /// Who answers for the language model, as traces name it.
  std::string provider = "mock";
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
///
/// What a turn writes is in the journal before it is sent, and so is each outcome before the run goes on. A write whose
/// outcome is unknown is sent again as `recovering` if its operation can settle that; otherwise, or when that fails,
/// the run ends as needs_attention and names it.
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
  void replay(run_history history, bool crashed_too_often);
  void think();
  void consider(chat_completion completion);
  /// Carries out a turn: a new one, or one that an earlier worker left open.
  void act(chat_completion completion);
  void take_up(run_history::open_turn open);
  void begin_turn(chat_completion completion);
  /// `unwritten` says why no write of this turn may be sent.
  void carry_out(std::optional<error> const& unwritten, std::map<std::size_t, recorded_observation> const& known,
                 bool recovering);
  void observed(std::size_t index, observation seen);
  void arrived();
  void turn_complete();

  // -- writes (run_writes.cpp)
  auto may_call(operation_info const* operation) const -> bool;
  void write(std::size_t index, operation_info const& operation, nlohmann::json arguments, std::uint32_t attempt);
  void wrote(std::size_t index, operation_info const& operation, nlohmann::json arguments, std::uint32_t attempt,
             observation seen);
  void write_again(std::size_t index, operation_info const& operation, nlohmann::json arguments, std::uint32_t attempt,
                   error const& why = {errc::unavailable, "its run was interrupted before it was known", {}, {}, {}});
  void settle(std::size_t index, observation seen);
  void leave_unsettled(std::size_t index, error problem);
  auto unsettled_text() const -> std::string;
  void end_open_turn();
  /// Adds a record to the journal, behind those before it; what could not be written is written with the next one.
  void write_down(run_record const& record, std::function<void(expected<void>)> done);
  void write_down_queued();
  auto wrote_this_turn() const -> bool;
  /// `replies` belong to the turn's observations, as far as they were made in this process.
  void note(recorded_turn const& turn, std::vector<std::shared_ptr<void const>> const& replies);
  void answer(chat_completion const& completion);
  /// As soon as it is known what the run has written.
  void end(run_status status, errc code, std::string why);
  void end_as_decided();
  void conclude();
  /// Until the store takes it, as far as it may come round.
  void store_outcome();
  void put_off(error problem);
  /// Reads the journal and goes on from there.
  void recover(bool crashed_too_often);
  auto context() const -> call;

  // -- traces
  void begin_trace();
  void end_trace();
  /// Begins the span of a call of this turn; what is done for it goes into `with`.
  auto begin_tool(std::size_t index, call& with) const -> span;
  void end_tool(span& work, observation const& seen) const;

  /// Runs that only read are not offered operations that write.
  auto reads_only() const -> bool;

  caf::event_based_actor* self_;
  std::shared_ptr<run_environment const> environment_;
  std::shared_ptr<run_assignment> assignment_;
  run run_;
  run_limits limits_;
  std::vector<chat_message> messages_;
  std::uint64_t turns_ = 0;
  timestamp deadline_{};
  std::chrono::steady_clock::time_point started_, step_started_;
  /// Of this worker's part of the run, and the trace context of what it does.
  span work_;
  std::string traceparent_;
  /// The turn being made.
  recorded_turn turn_;
  std::vector<std::shared_ptr<void const>> replies_;
  /// Its calls without an answer, and one while they are being made; 0 between turns.
  std::size_t outstanding_ = 0;
  /// A record that is not known to be in the journal, and whom to tell, once.
  struct queued_record {
    journal_entry entry;
    std::function<void(expected<void>)> done;
  };
  std::vector<queued_record> unwritten_;
  bool writing_down_ = false;
  /// The number of the first of them.
  std::uint64_t next_record_ = 1;
  /// Writes of this turn that were sent and are not settled.
  std::size_t writes_under_way_ = 0;
  /// Those that may have happened, though their outcome is not known; all others are known not to have happened.
  std::set<std::size_t> perhaps_done_;
  /// Those that cannot be settled, in words.
  std::vector<std::string> unsettled_;
  /// The journal may tell of writes.
  bool history_unread_ = false;
  /// How the run is to end when its writes are known and settled.
  struct ending {
    run_status status;
    errc code;
    std::string why;
  };
  std::optional<ending> ending_;
  /// How often the same call brought the same answer.
  std::map<std::string, int> repeated_;
  bool claimed_ = false;
  bool over_ = false;
  bool put_off_ = false;
};

} // namespace nexus::orchestrator
