#include "apps/node_settings.hpp"

#include "runtime/settings/settings.hpp"

#include <algorithm>

namespace nexus {
namespace {

/// Every setting has a default; then the notes.
template <std::size_t N>
constexpr auto settings_notes(member_note const (&notes)[N]) -> std::array<member_note, N + 1> {
  auto result = std::array<member_note, N + 1>{};
  result[0] = {.name = "*", .description = {}, .defaulted = true};
  for (std::size_t i = 0; i < N; ++i) result[i + 1] = notes[i];
  return result;
}

constexpr auto note(std::string_view name, std::string_view description) -> member_note {
  return {.name = name, .description = description};
}

constexpr auto note(std::string_view name, std::string_view description, double minimum, double maximum)
    -> member_note {
  return {.name = name, .description = description, .minimum = minimum, .maximum = maximum};
}

} // namespace

constexpr auto describe_names(tag<log_form>) {
  return std::array<std::pair<log_form, std::string_view>, 1>{{{log_form::automatic, "auto"}}};
}

constexpr auto describe_notes(tag<rate_limit_settings>) {
  return settings_notes({
      note("requests", "Requests of one principal within the period; more are refused with 429. 0 for no limit.", 0,
           1'000'000),
      note("period", "The period; quotas fill evenly."),
      note("max_principals", "Principals that are remembered at once.", 1, 1'000'000),
  });
}

constexpr auto describe_notes(tag<cors_settings>) {
  return settings_notes({
      note("origins", "Origins whose pages may read answers, or '*'; empty for none.", 0, 100),
      note("credentials", "Whether browsers may send credentials that they keep; not with '*'."),
  });
}

constexpr auto describe_notes(tag<http_settings>) {
  return settings_notes({
      note("max_body_bytes", "Larger request bodies are refused with 413."),
      note("max_connections", "Open connections per listener; more wait to be accepted.", 1, 100'000),
      note("max_in_flight", "Requests being answered at once; more are refused with 429.", 1, 100'000),
      note("header_timeout", "A request's head and body must arrive within this time."),
      note("idle_timeout", "A connection that asks nothing for this long is closed."),
      note("rate_limit", "How much each principal may ask."),
      note("cors", "Which pages of other sites may read answers."),
      note("trusted_proxies", "Addresses and ranges of proxies whose Forwarded or X-Forwarded-* fields are believed.",
           0, 100),
  });
}

constexpr auto describe_notes(tag<auth_settings>) {
  return settings_notes({
      note("tokens_file", "File with the bearer tokens that are accepted and the principals behind them."),
      note("jwt_secret", "Key of HS256 JSON Web Tokens that are accepted; at least 32 bytes."),
      note("metrics_open", "Whether /metrics needs no credentials."),
  });
}

constexpr auto describe_notes(tag<evidence_settings>) {
  return settings_notes(
      {note("max_age", "How old fetched evidence may be to be shared by runs; 0 fetches anew each time.")});
}

constexpr auto describe_notes(tag<retention_settings>) {
  return settings_notes({
      note("max_age", "Finished runs older than this are removed."),
      note("max_bytes", "The oldest finished runs are removed while the journal is larger than this."),
  });
}

constexpr auto describe_notes(tag<run_settings>) {
  return settings_notes({
      note("max_steps", "Steps after which a run fails.", 1, 1000),
      note("max_tokens", "Tokens of the language model after which a run fails.", 1, 1e12),
      note("timeout", "Time after which a run fails; from its acceptance, restarts of the node included."),
      note("max_concurrent", "Runs at once; more are refused with 429.", 1, 1e6),
      note("retention", "How long finished runs are kept."),
  });
}

constexpr auto describe_notes(tag<llm_settings>) {
  return settings_notes({
      note("provider", "Who answers; 'mock' is the built-in planner, which needs no network."),
      note("model", "The model's name as metrics show it.", 1, 100),
      note("mock_latency_ms", "How long the mock waits before it answers, in milliseconds.", 0, 60'000),
  });
}

constexpr auto describe_notes(tag<jira_field_settings>) {
  return settings_notes({
      note("story_points", "The custom field with story points.", 1, 100),
      note("sprint", "The custom field with sprints.", 1, 100),
      note("epic_link", "The custom field with the epic's key.", 1, 100),
  });
}

constexpr auto describe_notes(tag<jira_settings>) {
  return settings_notes({
      note("url", "Base URL, such as https://example.atlassian.net."),
      note("username", "Account for basic authentication, usually an e-mail address."),
      note("api_token", "The account's API token; better in JIRA_API_TOKEN or JIRA_API_TOKEN_FILE."),
      note("project_key", "The project meant when a question names none."),
      note("fields", "Names of custom fields, which differ between Jira sites."),
  });
}

constexpr auto describe_notes(tag<github_settings>) {
  return settings_notes({
      note("url", "Base URL of the REST API; for GitHub Enterprise https://HOST/api/v3."),
      note("token", "Access token; better in GITHUB_TOKEN or GITHUB_TOKEN_FILE."),
      note("organization", "The owner meant when a repository is named without one."),
  });
}

constexpr auto describe_notes(tag<jenkins_settings>) {
  return settings_notes({
      note("url", "Base URL, such as https://jenkins.example.com."),
      note("username", "User for basic authentication."),
      note("api_token", "The user's API token; better in JENKINS_API_TOKEN or JENKINS_API_TOKEN_FILE."),
  });
}

constexpr auto describe_notes(tag<confluence_settings>) {
  return settings_notes({
      note("url", "Base URL, such as https://example.atlassian.net; empty when nothing is published."),
      note("username", "Account for basic authentication, usually an e-mail address."),
      note("api_token", "The account's API token; better in CONFLUENCE_API_TOKEN or CONFLUENCE_API_TOKEN_FILE."),
      note("mock_mode", "Whether reports go to the simulator instead; absent for as 'mode' says."),
  });
}

constexpr auto describe_notes(tag<project_settings>) {
  return std::to_array<member_note>({
      note("key", "Jira project key.", 1, 32),
      note("repository", "Full name of the repository: owner/name.", 3, 200),
      note("job", "Jenkins job that builds the project; folders with '/'.", 1, 400),
      note("deploy_job", "Jenkins job that deploys it."),
      {.name = "release_branch",
       .description = "Name of a release's branch, with {major}, {minor}, {patch} and {version}.",
       .defaulted = true},
  });
}

constexpr auto describe_notes(tag<readiness_settings>) {
  return settings_notes({note("policy", "Policy file by which releases are judged.", 1, 4096)});
}

constexpr auto describe_notes(tag<simulator_settings>) {
  return settings_notes({
      note("url", "A simulator in another process (nexus simulate); empty for one inside this process."),
      note("seed", "Seed of the simulator's data set."),
      note("now", "The simulator's time at start (RFC 3339); absent for the real time."),
  });
}

constexpr auto describe_notes(tag<log_settings>) {
  return settings_notes({
      note("level", "Less severe entries are dropped."),
      note("format", "'auto' is text on a terminal and JSON lines elsewhere."),
  });
}

constexpr auto describe_notes(tag<tracing_settings>) {
  return settings_notes({
      note("endpoint", "Where traces go, such as http://localhost:4318 (HTTP) or :4317 (gRPC); empty for nowhere."),
      note("protocol", "grpc or http/protobuf; empty for what the port usually means."),
      note("insecure", "No TLS for an endpoint that does not say http or https."),
      note("headers",
           "key=value,key=value for each request, such as credentials; better in OTEL_EXPORTER_OTLP_HEADERS."),
      note("sampler", "always_on, always_off or traceidratio, or parentbased_ with one of them.", 0, 64),
      note("sampler_argument", "For traceidratio: the part of traces that is recorded.", 0, 1),
      note("service_name", "The name of this service in traces; 'nexus' when empty.", 0, 256),
      note("resource_attributes", "key=value,key=value about this process, in every span.", 0, 16384),
      note("max_queue", "Spans that wait to be sent; more are dropped and counted.", 1, 1'000'000),
      note("disabled", "No traces, whatever the endpoint."),
  });
}

constexpr auto describe_notes(tag<backoff_settings>) {
  return settings_notes({
      note("minimum", "Wait before the second restart in a row; doubles with each further one."),
      note("maximum", "The longest wait."),
  });
}

constexpr auto describe_notes(tag<supervision_settings>) {
  return settings_notes({
      note("intensity", "Restarts within the period beyond which a supervisor itself fails.", 0, 1000),
      note("period", "The period in which restarts are counted."),
      note("backoff", "Waiting between restarts."),
  });
}

constexpr auto describe_notes(tag<node_settings>) {
  return settings_notes({
      note("environment", "In production every operation needs credentials."),
      note("mode", "mock talks to the simulator, live to the real services."),
      note("bind", "IP address of the listeners; beyond loopback credentials are needed."),
      note("port_offset", "Added to the roles' ports (orchestrator 8080, jira 8081, git_ci 8082, reporting 8083).", 0,
           57'446),
      note("port", "The port of the only role, instead of its own.", 1, 65'535),
      note("roles", "What this node does; empty for everything.", 0, 16),
      note("data_dir", "Directory of the embedded store.", 1, 4096),
      note("http", "Limits of the listeners."),
      note("auth", "Who may ask."),
      note("evidence", "What is known about releases."),
      note("runs", "Budgets of runs and how long they are kept."),
      note("llm", "The language model."),
      note("jira", "The Jira service."),
      note("github", "The GitHub service."),
      note("jenkins", "The Jenkins service."),
      note("confluence", "The Confluence service, where reports are published."),
      note("projects", "Which repository and jobs belong to a Jira project; empty for the simulator's in mock mode.", 0,
           1000),
      note("readiness", "How releases are judged."),
      note("simulator", "The simulated outside world of mock mode."),
      note("log", "Log output on standard error."),
      note("tracing", "Export of traces over OTLP."),
      note("supervision", "When crashed parts are restarted."),
  });
}

NEXUS_DEFINE_CODECS(node_environment, node_mode, node_role, llm_provider, log_severity, log_form, rate_limit_settings,
                    cors_settings, http_settings, auth_settings, evidence_settings, retention_settings, run_settings,
                    llm_settings, jira_field_settings, jira_settings, github_settings, jenkins_settings,
                    confluence_settings, project_settings, readiness_settings, simulator_settings, log_settings,
                    tracing_settings, backoff_settings, supervision_settings, node_settings)

auto has_role(node_settings const& settings, node_role role) -> bool {
  return settings.roles.empty() ||
         std::find(settings.roles.begin(), settings.roles.end(), role) != settings.roles.end();
}

auto mocks_confluence(node_settings const& settings) -> bool {
  return settings.confluence.mock_mode.value_or(settings.mode == node_mode::mock);
}

auto projects_of(node_settings const& settings) -> std::vector<project_settings> {
  if (!settings.projects.empty() || settings.mode == node_mode::live) return settings.projects;
  return {{.key = "NEXUS", .repository = "nexus/backend", .job = "nexus-main", .deploy_job = "deploy-prod"},
          {.key = "PROJ", .repository = "nexus/frontend", .job = "frontend-ci", .deploy_job = {}}};
}

auto node_setting_aliases() -> std::span<setting_alias const> {
  static constexpr auto aliases = std::to_array<setting_alias>({
      {"NEXUS_ENV", "environment"},
      {"PORT", "port"},
      {"CORS_ORIGINS", "http.cors.origins"},
      {"NEXUS_API_TOKENS_FILE", "auth.tokens_file"},
      {"NEXUS_JWT_SECRET", "auth.jwt_secret"},
      {"MAX_REACT_ITERATIONS", "runs.max_steps"},
      {"LLM_PROVIDER", "llm.provider"},
      {"LLM_MODEL", "llm.model"},
      {"JIRA_URL", "jira.url"},
      {"JIRA_USERNAME", "jira.username"},
      {"JIRA_API_TOKEN", "jira.api_token"},
      {"JIRA_PROJECT_KEY", "jira.project_key"},
      {"GITHUB_URL", "github.url"},
      {"GITHUB_TOKEN", "github.token"},
      {"GITHUB_ORG", "github.organization"},
      {"JENKINS_URL", "jenkins.url"},
      {"JENKINS_USERNAME", "jenkins.username"},
      {"JENKINS_API_TOKEN", "jenkins.api_token"},
      {"CONFLUENCE_URL", "confluence.url"},
      {"CONFLUENCE_USERNAME", "confluence.username"},
      {"CONFLUENCE_API_TOKEN", "confluence.api_token"},
      {"CONFLUENCE_MOCK_MODE", "confluence.mock_mode"},
      {"OTEL_EXPORTER_OTLP_ENDPOINT", "tracing.endpoint"},
      {"OTEL_EXPORTER_OTLP_PROTOCOL", "tracing.protocol"},
      {"OTEL_EXPORTER_OTLP_INSECURE", "tracing.insecure"},
      {"OTEL_EXPORTER_OTLP_HEADERS", "tracing.headers"},
      {"OTEL_TRACES_SAMPLER", "tracing.sampler"},
      {"OTEL_TRACES_SAMPLER_ARG", "tracing.sampler_argument"},
      {"OTEL_SERVICE_NAME", "tracing.service_name"},
      {"OTEL_RESOURCE_ATTRIBUTES", "tracing.resource_attributes"},
      {"OTEL_BSP_MAX_QUEUE_SIZE", "tracing.max_queue"},
      {"OTEL_SDK_DISABLED", "tracing.disabled"},
  });
  return aliases;
}

auto node_other_variables() -> std::span<std::string_view const> {
  static constexpr auto names = std::to_array<std::string_view>({"NEXUS_CONFIG", "NEXUS_SERVER", "NEXUS_TOKEN"});
  return names;
}

auto node_settings_schema() -> nlohmann::ordered_json {
  return schema_document(descriptor_of<node_settings>(), "nexus.schema.json", "Settings of a Nexus node");
}

} // namespace nexus
