#pragma once

#include "messages/core/codec.hpp"
#include "runtime/settings/settings.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The settings of a Nexus node: one described struct, from which config/nexus.yaml, its JSON Schema, the environment
/// variables and `nexus config show` follow. What each member means stands in node_settings.cpp, where the schema takes
/// it from.

namespace nexus {

/// How strict a node is about credentials.
enum class node_environment : std::uint8_t { development, production };
BOOST_DESCRIBE_ENUM(node_environment, development, production)

/// Whether the agents talk to the simulator or to the real services.
enum class node_mode : std::uint8_t { mock, live };
BOOST_DESCRIBE_ENUM(node_mode, mock, live)

/// What a node can do; each role has a port of its own.
enum class node_role : std::uint8_t { orchestrator, jira, git_ci, reporting };
BOOST_DESCRIBE_ENUM(node_role, orchestrator, jira, git_ci, reporting)

/// Who answers for the language model.
enum class llm_provider : std::uint8_t { mock };
BOOST_DESCRIBE_ENUM(llm_provider, mock)

enum class log_severity : std::uint8_t { debug, info, warn, error };
BOOST_DESCRIBE_ENUM(log_severity, debug, info, warn, error)

enum class log_form : std::uint8_t { automatic, json, text };
BOOST_DESCRIBE_ENUM(log_form, automatic, json, text)

struct rate_limit_settings {
  std::uint32_t requests = 0;
  duration_text period = "1m";
  std::uint32_t max_principals = 10'000;
  friend auto operator==(rate_limit_settings const&, rate_limit_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(rate_limit_settings, (), (requests, period, max_principals))

struct cors_settings {
  std::vector<std::string> origins;
  bool credentials = false;
  friend auto operator==(cors_settings const&, cors_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(cors_settings, (), (origins, credentials))

struct http_settings {
  size_text max_body_bytes = "1MiB";
  std::uint32_t max_connections = 1024;
  std::uint32_t max_in_flight = 256;
  duration_text header_timeout = "10s";
  duration_text idle_timeout = "60s";
  rate_limit_settings rate_limit;
  cors_settings cors;
  std::vector<std::string> trusted_proxies;
  friend auto operator==(http_settings const&, http_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(http_settings, (),
                      (max_body_bytes, max_connections, max_in_flight, header_timeout, idle_timeout, rate_limit, cors,
                       trusted_proxies))

struct auth_settings {
  std::string tokens_file;
  secret jwt_secret;
  bool metrics_open = true;
  friend auto operator==(auth_settings const&, auth_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(auth_settings, (), (tokens_file, jwt_secret, metrics_open))

struct evidence_settings {
  duration_text max_age = "30s";
  friend auto operator==(evidence_settings const&, evidence_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(evidence_settings, (), (max_age))

struct retention_settings {
  duration_text max_age = "30d";
  size_text max_bytes = "1GiB";
  friend auto operator==(retention_settings const&, retention_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(retention_settings, (), (max_age, max_bytes))

struct run_settings {
  std::uint32_t max_steps = 10;
  std::uint64_t max_tokens = 100'000;
  duration_text timeout = "60s";
  std::uint32_t max_concurrent = 10'000;
  retention_settings retention;
  friend auto operator==(run_settings const&, run_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(run_settings, (), (max_steps, max_tokens, timeout, max_concurrent, retention))

struct llm_settings {
  llm_provider provider = llm_provider::mock;
  std::string model = "mock";
  std::uint32_t mock_latency_ms = 0;
  friend auto operator==(llm_settings const&, llm_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(llm_settings, (), (provider, model, mock_latency_ms))

struct jira_field_settings {
  std::string story_points = "customfield_10016";
  std::string sprint = "customfield_10020";
  std::string epic_link = "customfield_10014";
  friend auto operator==(jira_field_settings const&, jira_field_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(jira_field_settings, (), (story_points, sprint, epic_link))

struct jira_settings {
  std::string url;
  std::string username;
  secret api_token;
  std::string project_key;
  jira_field_settings fields;
  friend auto operator==(jira_settings const&, jira_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(jira_settings, (), (url, username, api_token, project_key, fields))

struct github_settings {
  std::string url = "https://api.github.com";
  secret token;
  std::string organization;
  friend auto operator==(github_settings const&, github_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(github_settings, (), (url, token, organization))

struct jenkins_settings {
  std::string url;
  std::string username;
  secret api_token;
  friend auto operator==(jenkins_settings const&, jenkins_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(jenkins_settings, (), (url, username, api_token))

struct confluence_settings {
  std::string url;
  std::string username;
  secret api_token;
  std::optional<bool> mock_mode;
  friend auto operator==(confluence_settings const&, confluence_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(confluence_settings, (), (url, username, api_token, mock_mode))

struct project_settings {
  std::string key;
  std::string repository;
  std::string job;
  std::optional<std::string> deploy_job;
  std::string release_branch = "release/{major}.{minor}";
  friend auto operator==(project_settings const&, project_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(project_settings, (), (key, repository, job, deploy_job, release_branch))

struct readiness_settings {
  std::string policy = "config/policies/default.yaml";
  friend auto operator==(readiness_settings const&, readiness_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(readiness_settings, (), (policy))

struct simulator_settings {
  std::string url;
  std::uint64_t seed = 1;
  std::optional<timestamp> now;
  friend auto operator==(simulator_settings const&, simulator_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(simulator_settings, (), (url, seed, now))

struct log_settings {
  log_severity level = log_severity::info;
  log_form format = log_form::automatic;
  friend auto operator==(log_settings const&, log_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(log_settings, (), (level, format))

struct tracing_settings {
  std::string endpoint;
  std::string protocol;
  bool insecure = false;
  secret headers;
  std::string sampler = "parentbased_always_on";
  double sampler_argument = 1;
  std::string service_name;
  std::string resource_attributes;
  std::uint32_t max_queue = 8'192;
  bool disabled = false;
  friend auto operator==(tracing_settings const&, tracing_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(tracing_settings, (),
                      (endpoint, protocol, insecure, headers, sampler, sampler_argument, service_name,
                       resource_attributes, max_queue, disabled))

struct backoff_settings {
  duration_text minimum = "100ms";
  duration_text maximum = "30s";
  friend auto operator==(backoff_settings const&, backoff_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(backoff_settings, (), (minimum, maximum))

struct supervision_settings {
  std::uint32_t intensity = 5;
  duration_text period = "30s";
  backoff_settings backoff;
  friend auto operator==(supervision_settings const&, supervision_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(supervision_settings, (), (intensity, period, backoff))

struct node_settings {
  node_environment environment = node_environment::development;
  node_mode mode = node_mode::mock;
  std::string bind = "127.0.0.1";
  std::uint16_t port_offset = 0;
  std::optional<std::uint16_t> port;
  std::vector<node_role> roles;
  std::string data_dir = "nexus-data";
  http_settings http;
  auth_settings auth;
  evidence_settings evidence;
  run_settings runs;
  llm_settings llm;
  jira_settings jira;
  github_settings github;
  jenkins_settings jenkins;
  confluence_settings confluence;
  std::vector<project_settings> projects;
  readiness_settings readiness;
  simulator_settings simulator;
  log_settings log;
  tracing_settings tracing;
  supervision_settings supervision;
  friend auto operator==(node_settings const&, node_settings const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(node_settings, (),
                      (environment, mode, bind, port_offset, port, roles, data_dir, http, auth, evidence, runs, llm,
                       jira, github, jenkins, confluence, projects, readiness, simulator, log, tracing, supervision))

NEXUS_CODECS(node_environment, node_mode, node_role, llm_provider, log_severity, log_form, rate_limit_settings,
             cors_settings, http_settings, auth_settings, evidence_settings, retention_settings, run_settings,
             llm_settings, jira_field_settings, jira_settings, github_settings, jenkins_settings, confluence_settings,
             project_settings, readiness_settings, simulator_settings, log_settings, tracing_settings, backoff_settings,
             supervision_settings, node_settings)

/// Whether a node with these settings plays a role; an empty list means all.
auto has_role(node_settings const& settings, node_role role) -> bool;

/// Whether reports are published in the simulator's Confluence; like everything else unless it was chosen apart.
auto mocks_confluence(node_settings const& settings) -> bool;

/// The projects that were listed, or the simulator's in mock mode when none was.
auto projects_of(node_settings const& settings) -> std::vector<project_settings>;

/// True for 127.0.0.0/8 and ::1.
auto is_loopback(std::string_view address) -> bool;

/// What the tables cannot say: settings that depend on each other, URLs, measures out of range. `where` is the
/// setting's path. Suits load_settings.
auto check_node_settings(node_settings const& settings) -> std::vector<error>;

/// The environment variables beside NEXUS_<PATH>: pairs of variable and path for load_settings.
auto node_setting_aliases() -> std::span<setting_alias const>;

/// NEXUS_ variables that are no settings.
auto node_other_variables() -> std::span<std::string_view const>;

/// The JSON Schema of config/nexus.yaml, as shipped in config/schemas/nexus.schema.json.
auto node_settings_schema() -> nlohmann::ordered_json;

} // namespace nexus
