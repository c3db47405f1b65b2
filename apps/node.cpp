#include "apps/node.hpp"

#include "actors/git_ci/git_ci_agent.hpp"
#include "actors/git_ci/operations.hpp"
#include "actors/jira/jira_agent.hpp"
#include "actors/jira/operations.hpp"
#include "actors/llm/llm_agent.hpp"
#include "actors/metrics/product_metrics.hpp"
#include "actors/orchestrator/operations.hpp"
#include "actors/orchestrator/orchestrator_agent.hpp"
#include "actors/orchestrator/readiness_agent.hpp"
#include "actors/orchestrator/run_stream.hpp"
#include "apps/retention.hpp"
#include "embedded/default_policy.hpp"
#include "messages/type_ids.hpp"
#include "runtime/http/bridge.hpp"
#include "runtime/http/curl_transport.hpp"
#include "runtime/http/in_process_transport.hpp"
#include "runtime/store/sqlite_store.hpp"
#include "runtime/supervision/supervisor.hpp"
#include "runtime/telemetry/logging.hpp"
#include "simulator/simulator.hpp"

#include <condition_variable>
#include <filesystem>
#include <future>
#include <random>

namespace nexus::apps {
namespace {

using supervision::child_record;
using supervision::child_spec;
using supervision::nested;
using supervision::supervisor_rules;
using supervision::supervisor_spec;
using supervision::worker;

constexpr auto root_name = "nexus";
constexpr auto start_patience = std::chrono::seconds{10};
/// For a port that is taken: a node that is just ending may have it.
constexpr auto port_patience = std::chrono::seconds{2};
constexpr auto drain_patience = std::chrono::seconds{5};
constexpr auto stop_patience = std::chrono::seconds{10};

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

auto wall_clock() -> timestamp {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

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

auto secrets_of(node_settings const& settings) -> std::vector<std::string> {
  auto values = std::vector<std::string>{};
  for (auto const* value :
       {&settings.auth.jwt_secret, &settings.jira.api_token, &settings.github.token, &settings.jenkins.api_token})
    if (value->is_set()) values.push_back(value->reveal());
  return values;
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

/// The reference's classes of questions for the metrics' label `task_type`, matched on whole words.
auto task_type_of(run const& outcome) -> std::string_view {
  if (outcome.decision) return "release_check";
  auto const used = [&](std::string_view part) {
    return std::any_of(outcome.steps.begin(), outcome.steps.end(),
                       [&](auto const& step) { return step.action && step.action->find(part) != std::string::npos; });
  };
  if (used("build") || used("job")) return "ci_query";
  if (used("security")) return "security_query";
  if (used("ticket") || used("jira") || used("sprint") || used("release")) return "jira_query";
  return "general";
}

} // namespace

struct node::parts {
  explicit parts(node_settings chosen) : settings(std::move(chosen)) {}

  // In the order of their making; what stands later may use what stands earlier, and is gone first.
  node_settings settings;
  random_source random;
  std::unique_ptr<logger> log;
  std::unique_ptr<process_log> log_installed;
  metrics_registry metrics;
  std::unique_ptr<http_metrics> measured;
  std::unique_ptr<product_metrics> product;
  std::shared_ptr<store::store> data;
  std::unique_ptr<simulator::world> world;
  std::shared_ptr<http::transport> transport;
  std::shared_ptr<http::authenticator const> identities;
  std::shared_ptr<orchestrator::id_source> ids;
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
  void stop();

  auto rules() const -> supervisor_rules;
  auto add_role(node_role role, std::uint16_t port, operation_table table, std::vector<http::custom_route> routes,
                std::string fallback) -> child_spec;
  auto client_options(std::string service) const -> http::client_options { return {.service = std::move(service)}; }
  auto jira_role() -> supervisor_spec;
  auto git_ci_role() -> supervisor_spec;
  auto orchestrator_role() -> expected<supervisor_spec>;
  auto checks(std::string const& role) -> std::vector<http::health_check>;
};

// -- preparation
// --------------------------------------------------------------------------------------------------------------------

auto node::parts::prepare() -> expected<void> {
  // First, since the log hides their tokens.
  auto const production = settings.environment == node_environment::production;
  auto const local = !production && is_loopback(settings.bind);
  auto secrets = secrets_of(settings);
  auto known = http::authenticator::load({.tokens_file = settings.auth.tokens_file,
                                          .jwt_secret = settings.auth.jwt_secret.reveal(),
                                          .allow_local = local,
                                          .now = wall_clock,
                                          .token_read = [&](auto const& token) { secrets.push_back(token); }});
  auto const json = settings.log.format == log_form::json ||
                    (settings.log.format == log_form::automatic && !standard_error_is_terminal());
  log = std::make_unique<logger>(log_options{.level = level_of(settings.log.level), .json = json},
                                 redactor{std::move(secrets)});
  log_installed = std::make_unique<process_log>(*log);
  measured = std::make_unique<http_metrics>(metrics);
  product = std::make_unique<product_metrics>(metrics);
  add_build_info(metrics, version());
  metrics.counted_elsewhere("nexus_log_lines_dropped_total",
                            "Log lines lost because they could not be written in time.",
                            [this] { return static_cast<double>(log->dropped()); });
  ids = std::make_shared<orchestrator::id_source>(wall_clock, [this] { return random.bits(); });

  if (!known) return tl::unexpected{known.error()};
  identities = std::make_shared<http::authenticator const>(std::move(*known));
  if (!local && !identities->has_credentials())
    return fail_at("bind", errc::invalid_argument, "'{}' is reachable from outside and no credentials are configured",
                   settings.bind);
  if (local)
    log_event(log_level::info, "node", "requests without credentials act as the user 'local', over loopback only");

  auto opened_store = store::open_sqlite({.directory = settings.data_dir});
  if (!opened_store) return tl::unexpected{opened_store.error()};
  data = std::move(*opened_store);

  if (settings.mode == node_mode::mock && settings.simulator.url.empty()) {
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
    transport = std::make_shared<http::in_process_transport>(
        [this](http::request const& request) { return world->handle(request); });
  } else {
    transport =
        std::make_shared<http::curl_transport>(http::curl_options{.user_agent = fmt::format("nexus/{}", version())});
  }

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

// -- roles
// --------------------------------------------------------------------------------------------------------------------------

auto node::parts::checks(std::string const& role) -> std::vector<http::health_check> {
  using http::health;
  auto look_at_store = [this]() -> health {
    auto const status = data->status();
    auto const text = fmt::format("{}, {} commits, {} waiting, {} bytes", status.backend, status.commits,
                                  status.pending, status.bytes_on_disk);
    if (status.healthy) return {health::state_type::pass, text};
    return {health::state_type::fail, status.last_error ? status.last_error->render() : text};
  };
  auto look_at_agents = [this, prefix = fmt::format("{}/{}", root_name, role)]() -> health {
    // The role's own children and no further down: there may be thousands of runs.
    auto down = std::vector<std::string>{};
    auto looked_at = std::size_t{0};
    auto const look_at = [&](child_record const& child) {
      if (child.state() != child_state::running) down.push_back(child.name());
      ++looked_at;
    };
    auto const role_record = names->find(prefix);
    if (!role_record) return {health::state_type::fail, fmt::format("not running: {}", prefix)};
    for (auto const& name : role_record->child_names())
      if (auto const child = names->find(name)) look_at(*child);
    look_at(*role_record);
    if (down.empty()) return {health::state_type::pass, fmt::format("{} children running", looked_at - 1)};
    return {health::state_type::fail, fmt::format("not running: {}", fmt::join(down, ", "))};
  };
  return {{"store", look_at_store}, {"supervision", look_at_agents}};
}

auto node::parts::add_role(node_role role, std::uint16_t port, operation_table table,
                           std::vector<http::custom_route> routes, std::string fallback) -> child_spec {
  auto const name = std::string{name_of(role)};
  auto shared = std::make_shared<operation_table const>(std::move(table));
  auto options = http::bridge_options{};
  options.address = settings.bind;
  options.port = settings.port ? *settings.port : static_cast<std::uint16_t>(port + settings.port_offset);
  options.table = shared;
  options.fallback_action = std::move(fallback);
  options.version = version();
  options.health_members = {{"mock_mode", settings.mode == node_mode::mock}, {"dynamic_config", false}};
  options.checks = checks(name);
  options.routes = std::move(routes);
  options.identities = identities;
  options.metrics_open = settings.auth.metrics_open;
  options.metrics = &metrics;
  options.measured = measured.get();
  options.operation_done = [this, name](std::string const& operation, bool success, double seconds) {
    auto const status = success ? "success" : "error";
    product->tool_usage.with({operation, status, name}).Increment();
    product->tool_latency.with({operation}).Observe(seconds);
    product->agent_tasks.with({name, operation, success ? "success" : "failed"}).Increment();
  };
  options.tree = [this] { return tree->snapshot(); };
  options.make_id = [this] { return ids->next(); };
  options.random = [this] { return random.bits(); };
  auto api = std::make_shared<http::role_api>(*system, std::move(options));
  {
    auto const lock = std::lock_guard{opening};
    ports.emplace(name, 0);
  }
  return http::http_bridge("http", listeners, std::move(api), [this, name](std::uint16_t bound) {
    auto const lock = std::lock_guard{opening};
    ports[name] = bound;
    opened.notify_all();
  });
}

auto node::parts::jira_role() -> supervisor_spec {
  auto options = std::make_shared<jira::jira_agent_options>();
  auto const& chosen = settings.jira;
  auto const mock = settings.mode == node_mode::mock;
  options->settings = {.url = mock ? (settings.simulator.url.empty() ? "http://simulator" : settings.simulator.url) +
                                         "/jira"
                                   : chosen.url,
                       .username = mock ? "nexus" : chosen.username,
                       .api_token = mock ? "simulator-token" : chosen.api_token.reveal()};
  options->settings.fields = {
      .epic_link = chosen.fields.epic_link, .story_points = chosen.fields.story_points, .sprint = chosen.fields.sprint};
  options->transport = transport;
  options->client = client_options("Jira");
  options->random = [this] { return random.uniform(); };
  options->count = [this](std::string_view action, std::string_view project, std::size_t tickets) {
    product->jira_tickets_processed.with({action, project}).Increment(static_cast<double>(tickets));
  };
  auto const agent = supervision::address<jira_agent_actor>{names->record("nexus/jira/agent")};
  auto spec = supervisor_spec{.rules = rules()};
  spec.children.push_back(
      worker<jira_agent_actor, jira::jira_agent>("agent", std::shared_ptr<jira::jira_agent_options const>{options}));
  spec.children.push_back(add_role(node_role::jira, 8081, jira::operations(agent), {}, {}));
  return spec;
}

auto node::parts::git_ci_role() -> supervisor_spec {
  auto options = std::make_shared<git_ci::git_ci_agent_options>();
  auto const mock = settings.mode == node_mode::mock;
  auto const world_url = settings.simulator.url.empty() ? std::string{"http://simulator"} : settings.simulator.url;
  options->github.url = mock ? world_url + "/github" : settings.github.url;
  options->github.token = mock ? "simulator-token" : settings.github.token.reveal();
  options->github.organisation = settings.github.organization.empty() && mock ? "nexus" : settings.github.organization;
  options->jenkins.url = mock ? world_url + "/jenkins" : settings.jenkins.url;
  options->jenkins.username = mock ? "nexus" : settings.jenkins.username;
  options->jenkins.api_token = mock ? "simulator-token" : settings.jenkins.api_token.reveal();
  options->transport = transport;
  options->github_client = client_options("GitHub");
  options->jenkins_client = client_options("Jenkins");
  options->random = [this] { return random.uniform(); };
  auto const agent = supervision::address<git_ci_agent_actor>{names->record("nexus/git_ci/agent")};
  auto spec = supervisor_spec{.rules = rules()};
  spec.children.push_back(worker<git_ci_agent_actor, git_ci::git_ci_agent>(
      "agent", std::shared_ptr<git_ci::git_ci_agent_options const>{options}));
  spec.children.push_back(add_role(node_role::git_ci, 8082, git_ci::operations(agent), {}, {}));
  return spec;
}

auto node::parts::orchestrator_role() -> expected<supervisor_spec> {
  auto const jira_address = supervision::address<jira_agent_actor>{names->record("nexus/jira/agent")};
  auto const git_address = supervision::address<git_ci_agent_actor>{names->record("nexus/git_ci/agent")};
  auto const readiness_address =
      supervision::address<readiness_agent_actor>{names->record("nexus/orchestrator/readiness")};
  auto const front_address = supervision::address<orchestrator_actor>{names->record("nexus/orchestrator/agent")};

  auto readiness = std::make_shared<orchestrator::readiness_options>();
  for (auto const& project : projects_of(settings))
    readiness->sources.push_back({project.key, project.repository, project.job});
  // The shipped policy is part of the program, so that it can be started in any directory.
  auto text =
      settings.readiness.policy == readiness_settings{}.policy && !std::filesystem::exists(settings.readiness.policy)
          ? expected<std::string>{std::string{embedded::default_policy()}}
          : read_text_file(settings.readiness.policy);
  if (!text) return tl::unexpected{text.error()};
  auto policy = readiness::parse_policy(*text, settings.readiness.policy);
  if (!policy) return tl::unexpected{policy.error()};
  readiness->default_policy = policy->source().name;
  readiness->policies.emplace(policy->source().name, std::move(*policy));
  readiness->evidence_max_age = settings.evidence.max_age.value();
  readiness->store = data;
  readiness->ids = ids;
  readiness->jira = jira_address;
  readiness->git_ci = git_address;
  readiness->count_decision = [this](release_decision verdict) {
    product->release_decisions.with({name_of(verdict)}).Increment();
  };

  auto table = orchestrator::operations(front_address, readiness_address);
  auto tools = table.operations;
  for (auto const& more : {jira::operations(jira_address), git_ci::operations(git_address)})
    tools.insert(tools.end(), more.operations.begin(), more.operations.end());

  auto environment = std::make_shared<orchestrator::run_environment>();
  environment->board = board;
  environment->journal = std::make_shared<orchestrator::run_journal>(data);
  environment->tools = std::make_shared<orchestrator::tool_box>(std::move(tools), settings.evidence.max_age.value());
  environment->llm = supervision::address<llm_agent_actor>{names->record("nexus/orchestrator/llm")};
  environment->limits = {.max_steps = settings.runs.max_steps,
                         .max_tokens = settings.runs.max_tokens,
                         .timeout = settings.runs.timeout.value()};
  environment->observer = {
      .run_ended =
          [this](run const& outcome, call const& context, double seconds) {
            auto const type = task_type_of(outcome);
            log_event(log_level::info, "run", "ended",
                      {{"status", name_of(outcome.status)},
                       {"decision", outcome.decision ? name_of(*outcome.decision) : std::string_view{}},
                       {"steps", outcome.steps.size()},
                       {"seconds", seconds},
                       {"principal", outcome.principal}},
                      &context);
            product->react_iterations.with({type, name_of(outcome.status)})
                .Observe(static_cast<double>(outcome.steps.size()));
            product->react_loop_duration.with({type}).Observe(seconds);
          },
      .step_ended = [this](std::string_view kind,
                           double seconds) { product->react_step_duration.with({kind}).Observe(seconds); },
      .tool_used =
          [this](std::string const& tool, bool success, double seconds) {
            product->tool_usage.with({tool, success ? "success" : "error", "orchestrator"}).Increment();
            product->tool_latency.with({tool}).Observe(seconds);
          },
  };

  auto front = std::make_shared<orchestrator::orchestrator_options>();
  front->environment = environment;
  front->ids = ids;
  front->runs = supervision::address<caf::actor>{names->record("nexus/orchestrator/runs")};
  front->max_concurrent = settings.runs.max_concurrent;

  auto model = std::make_shared<llm::llm_agent_options>();
  model->latency = std::chrono::milliseconds{settings.llm.mock_latency_ms};
  model->observe = [this](std::string const& name, bool success, std::uint64_t in, std::uint64_t out, double seconds) {
    product->llm_requests.with({name, success ? "success" : "error"}).Increment();
    product->llm_tokens.with({name, "input"}).Increment(static_cast<double>(in));
    product->llm_tokens.with({name, "output"}).Increment(static_cast<double>(out));
    product->llm_latency.with({name}).Observe(seconds);
  };

  auto run_rules = rules();
  run_rules.strategy = supervision_strategy::simple_one_for_one;
  // Each run counts its own crashes; the supervisor gives up only when runs crash by the hundred.
  run_rules.intensity = std::max(settings.supervision.intensity, 100u);

  auto spec = supervisor_spec{.rules = rules()};
  spec.children.push_back(
      worker<llm_agent_actor, llm::llm_agent>("llm", std::shared_ptr<llm::llm_agent_options const>{model}));
  spec.children.push_back(worker<readiness_agent_actor, orchestrator::readiness_agent>(
      "readiness", std::shared_ptr<orchestrator::readiness_options const>{readiness}));
  spec.children.push_back(nested("runs", {.rules = run_rules, .children = {}}));
  spec.children.push_back(worker<orchestrator_actor, orchestrator::orchestrator_agent>(
      "agent", std::shared_ptr<orchestrator::orchestrator_options const>{front}));
  spec.children.push_back(add_role(node_role::orchestrator, 8080, std::move(table),
                                   {orchestrator::run_event_route(board, environment->journal)}, "ask_question"));
  return spec;
}

auto node::parts::build() -> expected<supervisor_spec> {
  auto root = supervisor_spec{.rules = rules()};
  auto const add = [&](node_role role, auto make) -> expected<void> {
    if (!has_role(settings, role)) return {};
    expected<supervisor_spec> spec = make();
    if (!spec) return tl::unexpected{spec.error()};
    root.children.push_back(nested(std::string{name_of(role)}, std::move(*spec)));
    return {};
  };
  // What others ask comes first and ends last.
  if (auto done = add(node_role::jira, [&] { return jira_role(); }); !done) return tl::unexpected{done.error()};
  if (auto done = add(node_role::git_ci, [&] { return git_ci_role(); }); !done) return tl::unexpected{done.error()};
  if (auto done = add(node_role::orchestrator, [&] { return orchestrator_role(); }); !done)
    return tl::unexpected{done.error()};
  root.children.push_back(retention_worker("retention", data, settings.runs.retention));
  for (auto role : {node_role::jira, node_role::git_ci})
    if (!has_role(settings, role))
      names->record(fmt::format("{}/{}/agent", root_name, name_of(role)))
          ->closed(fmt::format("the role '{}' does not run on this node", name_of(role)));
  return root;
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
}

// -- the node
// -----------------------------------------------------------------------------------------------------------------------

node::node(std::unique_ptr<parts> all) : parts_(std::move(all)) {}

node::~node() { stop(); }

auto node::start(loaded<node_settings> const& settings) -> expected<std::unique_ptr<node>> {
  auto result = std::unique_ptr<node>{new node{std::make_unique<parts>(settings.value)}};
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
