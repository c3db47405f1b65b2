#pragma once

#include "messages/run.hpp"
#include "runtime/store/store.hpp"

#include <memory>

namespace nexus::orchestrator {

/// Runs on disk: one document each, for finding them, and a stream of turns, for going on. Acceptance and outcome are
/// durable; turns are written in order without waiting and may be made again after a crash, since they only read.
class run_journal {
public:
  explicit run_journal(std::shared_ptr<store::store> store) : store_(std::move(store)) {}

  /// Writes a new run; errc::conflict when the id is taken. The callback comes when it is on disk.
  void accept(run const& accepted, store::callback<void> done);
  /// Adds a turn without waiting. `number` is from 1; a turn that is there already is not added twice.
  void append(std::string const& run_id, std::uint64_t number, recorded_turn const& turn, store::callback<void> done);
  /// Writes the outcome. The callback comes when it is on disk, with everything before it.
  void finish(run const& outcome, store::callback<void> done);

  /// Reads a run; none is not an error.
  void find(std::string const& run_id, store::callback<std::optional<run>> done);
  /// Reads all turns of a run.
  void turns(std::string const& run_id, store::callback<std::vector<recorded_turn>> done);
  /// Reads a page of runs, newest first. Asked for pending runs or those in progress, it answers with both.
  void list(list_runs const& wanted, store::callback<run_list> done);
  /// The ids of runs that were accepted and are not over.
  void unfinished(store::callback<std::vector<std::string>> done);

private:
  struct turn_reader;
  struct unfinished_reader;
  std::shared_ptr<store::store> store_;
};

} // namespace nexus::orchestrator
