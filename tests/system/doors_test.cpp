#include "runtime/http/message.hpp"
#include "runtime/operations/operation.hpp"
#include "tests/support/schema_check.hpp"
#include "tests/system/support.hpp"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <regex>
#include <sys/wait.h>

// Every operation says the same through REST, by typed message and on the command line, and as its /openapi.json
// promises. What there is to call is taken from the documents themselves: an operation without an example here fails.

using namespace nexus;
using namespace nexus::testing;

namespace {

/// The doors, by which writes find a target of their own.
enum class door : std::uint8_t { rest, message, command_line };
constexpr auto doors = std::array{door::rest, door::message, door::command_line};

struct example {
  std::string operation;
  /// The arguments. '@' stands for the door's own target, '$RUN', '$DECISION' and '$COMMIT' for what there is.
  std::string arguments;
  std::array<std::string, 3> targets = {"1", "2", "3"};
  /// Numbers are the outcome's own: ids, times that work took.
  bool numbers_differ = false;
};

auto examples() -> std::vector<example> const& {
  static auto const all = std::vector<example>{
      {"get_jira_ticket", R"({"ticket_key": "NEXUS-123"})"},
      {"get_ticket_hierarchy", R"({"ticket_key": "PROJ-100", "max_depth": 2})"},
      {"search_jira", R"({"jql": "project = NEXUS ORDER BY key", "max_results": 5})"},
      {"update_jira_ticket",
       R"({"key": "@", "status": "In Review", "comment": "ready"})",
       {"PROJ-107", "PROJ-117", "PROJ-127"}},
      {"update_jira_ticket_fields",
       R"({"ticket_key": "@", "fields": {"priority": "Low"}, "updated_by": "ann"})",
       {"PROJ-101", "PROJ-111", "PROJ-121"}},
      {"get_sprint_stats", R"({"project_key": "PROJ"})"},
      {"list_projects", "{}"},
      {"list_releases", R"({"project_key": "NEXUS"})"},
      {"get_release_stats", R"({"project_key": "NEXUS", "release": "v2.0.0"})"},

      {"get_repo_health", R"({"repo_name": "nexus/backend"})"},
      {"get_pr_status", R"({"repo_name": "nexus/backend", "pr_number": 1})"},
      {"list_pull_requests", R"({"repo_name": "nexus/backend", "state": "open"})"},
      {"trigger_build", R"({"job_name": "@"})", {"nexus-main", "frontend-ci", "backend-ci"}, true},
      {"set_commit_status",
       R"({"repo_name": "nexus/backend", "commit": "$COMMIT", "state": "success", "context": "door/@",
           "description": "seen"})",
       {"one", "two", "three"},
       true},
      {"get_build_status", R"({"job_name": "nexus-main", "build_number": 141})"},
      {"get_build_history", R"({"job_name": "frontend-ci", "limit": 3})"},
      {"get_security_scan", R"({"repo_name": "nexus/backend"})"},
      {"find_release_candidate", R"({"repo_name": "nexus/backend", "release": "v2.0.0"})"},
      {"get_release_build", R"({"job_name": "nexus-main", "ref": "release/2.0"})"},
      {"list_jobs", "{}"},
      {"list_repositories", "{}"},
      {"list_deployments", R"({"repo_name": "nexus/backend", "environment": "production", "limit": 3})"},

      {"generate_report", R"({"release": "v1.9.0", "format": "markdown"})"},
      {"preview_report", R"({"release_version": "v1.9.0"})"},
      {"publish_report",
       R"({"title": "Report @", "space_key": "REL", "release": "v1.9.0"})",
       {"one", "two", "three"},
       true},
      {"analyze_readiness", R"({"stats": {}})"},

      {"ask_question", R"({"query": "Is v1.9.0 ready for release?"})", {}, true},
      {"start_run", R"({"query": "Is v1.9.0 ready for release?", "release": "v1.9.0"})", {}, true},
      {"list_runs", R"({"limit": 1, "status": "success"})"},
      {"get_run", R"({"run_id": "$RUN"})"},
      {"cancel_run", R"({"run_id": "$RUN"})"},
      {"assess_release_readiness", R"({"release": "v2.0.0"})"},
      {"get_readiness_badge", R"({"release": "v2.0.0"})"},
      {"list_decisions", R"({"limit": 1})"},
      {"get_decision", R"({"decision_id": "$DECISION"})"},
      {"get_decision_bundle", R"({"decision_id": "$DECISION"})"},
  };
  return all;
}

