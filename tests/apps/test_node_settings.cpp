#include "apps/node_settings.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include <fstream>
#include <set>

using namespace nexus;

namespace {

auto layers_of(std::map<std::string, std::string> environment, std::string_view file = {}) -> setting_layers {
  auto layers = setting_layers{};
  if (!file.empty()) {
    auto document = parse_yaml(file, "nexus.yaml");
    BOOST_REQUIRE_MESSAGE(document, (document ? "" : document.error().render()));
    layers.file = std::move(*document);
  }
  layers.environment = std::move(environment);
  layers.aliases = node_setting_aliases();
  layers.other_variables = node_other_variables();
  return layers;
}

auto load(setting_layers const& layers) { return load_settings<node_settings>(layers, check_node_settings); }

auto problems_of(setting_layers const& layers) -> std::set<std::string> {
  auto const result = load(layers);
  auto texts = std::set<std::string>{};
  if (!result)
    for (auto const& problem : result.error()) texts.insert(problem.render());
  return texts;
}

auto file_text(std::string const& path) -> std::string {
  auto text = read_text_file(std::string{NEXUS_SOURCE_DIR} + "/" + path);
  BOOST_REQUIRE_MESSAGE(text, path << " cannot be read");
  return *text;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_shipped_file_shows_every_setting_at_its_default) {
  auto const result = load(layers_of({}, file_text("config/nexus.yaml")));
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().front().render()));
  BOOST_TEST((result->value == node_settings{}));
  for (auto const& [path, source] : result->origins)
    BOOST_TEST((source.layer == setting_source::kind::file), path << " is not in config/nexus.yaml");
}

BOOST_AUTO_TEST_CASE(the_shipped_schema_is_the_generated_one) {
  auto const generated = node_settings_schema().dump(2) + "\n";
  auto const path = std::string{NEXUS_BINARY_DIR} + "/nexus.schema.json";
  std::ofstream{path} << generated;
  auto const shipped = read_text_file(std::string{NEXUS_SOURCE_DIR} + "/config/schemas/nexus.schema.json");
  BOOST_TEST((shipped && *shipped == generated), "copy " << path << " to config/schemas/nexus.schema.json");
}

BOOST_AUTO_TEST_CASE(every_setting_is_described_in_the_schema) {
  auto const schema_file = node_settings_schema();
  for (auto const& [name, type] : schema_file["$defs"].items())
    if (type.contains("properties"))
      for (auto const& [member, schema] : type["properties"].items())
        BOOST_TEST(schema.contains("description"), name << "." << member);
}

BOOST_AUTO_TEST_CASE(variables_are_unambiguous_and_aliases_name_settings) {
  auto const paths = setting_paths(descriptor_of<node_settings>());
  auto variables = std::set<std::string>{};
  for (auto const& path : paths) BOOST_TEST(variables.insert(variable_of("NEXUS_", path)).second, path);
  for (auto const& [variable, path] : node_setting_aliases()) {
    BOOST_TEST((std::find(paths.begin(), paths.end(), path) != paths.end()), path);
    BOOST_TEST(variables.insert(std::string{variable}).second, variable);
  }
}

