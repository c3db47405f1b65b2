#pragma once

#include "messages/core/describe.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What nodes say to one another, and what a node says of its cluster.
namespace nexus {

/// What one node knows of the state of another.
enum class node_state : std::uint8_t {
  /// Its address is known; it has not been reached yet, or not again.
  unreached,
  live,
  /// Silent for a while. It gets no new work.
  suspect,
  /// Its link was cut: its process has ended, or the connection broke.
  lost,
  /// Silent for so long that it counts as gone.
  dead,
  /// It said that it ends.
  left,
  /// It was refused, or refused us.
  refused,
};
BOOST_DESCRIBE_ENUM(node_state, unreached, live, suspect, lost, dead, left, refused)

/// What a node says of itself when it meets another. Nodes that differ in protocol, layouts or store do not link.
struct node_description {
  /// Unique in its cluster.
  std::string name;
  /// Larger with each life of the node; what an earlier life promised does not bind a later one.
  std::uint64_t incarnation = 0;
  /// Where others reach it: "host:port".
  std::string address;
  std::vector<std::string> roles;
  /// Requests that it takes from one other node at a time.
  std::uint32_t capacity = 0;
  std::string version;
  std::uint32_t protocol = 0;
  /// SHA-256 over the member tables of all announced messages, in hex.
  std::string layouts;
  /// The identity of the shared store.
  std::string store;
  /// Role -> URL of its HTTP API.
  std::map<std::string, std::string> urls;
  timestamp started_at{};

  friend auto operator==(node_description const&, node_description const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(node_description, (),
                      (name, incarnation, address, roles, capacity, version, protocol, layouts, store, urls,
                       started_at))

/// How busy a node is.
struct node_load {
  /// Requests from others, and of its own, that its roles work on.
  std::uint64_t in_flight = 0;
  /// Runs that it carries out.
  std::uint64_t runs = 0;

  friend auto operator==(node_load const&, node_load const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(node_load, (), (in_flight, runs))

/// The name and address of a node that somebody knows.
struct known_node {
  std::string name;
  std::string address;

  friend auto operator==(known_node const&, known_node const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(known_node, (), (name, address))

/// What a node is told of the secret: each side proves that it has it, by an HMAC-SHA-256 over both nonces.
struct cluster_challenge {
  std::string nonce;
  std::string proof;
};
BOOST_DESCRIBE_STRUCT(cluster_challenge, (), (nonce, proof))

/// Begins a meeting.
struct challenge_node {
  using reply = cluster_challenge;
  std::string nonce;
};
BOOST_DESCRIBE_STRUCT(challenge_node, (), (nonce))

/// The answer to join_node: who was met, and whom it knows.
struct node_welcome {
  node_description node;
  /// Names of the actors that come with this message.
  std::vector<std::string> actors;
  std::vector<known_node> known;
};
BOOST_DESCRIBE_STRUCT(node_welcome, (), (node, actors, known))

/// Asks to be linked.
struct join_node {
  using reply = node_welcome;
  node_description node;
  /// Names of the actors that come with this message.
  std::vector<std::string> actors;
  /// As given in challenge_node.
  std::string nonce;
  std::string proof;
};
BOOST_DESCRIBE_STRUCT(join_node, (), (node, actors, nonce, proof))

/// The answer to a heartbeat.
struct heartbeat_answer {
  /// The sender's, as it is known here; 0 when it is not.
  std::uint64_t incarnation = 0;
  /// There is no link with the sender: it must join again. If the incarnation is the one that it has, that one counts
  /// as gone, and it comes as a new one.
  bool join_again = false;
};
BOOST_DESCRIBE_STRUCT(heartbeat_answer, (), (incarnation, join_again))

/// Says that a node lives, how busy it is, and whom it knows.
struct node_heartbeat {
  using reply = heartbeat_answer;
  std::string name;
  std::uint64_t incarnation = 0;
  node_load load;
  /// It takes no new work.
  bool draining = false;
  std::vector<known_node> known;
};
BOOST_DESCRIBE_STRUCT(node_heartbeat, (), (name, incarnation, load, draining, known))

/// Says that a node ends: it gets no new requests, and its silence is no failure.
struct leave_cluster {
  std::string name;
  std::uint64_t incarnation = 0;
};
BOOST_DESCRIBE_STRUCT(leave_cluster, (), (name, incarnation))

/// One node as another sees it.
struct cluster_node {
  std::string name;
  node_state state = node_state::unreached;
  /// Whether it is the node that answers.
  bool self = false;
  std::string address;
  std::vector<std::string> roles;
  std::map<std::string, std::string> urls;
  std::string version;
  std::uint64_t incarnation = 0;
  bool draining = false;
  std::optional<node_load> load;
  /// Of the last heartbeat, there and back.
  std::optional<double> latency_ms;
  /// Since it was last heard.
  std::optional<double> silent_ms;
  /// Why it is not live.
  std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(cluster_node, (),
                      (name, state, self, address, roles, urls, version, incarnation, draining, load, latency_ms,
                       silent_ms, reason))

/// The cluster as one node sees it; the node itself comes first.
struct cluster_view {
  std::vector<cluster_node> nodes;
  /// How links are secured: "TLS 1.3, certificates checked" or "not secured (loopback only)".
  std::string security;
};
BOOST_DESCRIBE_STRUCT(cluster_view, (), (nodes, security))

NEXUS_CODECS(node_state, node_description, node_load, known_node, cluster_challenge, challenge_node, node_welcome,
             join_node, heartbeat_answer, node_heartbeat, leave_cluster, cluster_node, cluster_view)

} // namespace nexus
