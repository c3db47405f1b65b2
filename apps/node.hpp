#pragma once

#include "apps/node_settings.hpp"
#include "messages/core/supervision.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus {
struct call;
struct operation_result;
} // namespace nexus

namespace nexus::apps {

/// An address that a node serves at.
struct served_role {
  /// "orchestrator"
  std::string role;
  /// "http://127.0.0.1:8080"
  std::string url;
};

/// One process of Nexus: the store, the actors of its roles under their supervisors, and their HTTP APIs.
class node {
public:
  /// Starts everything and waits until each role listens. Errors say what could not be had: a port, the data directory,
  /// a policy.
  static auto start(loaded<node_settings> const& settings) -> expected<std::unique_ptr<node>>;
  /// stop() with the usual patience.
  ~node();
  node(node const&) = delete;
  auto operator=(node const&) -> node& = delete;

  auto roles() const -> std::vector<served_role> const&;
  /// The settings by which it works now.
  auto settings() const -> node_settings;
  /// Takes over what can change while it runs of settings that were read again; the rest waits for the next start.
  /// Anything wrong keeps everything as it is. What came of it stands in the log, in /readyz?verbose and in /settings.
  void reload(tl::expected<loaded<node_settings>, std::vector<error>> read);
  auto tree() const -> supervision_node;
  /// Called once if the root supervisor gives up; the node should then be stopped.
  void when_given_up(std::function<void(std::string reason)> callback);
  /// Ends the actor of that name from the tree ("nexus/jira/agent") as a crash would, for tests and chaos: its
  /// supervisor brings it back. errc::not_found when there is none, errc::unavailable while it is down.
  auto kill(std::string const& name) -> expected<void>;
  /// Carries out an operation by a typed message to its agent, as runs do, and waits for what comes of it; for tests.
  /// errc::not_found when no role of this node has an operation of that name.
  auto invoke(std::string_view operation, call const& context, nlohmann::json const& arguments)
      -> expected<operation_result>;
  /// Stops taking requests, lets those in flight end, stops the actors in reverse order, and writes what is queued.
  void stop();

private:
  struct parts;
  explicit node(std::unique_ptr<parts> all);
  std::unique_ptr<parts> parts_;
};

/// The version of this build.
auto version() -> std::string_view;

} // namespace nexus::apps
