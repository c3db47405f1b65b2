#pragma once

#include "messages/core/cluster.hpp"
#include "runtime/supervision/remote.hpp"

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

namespace nexus::cluster {

/// Which actors live on other nodes, and which of these nodes takes the next request: of two chosen at random the one
/// with less to do. Threads may use it at will.
class directory final : public supervision::remote_routes {
public:
  /// `random` gives 64 bits, from any thread.
  explicit directory(std::function<std::uint64_t()> random) : random_(std::move(random)) {}

  /// A node was linked: its actors by name, and how many requests it takes from here at a time. An earlier link to it
  /// is cut.
  void add(node_description const& node, std::map<std::string, caf::strong_actor_ptr> actors);
  /// The link to a node was cut: requests that went over it fail.
  void remove(std::string const& node);
  /// Whether the node gets new work. Requests under way go on.
  void set_open(std::string const& node, bool open);
  void set_load(std::string const& node, node_load const& load);

  auto choose(std::string const& name, bool again) -> expected<supervision::route_target> override;
  /// An actor of a certain node; errc::unavailable when there is none.
  auto at(std::string const& node, std::string const& name) -> expected<supervision::route_target>;
  /// Requests under way to other nodes.
  auto outstanding() const -> std::size_t;

private:
  struct peer {
    std::string name;
    std::uint32_t capacity = 0;
    std::map<std::string, caf::strong_actor_ptr> actors;
    std::shared_ptr<supervision::link_requests> requests = std::make_shared<supervision::link_requests>();
    std::atomic<bool> open{true};
    /// As the node last said; what went there since is in `requests`.
    std::atomic<std::uint64_t> load{0};

    auto busy() const -> std::uint64_t { return load.load(std::memory_order_relaxed) + requests->outstanding(); }
  };
  using peer_ptr = std::shared_ptr<peer>;

  auto find(std::string const& node) const -> peer_ptr;
  auto may_try_again() -> bool;

  std::function<std::uint64_t()> random_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, peer_ptr> peers_;
  /// The peers that have an actor of that name.
  std::map<std::string, std::vector<peer_ptr>> by_actor_;
  /// Thousandths of an attempt: a request adds a tenth of one, another attempt takes one.
  std::atomic<std::int64_t> attempts_{10'000};
};

} // namespace nexus::cluster
