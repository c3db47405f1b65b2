#pragma once

#include "messages/run.hpp"
#include "runtime/store/store.hpp"

#include <memory>

namespace nexus {

/// What the model wanted of a turn that writes, before anything of it is sent.
struct write_intent {
  /// From 1.
  std::uint64_t turn = 0;
  chat_completion completion;
};
BOOST_DESCRIBE_STRUCT(write_intent, (), (turn, completion))

/// What became of one write of that turn.
struct write_outcome {
  std::uint64_t turn = 0;
  /// Which of its calls, from 0.
  std::uint32_t index = 0;
  recorded_observation observed;
};
BOOST_DESCRIBE_STRUCT(write_outcome, (), (turn, index, observed))

/// One record of a run's stream: exactly one of its members is there.
struct run_record {
  std::optional<recorded_turn> turn;
  std::optional<write_intent> intent;
  std::optional<write_outcome> outcome;
};
BOOST_DESCRIBE_STRUCT(run_record, (), (turn, intent, outcome))

NEXUS_CODECS(write_intent, write_outcome, run_record)

} // namespace nexus

namespace nexus::orchestrator {

/// What a run's stream says about how far the run came.
struct run_history {
  std::vector<recorded_turn> turns;
  /// A turn that writes and was not completed, with the outcomes that are known, by the index of their calls.
  struct open_turn {
    chat_completion completion;
    std::map<std::size_t, recorded_observation> outcomes;
  };
  std::optional<open_turn> open;
  /// How many records there are.
  std::uint64_t records = 0;
};

/// A record as the stream keeps it.
struct journal_entry {
  explicit journal_entry(run_record const& record);
  std::string body;
  /// Nothing outside depends on it.
  bool only_reads;
};

/// Runs on disk: one document each, for finding them, and a stream of records, for going on. Durable are the
/// acceptance, the intent of each turn that writes before it is sent, the outcome of each write, and the run's own;
/// other turns are written in order without waiting and may be made again after a crash, since they only read.
class run_journal {
public:
  explicit run_journal(std::shared_ptr<store::store> store) : store_(std::move(store)) {}

  /// Writes a new run; errc::conflict when the id is taken. The callback comes when it is on disk.
  void accept(run const& accepted, store::callback<void> done);
  /// Adds records; `number` is the place of the first in the stream, from 1, and those that are there already are not
  /// added twice. With an intent or an outcome among them the callback comes when all are on disk, with everything
  /// before them; turns do not wait. `traceparent` is of the work that this is part of.
  void append(std::string const& run_id, std::uint64_t number, std::vector<journal_entry> entries,
              store::callback<void> done, std::string traceparent = {});
  /// Writes the outcome. The callback comes when it is on disk, with everything before it.
  void finish(run const& outcome, store::callback<void> done, std::string traceparent = {});

  /// Reads a run; none is not an error.
  void find(std::string const& run_id, store::callback<std::optional<run>> done);
  /// Reads all records of a run.
  void history(std::string const& run_id, store::callback<run_history> done);
  /// Reads a page of runs, newest first. Asked for pending runs or those in progress, it answers with both.
  void list(list_runs const& wanted, store::callback<run_list> done);
  /// The ids of runs that were accepted and are not over.
  void unfinished(store::callback<std::vector<std::string>> done);

private:
  struct history_reader;
  struct unfinished_reader;
  std::shared_ptr<store::store> store_;
};

} // namespace nexus::orchestrator
