#include "actors/git_ci/git_ci_agent.hpp"
#include "actors/git_ci/operations.hpp"
#include "actors/jira/jira_agent.hpp"
#include "actors/jira/operations.hpp"
#include "actors/llm/llm_agent.hpp"
#include "actors/orchestrator/operations.hpp"
#include "actors/orchestrator/run_stream.hpp"
#include "actors/reporting/operations.hpp"
#include "actors/reporting/reporting_agent.hpp"
#include "apps/node_parts.hpp"
#include "apps/policy_files.hpp"
#include "apps/retention.hpp"

#include <filesystem>

// What each role of a node is made of, and who supervises it.

namespace nexus::apps {
namespace {

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
  auto look_at_settings = [this]() -> health {
    if (auto const problems = state.problems(); !problems.empty())
      return {health::state_type::warn,
              fmt::format("not taken over, the earlier ones hold: {}{}", problems.front().render(),
                          problems.size() > 1 ? fmt::format(" (and {} more)", problems.size() - 1) : "")};
    auto const pending = state.pending();
    if (pending.empty()) return {health::state_type::pass, "as read"};
    return {health::state_type::pass, fmt::format("a restart is needed for {}", fmt::join(pending, ", "))};
  };
  auto all = std::vector<http::health_check>{
      {"store", look_at_store}, {"supervision", look_at_agents}, {"settings", look_at_settings}};
  if (tracing->wanted()) all.push_back({"tracing", [this] { return tracing->look(); }});
  // These pages are open to everybody, and what went wrong may be told in somebody else's words.
  for (auto& check : all)
    check.look = [this, look = std::move(check.look), outside = check.name == "tracing"] {
      auto seen = look();
      if (outside || seen.state != health::state_type::pass) seen.detail = hidden.redact(seen.detail);
      return seen;
    };
  return all;
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
  options.health_members = {{"mock_mode", settings.mode == node_mode::mock}, {"dynamic_config", true}};
  if (role == node_role::reporting) options.health_members.emplace_back("confluence_mock", mocks_confluence(settings));
  options.checks = checks(name);
  options.routes = std::move(routes);
  options.edge = edge;
  options.keyed = keyed.get();
  options.settings = [this] { return state.document(); };
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
  spec.children.push_back(add_role(node_role::jira, 8081, counting_writes(jira::operations(agent), writes), {}, {}));
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
  spec.children.push_back(
      add_role(node_role::git_ci, 8082, counting_writes(git_ci::operations(agent), writes), {}, {}));
  return spec;
}

auto node::parts::read_policy() const -> expected<readiness::policy_family> {
  auto const shipped =
      settings.readiness.policy == readiness_settings{}.policy && !std::filesystem::exists(settings.readiness.policy);
  return load_policy(shipped ? "default" : settings.readiness.policy);
}

auto node::parts::reporting_role() -> expected<supervisor_spec> {
  auto policy = read_policy();
  if (!policy) return tl::unexpected{policy.error()};
  auto options = std::make_shared<reporting::reporting_agent_options>();
  auto const& chosen = settings.confluence;
  auto const world_url = settings.simulator.url.empty() ? std::string{"http://simulator"} : settings.simulator.url;
  if (mocks_confluence(settings))
    options->confluence = {.url = world_url + "/confluence", .username = "nexus", .api_token = "simulator-token"};
  else
    options->confluence = {.url = chosen.url, .username = chosen.username, .api_token = chosen.api_token.reveal()};
  options->transport = confluence_transport;
  options->client = client_options("Confluence");
  options->random = [this] { return random.uniform(); };
  options->policy = std::make_shared<readiness::policy const>(policy->base());
  options->readiness = supervision::address<readiness_agent_actor>{names->record("nexus/orchestrator/readiness")};
  options->make_id = [this] { return ids->next(); };
  options->count = [this](std::string_view destination) {
    product->reports_generated.with({"release", destination}).Increment();
  };
  auto const agent = supervision::address<reporting_agent_actor>{names->record("nexus/reporting/agent")};
  auto spec = supervisor_spec{.rules = rules()};
  spec.children.push_back(worker<reporting_agent_actor, reporting::reporting_agent>(
      "agent", std::shared_ptr<reporting::reporting_agent_options const>{options}));
  spec.children.push_back(
      add_role(node_role::reporting, 8083, counting_writes(reporting::operations(agent), writes), {}, {}));
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
  auto policy = read_policy();
  if (!policy) return tl::unexpected{policy.error()};
  readiness->default_policy = policy->base().source().name;
  readiness->policies.emplace(readiness->default_policy, std::move(*policy));
  readiness->evidence_max_age = evidence_max_age;
  readiness->writes = writes;
  readiness->store = data;
  readiness->ids = ids;
  readiness->jira = jira_address;
  readiness->git_ci = git_address;
  readiness->count_decision = [this](release_decision verdict) {
    product->release_decisions.with({name_of(verdict)}).Increment();
  };

  auto table = orchestrator::operations(front_address, readiness_address);
  auto tools = table.operations;
  auto const reporting_address = supervision::address<reporting_agent_actor>{names->record("nexus/reporting/agent")};
  for (auto const& agents :
       {jira::operations(jira_address), git_ci::operations(git_address), reporting::operations(reporting_address)}) {
    auto const more = counting_writes(agents, writes);
    tools.insert(tools.end(), more.operations.begin(), more.operations.end());
  }

  auto environment = std::make_shared<orchestrator::run_environment>();
  environment->board = board;
  environment->journal = std::make_shared<orchestrator::run_journal>(data);
  environment->tools = std::make_shared<orchestrator::tool_box>(std::move(tools), evidence_max_age, 10'000, writes);
  environment->llm = supervision::address<llm_agent_actor>{names->record("nexus/orchestrator/llm")};
  environment->limits = run_limits;
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
  front->max_concurrent = max_concurrent;

  environment->provider = name_of(settings.llm.provider);
  auto model = std::make_shared<llm::llm_agent_options>();
  model->provider = environment->provider;
  model->model = settings.llm.model;
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
  if (auto done = add(node_role::reporting, [&] { return reporting_role(); }); !done)
    return tl::unexpected{done.error()};
  root.children.push_back(retention_worker("retention", data, retention));
  auto const close = [this](node_role role, std::string_view actor) {
    if (!has_role(settings, role))
      names->record(fmt::format("{}/{}/{}", root_name, name_of(role), actor))
          ->closed(fmt::format("the role '{}' does not run on this node", name_of(role)));
  };
  for (auto role : {node_role::jira, node_role::git_ci, node_role::reporting}) close(role, "agent");
  close(node_role::orchestrator, "readiness");
  return root;
}

} // namespace nexus::apps
