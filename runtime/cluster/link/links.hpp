#pragma once

#include "messages/core/error.hpp"
#include "runtime/cluster/link/identity.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

/// Links between nodes: CAF's own protocol (BASP) over connections that this library makes, keeps bounded and, given an
/// identity, secures with mutually authenticated TLS 1.3. Decision 0007 says why not with what CAF brings.
namespace nexus::cluster {

/// What a connection may cost.
struct link_limits {
  /// From its acceptance until a peer has proven who it is and has spoken BASP's handshake; then it is cut.
  std::chrono::milliseconds handshake{3'000};
  /// Accepted connections that have not come so far, at most; beyond that the oldest is cut.
  std::size_t strangers = 64;
  /// The largest message between nodes. Who announces a larger one is cut before anything is stored.
  std::size_t frame_bytes = std::size_t{64} << 20;
  /// What waits to be sent to one peer, at most; a peer that falls farther behind is cut.
  std::size_t unsent_bytes = std::size_t{256} << 20;
};

/// Who is at the other end of a connection.
struct link_peer {
  /// The first DNS name in its certificate; empty without TLS.
  std::string name;
  /// "10.0.0.7:51312".
  std::string address;
  /// SHA-256 of its certificate, in hex; empty without TLS.
  std::string fingerprint;
  /// Whether this node opened the connection.
  bool dialed = false;

  friend auto operator==(link_peer const&, link_peer const&) -> bool = default;
};

/// What happened to a connection.
struct link_event {
  enum class kind : std::uint8_t {
    /// The peer is known; messages may pass.
    opened,
    /// An open link ended.
    closed,
    /// A connection ended before it was a link.
    refused,
  };
  kind what = kind::opened;
  link_peer peer;
  /// None when refused.
  caf::node_id node;
  /// Why it was closed or refused; empty when opened.
  std::string reason;
};

/// Connections since the start.
struct link_counts {
  std::uint64_t accepted = 0;
  std::uint64_t opened = 0;
  /// Ended before they were links, for whatever reason; the next two are among them.
  std::uint64_t refused = 0;
  /// Took longer than limits.handshake.
  std::uint64_t late = 0;
  /// Cut because limits.strangers was reached.
  std::uint64_t crowded_out = 0;
  /// Links that are up.
  std::uint64_t open = 0;
};

/// Whom to reach.
struct dial_target {
  /// A host name or an IP address.
  std::string host;
  std::uint16_t port = 0;
  /// A name (or IP address) that the peer's certificate must carry: the node's name when it is known, else, left empty,
  /// the host. Not looked at without TLS.
  std::string expected_name;
};

/// A peer that was reached, with the actor that it listens with.
struct dialed_node {
  caf::node_id node;
  /// Never null.
  caf::strong_actor_ptr actor;
  /// The messages that `actor` takes, as CAF writes them.
  std::set<std::string> interface;
  link_peer peer;
};

class switchboard;

/// The links of one actor system, which must have loaded caf::io::middleman (see configure_links). Cheap to copy; any
/// thread. What it started ends with the actor system.
///
/// A link belongs to a pair of nodes: dialling a node that is linked already gives its actor and opens nothing.
/// Handles of a node that was lost are dead even when it is dialled again, although they compare equal to the new ones.
class links {
public:
  /// Called in the thread of CAF's multiplexer: it must not block, and must not outlive what it uses.
  using observer = std::function<void(link_event const&)>;

  /// Links secured by `own`; with null they are neither secret nor authenticated, for loopback only.
  links(caf::actor_system& system, std::shared_ptr<identity> own, link_limits limits = {}, observer watch = {});

  /// Listens at an address ("127.0.0.1", "::", a name) and a port (0: any), and gives the port. Peers that connect get
  /// `actor`. errc::conflict when the port is taken, errc::invalid_argument when the address is not of this machine,
  /// errc::permission_denied.
  template <class Handle>
  auto listen(std::string const& address, std::uint16_t port, Handle const& actor) -> expected<std::uint16_t> {
    return listen(address, port, caf::actor_cast<caf::strong_actor_ptr>(actor), system_->message_types(actor));
  }
  auto listen(std::string const& address, std::uint16_t port, caf::strong_actor_ptr actor,
              std::set<std::string> interface) -> expected<std::uint16_t>;
  /// Stops listening at the port. Links stay.
  void close(std::uint16_t port);

  /// Connects, within `deadline` in all (resolving a name may take longer), on a thread of its own, so that an address
  /// that does not answer delays nobody else. `done` is called once, on that thread: see in_context_of().
  /// errc::deadline_exceeded; errc::unavailable (nobody listens, no such host, cut off); errc::unauthenticated (its
  /// certificate does not hold, or is another's); errc::permission_denied (it does not accept our certificate).
  void dial(dial_target target, std::chrono::milliseconds deadline,
            std::function<void(expected<dialed_node>)> done) const;

  /// Who is linked under that node id; nothing when no link is up (any more).
  auto peer_of(caf::node_id const& node) const -> std::optional<link_peer>;
  /// Cuts all connections with a node, for a reason that the observer is told.
  void cut(caf::node_id const& node, std::string reason);

  auto counts() const -> link_counts;
  /// What secures the links: "TLS 1.3, certificates checked" or "not secured (loopback only)".
  auto security() const -> std::string_view;

private:
  caf::actor_system* system_;
  std::shared_ptr<switchboard> board_;
};

/// Loads CAF's network layer, lets it deserialise in its own thread, and sets its heartbeats, which must be the same on
/// all nodes: a connection that is silent for `timeout` is cut. Call it before the actor system is made.
void configure_links(caf::actor_system_config& config, std::chrono::milliseconds heartbeat = std::chrono::seconds{1},
                     std::chrono::milliseconds timeout = std::chrono::seconds{5});

/// The handle of a dialled node's actor, when that takes the messages of `Handle`; else errc::refused.
template <class Handle>
auto handle_of(caf::actor_system& system, dialed_node const& node) -> expected<Handle> {
  if (!system.assignable(node.interface, system.message_types<Handle>()))
    return fail(errc::refused, "the node at {} speaks another version of Nexus", node.peer.address);
  return caf::actor_cast<Handle>(node.actor);
}

} // namespace nexus::cluster
