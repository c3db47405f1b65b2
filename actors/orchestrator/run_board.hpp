#pragma once

#include "messages/run.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace nexus::orchestrator {

/// Something that happened in a run, as GET /runs/{id}/events sends it.
struct run_event {
  /// From 1 within the run.
  std::uint64_t sequence = 0;
  /// "status", "step" or "result".
  std::string kind;
  /// JSON text.
  std::string data;
};

/// The runs that are going on in this process: their present state, for whoever asks, and their events, for whoever
/// listens. Threads may use it at will; runs are written by their worker alone.
class run_board {
public:
  /// Receives an event; returns false to hear no more. `last` is set on the run's last one.
  using listener = std::function<bool(run_event const& event, bool last)>;
  /// Receives the outcome, or why there is none that could be told.
  using ended = std::function<void(expected<run> const& outcome)>;

  /// Puts a run up. False when it is there already.
  auto add(run const& state) -> bool;
  /// Takes the run for a worker. False when it has one, or is not here.
  auto claim(std::string const& run_id) -> bool;
  /// Gives it back when its worker ends before the run does.
  void unclaim(std::string const& run_id);
  /// Runs without a worker: just being accepted, or left behind by an orchestrator that ended meanwhile.
  auto unclaimed() const -> std::vector<std::string>;
  /// Replaces the state and tells listeners: the new steps, and the status if it changed.
  void update(run const& state);
  /// Replaces the state for the last time, tells everybody, and takes the run down.
  void finish(run const& outcome);

  auto find(std::string const& run_id) const -> std::optional<run>;
  auto size() const -> std::size_t;

  /// Tells those who wait for the run's end that they wait in vain. The run goes on.
  void fail_waiting(std::string const& run_id, error const& why);
  /// Calls `done` when the run ends or fail_waiting() is called. False when the run is not here.
  auto when_ended(std::string const& run_id, ended done) -> bool;
  /// Sends all events after `after` and then those to come, to what `open` makes. False when the run is not here;
  /// then `open` is not called.
  auto listen(std::string const& run_id, std::uint64_t after, std::function<listener()> const& open) -> bool;

  /// How to cancel the run that its worker carries out.
  void set_cancel(std::string const& run_id, std::function<void()> cancel);
  /// Asks the worker to stop. False when the run is not here; a run without a worker yet is cancelled when it starts.
  auto cancel(std::string const& run_id) -> bool;
  auto cancel_requested(std::string const& run_id) const -> bool;

private:
  struct entry {
    run state;
    std::vector<run_event> events;
    /// Steps that events have told. A worker that starts again makes them anew, and they are not told twice.
    std::size_t steps_told = 0;
    std::vector<listener> listeners;
    std::vector<ended> waiting;
    std::function<void()> cancel;
    bool cancel_requested = false;
    bool claimed = false;
  };
  static void publish(entry& target, std::string kind, std::string data, bool last);
  static void tell_steps(entry& target, run const& state);

  mutable std::mutex mutex_;
  std::map<std::string, entry> runs_;
};

/// The events of a run that is over, from its stored state: the same ones under the same numbers as those who listened
/// got.
auto events_of(run const& outcome) -> std::vector<run_event>;

/// Whether a run with this status will never change again.
auto is_over(run_status status) -> bool;

} // namespace nexus::orchestrator
