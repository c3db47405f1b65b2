#include "runtime/http/server.hpp"
#include "runtime/http/service_handler.hpp"
#include "runtime/rest/service.hpp"
#include "simulator/planted_secret.hpp"
#include "simulator/simulator.hpp"
#include "tests/system/support.hpp"

#include <fstream>
#include <mutex>
#include <sstream>

// Secrets are planted where operators and people put them: in settings, tickets, builds, questions and credentials.
// They are in no log line, no trace, no file of the store, and in no reply that is not the ticket's own text.

using namespace nexus;
using namespace nexus::testing;

namespace {

// Of no shape by which a redactor could know them.
constexpr auto jira_token = "planted-jira-8c1f20d7";
constexpr auto github_token = "planted-github-41b9e6aa";
constexpr auto jenkins_token = "planted-jenkins-77d0c3f5";
constexpr auto confluence_token = "planted-confluence-0a95be12";
constexpr auto otlp_header = "planted-otlp-f3316c08";
constexpr auto jwt_key = "planted-jwt-key-5d2e94b1-which-is-long-enough";
constexpr auto api_token = "planted-api-token-2f7a8d3c94e1b650";
/// Made while the node runs.
constexpr auto later_token = "planted-later-token-6d3b01e8a7c24f95";
constexpr auto wrong_token = "planted-wrong-token-9911aa55";
/// In a ticket that is read, in a build's cause, in a query and in a comment.
constexpr auto in_summary = "planted-summary-c0ffee77";
constexpr auto in_cause = "planted-cause-5ba11ad0";
constexpr auto in_query = "planted-query-1dea7001";
constexpr auto in_comment = "planted-comment-7e57ab1e";

auto everything_of_settings() -> std::vector<std::string> {
  auto all = std::vector<std::string>{jira_token,  github_token, jenkins_token, confluence_token,
                                      otlp_header, jwt_key,      api_token,     wrong_token};
  for (auto const* each : {jira_token, jenkins_token, confluence_token})
    all.push_back(rest::basic_authorization("nexus", each).substr(6));
  return all;
}

/// A world whose credentials are the planted ones, and a place for traces.
class planted_world {
public:
  planted_world() {
    auto const handle = [this](http::request const& received) -> http::service_reply {
      if (!received.target.starts_with("/v1/")) return world.handle(received);
      auto const lock = std::lock_guard{mutex_};
      traces_ += received.body;
      return {.answer = {200, {{"Content-Type", "application/x-protobuf"}}, {}}};
    };
    auto opened = server_.listen("127.0.0.1", 0, http::serve(handle));
    BOOST_REQUIRE_MESSAGE(opened, (opened ? std::string{} : opened.error().render()));
    listener_ = std::move(*opened);
    BOOST_REQUIRE(world.set({{"ticket", "NEXUS-123"}, {"summary", fmt::format("Sign in with {}", in_summary)}}));
    BOOST_REQUIRE(world.set({{"build", {{"job", "nexus-main"}, {"result", "FAILURE"}, {"cause", in_cause}}}}));
  }
  ~planted_world() { server_.stop(0ms); }

  auto url() const -> std::string { return fmt::format("http://127.0.0.1:{}", listener_->port()); }
  auto traces() const -> std::string {
    auto const lock = std::lock_guard{mutex_};
    return traces_;
  }

