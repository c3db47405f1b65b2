#include "actors/orchestrator/run_journal.hpp"

#include "actors/orchestrator/run_board.hpp"
#include "messages/core/codec.hpp"

namespace nexus {
NEXUS_DEFINE_CODECS(write_intent, write_outcome, run_record)
} // namespace nexus

namespace nexus::orchestrator {

namespace {

constexpr auto collection = "runs";

auto stream_of(std::string const& run_id) -> std::string { return std::string{collection} + "/" + run_id; }

auto attributes_of(run const& state) -> std::map<std::string, std::string> {
  auto attributes = std::map<std::string, std::string>{
      {"status", std::string{name_of(state.status)}},
      {"open", is_over(state.status) ? "no" : "yes"},
  };
  if (state.release) attributes["release"] = *state.release;
  return attributes;
}

/// Turns carry whole observations.
constexpr auto turn_limits = json_limits{.bytes = 16 << 20, .depth = 200};

auto decode_run(store::document const& document) -> expected<run> {
  auto state = decode_json_text<run>(document.body, decode_mode::open, turn_limits);
  if (!state) state.error().where = "stored run " + document.key + ": " + state.error().where;
  return state;
}

} // namespace

void run_journal::accept(run const& accepted, store::callback<void> done) {
  store_->commit({{store::put{collection, accepted.run_id, encode_json(accepted), attributes_of(accepted), 0}},
                  store::durability::durable,
                  accepted.traceparent},
                 std::move(done));
}

journal_entry::journal_entry(run_record const& record)
    : body(encode_json(record)), only_reads(record.turn.has_value()) {}

void run_journal::append(std::string const& run_id, std::uint64_t number, std::vector<journal_entry> entries,
                         store::callback<void> done, std::string traceparent) {
  auto const only_reads = std::ranges::all_of(entries, &journal_entry::only_reads);
  auto bodies = std::vector<std::string>{};
  for (auto& entry : entries) bodies.push_back(std::move(entry.body));
  store_->commit(
      {{store::append{.stream = stream_of(run_id), .bodies = std::move(bodies), .expected_next = number, .lease = {}}},
       only_reads ? store::durability::deferred : store::durability::durable,
       std::move(traceparent)},
      std::move(done));
}

void run_journal::finish(run const& outcome, store::callback<void> done, std::string traceparent) {
  store_->commit({{store::put{collection, outcome.run_id, encode_json(outcome), attributes_of(outcome), {}}},
                  store::durability::durable,
                  std::move(traceparent)},
                 std::move(done));
}

void run_journal::find(std::string const& run_id, store::callback<std::optional<run>> done) {
  store_->find(collection, run_id, [done = std::move(done)](expected<std::optional<store::document>> found) {
    if (!found) return done(tl::unexpected{found.error()});
    if (!*found) return done(std::optional<run>{});
    auto state = decode_run(**found);
    if (!state) return done(tl::unexpected{state.error()});
    done(std::optional{std::move(*state)});
  });
}

// What follows a reading through lives in the store's own queue: it must not own the store, which would then end, and
// wait for its threads, on one of them.

/// Reads a stream page by page.
struct run_journal::history_reader : std::enable_shared_from_this<history_reader> {
  store::store* store = nullptr;
  std::string stream;
  store::callback<run_history> done;
  run_history read;

  void next() {
    store->read(
        stream, read.records + 1, 100, [self = shared_from_this()](expected<std::vector<store::record>> records) {
          if (!records) return self->done(tl::unexpected{records.error()});
          if (records->empty()) return self->done(std::move(self->read));
          for (auto const& record : *records)
            if (auto taken = self->take(record.body); !taken) {
              taken.error().where = fmt::format("{} record {}: {}", self->stream, record.sequence, taken.error().where);
              return self->done(tl::unexpected{taken.error()});
            }
          self->next();
        });
  }

  auto take(std::string const& body) -> expected<void> {
    auto record = decode_json_text<run_record>(body, decode_mode::open, turn_limits);
    if (!record) return tl::unexpected{record.error()};
    ++read.records;
    if (record->intent && record->intent->turn == read.turns.size() + 1) {
      read.open = run_history::open_turn{std::move(record->intent->completion), {}};
    } else if (record->outcome && read.open && record->outcome->turn == read.turns.size() + 1) {
      read.open->outcomes.insert_or_assign(record->outcome->index, std::move(record->outcome->observed));
    } else if (record->turn) {
      read.turns.push_back(std::move(*record->turn));
      read.open.reset();
    } else {
      return fail(errc::corrupt, "it does not follow from the records before it");
    }
    return {};
  }
};

void run_journal::history(std::string const& run_id, store::callback<run_history> done) {
  auto reader = std::make_shared<history_reader>();
  reader->store = store_.get();
  reader->stream = stream_of(run_id);
  reader->done = std::move(done);
  reader->next();
}

void run_journal::list(list_runs const& wanted, store::callback<run_list> done) {
  auto query = store::listing{.collection = collection, .newest_first = true, .limit = wanted.limit};
  // Whether an open run is pending or in progress is known where it goes on, not on disk.
  if (wanted.status && is_over(*wanted.status)) query.where["status"] = name_of(*wanted.status);
  if (wanted.status && !is_over(*wanted.status)) query.where["open"] = "yes";
  if (wanted.release) query.where["release"] = *wanted.release;
  query.after = wanted.cursor.value_or("");
  store_->list(std::move(query), [done = std::move(done)](expected<store::page> page) {
    if (!page) return done(tl::unexpected{page.error()});
    auto answer = run_list{};
    for (auto const& document : page->documents) {
      auto state = decode_run(document);
      if (!state) return done(tl::unexpected{state.error()});
      answer.runs.push_back(std::move(*state));
    }
    if (!page->next.empty()) answer.next_cursor = page->next;
    done(std::move(answer));
  });
}

/// Walks the listing of open runs.
struct run_journal::unfinished_reader : std::enable_shared_from_this<unfinished_reader> {
  store::store* store = nullptr;
  store::callback<std::vector<std::string>> done;
  std::vector<std::string> ids;
  std::string after;

  void next() {
    store->list(
        {.collection = collection, .where = {{"open", "yes"}}, .after = after, .newest_first = false, .limit = 1'000},
        [self = shared_from_this()](expected<store::page> page) {
          if (!page) return self->done(tl::unexpected{page.error()});
          for (auto& document : page->documents) self->ids.push_back(std::move(document.key));
          if (page->next.empty()) return self->done(std::move(self->ids));
          self->after = page->next;
          self->next();
        });
  }
};

void run_journal::unfinished(store::callback<std::vector<std::string>> done) {
  auto reader = std::make_shared<unfinished_reader>();
  reader->store = store_.get();
  reader->done = std::move(done);
  reader->next();
}

} // namespace nexus::orchestrator
