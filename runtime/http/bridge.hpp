#pragma once

#include "messages/core/supervision.hpp"
#include "runtime/http/edge.hpp"
#include "runtime/http/idempotency.hpp"
#include "runtime/http/server.hpp"
#include "runtime/operations/openapi.hpp"
#include "runtime/operations/router.hpp"
#include "runtime/supervision/supervisor.hpp"
#include "runtime/telemetry/http_metrics.hpp"

#include <memory>

namespace nexus::http {

/// The outcome of one look at a component, from a snapshot.
struct health {
  enum class state_type : std::uint8_t { pass, warn, fail } state = state_type::pass;
  /// What there is to say: figures, or what is wrong.
  std::string detail;
};

/// Something that must be well for a role to be ready.
struct health_check {
  /// "store", "supervision".
  std::string name;
  /// Called on the server's thread; must not block.
  std::function<health()> look;
};

/// A route of a role that is no operation, such as an event stream.
struct custom_route {
  described_route description;
  std::function<void(incoming const& request, responder const& answer,
                     std::vector<std::pair<std::string, std::string>> const& members)>
      handle;
};

/// What the HTTP API of one role is made from.
struct bridge_options {
  std::string address;
  std::uint16_t port = 0;
  std::shared_ptr<operation_table const> table;
  /// The operation that POST /execute means by an action it does not know; empty refuses it.
  std::string fallback_action;
  std::string version;
  /// Members of /health beside the usual ones.
  std::vector<std::pair<std::string, nlohmann::json>> health_members;
  std::vector<health_check> checks;
  std::vector<custom_route> routes;
  std::shared_ptr<http::edge> edge;
  /// Remembers requests with an Idempotency-Key; outlives the API.
  idempotency* keyed = nullptr;
  /// What GET /settings answers; without it there is no such page.
  std::function<nlohmann::ordered_json()> settings;
  bool metrics_open = true;
  metrics_registry* metrics = nullptr;
  http_metrics* measured = nullptr;
  /// Counts operations: name, success, seconds.
  std::function<void(std::string const& name, bool success, double seconds)> operation_done;
  std::function<supervision_node()> tree;
  /// Makes ids of requests, tasks and idempotency keys.
  std::function<std::string()> make_id;
  /// 64 uniform bits, for trace and span ids.
  std::function<std::uint64_t()> random;
};

/// The HTTP API of one role: the routes of its operation table, POST /execute, health, metrics, the API's description
/// and the supervision tree. It knows operations through the table alone. Each request is carried by a short-lived
/// actor, so that a client's trouble is nobody else's.
class role_api : public std::enable_shared_from_this<role_api> {
public:
  role_api(caf::actor_system& system, bridge_options options);
  /// Handles one request; called on the server's thread.
  void handle(incoming request, responder answer);
  auto options() const -> bridge_options const& { return options_; }

private:
  struct exchange;
  struct work_going_on;
  using built_in = void (role_api::*)(exchange& work);

  void add_built_in(std::string method, std::string path, std::string summary, bool open, built_in page,
                    std::string content_type = "application/json");
  void dispatch(exchange& work);
  void run_operation(std::shared_ptr<exchange> work, operation_info const& operation, nlohmann::json arguments,
                     reply_style style);
  void answer_claim(std::shared_ptr<exchange> work, operation_info const& operation, nlohmann::json arguments,
                    reply_style style, expected<idempotency_claim> claim);
  void carry_out(std::shared_ptr<exchange> work, operation_info const& operation, nlohmann::json arguments,
                 reply_style style);
  /// Takes from the quota of `whose`; answers 429 and is false when there is nothing left.
  auto within_quota(exchange& work, std::string const& whose, std::string_view client) -> bool;
  void run_custom(exchange work, custom_route const& route,
                  std::vector<std::pair<std::string, std::string>> const& members);
  void execute(exchange& work);
  void health_page(exchange& work);
  void ready(exchange& work);
  void alive(exchange& work);
  void livez(exchange& work);
  void readyz(exchange& work);
  void metrics_page(exchange& work);
  void openapi(exchange& work);
  void docs(exchange& work);
  void supervision(exchange& work);
  void settings_page(exchange& work);
  auto worst_check() const -> health::state_type;
  auto body_of(exchange const& work) const -> expected<nlohmann::json>;

  caf::actor_system& system_;
  bridge_options options_;
  router router_;
  /// What each route of the router means.
  struct target {
    operation_info const* operation = nullptr;
    custom_route const* custom = nullptr;
    built_in handle = nullptr;
    std::string path_template;
    /// Needs no credentials and takes from nobody's quota.
    bool open = false;
    bool unlimited = false;
    bool administrative = false;
  };
  std::vector<target> targets_;
  std::vector<described_route> described_;
  std::string openapi_text_;
  prometheus::Gauge* active_ = nullptr;
  std::chrono::steady_clock::time_point started_;
};

/// Listeners outlive the bridge actors that ask for them: while a bridge is being restarted, its port stays open and
/// its API answers.
class listener_pool {
public:
  explicit listener_pool(server& owner) : server_(owner) {}
  /// Opens the role's port, or finds it open. Answers the port, also when the system chose it.
  auto open(std::shared_ptr<role_api> api) -> expected<std::uint16_t>;
  /// Closes all ports.
  void close();

private:
  server& server_;
  std::mutex mutex_;
  std::map<std::string, listener> listeners_;
};

/// The supervised actor of one role's HTTP API: opens the port when it starts. A port that cannot be had is a crash,
/// which the supervisor answers like any other.
auto http_bridge(std::string name, std::shared_ptr<listener_pool> pool, std::shared_ptr<role_api> api,
                 std::function<void(std::uint16_t)> opened) -> supervision::child_spec;

/// The page at /docs: a reader for /openapi.json that needs nothing from outside.
auto docs_page(std::string_view title) -> std::string;

} // namespace nexus::http