BOOST_AUTO_TEST_CASE(the_reference_s_variables_work) {
  auto const result = load(layers_of({{"NEXUS_ENV", "development"},
                                      {"NEXUS_MODE", "live"},
                                      {"NEXUS_BIND", "::1"},
                                      {"NEXUS_ROLES", "jira"},
                                      {"PORT", "9000"},
                                      {"NEXUS_DATA_DIR", "/var/lib/nexus"},
                                      {"NEXUS_EVIDENCE_MAX_AGE", "0"},
                                      {"MAX_REACT_ITERATIONS", "7"},
                                      {"LLM_PROVIDER", "mock"},
                                      {"NEXUS_LLM_MOCK_LATENCY_MS", "5"},
                                      {"JIRA_URL", "https://jira.example.com"},
                                      {"JIRA_USERNAME", "robot"},
                                      {"JIRA_API_TOKEN", "t0ken"},
                                      {"GITHUB_ORG", "acme"},
                                      {"NEXUS_PROJECTS", R"([{"key":"A","repository":"b/c","job":"d"}])"},
                                      {"NEXUS_SIMULATOR_NOW", "2026-03-02T09:00:00Z"},
                                      {"NEXUS_SIMULATOR_SEED", "12"},
                                      {"NEXUS_CONFIG", "x.yaml"}}));
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().front().render()));
  auto const& settings = result->value;
  BOOST_TEST((settings.mode == node_mode::live));
  BOOST_TEST(settings.bind == "::1");
  BOOST_TEST(*settings.port == 9000);
  BOOST_TEST(settings.runs.max_steps == 7U);
  BOOST_TEST(settings.evidence.max_age.value().count() == 0);
  BOOST_TEST(settings.jira.api_token.reveal() == "t0ken");
  BOOST_TEST(settings.github.organization == "acme");
  BOOST_TEST(settings.simulator.seed == 12U);
  BOOST_TEST(format_timestamp(*settings.simulator.now) == "2026-03-02T09:00:00.000Z");
  BOOST_TEST(settings.projects.at(0).release_branch == "release/{major}.{minor}");
  BOOST_TEST(result->warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_part_of_traces_is_a_number_in_files_and_variables) {
  auto const part = [](setting_layers const& layers) {
    auto const result = load(layers);
    BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().front().render()));
    return result->value.tracing.sampler_argument;
  };
  BOOST_TEST(part(layers_of({})) == 1.0);
  BOOST_TEST(part(layers_of({}, "tracing: {sampler_argument: 0.1}")) == 0.1);
  BOOST_TEST(part(layers_of({}, "tracing: {sampler_argument: 0}")) == 0.0);
  BOOST_TEST(part(layers_of({{"OTEL_TRACES_SAMPLER_ARG", "0.25"}}, "tracing: {sampler_argument: 0.1}")) == 0.25);
  for (auto const* wrong : {"1.5", "-0.1", "all"})
    BOOST_TEST(problems_of(layers_of({{"OTEL_TRACES_SAMPLER_ARG", wrong}})).size() == 1U, wrong);
}

BOOST_AUTO_TEST_CASE(live_mode_names_each_missing_credential_with_its_variable) {
  BOOST_TEST(problems_of(layers_of({{"NEXUS_MODE", "live"}})).size() == 8U);
  auto const problems = problems_of(layers_of({{"NEXUS_MODE", "live"},
                                               {"JIRA_URL", "https://jira.example.com"},
                                               {"JIRA_USERNAME", "robot"},
                                               {"GITHUB_TOKEN", "x"},
                                               {"NEXUS_PROJECTS", R"([{"key":"A","repository":"b/c","job":"d"}])"}},
                                              "jenkins: {url: 'https://ci', username: ci, api_token: x}"));
  BOOST_TEST(
      (problems == std::set<std::string>{"jira.api_token: live mode needs it (set JIRA_API_TOKEN in the environment "
                                         "or jira.api_token in the settings file, or use mode: mock)"}));
}

BOOST_AUTO_TEST_CASE(confluence_is_configured_as_a_whole_or_not_at_all) {
  // Who publishes nothing needs nothing, in live mode too.
  BOOST_TEST(problems_of(layers_of({{"NEXUS_MODE", "live"}})).size() == 8U);
  auto const begun =
      problems_of(layers_of({{"CONFLUENCE_MOCK_MODE", "false"}, {"CONFLUENCE_URL", "https://wiki.example.com"}}));
  BOOST_TEST(
      (begun == std::set<std::string>{
                    "confluence.username: publishing needs it (set CONFLUENCE_USERNAME in the environment or "
                    "confluence.username in the settings file, or CONFLUENCE_MOCK_MODE=true for the simulator)",
                    "confluence.api_token: publishing needs it (set CONFLUENCE_API_TOKEN in the environment or "
                    "confluence.api_token in the settings file, or CONFLUENCE_MOCK_MODE=true for the simulator)"}));
  BOOST_TEST(problems_of(layers_of({{"CONFLUENCE_MOCK_MODE", "false"}})).size() == 3U);
  BOOST_TEST(problems_of(layers_of({{"CONFLUENCE_MOCK_MODE", "true"}, {"CONFLUENCE_URL", "https://wiki.example.com"}}))
                 .empty());
}

BOOST_AUTO_TEST_CASE(beyond_loopback_credentials_are_demanded) {
  auto const problems = problems_of(layers_of({{"NEXUS_BIND", "0.0.0.0"}}));
  BOOST_REQUIRE(problems.size() == 1U);
  BOOST_TEST(problems.begin()->starts_with("NEXUS_BIND: listening beyond this machine needs credentials (set "
                                           "auth.tokens_file (NEXUS_API_TOKENS_FILE) or"));
  BOOST_TEST(problems_of(layers_of({{"NEXUS_BIND", "0.0.0.0"}, {"NEXUS_API_TOKENS_FILE", "tokens"}})).empty());
  BOOST_TEST(problems_of(layers_of({{"NEXUS_BIND", "::"}, {"NEXUS_JWT_SECRET", std::string(32, 'k')}})).empty());
  BOOST_TEST(problems_of(layers_of({{"NEXUS_JWT_SECRET", "short"}})).size() == 1U);
  BOOST_TEST(problems_of(layers_of({{"NEXUS_ENV", "production"}})).size() == 1U);
  BOOST_TEST(problems_of(layers_of({{"NEXUS_BIND", "localhost"}})).size() == 1U);
}

