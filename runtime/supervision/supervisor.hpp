#pragma once

#include "runtime/supervision/component.hpp"
#include "runtime/supervision/supervisor_rules.hpp"

#include <functional>
#include <future>

namespace nexus::supervision {

struct supervisor_spec;

/// Starts one child under the supervisor that calls it; called again for each restart.
using start_function = std::function<expected<caf::actor>(caf::local_actor* supervisor, child_record_ptr record)>;

/// One child of a supervisor.
struct child_spec {
  child_rules rules;
  start_function start;
  /// Set for a child that is a supervisor itself.
  std::shared_ptr<supervisor_spec const> supervisor;
};

/// A supervisor with the children it starts.
struct supervisor_spec {
  supervisor_rules rules;
  std::vector<child_spec> children;
};

/// A worker whose state class is `State`, constructed from its actor's pointer and `arguments`.
template <class Interface, class State, class... Ts>
auto worker(std::string name, Ts... arguments) -> child_spec {
  auto spec = child_spec{};
  spec.rules.name = std::move(name);
  spec.start = [... arguments = std::move(arguments)](caf::local_actor* supervisor,
                                                      child_record_ptr record) -> expected<caf::actor> {
    return caf::actor_cast<caf::actor>(supervisor->spawn<component<Interface, State>>(std::move(record), arguments...));
  };
  return spec;
}

/// A supervisor as a child of another. Supervisors get all the time they need to stop their children, as OTP advises.
auto nested(std::string name, supervisor_spec spec) -> child_spec;

/// Asks a running supervisor (address<caf::actor>) to add a child ("start_child"); answered with the child's full name.
struct start_child_command {
  using reply = std::string;
  child_spec child;
};
/// Asks a running supervisor to stop a child for good ("terminate_child"); answered with the child's full name.
struct terminate_child_command {
  using reply = std::string;
  std::string name;
};

/// The whole tree of one process.
class supervision_tree {
public:
  /// `random` gives uniform numbers in [0, 1) for jitter.
  supervision_tree(caf::actor_system& system, std::shared_ptr<name_registry> names, std::function<double()> random);
  ~supervision_tree();
  supervision_tree(supervision_tree const&) = delete;
  auto operator=(supervision_tree const&) -> supervision_tree& = delete;

  /// Starts the root supervisor under `name`. Refuses rules that OTP refuses.
  auto start(std::string name, supervisor_spec root) -> expected<void>;
  /// Stops all children in reverse order and waits. False when the time was not enough and the tree was killed.
  auto stop(std::chrono::milliseconds patience) -> bool;
  /// Called once, on an actor's thread, if the root ends without `stop`: it gave up, or shut down by its own rules.
  void when_given_up(std::function<void(std::string reason)> callback);

  auto snapshot() const -> supervision_node;
  auto names() const -> name_registry& { return *names_; }

private:
  struct ending;

  caf::actor_system& system_;
  std::shared_ptr<name_registry> names_;
  std::function<double()> random_;
  std::string root_name_;
  caf::actor root_;
  std::shared_ptr<ending> ending_;
};

} // namespace nexus::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::start_child_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::terminate_child_command)