auto example_of(std::string const& operation) -> example const* {
  auto const found =
      std::find_if(examples().begin(), examples().end(), [&](auto const& each) { return each.operation == operation; });
  return found == examples().end() ? nullptr : &*found;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  if (what.empty()) return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// One node over one world, with something that was asked and decided.
class fixture {
public:
  fixture() {
    for (auto const* key : {"PROJ-107", "PROJ-117", "PROJ-127"})
      world.order("set", {{"ticket", key}, {"status", "In Progress"}});
    run_ = system.ask("Is v2.0.0 ready for release?").at("run_id");
    decision_ = system.get("/decisions?limit=1").data().at("decisions")[0].at("decision_id");
    commit_ = send(system.git_ci(), "GET", "/repo/nexus%2Fbackend/candidate/v2.0.0").data().at("data").at("commit");
  }

  auto arguments(example const& what, door through) const -> json {
    auto text = what.arguments;
    replace_all(text, "@", what.targets[static_cast<std::size_t>(through)]);
    replace_all(text, "$RUN", run_);
    replace_all(text, "$DECISION", decision_);
    replace_all(text, "$COMMIT", commit_);
    return json::parse(text);
  }
  auto run() const -> std::string const& { return run_; }

  /// Waits until no run is going on.
  void settle() const {
    BOOST_REQUIRE(eventually([&] {
      return system.get("/runs?status=pending").data().at("runs").empty() &&
             system.get("/runs?status=in_progress").data().at("runs").empty();
    }));
  }

  simulated_world world{true};
  running_node system{[this](node_settings& settings) {
    settings.simulator.url = world.url();
    settings.evidence.max_age = "1h";
  }};

private:
  std::string run_, decision_, commit_;
};

/// Made for the first test that needs it; gone before the program's own end.
std::unique_ptr<fixture const> made;
struct end_of_fixture {
  ~end_of_fixture() { made.reset(); }
};
BOOST_TEST_GLOBAL_FIXTURE(end_of_fixture);

auto nexus_system() -> fixture const& {
  if (!made) made = std::make_unique<fixture const>();
  return *made;
}

struct entry {
  std::uint16_t port;
  std::string method, path;
  json description;
};

/// The document of a role, and what it lists.
struct described_role {
  std::uint16_t port;
  json document;
};

auto roles() -> std::vector<described_role> {
  auto const& system = nexus_system().system;
  auto result = std::vector<described_role>{};
  for (auto const port : {system.jira(), system.git_ci(), system.reporting(), system.orchestrator()})
    result.push_back({port, send(port, "GET", "/openapi.json").data()});
  return result;
}

auto upper(std::string text) -> std::string {
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

auto query_text(json const& value) -> std::string {
  return http::percent_encode(value.is_string() ? value.get<std::string>() : value.dump());
}

/// Sends what the description says that is to be sent.
auto over_rest(entry const& what, json arguments) -> http_reply {
  auto target = what.path;
  auto separator = '?';
  for (auto const& parameter : what.description.value("parameters", json::array())) {
    auto const name = parameter.at("name").get<std::string>();
    if (!arguments.contains(name)) continue;
    auto const text = query_text(arguments[name]);
    if (parameter.at("in") == "path")
      replace_all(target, "{" + name + "}", text);
    else
      target += fmt::format("{}{}={}", std::exchange(separator, '&'), name, text);
    arguments.erase(name);
  }
  if (!what.description.contains("requestBody")) return send(what.port, what.method, target);
  auto const whole = what.description["requestBody"].value("x-nexus-member", std::string{});
  auto const body = whole.empty() ? arguments : arguments.value(whole, json::object());
  return send(what.port, what.method, target, body.dump());
}

struct printed {
  int code = -1;
  std::string out;
};

/// `nexus call`, as a shell runs it.
auto over_command_line(std::string const& operation, json const& arguments) -> printed {
  static auto const directory = temporary_directory{};
  auto const file = directory.write("arguments.json", arguments.dump());
  auto const command = fmt::format("NEXUS_PORT_OFFSET={} '{}' call {} --json --input '{}'",
                                   nexus_system().system.offset, NEXUS_PROGRAM, operation, file);
  auto* const pipe = ::popen(command.c_str(), "r");
  auto result = printed{};
  if (pipe == nullptr) {
    BOOST_ERROR("the command line cannot be started");
    return result;
  }
  char bytes[4096];
  for (auto size = std::fread(bytes, 1, sizeof bytes, pipe); size > 0; size = std::fread(bytes, 1, sizeof bytes, pipe))
    result.out.append(bytes, size);
  auto const status = ::pclose(pipe);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

/// The day of the real clock, and its neighbours: tests may run over midnight.
auto days_of_now() -> std::vector<std::string> {
  auto result = std::vector<std::string>{};
  for (auto const shift : {-86'400, 0, 86'400}) {
    auto const time = std::time(nullptr) + shift;
    auto parts = std::tm{};
    gmtime_r(&time, &parts);
    char text[11];
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    result.emplace_back(text);
  }
  return result;
}

/// What is particular to this one answer is left out: ids, the moment of asking, how long it took, the target.
auto comparable(std::string text, example const& what, door through) -> std::string {
  if (what.arguments.find('@') != std::string::npos)
    replace_all(text, what.targets[static_cast<std::size_t>(through)], "@");
  text = std::regex_replace(text, std::regex{R"(\b(run|dec|rep|task)\\*_[0-9a-f]{8,})"}, "$1_ID");
  for (auto const& day : days_of_now())
    text = std::regex_replace(text, std::regex{day + "[T ][0-9:.]+( UTC|Z)?"}, "NOW");
  text = std::regex_replace(
      text,
      std::regex{
          "\"(age_seconds|duration_seconds|execution_time_ms|age_ms|build_frequency_per_week|size_bytes)\":[0-9.e+-]+"},
      "\"$1\":0");
  text = std::regex_replace(text, std::regex{R"(\| (not known|[0-9]+ s) \|)"}, "| AGE |");
  text = std::regex_replace(text, std::regex{R"("trace_id":"[0-9a-f]*")"}, R"("trace_id":"")");
  if (what.numbers_differ) text = std::regex_replace(text, std::regex{"[0-9a-f]*[0-9][0-9a-f.]*"}, "0");
  return text;
}

/// Canonical text of the answer's own part: members in order, the envelope left off.
auto own_part(std::string const& body, bool enveloped) -> std::string {
  auto value = json::parse(body, nullptr, false);
  if (value.is_discarded()) return body;
  if (!enveloped) return value.dump();
  return value.value("status", "") == "success" ? value.at("data").dump() : "failed: " + body;
}

auto trimmed(std::string text) -> std::string {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void check_doors(entry const& what, json const& document) {
  auto const name = what.description.at("operationId").get<std::string>();
  auto const* given = example_of(name);
  BOOST_TEST(given != nullptr, "there is no example for the operation " << name);
  if (given == nullptr) return;
  auto const& all = nexus_system();
  auto const responses = what.description.at("responses");
  auto const promised = responses.begin().key();
  auto const content = responses.begin().value().at("content");
  auto const schema = content.begin().value().value("schema", json::object());

  auto const rest = over_rest(what, all.arguments(*given, door::rest));
  BOOST_TEST(std::to_string(rest.status) == promised, rest.body.substr(0, 500));
  auto const reply = json::parse(rest.body, nullptr, false);
  // A raw document is what it says it is, and no JSON that could be held against a schema.
  auto const is_raw = !rest.field("content-type").starts_with("application/json") || name == "get_decision_bundle";
  if (!is_raw)
    for (auto const& wrong : schema_check{document}.violations(schema, reply)) BOOST_ERROR(name << " " << wrong);
  auto const enveloped = !is_raw && reply.is_object() && reply.contains("task_id");
  auto const said = comparable(own_part(trimmed(rest.body), enveloped), *given, door::rest);
  BOOST_TEST(!said.starts_with("failed"), said);
  all.settle();

  auto const context = call{.principal = "local", .idempotency_key = "door-" + name};
  auto const message = all.system.node().invoke(name, context, all.arguments(*given, door::message));
  BOOST_REQUIRE_MESSAGE(message, (message ? std::string{} : message.error().render()));
  BOOST_TEST(comparable(own_part(trimmed(message->body), false), *given, door::message) == said);
  all.settle();

  auto const line = over_command_line(name, all.arguments(*given, door::command_line));
  BOOST_TEST(line.code == 0);
  BOOST_TEST(comparable(own_part(trimmed(line.out), enveloped), *given, door::command_line) == said);
  all.settle();
}

/// What a role offers beside operations.
void check_page(entry const& what) {
  auto target = what.path;
  replace_all(target, "{run_id}", nexus_system().run());
  if (what.method == "POST" && what.path == "/execute") {
    auto const refused = send(what.port, "POST", target, R"({"action": "no_such_thing"})");
    BOOST_TEST((refused.status == 200 || refused.status == 422), refused.body);
    return;
  }
  BOOST_TEST_REQUIRE(what.method == "GET", "nobody tries " << what.method << " " << what.path);
  BOOST_TEST_REQUIRE(target.find('{') == std::string::npos, "there is no example for " << what.path);
  auto const reply = send(what.port, "GET", target);
  BOOST_TEST(reply.status == 200, target << ": " << reply.body.substr(0, 300));
  auto const type = what.description.at("responses").at("200").at("content").begin().key();
  BOOST_TEST(reply.field("content-type").starts_with(type), target << ": " << reply.field("content-type"));
}

} // namespace

BOOST_AUTO_TEST_CASE(every_operation_says_the_same_through_every_door_and_keeps_its_promises) {
  auto operations = std::size_t{0};
  for (auto const& role : roles())
    for (auto const& [path, methods] : role.document.at("paths").items())
      for (auto const& [method, description] : methods.items()) {
        auto const what = entry{role.port, upper(method), path, description};
        BOOST_TEST_CONTEXT(what.method << " " << path << " at " << role.port) {
          if (description.contains("operationId")) {
            ++operations;
            check_doors(what, role.document);
          } else {
            check_page(what);
          }
        }
      }
  BOOST_TEST(operations >= 30u);
}

BOOST_AUTO_TEST_CASE(examples_are_of_operations_that_there_are) {
  auto names = std::set<std::string>{};
  for (auto const& role : roles())
    for (auto const& [path, methods] : role.document.at("paths").items())
      for (auto const& [method, description] : methods.items()) names.insert(description.value("operationId", ""));
  for (auto const& each : examples()) BOOST_TEST(names.contains(each.operation), each.operation);
}

BOOST_AUTO_TEST_CASE(what_only_reads_can_be_carried_out_by_its_name_too) {
  auto const& all = nexus_system();
  for (auto const& role : roles())
    for (auto const& [path, methods] : role.document.at("paths").items())
      for (auto const& [method, description] : methods.items()) {
        auto const name = description.value("operationId", std::string{});
        auto const* given = example_of(name);
        if (given == nullptr || description.value("x-nexus-effect", "") != "read") continue;
        BOOST_TEST_CONTEXT(name) {
          auto const arguments = all.arguments(*given, door::rest);
          auto const by_name =
              send(role.port, "POST", "/execute", json{{"action", name}, {"payload", arguments}}.dump());
          BOOST_TEST(by_name.status == 200, by_name.body.substr(0, 300));
          auto const path_reply = over_rest({role.port, upper(method), path, description}, arguments);
          auto const reply = path_reply.data();
          if (!path_reply.field("content-type").starts_with("application/json") || name == "get_decision_bundle")
            continue;
          auto const said = own_part(path_reply.body, reply.contains("task_id"));
          BOOST_TEST(comparable(own_part(by_name.body, true), *given, door::rest) ==
                     comparable(said, *given, door::rest));
        }
      }
}

BOOST_AUTO_TEST_CASE(every_operation_refuses_what_its_description_excludes) {
  for (auto const& role : roles())
    for (auto const& [path, methods] : role.document.at("paths").items())
      for (auto const& [method, description] : methods.items()) {
        auto const name = description.value("operationId", std::string{});
        if (name.empty()) continue;
        auto const* given = example_of(name);
        BOOST_TEST(given != nullptr, "there is no example for the operation " << name);
        if (given == nullptr) continue;
        auto const arguments = nexus_system().arguments(*given, door::rest);
        auto const what = entry{role.port, upper(method), path, description};
        BOOST_TEST_CONTEXT(name) {
          if (description.contains("requestBody")) {
            auto target = path;
            for (auto const& [member, value] : arguments.items())
              replace_all(target, "{" + member + "}", query_text(value));
            BOOST_TEST(send(role.port, what.method, target, "{").status == 400);
          }
          for (auto const& parameter : description.value("parameters", json::array())) {
            if (parameter.at("in") != "query" || !parameter.value("required", false)) continue;
            auto without = arguments;
            without.erase(parameter.at("name").get<std::string>());
            BOOST_TEST(over_rest(what, without).status == 422, parameter.at("name").get<std::string>());
          }
        }
      }
}