BOOST_AUTO_TEST_CASE(all_problems_of_shape_and_meaning_come_at_once_with_their_lines) {
  auto const problems = problems_of(layers_of({{"NEXUS_LOG_LEVEL", "loud"}, {"JENKINS_URL", "https://me:secret@ci"}},
                                              "mode: liv\n"
                                              "port_ofset: 3\n"
                                              "port: 80\n"
                                              "runs:\n"
                                              "  timeout: 5 parsecs\n"
                                              "  max_steps: 0\n"
                                              "  retention: {max_bytes: 1}\n"
                                              "projects:\n"
                                              "  - {key: a, repository: b, job: j}\n"
                                              "  - {key: B, repository: b/c, jb: j}\n"
                                              "supervision: {backoff: {minimum: 2m, maximum: 1m}}\n"));
  auto const expected_problems = std::set<std::string>{
      "nexus.yaml:1: $.mode: 'liv' is not one of: mock, live",
      "nexus.yaml:2: $.port_ofset: unknown member 'port_ofset' (did you mean 'port_offset'?)",
      std::string{"nexus.yaml:3: $.port: one port cannot serve several roles (name the one role in 'roles' "
                  "(NEXUS_ROLES), or unset it and use port_offset (NEXUS_PORT_OFFSET))"},
      std::string{"nexus.yaml:5: $.runs.timeout: '5 parsecs' is no duration: a unit is not known (write whole numbers "
                  "with ms, s, m, h, d or w, such as 500ms, 30s, 1h30m, 30d)"},
      "nexus.yaml:6: $.runs.max_steps: value must be between 1 and 1000",
      "nexus.yaml:7: $.runs.retention.max_bytes: 1 is out of range (use at least 1MiB)",
      "nexus.yaml:9: $.projects[0].repository: length must be between 3 and 200",
      "nexus.yaml:10: $.projects[1].jb: unknown member 'jb' (did you mean 'job'?)",
      "nexus.yaml:10: $.projects[1]: required member 'job' is missing",
      "nexus.yaml:11: $.supervision.backoff.minimum: greater than supervision.backoff.maximum (exchange them)",
      "NEXUS_LOG_LEVEL: 'loud' is not one of: debug, info, warn, error",
      "JENKINS_URL: a URL must not hold credentials (use the settings beside it for name and token)"};
  BOOST_TEST(problems == expected_problems, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(projects_are_checked_one_by_one) {
  auto const problems =
      problems_of(layers_of({}, "projects:\n"
                                "  - {key: proj, repository: a/b, job: j}\n"
                                "  - {key: A, repository: abc, job: j}\n"
                                "  - {key: A, repository: a/b/c, job: j}\n"
                                "  - {key: B, repository: a/b, job: j, release_branch: 'r/{majr}'}\n"
                                "  - {key: C, repository: a/b, job: j, release_branch: 'r/{major'}\n"));
  BOOST_TEST(
      (problems ==
       std::set<std::string>{
           "nexus.yaml:2: $.projects[0].key: not a Jira project key (write it in capitals, like PROJ)",
           "nexus.yaml:3: $.projects[1].repository: not a repository's full name (write owner/name)",
           "nexus.yaml:4: $.projects[2].key: the project A is listed twice (list each project once)",
           "nexus.yaml:4: $.projects[2].repository: not a repository's full name (write owner/name)",
           std::string{"nexus.yaml:5: $.projects[3].release_branch: '{majr}' is no placeholder (use {major}, {minor}, "
                       "{patch} or {version})"},
           std::string{"nexus.yaml:6: $.projects[4].release_branch: '{major' is no placeholder (use {major}, {minor}, "
                       "{patch} or {version})"}}));
}

BOOST_AUTO_TEST_CASE(the_simulator_s_projects_serve_mock_mode_only) {
  auto settings = node_settings{};
  BOOST_TEST(projects_of(settings).size() == 2U);
  settings.mode = node_mode::live;
  BOOST_TEST(projects_of(settings).empty());
  BOOST_TEST(has_role(settings, node_role::jira));
  settings.roles = {node_role::git_ci};
  BOOST_TEST(!has_role(settings, node_role::jira));
}

RC_BOOST_PROP(no_secret_is_ever_printed, ()) {
  auto const planted = "s3cr3t" + *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
  auto environment = std::map<std::string, std::string>{};
  for (auto const* name :
       {"NEXUS_JWT_SECRET", "JIRA_API_TOKEN", "GITHUB_TOKEN", "JENKINS_API_TOKEN", "CONFLUENCE_API_TOKEN"})
    if (*rc::gen::arbitrary<bool>()) environment[name] = planted;
  environment["NEXUS_MODE"] = *rc::gen::element("mock", "live", "nonsense");
  auto const file = fmt::format("jira: {{api_token: {0}}}\ngithub: {{token: {0}, tokn: {0}}}\n", planted);
  auto const result = load(layers_of(environment, *rc::gen::arbitrary<bool>() ? file : "bind: 127.0.0.1"));
  if (!result) {
    for (auto const& problem : result.error()) RC_ASSERT(problem.render().find(planted) == std::string::npos);
    return;
  }
  auto const& type = descriptor_of<node_settings>();
  RC_ASSERT(render_settings(*result, true).find(planted) == std::string::npos);
  auto const json = render_settings_json(type, &result->value, result->origins, true).dump();
  RC_ASSERT(json.find(planted) == std::string::npos);
}

namespace {

/// The paths that are complained about when one thing is set from the environment.
auto complaints(std::string const& variable, std::string const& text) -> std::vector<std::string> {
  auto const settings = load(layers_of({{variable, text}}));
  auto paths = std::vector<std::string>{};
  if (!settings)
    for (auto const& problem : settings.error()) {
      BOOST_TEST(!problem.remedy.empty(), problem.render());
      paths.push_back(problem.where);
    }
  return paths;
}

} // namespace

BOOST_AUTO_TEST_CASE(rate_limits_have_bounds) {
  for (auto const* good : {"0", "1", "1000000"}) BOOST_TEST(complaints("NEXUS_HTTP_RATE_LIMIT_REQUESTS", good).empty());
  for (auto const* bad : {"-1", "1000001", "many", "1.5"})
    BOOST_TEST(!load(layers_of({{"NEXUS_HTTP_RATE_LIMIT_REQUESTS", bad}})), bad);
  for (auto const* good : {"1s", "1m", "24h"})
    BOOST_TEST(complaints("NEXUS_HTTP_RATE_LIMIT_PERIOD", good).empty(), good);
  for (auto const* bad : {"0", "999ms", "25h", "soon"})
    BOOST_TEST(!load(layers_of({{"NEXUS_HTTP_RATE_LIMIT_PERIOD", bad}})), bad);
  for (auto const* bad : {"0", "1000001"})
    BOOST_TEST(!load(layers_of({{"NEXUS_HTTP_RATE_LIMIT_MAX_PRINCIPALS", bad}})), bad);
}

BOOST_AUTO_TEST_CASE(origins_are_those_that_browsers_send) {
  auto const good = load(layers_of({{"CORS_ORIGINS", "https://a.example,http://localhost:3000"}}));
  BOOST_REQUIRE(good);
  BOOST_TEST(good->value.http.cors.origins.size() == 2U);
  BOOST_TEST(load(layers_of({}))->value.http.cors.origins.empty());
  BOOST_TEST(complaints("CORS_ORIGINS", "*").empty());
  for (auto const* bad : {"*,https://a.example", "https://a.example/", "a.example", "null", "https://A.example"})
    BOOST_TEST(complaints("CORS_ORIGINS", bad).size() == 1U, bad);
  BOOST_TEST(!load(layers_of({{"CORS_ORIGINS", "*"}, {"NEXUS_HTTP_CORS_CREDENTIALS", "true"}})));
  BOOST_TEST(
      load(layers_of({{"CORS_ORIGINS", "https://a.example"}, {"NEXUS_HTTP_CORS_CREDENTIALS", "true"}})).has_value());
}

BOOST_AUTO_TEST_CASE(proxies_are_addresses_and_ranges_and_never_everybody) {
  BOOST_TEST(complaints("NEXUS_HTTP_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8,192.0.2.7").empty());
  for (auto const* bad : {"proxy.example.com", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0"}) {
    auto const paths = complaints("NEXUS_HTTP_TRUSTED_PROXIES", bad);
    BOOST_REQUIRE(paths.size() == 1U);
    BOOST_TEST(paths[0].find("http.trusted_proxies[0]") != std::string::npos, paths[0]);
  }
}
