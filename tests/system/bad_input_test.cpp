#include "tests/system/support.hpp"

#include <random>

// What clients send wrongly is theirs to hear of, whatever it is: never a 500, and nobody else notices.

using namespace nexus;
using namespace nexus::testing;

namespace {

auto system_under_test() -> running_node const& {
  static auto const system = running_node{};
  return system;
}

auto all_ports() -> std::vector<std::uint16_t> {
  auto const& system = system_under_test();
  return {system.orchestrator(), system.jira(), system.git_ci()};
}

/// A path where every role takes a body.
constexpr auto anywhere = "/execute";

} // namespace

BOOST_AUTO_TEST_CASE(a_body_that_is_no_json_is_refused_on_every_role) {
  auto const deep = std::string(10'000, '[') + std::string(10'000, ']');
  for (auto const port : all_ports()) {
    for (auto const& [what, body] : {std::pair<std::string, std::string>{"cut off", R"({"action":)"},
                                     {"not a word of JSON", "hello"},
                                     {"two values", "{}{}"},
                                     {"NaN", R"({"action":NaN})"},
                                     {"infinity", R"({"action":1e999})"},
                                     {"a comment", "{/**/}"},
                                     {"10,000 deep", deep},
                                     {"not UTF-8", "{\"action\":\"\xff\xfe\"}"}})
      BOOST_TEST_CONTEXT(what << " at " << port) {
        auto const reply = send(port, "POST", anywhere, body);
        BOOST_TEST(reply.status == 400);
        BOOST_TEST(reply.field("content-type") == "application/problem+json");
        BOOST_TEST(reply.data().at("status") == 400);
        BOOST_TEST(!reply.field("x-request-id").empty());
      }
    auto const large = R"({"action":")" + std::string(1'048'577 - 13, 'x') + "\"}";
    BOOST_REQUIRE_EQUAL(large.size(), 1'048'577u);
    BOOST_TEST(send(port, "POST", anywhere, large).status == 413);
    BOOST_TEST(send(port, "POST", anywhere, "[]").status == 422);
    for (auto const* type : {"text/plain", "application/x-www-form-urlencoded", "text/plain; charset=json"})
      BOOST_TEST(send(port, "POST", anywhere, R"({"action":"x"})", {{"Content-Type", type}}).status == 422, type);
  }
  BOOST_TEST(send(system_under_test().jira(), "POST", anywhere, R"({"action":"?"})",
                  {{"Content-Type", "Application/JSON; charset=utf-8"}})
                 .status == 200);
}