  simulator::world world{{.jira_token = jira_token,
                          .github_token = github_token,
                          .jenkins_token = jenkins_token,
                          .confluence_token = confluence_token}};

private:
  mutable std::mutex mutex_;
  std::string traces_;
  http::server server_{{.make_request_id = [] { return std::string{"planted"}; }}};
  std::optional<http::listener> listener_;
};

auto settings_text(std::string const& url, std::string const& tokens_file) -> std::string {
  return fmt::format(R"(mode: live
log: {{level: debug, format: json}}
auth: {{tokens_file: {1}, jwt_secret: {2}}}
jira: {{url: "{0}/jira", username: nexus, api_token: {3}}}
github: {{url: "{0}/github", token: {4}, organization: nexus}}
jenkins: {{url: "{0}/jenkins", username: nexus, api_token: {5}}}
confluence: {{url: "{0}/confluence", username: nexus, api_token: {6}}}
tracing: {{endpoint: "{0}", protocol: http/protobuf, headers: "authorization={7}"}}
evidence: {{max_age: 0s}}
projects:
  - {{key: NEXUS, repository: nexus/backend, job: nexus-main, deploy_job: deploy-prod}}
)",
                     url, tokens_file, jwt_key, jira_token, github_token, jenkins_token, confluence_token, otlp_header);
}

struct reply_seen {
  std::string what, text;
};

/// A client that remembers all that it was told.
class listener {
public:
  explicit listener(role_ports ports) : ports_(ports) {}

  auto ask(std::uint16_t port, std::string const& method, std::string const& target, std::string const& body = {},
           std::string const& token = api_token) -> http_reply {
    auto const reply = send(port, method, target, body, {{"Authorization", "Bearer " + token}});
    auto text = reply.body;
    for (auto const& [name, value] : reply.fields) text += "\n" + name + ": " + value;
    seen.push_back({fmt::format("{} {} {}", method, target, body), std::move(text)});
    return reply;
  }
  auto question(std::string const& text) -> json {
    return ask(ports_.orchestrator(), "POST", "/query", json{{"query", text}}.dump()).data();
  }
  /// All that can be read without naming a ticket.
  void look_around() {
    for (auto const port : {ports_.orchestrator(), ports_.jira(), ports_.git_ci(), ports_.reporting()})
      for (auto const* page : {"/health", "/readyz?verbose", "/metrics", "/openapi.json", "/supervision", "/docs"})
        (void)ask(port, "GET", page);
    (void)ask(ports_.orchestrator(), "GET", "/settings");
    for (auto const& run : ask(ports_.orchestrator(), "GET", "/runs?limit=200").data().value("runs", json::array())) {
      auto const id = run.at("run_id").get<std::string>();
      (void)ask(ports_.orchestrator(), "GET", "/runs/" + id);
      (void)ask(ports_.orchestrator(), "GET", "/runs/" + id + "/events");
    }
    for (auto const* target : {"/repo/backend/health", "/repo/backend/prs", "/security/backend", "/jobs",
                               "/repositories", "/build/nexus-main/status?build_number=143"})
      (void)ask(ports_.git_ci(), "GET", target);
    (void)ask(ports_.jira(), "GET", "/projects");
    (void)ask(ports_.jira(), "GET", "/sprint-stats/NEXUS");
  }

  std::vector<reply_seen> seen;

private:
  role_ports ports_;
};

auto text_of(std::filesystem::path const& file) -> std::string {
  auto text = std::ostringstream{};
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

/// Where a secret stands, with what is around it.
auto found_in(std::string const& text, std::string_view secret) -> std::string {
  auto const at = text.find(secret);
  return at == std::string::npos ? std::string{} : text.substr(at < 120 ? 0 : at - 120, 300);
}

} // namespace

