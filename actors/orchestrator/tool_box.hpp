#pragma once

#include "messages/llm.hpp"
#include "runtime/operations/write_count.hpp"
#include "runtime/settings/live.hpp"

#include <list>
#include <mutex>
#include <unordered_map>

namespace nexus::orchestrator {

/// What a tool answered, and when its source was read.
struct observation {
  expected<operation_result> outcome = operation_result{};
  timestamp observed_at{};
};

/// The operations that runs may call, and what they answered lately. Reads are shared: the same operation with the same
/// arguments is carried out once within `max_age`, and those who ask meanwhile wait for it. Errors are never kept, and
/// a write ends the sharing of what was read before it. Threads may use it at will.
class tool_box {
public:
  using callback = std::function<void(observation)>;

  /// `writes` counts the writes of this process; without it nobody writes.
  tool_box(std::vector<operation_info> operations, live<std::chrono::milliseconds> max_age,
           std::size_t most_entries = 10'000, std::shared_ptr<write_count const> writes = nullptr);

  auto find(std::string_view name) const -> operation_info const*;
  /// What a model may call; for a run that only reads, what changes nothing.
  auto definitions(bool reads_only = false) const -> std::vector<tool_definition> const& {
    return reads_only ? reading_ : definitions_;
  }

  /// Carries out an operation, or answers with what is known. `done` comes once, in the context of `caller`.
  void use(caf::event_based_actor* caller, call const& context, operation_info const& operation,
           nlohmann::json const& arguments, callback done);

private:
  struct entry {
    observation answer;
    std::list<std::string>::iterator age;
  };
  void keep(std::string key, observation const& answer);

  std::vector<operation_info> operations_;
  std::vector<tool_definition> definitions_, reading_;
  live<std::chrono::milliseconds> max_age_;
  std::size_t most_entries_;
  std::shared_ptr<write_count const> writes_;
  std::mutex mutex_;
  std::unordered_map<std::string, entry> known_;
  /// Keys, the oldest first.
  std::list<std::string> order_;
  /// Who waits for a read that is going on; nothing means that its reader ended, and somebody else must read.
  using waiter = std::function<void(std::optional<observation>)>;
  std::unordered_map<std::string, std::vector<waiter>> waiting_;
};

} // namespace nexus::orchestrator
