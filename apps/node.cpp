#include "apps/node.hpp"

#include "apps/edge_settings.hpp"
#include "apps/node_parts.hpp"
#include "runtime/http/curl_transport.hpp"
#include "runtime/http/in_process_transport.hpp"
#include "runtime/store/sqlite_store.hpp"

#include <future>

namespace nexus::apps {
namespace {

constexpr auto start_patience = std::chrono::seconds{10};
/// For a port that is taken: a node that is just ending may have it.
constexpr auto port_patience = std::chrono::seconds{2};
constexpr auto drain_patience = std::chrono::seconds{5};
constexpr auto stop_patience = std::chrono::seconds{10};

/// Waits for a store's answer; for start and end alone, when nothing else runs.
template <class T>
auto wait_for(std::function<void(store::callback<T>)> const& ask) -> expected<T> {
  auto answer = std::promise<expected<T>>{};
  ask([&](expected<T> outcome) { answer.set_value(std::move(outcome)); });
  return answer.get_future().get();
}

/// The moment that the simulated world is made for: given, or remembered from the first start with this data.
auto simulator_anchor(node_settings const& settings, store::store& data) -> expected<timestamp> {
  if (settings.simulator.now) return *settings.simulator.now;
  auto known =
      wait_for<std::optional<store::document>>([&](auto done) { data.find("simulator", "anchor", std::move(done)); });
  if (!known) return tl::unexpected{known.error()};
  if (*known) return parse_timestamp((*known)->body);
  auto const anchor = wall_clock();
  auto stored = wait_for<void>([&](auto done) {
    data.commit({{store::put{"simulator", "anchor", format_timestamp(anchor), {}, {}}}, store::durability::durable},
                std::move(done));
  });
  if (!stored) return tl::unexpected{stored.error()};
  return anchor;
}

auto level_of(log_severity severity) -> log_level {
  switch (severity) {
  case log_severity::debug:
    return log_level::debug;
  case log_severity::info:
    return log_level::info;
  case log_severity::warn:
    return log_level::warn;
  case log_severity::error:
    return log_level::error;
  }
  return log_level::info;
}

} // namespace

// -- preparation
// --------------------------------------------------------------------------------------------------------------------

auto node::parts::prepare() -> expected<void> {
  // First, since the log hides their tokens.
  hidden.hide(secret_values(descriptor_of<node_settings>(), &settings));
  hidden.hide(tracing_secrets(settings));
  auto rules = edge_rules_of(settings, [this](auto const& token) { hidden.hide({token}); });
  auto const json = settings.log.format == log_form::json ||
                    (settings.log.format == log_form::automatic && !standard_error_is_terminal());
  log = std::make_unique<logger>(log_options{.level = level_of(settings.log.level), .json = json}, hidden);
  log_installed = std::make_unique<process_log>(*log);
  measured = std::make_unique<http_metrics>(metrics);
  product = std::make_unique<product_metrics>(metrics);
  add_build_info(metrics, version());
  metrics.counted_elsewhere("nexus_log_lines_dropped_total",
                            "Log lines lost because they could not be written in time.",
                            [this] { return static_cast<double>(log->dropped()); });
  ids = std::make_shared<orchestrator::id_source>(wall_clock, [this] { return random.bits(); });

  tracing = std::make_unique<node_tracing>(settings, tracing_environment{.hidden = hidden,
                                                                         .random = [this] { return random.bits(); },
                                                                         .metrics = &metrics,
                                                                         .version = std::string{version()},
                                                                         .instance = ids->next()});

  if (!rules) return tl::unexpected{rules.error()};
  edge = std::make_shared<http::edge>(std::move(*rules));
  if (serves_local_user(settings))
    log_event(log_level::info, "node", "requests without credentials act as the user 'local', over loopback only");

  auto opened_store = store::open_sqlite({.directory = settings.data_dir});
  if (!opened_store) return tl::unexpected{opened_store.error()};
  data = std::move(*opened_store);
  keyed = std::make_unique<http::idempotency>(
      *data, [this] { return ids->next(); }, [] { return std::chrono::system_clock::now(); });

  auto const mock = settings.mode == node_mode::mock;
  if ((mock || mocks_confluence(settings)) && settings.simulator.url.empty()) {
    auto const anchor = simulator_anchor(settings, *data);
    if (!anchor) return tl::unexpected{anchor.error()};
    auto options = simulator::options{.seed = settings.simulator.seed, .anchor = *anchor};
    options.clock = [start = std::chrono::steady_clock::now(), given = settings.simulator.now.has_value(),
                     anchor = *anchor] {
      // A given moment goes on from there; a remembered one is in the past of the real clock.
      return given ? std::chrono::system_clock::time_point{anchor} + (std::chrono::steady_clock::now() - start)
                   : std::chrono::system_clock::now();
    };
    world = std::make_unique<simulator::world>(std::move(options));
  }
  auto const way_to = [this](bool simulated) -> std::shared_ptr<http::transport> {
    if (simulated && world)
      return std::make_shared<http::in_process_transport>(
          [this](http::request const& request) { return world->handle(request); });
    return std::make_shared<http::curl_transport>(http::curl_options{.user_agent = fmt::format("nexus/{}", version())});
  };
  transport = way_to(mock);
  confluence_transport = mocks_confluence(settings) == mock ? transport : way_to(mocks_confluence(settings));

  system = std::make_unique<caf::actor_system>(config);
  names = std::make_shared<supervision::name_registry>(*system);
  auto const& limits = settings.http;
  server = std::make_unique<http::server>(http::server_options{
      .limits = {.body = limits.max_body_bytes.bytes(),
                 .header_timeout = limits.header_timeout.value(),
                 .idle_timeout = limits.idle_timeout.value(),
                 .max_connections = limits.max_connections,
                 .max_in_flight = limits.max_in_flight},
      .make_request_id = [this] { return ids->next(); },
  });
  listeners = std::make_shared<http::listener_pool>(*server);
  return {};
}

auto node::parts::rules() const -> supervisor_rules {
  auto const& chosen = settings.supervision;
  return {.intensity = chosen.intensity,
          .period = chosen.period.value(),
          .delay = {.minimum = chosen.backoff.minimum.value(), .maximum = chosen.backoff.maximum.value()}};
}

auto node::parts::await_ports() -> expected<void> {
  auto lock = std::unique_lock{opening};
  auto const all = [this] {
    return std::all_of(ports.begin(), ports.end(), [](auto const& entry) { return entry.second != 0; });
  };
  auto const begun = std::chrono::steady_clock::now();
  while (!opened.wait_for(lock, std::chrono::milliseconds{100}, all)) {
    auto const waited = std::chrono::steady_clock::now() - begun;
    for (auto const& [role, port] : ports) {
      if (port != 0) continue;
      auto const record = names->find(fmt::format("{}/{}/http", root_name, role));
      auto const reason = record ? record->describe().last_reason : std::nullopt;
      if (waited > (reason ? port_patience : start_patience))
        return fail(errc::unavailable, "the role '{}' does not listen: {}", role,
                    reason.value_or("no reason is known"));
    }
  }
  auto const host = settings.bind.find(':') == std::string::npos ? settings.bind : "[" + settings.bind + "]";
  for (auto const& [role, port] : ports) roles.push_back({role, fmt::format("http://{}:{}", host, port)});
  std::sort(roles.begin(), roles.end(), [](auto const& a, auto const& b) { return a.url < b.url; });
  return {};
}

// -- settings that change
// -------------------------------------------------------------------------------------------------------------

void node::parts::reject(std::vector<error> problems) {
  for (auto const& problem : problems) log_event(log_level::error, "settings", "not taken over: " + problem.render());
  settings_reloads.with({"rejected"}).Increment();
  state.reject(std::move(problems));
}

void node::parts::reload(tl::expected<loaded<node_settings>, std::vector<error>> read) {
  if (!read) return reject(std::move(read.error()));
  // Before anything is made or said with them.
  hidden.hide(secret_values(descriptor_of<node_settings>(), &read->value));
  auto wanted = with_live_settings(state.current(), read->value);
  // What was read is right as a whole; together with what cannot change now it need not be.
  if (auto problems = check_node_settings(wanted); !problems.empty()) return reject(std::move(problems));
  auto rules = edge_rules_of(wanted, [this](auto const& token) { hidden.hide({token}); });
  if (!rules) return reject({rules.error()});
  edge->change(std::move(*rules));
  log->set_level(level_of(wanted.log.level));
  evidence_max_age.set(wanted.evidence.max_age.value());
  run_limits.set(run_limits_of(wanted));
  max_concurrent.set(wanted.runs.max_concurrent);
  retention.set(wanted.runs.retention);
  auto const changed = state.adopt(std::move(wanted), std::move(*read));
  auto const pending = state.pending();
  settings_reloads.with({"adopted"}).Increment();
  log_event(log_level::info, "settings", "read again",
            {{"changed", fmt::format("{}", fmt::join(changed, ", "))},
             {"restart_needed_for", fmt::format("{}", fmt::join(pending, ", "))}});
}

void node::parts::stop() {
  if (std::exchange(stopped, true)) return;
  // No new requests; those in flight end first, since their answers come from the actors.
  if (listeners) listeners->close();
  if (server) server->stop(drain_patience);
  if (tree && !tree->stop(stop_patience))
    log_event(log_level::warn, "node", "the supervision tree did not stop in time and was killed");
  tree.reset();
  names.reset();
  // The store completes its callbacks and the transport its requests before the actor system goes. A callback may be
  // the last to hold an actor, and the actor the store: each of its threads is seen to be done with them first, so that
  // it does not end, and wait for its threads, on one of them.
  if (data) {
    (void)wait_for<std::optional<store::document>>([&](auto done) { data->find("node", "end", std::move(done)); });
    (void)wait_for<void>([&](auto done) { data->release("end", 0, std::move(done)); });
  }
  data.reset();
  transport.reset();
  confluence_transport.reset();
}

// -- the node
// -----------------------------------------------------------------------------------------------------------------------

node::node(std::unique_ptr<parts> all) : parts_(std::move(all)) {}

node::~node() { stop(); }

auto node::start(loaded<node_settings> const& settings) -> expected<std::unique_ptr<node>> {
  auto result = std::unique_ptr<node>{new node{std::make_unique<parts>(settings)}};
  auto& all = *result->parts_;
  if (auto done = all.prepare(); !done) return tl::unexpected{done.error()};
  for (auto const& warning : settings.warnings) log_event(log_level::warn, "settings", warning.render());
  auto root = all.build();
  if (!root) return tl::unexpected{root.error()};
  all.tree =
      std::make_unique<supervision::supervision_tree>(*all.system, all.names, [&all] { return all.random.uniform(); });
  if (auto done = all.tree->start(root_name, std::move(*root)); !done) return tl::unexpected{done.error()};
  if (auto done = all.await_ports(); !done) return tl::unexpected{done.error()};
  for (auto const& role : all.roles)
    log_event(log_level::info, "node", "listening", {{"role", role.role}, {"url", role.url}});
  return result;
}

auto node::roles() const -> std::vector<served_role> const& { return parts_->roles; }
auto node::settings() const -> node_settings { return parts_->state.current(); }
void node::reload(tl::expected<loaded<node_settings>, std::vector<error>> read) { parts_->reload(std::move(read)); }
auto node::tree() const -> supervision_node { return parts_->tree->snapshot(); }
void node::when_given_up(std::function<void(std::string)> callback) {
  parts_->tree->when_given_up(std::move(callback));
}
auto node::kill(std::string const& name) -> expected<void> {
  auto const record = parts_->names->find(name);
  if (!record) return fail(errc::not_found, "there is no actor '{}'", name);
  auto const live = record->live();
  if (!live) return fail(errc::unavailable, "the actor '{}' is down", name);
  caf::anon_send_exit(caf::actor_cast<caf::actor>(live), caf::exit_reason::kill);
  return {};
}
void node::stop() { parts_->stop(); }

auto version() -> std::string_view { return NEXUS_VERSION; }

} // namespace nexus::apps