BOOST_AUTO_TEST_CASE(planted_secrets_are_in_no_log_no_trace_and_no_reply_but_the_tickets_own) {
  auto outside = planted_world{};
  auto const directory = temporary_directory{};
  auto const tokens = directory.write("tokens", fmt::format("ann admin {}\n", api_token));
  std::filesystem::permissions(tokens, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto const config = directory.write("nexus.yaml", settings_text(outside.url(), tokens));
  auto log = std::string{};
  auto seen = std::vector<reply_seen>{};
  auto const data = directory.path() + "/data";
  {
    auto node = node_process{data, {"config=" + config}};
    auto client = listener{node};
    // Everything works with these credentials.
    auto const ticket = client.ask(node.jira(), "GET", "/issue/NEXUS-123");
    BOOST_TEST(ticket.data().at("data").at("summary").get<std::string>().find(in_summary) != std::string::npos,
               ticket.body);
    BOOST_TEST(ticket.body.find(simulator::planted_secret) != std::string::npos);
    BOOST_TEST(client.question("Is v2.0.0 ready for release?").contains("decision"));
    (void)client.question("What is the status of NEXUS-123?");
    (void)client.question(fmt::format("comment on NEXUS-123: {}", in_comment));
    (void)client.ask(node.jira(), "GET", fmt::format("/search?jql=summary%20~%20{}", in_query));
    (void)client.ask(node.jira(), "GET", fmt::format("/search?jql=nonsense%20{}", in_query));
    (void)client.ask(node.reporting(), "POST", "/publish", R"({"title":"t","space_key":"REL","release":"v1.9.0"})");
    // Nor do they come out where things go wrong.
    BOOST_TEST(client.ask(node.orchestrator(), "GET", "/runs", {}, wrong_token).status == 401);
    using kind = simulator::fault::kind_type;
    for (auto const& [what, status] : {std::pair{kind::status, 401},
                                       {kind::status, 403},
                                       {kind::status, 500},
                                       {kind::malformed, 0},
                                       {kind::cut_off, 0},
                                       {kind::rate_limit, 0}}) {
      for (auto const* service : {"jira", "github", "jenkins", "confluence"})
        outside.world.add_fault(
            {.service = service, .match = {}, .kind = what, .status = status, .retry_after = std::chrono::seconds{0}});
      (void)client.question("Is v2.0.0 ready for release?");
      (void)client.ask(node.jira(), "GET", "/issue/NEXUS-123");
      (void)client.ask(node.reporting(), "POST", "/publish", R"({"title":"t","space_key":"REL","release":"v1.9.0"})");
      client.look_around();
      outside.world.clear_faults();
    }
    client.look_around();
    seen = std::move(client.seen);
    auto const as_bob = http_fields{{"Authorization", fmt::format("Bearer {}", later_token)}};
    // A token that was added meanwhile is hidden like one that was there from the beginning.
    directory.write("tokens", fmt::format("ann admin {}\nbob admin {}\n", api_token, later_token));
    BOOST_TEST(eventually([&] { return node.get("/runs", as_bob).status == 200; }));
    BOOST_TEST(node.get(fmt::format("/runs/{}", later_token), as_bob).status == 404);
    BOOST_TEST(node.stop() == 0);
    log = node.log();
  }
  BOOST_TEST(log.size() > 1'000u);
  auto const traces = outside.traces();
  BOOST_TEST_MESSAGE(traces.size() << " bytes of traces, " << log.size() << " of log, " << seen.size() << " replies");

  BOOST_TEST(found_in(log, later_token) == "");
  BOOST_TEST(found_in(traces, later_token) == "");
  if (!traces.empty()) BOOST_TEST(traces.find("/runs/[redacted]") != std::string::npos);
  for (auto const& secret : everything_of_settings()) {
    BOOST_TEST(found_in(log, secret) == "");
    BOOST_TEST(found_in(traces, secret) == "");
    for (auto const& each : seen) BOOST_TEST(found_in(each.text, secret) == "", each.what << ": " << secret);
    for (auto const& file : std::filesystem::recursive_directory_iterator{data})
      if (file.is_regular_file())
        BOOST_TEST(text_of(file.path()).find(secret) == std::string::npos, file.path() << ": " << secret);
  }
  for (auto const secret : {std::string_view{simulator::planted_secret}, std::string_view{in_summary},
                            std::string_view{in_cause}, std::string_view{in_query}, std::string_view{in_comment}}) {
    BOOST_TEST(found_in(log, secret) == "");
    BOOST_TEST(found_in(traces, secret) == "");
  }
  // The description is told together with its ticket, and nowhere else.
  for (auto const& each : seen)
    if (each.text.find("NEXUS-123") == std::string::npos)
      BOOST_TEST(found_in(each.text, simulator::planted_secret) == "", each.what);
}
