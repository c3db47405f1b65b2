#pragma once

#include "apps/node_settings.hpp"
#include "messages/core/describe.hpp"

#include <mutex>

namespace nexus::apps {

/// The settings of a running node after others were read: those that can change while it runs are taken over (log
/// level, budgets and retention of runs, age of evidence, credentials, rate limits, CORS, trusted proxies), the rest
/// stays.
auto with_live_settings(node_settings running, node_settings const& wanted) -> node_settings;

/// The paths of the settings in which two differ, secrets included, in the order of declaration.
auto differing_settings(node_settings const& one, node_settings const& other) -> std::vector<std::string>;

/// What a running node knows of its settings. Threads may use it at will.
class live_settings {
public:
  live_settings(loaded<node_settings> started, std::function<timestamp()> now);

  /// The settings by which the node works.
  auto current() const -> node_settings;
  /// The node works by `effective` now, of what was `read`; answers the paths that changed.
  auto adopt(node_settings effective, loaded<node_settings> read) -> std::vector<std::string>;
  /// What was read cannot be used; the settings stay.
  void reject(std::vector<error> problems);

  /// The paths that were read with another value and count from the next start on.
  auto pending() const -> std::vector<std::string>;
  /// What is wrong with the settings that were read last; empty when they were taken over.
  auto problems() const -> std::vector<error>;
  /// {"settings", "origins", "pending_restart": [{"setting", "wanted", "origin"}], "problems": [...], "loaded_at"},
  /// with secrets as "(set)" or "(not set)".
  auto document() const -> nlohmann::ordered_json;

private:
  mutable std::mutex mutex_;
  std::function<timestamp()> now_;
  node_settings current_;
  setting_origins origins_;
  loaded<node_settings> read_;
  /// Health pages ask for it all the time.
  std::vector<std::string> pending_;
  std::vector<error> problems_;
  timestamp loaded_at_;
};

} // namespace nexus::apps
