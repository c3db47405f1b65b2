#pragma once

#include "messages/core/cluster.hpp"
#include "messages/core/error.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

/// Who belongs to a cluster, and who of them lives. Pure: time is told, messages are sent by others.
namespace nexus::cluster {

/// The version of what nodes say to one another; others are refused.
inline constexpr std::uint32_t protocol_version = 1;

/// Nodes that one node knows at most; what it hears of more is ignored.
inline constexpr std::size_t most_nodes = 256;

/// When silence means what. Measured by each node's own steady clock.
struct failure_limits {
  std::chrono::milliseconds heartbeat{500};
  std::chrono::milliseconds suspect{1'500};
  std::chrono::milliseconds dead{5'000};
  /// Between attempts to reach a node; doubled with each up to the maximum.
  std::chrono::milliseconds redial{200};
  std::chrono::milliseconds slowest_redial{5'000};
  /// A node that was not heard of for so long is forgotten, unless it is a seed.
  std::chrono::milliseconds forget{std::chrono::hours{24}};
};

/// A change in what is known of a node.
struct node_event {
  std::string name;
  std::uint64_t incarnation = 0;
  node_state from = node_state::unreached;
  node_state to = node_state::unreached;
  std::string reason;

  friend auto operator==(node_event const&, node_event const&) -> bool = default;
};

/// What one node knows of its cluster.
class membership {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `seeds` are addresses, tried for ever. `self.address` may be among them, and is left out.
  membership(node_description self, std::vector<std::string> seeds, failure_limits limits = {});

  auto self() const -> node_description const& { return self_; }
  /// Where others reach this node, once that is known; a seed at this address is left out.
  void set_address(std::string address);
  /// The next life of this node: others counted it as gone.
  void begin_new_incarnation();
  void set_draining() { draining_ = true; }
  auto draining() const -> bool { return draining_; }

  /// Checks whether this node may link with the one that describes itself so. errc::refused names the difference and
  /// both sides of it.
  auto check(node_description const& other) const -> expected<void>;

  /// A node was met: it was checked, and its link is up. errc::conflict when a newer incarnation is known.
  auto met(node_description const& other, time_point at) -> expected<void>;
  /// A heartbeat of a node came. False when the node must join again.
  auto heard(node_heartbeat const& heartbeat, time_point at) -> bool;
  /// The answer to our heartbeat came.
  void answered(std::string_view name, std::uint64_t incarnation, std::chrono::nanoseconds latency, time_point at);
  /// The link to that incarnation was cut.
  void link_lost(std::string_view name, std::uint64_t incarnation, std::string reason, time_point at);
  /// The node says that it ends.
  void left(std::string_view name, std::uint64_t incarnation, time_point at);
  /// Others know these; what is new is tried.
  void learn(std::vector<known_node> const& nodes, time_point at);
  /// An attempt to reach the address failed, or was refused.
  void dial_failed(std::string_view address, error const& why, time_point at);

  /// Addresses to be dialled now, each once until it succeeded or failed.
  auto due_dials(time_point at) -> std::vector<std::string>;
  /// Judges silence.
  void tick(time_point at);
  /// What has changed since it was last asked.
  auto events() -> std::vector<node_event>;

  /// The name under which an address is known; empty when it is not.
  auto name_at(std::string_view address) const -> std::string;
  auto state_of(std::string_view name) const -> std::optional<node_state>;
  /// All others whose address is known, for heartbeats.
  auto known() const -> std::vector<known_node>;
  auto view(time_point at) const -> std::vector<cluster_node>;

private:
  struct member {
    /// Empty as long as only the address is known.
    std::string name;
    std::string address;
    node_description description;
    node_state state = node_state::unreached;
    node_load load;
    bool draining = false;
    bool seed = false;
    std::optional<std::chrono::nanoseconds> latency;
    std::optional<time_point> heard_at;
    std::string reason;
    /// The next attempt to reach it.
    time_point dial_at{};
    std::chrono::milliseconds dial_delay{0};
    bool dialling = false;
  };

  auto find(std::string_view name) -> member*;
  auto find(std::string_view name) const -> member const*;
  auto at_address(std::string_view address) -> member*;
  void change(member& of, node_state to, std::string reason);
  void redial(member& of, time_point at);
  auto linked(member const& of) const -> bool {
    return of.state == node_state::live || of.state == node_state::suspect;
  }

  node_description self_;
  failure_limits limits_;
  bool draining_ = false;
  std::vector<member> members_;
  std::vector<node_event> events_;
};

} // namespace nexus::cluster