BOOST_AUTO_TEST_CASE(shape_is_422_with_the_path_and_meaning_is_200_with_failed) {
  auto const& system = system_under_test();
  auto const missing = system.post("/query", json::object());
  BOOST_TEST(missing.status == 422);
  BOOST_TEST(missing.data().at("detail").get<std::string>().find("$.query") != std::string::npos, missing.body);
  auto const mistyped = system.post("/query", {{"query", 7}});
  BOOST_TEST(mistyped.status == 422);
  BOOST_TEST(mistyped.body.find("$.query") != std::string::npos, mistyped.body);
  BOOST_TEST(system.post("/query", {{"query", ""}}).status == 422);
  BOOST_TEST(system.post("/query", {{"query", std::string(4'001, 'x')}}).status == 422);
  auto const inside = system.post("/runs", {{"query", "x"}, {"budget", {{"max_steps", "many"}}}});
  BOOST_TEST(inside.status == 422);
  BOOST_TEST(inside.body.find("$.budget.max_steps") != std::string::npos, inside.body);
  auto const typo = system.post("/runs", {{"query", "x"}, {"relase", "v2.0.0"}});
  BOOST_TEST(typo.status == 422);
  BOOST_TEST(typo.body.find("did you mean 'release'") != std::string::npos, typo.body);
  // The reference's endpoints ignore what they do not know.
  BOOST_TEST(system.post("/query", {{"query", "Is nexus-main green?"}, {"colour", "green"}}).status == 200);

  for (auto const port : all_ports()) {
    BOOST_TEST(send(port, "POST", "/execute", "{}").status == 422);
    BOOST_TEST(send(port, "POST", "/execute", R"({"action":7})").status == 422);
    BOOST_TEST(send(port, "POST", "/execute", R"({"action":"x","payload":[]})").status == 422);
  }
  for (auto const port : {system.jira(), system.git_ci()}) {
    auto const unknown = send(port, "POST", "/execute", R"({"task_id":"t","action":"launch_rocket","payload":{}})");
    BOOST_TEST(unknown.status == 200);
    BOOST_TEST(unknown.data().at("status") == "failed");
    BOOST_TEST(unknown.data().at("task_id") == "t");
    BOOST_TEST(unknown.data().at("error_message").get<std::string>().find("launch_rocket") != std::string::npos);
  }
  auto const no_ticket = send(system.jira(), "GET", "/issue/PROJ-999999");
  BOOST_TEST(no_ticket.status == 200);
  BOOST_TEST(no_ticket.data().at("status") == "failed");
  BOOST_TEST(no_ticket.data().at("error_code") == "not_found");
  auto const bad_jql = send(system.jira(), "GET", "/search?jql=this%20is%20no%20jql");
  BOOST_TEST(bad_jql.status == 200);
  BOOST_TEST(bad_jql.data().at("status") == "failed");
  BOOST_TEST(send(system.jira(), "GET", "/search").status == 422);
}

BOOST_AUTO_TEST_CASE(paths_and_methods_that_are_not_there_are_said_to_be_so) {
  for (auto const port : all_ports()) {
    BOOST_TEST(send(port, "GET", "/nothing/here").status == 404);
    auto const method = send(port, "DELETE", "/execute");
    BOOST_TEST(method.status == 405);
    BOOST_TEST(method.field("allow") == "POST");
    BOOST_TEST(send(port, "GET", "/%zz").status == 400);
    BOOST_TEST(send(port, "GET", "/" + std::string(20'000, 'x')).status == 431);
  }
}

BOOST_AUTO_TEST_CASE(a_member_that_is_given_twice_with_different_values_is_refused) {
  auto const& system = system_under_test();
  BOOST_TEST(send(system.jira(), "GET", "/issue/PROJ-123?ticket_key=PROJ-123").status == 200);
  auto const twice = send(system.jira(), "GET", "/issue/PROJ-123?ticket_key=PROJ-124");
  BOOST_TEST(twice.status == 422);
  BOOST_TEST(twice.body.find("ticket_key") != std::string::npos, twice.body);
  BOOST_TEST(system.post("/runs/run_1/cancel", {{"run_id", "run_2"}}).status == 422);
  BOOST_TEST(system.post("/runs/run_1/cancel", {{"run_id", "run_1"}}).status == 404);
}

BOOST_AUTO_TEST_CASE(too_many_requests_at_once_are_turned_away_and_told_when_to_come_back) {
  auto const system = running_node{[](node_settings& settings) {
    settings.http.max_in_flight = 4;
    settings.llm.mock_latency_ms = 700;
  }};
  auto replies = std::vector<http_reply>(12);
  {
    auto clients = std::vector<std::jthread>{};
    for (auto& reply : replies)
      clients.emplace_back([&] { reply = system.post("/query", {{"query", "Is nexus-main green?"}}); });
  }
  auto answered = 0, refused = 0;
  for (auto const& reply : replies) {
    answered += reply.status == 200;
    refused += reply.status == 429 && !reply.field("retry-after").empty();
  }
  BOOST_TEST(answered >= 4);
  BOOST_TEST(refused > 0);
  BOOST_TEST(answered + refused == 12);

  auto const few_runs = running_node{[](node_settings& settings) {
    settings.runs.max_concurrent = 2;
    settings.llm.mock_latency_ms = 20'000;
  }};
  few_runs.start("Is nexus-main green?");
  few_runs.start("Is nexus-main green?");
  auto const third = few_runs.post("/runs", {{"query", "Is nexus-main green?"}});
  BOOST_TEST(third.status == 429);
  BOOST_TEST(!third.field("retry-after").empty());
}

BOOST_AUTO_TEST_CASE(every_role_describes_itself_and_says_how_it_is) {
  auto const& system = system_under_test();
  for (auto const port : all_ports()) {
    for (auto const* page : {"/health", "/live", "/ready", "/livez", "/readyz?verbose", "/metrics", "/openapi.json",
                             "/docs", "/supervision"})
      BOOST_TEST(send(port, "GET", page).status == 200, page);
    // Text of the API's description cannot make the page fetch, send or be shown elsewhere.
    auto const policy = send(port, "GET", "/docs").field("content-security-policy");
    for (auto const* rule : {"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"})
      BOOST_TEST(policy.find(rule) != std::string::npos, rule);
    auto const description = send(port, "GET", "/openapi.json").data();
    BOOST_TEST(description.at("openapi").get<std::string>().starts_with("3.1"));
    BOOST_TEST(send(port, "GET", "/health").data().at("status") == "healthy");
    BOOST_TEST(send(port, "GET", "/supervision").data().at("name") == "nexus");
  }
  BOOST_TEST(system.get("/openapi.json").data().at("paths").contains("/runs/{run_id}/events"));
  constexpr auto trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  auto const traced =
      system.post("/runs", {{"query", "Is nexus-main green?"}}, {{"traceparent", trace}, {"X-Request-ID", "mine"}});
  BOOST_TEST(traced.field("x-request-id") == "mine");
  BOOST_TEST(traced.field("traceparent").substr(0, 35) == std::string{trace}.substr(0, 35));
  BOOST_TEST(system.ended(traced.data().at("run_id")).at("trace_id") == "0af7651916cd43dd8448eb211c80319c");
  auto const figures = system.get("/metrics").body;
  BOOST_TEST(figures.find("\nhttp_requests_total") != std::string::npos);
  BOOST_TEST(figures.find("\nnexus_log_lines_dropped_total 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(three_hundred_odd_requests_break_nothing) {
  auto random = std::mt19937{20'260'115};
  auto const any = [&](std::vector<std::string> const& choices) { return choices[random() % choices.size()]; };
  auto const methods = std::vector<std::string>{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "FETCH"};
  auto const targets = std::vector<std::string>{"/query",
                                                "/execute",
                                                "/runs",
                                                "/runs/run_1",
                                                "/runs/%00",
                                                "/runs/run_1/events",
                                                "/runs/%2e%2e%2f/cancel",
                                                "/readiness/v2.0.0",
                                                "/readiness/%f0%9f%92%a9",
                                                "/readiness/'%20OR%201=1--",
                                                "/decisions",
                                                "/decisions/%ff%fe/bundle",
                                                "/issue/PROJ-1",
                                                "/issue/%0d%0aX:%20y",
                                                "/search?jql=project%20=%20PROJ",
                                                "/search?jql=%ff",
                                                "/sprint-stats/PROJ",
                                                "/repo/nexus/backend/health",
                                                "/repo/../../etc/passwd/health",
                                                "/repo/a%2Fb/pr/99999999999999999999",
                                                "/build/nexus-main/status?build_number=-1",
                                                "/build/platform/nightly/history?limit=1e9",
                                                "/security/nexus/backend",
                                                "/hierarchy/PROJ-100?depth=999999999999",
                                                "/runs?cursor=%00&limit=200",
                                                "/runs?limit=-1",
                                                "/decisions?cursor=%ff",
                                                "/",
                                                "//",
                                                "/openapi.json?x",
                                                "/metrics",
                                                "/releases/PROJ/v2.0.0",
                                                "*"};
  auto const bodies =
      std::vector<std::string>{"",
                               "{}",
                               "[]",
                               "null",
                               "0",
                               "\"\"",
                               R"({"query":"x"})",
                               R"({"query":null})",
                               R"({"query":"\u0000"})",
                               R"({"query":"Is v2.0.0 ready?","budget":null})",
                               R"({"action":"get_jira_ticket","payload":{"ticket_key":"../../x"}})",
                               R"({"action":"search","payload":{"jql":"((((((((("}})",
                               R"({"action":"build_status","payload":{"job_name":"x/../y"}})",
                               R"({"action":"query","payload":{"query":"\ud800"}})",
                               R"({"query":"x","user_context":{"a":1}})",
                               R"({"query":"x","budget":{"timeout_seconds":4294967296}})",
                               R"({"action":"get_pr_status","payload":{"repo_name":"a b","pr_number":1}})",
                               std::string(70'000, '{'),
                               "\xef\xbb\xbf{}"};
  auto const ports = all_ports();
  auto failures = 0;
  for (auto i = 0; i < 300; ++i) {
    auto const method = any(methods), target = any(targets),
               body = method == "GET" || method == "HEAD" ? std::string{} : any(bodies);
    auto const reply = send(ports[random() % ports.size()], method, target, body);
    auto const well = reply.status >= 200 && (reply.status < 500 || reply.status == 501 || reply.status == 503);
    failures += !well;
    BOOST_TEST(well, method << " " << target << " " << body.substr(0, 80) << " -> " << reply.status << " "
                            << reply.body.substr(0, 200));
    if (failures > 5) break;
  }
  BOOST_TEST(system_under_test().ask("Is v2.0.0 ready for release?").at("decision") == "NO_GO");
}
