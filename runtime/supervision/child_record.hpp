#pragma once

#include "messages/core/caf.hpp"
#include "messages/core/supervision.hpp"
#include "runtime/supervision/remote.hpp"

#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace nexus::supervision {

/// Messages of one incarnation of a child: counters of its own, so that what still arrives at a dead actor does not
/// count for its successor.
struct message_figures {
  std::atomic<std::uint64_t> enqueued{0};
  std::atomic<std::uint64_t> handled{0};
};

/// What is known of one supervised child under its stable name: the handle of the actor that lives there now, the
/// waiting room that takes requests while none does, and the figures that the tree shows. Written by its supervisor,
/// read by everybody.
class child_record {
public:
  /// `capacity` is how many requests wait for the child at most.
  child_record(caf::actor_system& system, std::string name, std::size_t capacity)
      : system_(system), name_(std::move(name)), capacity_(capacity) {}

  auto name() const -> std::string const& { return name_; }

  /// Where a request for this name goes now, within this process: the live actor, or its waiting room.
  auto target() -> caf::strong_actor_ptr;
  /// Where a request goes now: here if the child belongs to this process, else to a node that has it. `again` when an
  /// earlier attempt failed.
  auto route(bool again) -> expected<route_target>;
  /// The live actor; null while there is none.
  auto live() const -> caf::strong_actor_ptr;
  /// As the supervisor last said.
  auto state() const -> child_state;

  // -- for the supervisor

  /// What the child is; said before it starts.
  void set_rules(restart_type restart, std::optional<supervision_strategy> strategy);
  /// The child runs at this handle: opens the waiting room.
  void started(caf::actor const& handle);
  /// The child is gone and will come back: requests wait.
  void ended(std::string reason);
  /// The child is gone for good, or until somebody starts it again: waiting requests fail.
  void closed(std::string reason);
  void set_state(child_state state);
  /// Names of the children, in start order; supervisors only.
  void add_child(std::string const& name);
  void remove_child(std::string const& name);
  /// The names of at most `most` children.
  auto child_names(std::size_t most = std::numeric_limits<std::size_t>::max()) const -> std::vector<std::string>;

  /// The child is none of this process': requests go to other nodes.
  void lives_elsewhere(std::shared_ptr<remote_routes> routes);

  // -- for the child

  /// The counters of a new incarnation.
  auto new_figures() -> std::shared_ptr<message_figures>;
  /// The actor at this address is about to end: requests wait from now on, before its supervisor hears of it.
  void leaving(caf::actor_id actor);

  /// Everything but the children.
  auto describe() const -> supervision_node;

private:
  caf::actor_system& system_;
  std::string const name_;
  std::size_t const capacity_;
  mutable std::mutex mutex_;
  /// Made when first needed: most children are never asked while they are down.
  caf::actor waiting_room_;
  std::string closed_;
  /// Set once, before requests come.
  std::shared_ptr<remote_routes> elsewhere_;
  caf::strong_actor_ptr live_;
  child_state state_ = child_state::stopped;
  std::uint64_t starts_ = 0;
  std::string last_reason_;
  std::chrono::steady_clock::time_point started_at_{};
  restart_type restart_ = restart_type::permanent;
  /// Supervisors only.
  std::optional<supervision_strategy> strategy_;
  std::shared_ptr<message_figures> figures_;
  /// Children by the order of their start.
  std::map<std::uint64_t, std::string> children_;
  std::unordered_map<std::string, std::uint64_t> child_order_;
  std::uint64_t next_child_ = 0;
};

using child_record_ptr = std::shared_ptr<child_record>;

/// All names of one process. Names are paths: "nexus/jira/agent". Must end before the actor system it was made for.
class name_registry {
public:
  /// `capacity` is how many requests wait for one child at most.
  explicit name_registry(caf::actor_system& system, std::size_t capacity = 10'000)
      : system_(system), capacity_(capacity) {}

  /// The record of that name; made at first use, so that callers may hold names whose child starts later.
  auto record(std::string const& name) -> child_record_ptr;
  auto find(std::string const& name) const -> child_record_ptr;
  /// Drops the name of a child that never returns; whoever holds the record keeps it.
  void forget(std::string const& name);
  /// The tree below a supervisor; of more than `most` children the first ones are shown.
  auto tree(std::string const& root, std::size_t most = 100) const -> supervision_node;

private:
  caf::actor_system& system_;
  std::size_t capacity_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, child_record_ptr> records_;
};

/// A typed, stable address: resolves to the live actor at each use.
template <class Interface>
class address {
public:
  address() = default;
  explicit address(child_record_ptr record) : record_(std::move(record)) {}
  auto target() const -> Interface { return caf::actor_cast<Interface>(record_->target()); }
  auto name() const -> std::string const& { return record_->name(); }
  auto record() const -> child_record_ptr const& { return record_; }
  explicit operator bool() const { return record_ != nullptr; }

private:
  child_record_ptr record_;
};

} // namespace nexus::supervision
