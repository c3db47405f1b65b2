#pragma once

#include "messages/core/caf.hpp"
#include "runtime/cluster/link/links.hpp"
#include "runtime/cluster/membership/directory.hpp"
#include "runtime/cluster/membership/membership.hpp"
#include "runtime/supervision/child_record.hpp"

#include <set>
#include <shared_mutex>

namespace nexus::cluster {

/// The GATE is what a node shows to others: it meets them, tells that it lives, and hands out its actors.
using gate_actor = interface_of<
    // INTERNAL: work that comes back from other threads.
    auto(continuation)->caf::result<void>,
    // Begins a meeting: proves that this node has the secret.
    auto(challenge_node)->caf::result<cluster_challenge>,
    // Links with the sender, whose actors come in the order of their names, or says why not.
    auto(join_node, std::vector<caf::actor>)->caf::result<node_welcome, std::vector<caf::actor>>,
    // The sender lives.
    auto(node_heartbeat)->caf::result<heartbeat_answer>,
    // The sender ends.
    auto(leave_cluster)->caf::result<void>>;

/// The nodes that may use this node's actors. Any thread.
class admission {
public:
  void admit(caf::node_id const& node);
  void expel(caf::node_id const& node);
  auto has(caf::node_id const& node) const -> bool;

private:
  mutable std::shared_mutex mutex_;
  std::set<caf::node_id> nodes_;
};

/// What the gate works with.
struct gate_options {
  /// Its address comes with begin().
  node_description self;
  std::vector<std::string> seeds;
  failure_limits limits;
  /// All nodes have the same; empty for none.
  std::string secret;
  std::shared_ptr<links> way;
  std::shared_ptr<directory> others;
  /// The actors of this node by name: those whose role a linked node has are asked through it.
  std::shared_ptr<supervision::name_registry> names;
  std::vector<std::string> actor_names;
  std::function<node_load()> load;
  /// Random bytes, for nonces.
  std::function<std::string()> nonce;
  /// Called in the gate's context with each change.
  std::function<void(node_event const&)> watch;
  /// Called when others counted this node as gone; its description has a new incarnation.
  std::function<void(node_description const&)> reborn;
};

/// The state of a node's gate, and what others of the process see of it. Made once; the actor may be restarted.
class gate_keeper {
public:
  explicit gate_keeper(gate_options options);

  auto options() const -> gate_options const& { return options_; }
  auto admitted() -> admission& { return admitted_; }
  /// As of the last change or heartbeat; any thread.
  auto view() const -> cluster_view;
  void show(std::vector<cluster_node> nodes);

private:
  gate_options options_;
  admission admitted_;
  mutable std::mutex mutex_;
  std::vector<cluster_node> nodes_;
};

/// Starts the gate. It listens nowhere by itself, see links::listen(), and does nothing before begin().
auto open_gate(caf::actor_system& system, std::shared_ptr<gate_keeper> keeper) -> gate_actor;

/// Others reach this node at `address` ("host:port"): seeds are dialled from now on.
void begin(gate_actor const& handle, std::string address);
/// Takes no new work and says so with the next heartbeat; what is under way goes on.
void drain(gate_actor const& handle);
/// Tells the others that this node ends, and ends the gate.
void leave(gate_actor const& handle);

/// The proof of having the secret, for one side of a meeting: HMAC-SHA-256 over its role and both nonces, in hex.
auto proof_of(std::string_view secret, std::string_view side, std::string_view challenger, std::string_view challenged)
    -> std::string;

} // namespace nexus::cluster
