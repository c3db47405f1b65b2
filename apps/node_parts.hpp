#pragma once

#include "actors/metrics/product_metrics.hpp"
#include "actors/orchestrator/orchestrator_agent.hpp"
#include "actors/orchestrator/readiness_agent.hpp"
#include "apps/live_settings.hpp"
#include "apps/node.hpp"
#include "apps/tracing.hpp"
#include "apps/wall_clock.hpp"
#include "messages/type_ids.hpp"
#include "runtime/http/bridge.hpp"
#include "runtime/http/client.hpp"
#include "runtime/settings/live.hpp"
#include "runtime/supervision/supervisor.hpp"
#include "runtime/telemetry/logging.hpp"
#include "simulator/simulator.hpp"

#include <condition_variable>
#include <random>

/// Inside a node: what its source files share.
namespace nexus::apps {

using supervision::child_record;
using supervision::child_spec;
using supervision::nested;
using supervision::supervisor_rules;
using supervision::supervisor_spec;
using supervision::worker;

inline constexpr auto root_name = "nexus";

/// Random numbers for ids and jitter, for any thread.
class random_source {
public:
  random_source() : engine_(std::random_device{}()) {}
  auto bits() -> std::uint64_t {
    auto const lock = std::lock_guard{mutex_};
    return engine_();
  }
  auto uniform() -> double { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

class configuration : public caf::actor_system_config {
public:
  configuration() {
    announce_messages(*this);
    set("scheduler.max-threads", std::max(2u, std::thread::hardware_concurrency()));
    // The policy stays CAF's default, 'stealing'. With 100 requests outstanding 'sharing' takes 2.5 times its processor
    // time for each (bench_messaging, 2 processors): its workers wait at one lock. It would pay between nodes only.
  }
};

inline auto run_limits_of(node_settings const& settings) -> orchestrator::run_limits {
  auto const& chosen = settings.runs;
  return {.max_steps = chosen.max_steps, .max_tokens = chosen.max_tokens, .timeout = chosen.timeout.value()};
}

struct node::parts {
  explicit parts(loaded<node_settings> const& chosen) : settings(chosen.value), state(chosen, wall_clock) {}

  // In the order of their making; what stands later may use what stands earlier, and is gone first.
  /// As of the start; what may change since is in `state` and the live values.
  node_settings settings;
  live_settings state;
  live<std::chrono::milliseconds> evidence_max_age{settings.evidence.max_age.value()};
  std::shared_ptr<write_count> writes = std::make_shared<write_count>(0);
  live<orchestrator::run_limits> run_limits{run_limits_of(settings)};
  live<std::size_t> max_concurrent{settings.runs.max_concurrent};
  live<retention_settings> retention{settings.runs.retention};
  random_source random;
  /// What no log and no trace shows.
  redactor hidden;
  std::unique_ptr<logger> log;
  std::unique_ptr<process_log> log_installed;
  metrics_registry metrics;
  counter_family& settings_reloads = metrics.counter(
      "nexus_settings_reloads_total", "Settings read again, by whether they were taken over.", {"result"});
  std::unique_ptr<http_metrics> measured;
  std::unique_ptr<product_metrics> product;
  std::unique_ptr<node_tracing> tracing;
  std::shared_ptr<store::store> data;
  std::unique_ptr<simulator::world> world;
  std::shared_ptr<http::transport> transport;
  /// Another one where reports do not go where everything else comes from.
  std::shared_ptr<http::transport> confluence_transport;
  std::shared_ptr<http::edge> edge;
  std::shared_ptr<orchestrator::id_source> ids;
  std::unique_ptr<http::idempotency> keyed;
  configuration config;
  std::unique_ptr<caf::actor_system> system;
  std::shared_ptr<supervision::name_registry> names;
  std::unique_ptr<http::server> server;
  std::shared_ptr<http::listener_pool> listeners;
  std::unique_ptr<supervision::supervision_tree> tree;
  std::shared_ptr<orchestrator::run_board> board = std::make_shared<orchestrator::run_board>();
  bool stopped = false;

  std::mutex opening;
  std::condition_variable opened;
  std::map<std::string, std::uint16_t> ports;
  std::vector<served_role> roles;

  auto prepare() -> expected<void>;
  auto build() -> expected<supervisor_spec>;
  auto await_ports() -> expected<void>;
  void reload(tl::expected<loaded<node_settings>, std::vector<error>> read);
  void reject(std::vector<error> problems);
  void stop();

  auto rules() const -> supervisor_rules;
  auto add_role(node_role role, std::uint16_t port, operation_table table, std::vector<http::custom_route> routes,
                std::string fallback) -> child_spec;
  auto client_options(std::string service) const -> http::client_options { return {.service = std::move(service)}; }
  auto jira_role() -> supervisor_spec;
  auto git_ci_role() -> supervisor_spec;
  auto read_policy() const -> expected<readiness::policy_family>;
  auto reporting_role() -> expected<supervisor_spec>;
  auto orchestrator_role() -> expected<supervisor_spec>;
  auto checks(std::string const& role) -> std::vector<http::health_check>;
};

} // namespace nexus::apps
