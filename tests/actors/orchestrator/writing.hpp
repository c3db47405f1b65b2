#pragma once

#include "tests/actors/orchestrator/orchestration.hpp"

/// Runs that write, before a service whose answers the test decides on.

namespace nexus {
inline auto operator<<(std::ostream& out, reconciliation kind) -> std::ostream& { return out << to_string(kind); }
} // namespace nexus

namespace nexus::orchestrator::testing {

/// A service outside with a write of the kind under test. The test decides what becomes of the answers.
struct outside {
  std::mutex mutex;
  /// The keys that it carried out, in order.
  std::vector<std::string> done;
  /// Every call that came, by its key and whether it was recovering.
  std::vector<std::pair<std::string, bool>> calls;
  /// What is said to the nth call, from 0, instead of its outcome; nothing owes the answer for ever.
  std::function<std::optional<expected<operation_result>>(std::size_t call, operation_result outcome)> says =
      [](std::size_t, operation_result outcome) { return outcome; };
  std::atomic<int> owed = 0;

  auto all_calls() -> std::vector<std::pair<std::string, bool>> {
    auto const lock = std::lock_guard{mutex};
    return calls;
  }
  auto times_done() -> std::size_t {
    auto const lock = std::lock_guard{mutex};
    return done.size();
  }
};

inline auto write_tool(reconciliation kind, std::shared_ptr<outside> world) -> operation_info {
  auto info = tool("write", {});
  info.writes = kind;
  info.invoke = [kind, world](caf::event_based_actor*, call const& context, nlohmann::json const&,
                              operation_callback reply) {
    auto said = std::optional<expected<operation_result>>{};
    {
      auto const lock = std::lock_guard{world->mutex};
      auto const number = world->calls.size();
      world->calls.emplace_back(context.idempotency_key, context.recovering);
      auto const known =
          std::find(world->done.begin(), world->done.end(), context.idempotency_key) != world->done.end();
      // A state that is set again is set once; a probe looks.
      if (!known || (kind == reconciliation::none)) world->done.push_back(context.idempotency_key);
      said = world->says(number, operation_result{R"({"written":true})"});
    }
    if (said) return reply(std::move(*said));
    ++world->owed;
  };
  return info;
}

struct writing : orchestration {
  std::shared_ptr<outside> world = std::make_shared<outside>();

  /// Its model looks and writes at once, and answers with what the write brought.
  writing() {
    auto limits = run_limits{};
    limits.settling_delay = 5ms;
    environment->limits.set(limits);
    *model = [](complete_chat const& chat) -> expected<chat_completion> {
      if (turns_so_far(chat) == 0)
        return wants({{"look", R"({"ticket_key":"A-1"})"}, {"write", R"({"ticket_key":"A-1"})"}});
      return says(texts_of(chat, chat_role::tool).at(1));
    };
  }
  void begin(reconciliation kind) {
    tools.push_back(write_tool(kind, world));
    orchestration::begin();
  }
  /// The first so many reads are owed, so that their turn stays open.
  void owe_looks(int count) {
    tools.clear();
    tools.push_back(tool("look", [this, left = std::make_shared<std::atomic<int>>(count)](
                                     caf::event_based_actor*, nlohmann::json const&, operation_callback reply) {
      if ((*left)-- > 0)
        ++world->owed;
      else
        reply(operation_result{"{}"});
    }));
  }
  auto history(std::string const& run_id) const -> expected<run_history> {
    auto promise = std::promise<expected<run_history>>{};
    environment->journal->history(run_id, [&](expected<run_history> read) { promise.set_value(std::move(read)); });
    return promise.get_future().get();
  }
  /// A run as a process leaves it that dies after its write was carried out and before that was told.
  auto left_in_the_middle_of_a_write() -> run {
    auto left = run{};
    left.run_id = "run_" + ids->next();
    left.query = "left behind";
    left.created_at = now(system);
    auto stored = std::promise<void>{};
    environment->journal->accept(left, [](expected<void>) {});
    auto const intent =
        write_intent{1, wants({{"look", R"({"ticket_key":"A-1"})"}, {"write", R"({"ticket_key":"A-1"})"}})};
    environment->journal->append(left.run_id, 1, {journal_entry{{.intent = intent}}},
                                 [&](expected<void>) { stored.set_value(); });
    stored.get_future().wait();
    world->done.push_back(left.run_id + ".1.1");
    return left;
  }
  /// Of its open turn.
  auto outcomes_stored(std::string const& run_id) const -> std::size_t {
    auto const read = history(run_id);
    return read && read->open ? read->open->outcomes.size() : 0;
  }
  auto worker_of(std::string const& run_id) const -> std::string { return "runs/" + run_id; }
};

inline constexpr auto settleable = std::array{reconciliation::idempotent, reconciliation::probe};
inline constexpr auto all_kinds = std::array{reconciliation::idempotent, reconciliation::probe, reconciliation::none};

} // namespace nexus::orchestrator::testing
