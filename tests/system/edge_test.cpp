#include "tests/system/support.hpp"

#include <csignal>
#include <fstream>

// What stands between the network and the operations, on a whole node.

using namespace nexus;
using namespace nexus::testing;

namespace {

constexpr auto reader = "reader-token-0123456789", writer = "writer-token-0123456789",
               administrator = "admin-token-0123456789";

auto bearer(std::string const& token) -> http_fields { return {{"Authorization", "Bearer " + token}}; }

auto tokens_in(temporary_directory const& directory) -> std::string {
  return directory.write("tokens",
                         fmt::format("rita read {}\nwalt write {}\nanna admin {}\n", reader, writer, administrator));
}

auto and_fields(http_fields fields, http_fields const& more) -> http_fields {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

auto const question = json{{"query", "Is nexus-main green?"}};

} // namespace

// -- rate limits

BOOST_AUTO_TEST_CASE(each_principal_has_one_quota_over_all_roles) {
  auto const directory = temporary_directory{};
  auto const tokens = tokens_in(directory);
  auto const system = running_node{[&](node_settings& settings) {
    settings.auth.tokens_file = tokens;
    settings.http.rate_limit.requests = 4;
    settings.http.rate_limit.period = "1h";
  }};
  auto const first = system.get("/runs", bearer(reader));
  BOOST_TEST(first.status == 200);
  BOOST_TEST(first.field("ratelimit-policy") == R"("principal";q=4;w=3600)");
  BOOST_TEST(first.field("ratelimit").starts_with(R"("principal";r=3;t=)"));
  BOOST_TEST(send(system.jira(), "GET", "/issue/PROJ-123", {}, bearer(reader)).status == 200);
  BOOST_TEST(send(system.git_ci(), "GET", "/jobs", {}, bearer(reader)).status == 200);
  BOOST_TEST(system.get("/supervision", bearer(reader)).status == 200);
  auto const refused = send(system.jira(), "GET", "/issue/PROJ-123", {}, bearer(reader));
  BOOST_TEST(refused.status == 429);
  BOOST_TEST(std::stoi(refused.field("retry-after")) > 800);
  BOOST_TEST(refused.field("ratelimit").starts_with(R"("principal";r=0;)"));
  BOOST_TEST(refused.field("content-type") == "application/problem+json");
  // Others have theirs, health and metrics cost nobody anything.
  BOOST_TEST(system.get("/runs", bearer(writer)).status == 200);
  for (auto i = 0; i < 10; ++i) {
    BOOST_TEST(system.get("/health", bearer(reader)).status == 200);
    BOOST_TEST(system.get("/readyz?verbose", bearer(reader)).status == 200);
    BOOST_TEST(system.get("/metrics", bearer(reader)).status == 200);
  }
  auto const figures = system.get("/metrics").body;
  BOOST_TEST(figures.find(R"(nexus_rate_limit_exceeded_total{client_id="rita",endpoint="/issue/{ticket_key}"} 1)") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(guesses_at_tokens_cost_the_guesser) {
  auto const directory = temporary_directory{};
  auto const tokens = tokens_in(directory);
  auto const system = running_node{[&](node_settings& settings) {
    settings.auth.tokens_file = tokens;
    settings.http.rate_limit.requests = 3;
    settings.http.rate_limit.period = "1h";
  }};
  for (auto i = 0; i < 3; ++i)
    BOOST_TEST(system.get("/runs", bearer("guess-number-000000000" + std::to_string(i))).status == 401);
  BOOST_TEST(system.get("/runs", bearer("guess-number-0000000009")).status == 429);
  BOOST_TEST(system.get("/runs", bearer(reader)).status == 200);
}

BOOST_AUTO_TEST_CASE(without_a_limit_nobody_is_told_of_one) {
  auto const system = running_node{};
  BOOST_TEST(system.get("/runs").field("ratelimit") == "");
}

// -- pages of other sites

BOOST_AUTO_TEST_CASE(only_listed_origins_may_read_answers) {
  auto const directory = temporary_directory{};
  auto const tokens = tokens_in(directory);
  auto const system = running_node{[&](node_settings& settings) {
    settings.auth.tokens_file = tokens;
    settings.http.cors.origins = {"https://dashboard.example.com"};
  }};
  auto const listed = http_fields{{"Origin", "https://dashboard.example.com"}};
  auto const other = http_fields{{"Origin", "https://evil.example"}};
  for (auto const* target : {"/runs", "/health", "/nothing", "/openapi.json", "/runs/run_1/events"}) {
    auto const good = system.get(target, and_fields(bearer(reader), listed));
    BOOST_TEST(good.field("access-control-allow-origin") == "https://dashboard.example.com", target);
    BOOST_TEST(good.field("vary") == "Origin");
    auto const bad = system.get(target, and_fields(bearer(reader), other));
    BOOST_TEST(bad.field("access-control-allow-origin") == "", target);
    BOOST_TEST(bad.field("vary") == "Origin");
  }
  auto const preflight = [&](http_fields const& origin) {
    return send(system.orchestrator(), "OPTIONS", "/query", {},
                and_fields(origin, {{"Access-Control-Request-Method", "POST"}}));
  };
  BOOST_TEST(preflight(listed).status == 204);
  BOOST_TEST(preflight(listed).field("access-control-allow-headers").find("Authorization") != std::string::npos);
  BOOST_TEST(preflight(other).status == 403);
  BOOST_TEST(preflight(other).body.find("evil") == std::string::npos);
  // A listed page still needs credentials: it is not the local user.
  BOOST_TEST(system.get("/runs", listed).status == 401);
}

BOOST_AUTO_TEST_CASE(as_shipped_no_answer_speaks_of_origins) {
  auto const system = running_node{};
  auto const reply = system.get("/runs", {{"Origin", "http://localhost:3000"}});
  BOOST_TEST(reply.status == 200);
  for (auto const& [name, value] : reply.fields) BOOST_TEST(!name.starts_with("access-control"), name);
  BOOST_TEST(reply.field("vary") == "");
}

// -- proxies

BOOST_AUTO_TEST_CASE(a_proxy_is_believed_only_when_it_is_ours) {
  auto const directory = temporary_directory{};
  auto const tokens = tokens_in(directory);
  auto const limited = [&](std::vector<std::string> proxies) {
    return [&tokens, proxies](node_settings& settings) {
      settings.auth.tokens_file = tokens;
      settings.http.trusted_proxies = proxies;
      settings.http.rate_limit.requests = 1;
      settings.http.rate_limit.period = "1h";
    };
  };
  auto const guess = [](running_node const& system, std::string const& client) {
    return system.get("/runs", and_fields(bearer("guess-number-0000000001"), {{"X-Forwarded-For", client}})).status;
  };
  {
    auto const system = running_node{limited({"127.0.0.0/8"})};
    BOOST_TEST(guess(system, "198.51.100.1") == 401);
    BOOST_TEST(guess(system, "198.51.100.1") == 429);
    BOOST_TEST(guess(system, "198.51.100.2") == 401);
    BOOST_TEST(guess(system, "1.1.1.1, 198.51.100.2") == 429);
    // Whoever comes through a proxy is never the local user, whatever the header says.
    for (auto const* client : {"127.0.0.1", "", "unknown", "::1"})
      BOOST_TEST(system.get("/supervision", {{"X-Forwarded-For", client}}).status != 200, client);
    auto const page = system.get("/openapi.json", {{"X-Forwarded-For", "198.51.100.1"},
                                                   {"X-Forwarded-Proto", "https"},
                                                   {"X-Forwarded-Host", "nexus.example.com"}});
    BOOST_TEST(page.data()["servers"][0]["url"] == "https://nexus.example.com");
  }
  {
    // A proxy on this machine that nobody named here: its clients are not the local user either.
    auto const system = running_node{};
    BOOST_TEST(system.get("/supervision").status == 200);
    for (auto const& handed_on : {http_fields{{"X-Forwarded-For", "198.51.100.1"}}, http_fields{{"Via", "1.1 proxy"}},
                                  http_fields{{"Forwarded", "for=198.51.100.1"}}, http_fields{{"X-Real-IP", "::1"}}})
      BOOST_TEST(system.get("/supervision", handed_on).status == 401, handed_on.front().first);
  }
  auto const system = running_node{limited({"10.0.0.0/8"})};
  BOOST_TEST(guess(system, "198.51.100.1") == 401);
  BOOST_TEST(guess(system, "198.51.100.2") == 429);
  auto const page =
      system.get("/openapi.json", {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "nexus.example.com"}});
  BOOST_TEST(!page.data().contains("servers"));
}

// -- requests that come again

BOOST_AUTO_TEST_CASE(the_same_key_gives_the_same_run) {
  auto const system = running_node{};
  auto const keyed = http_fields{{"Idempotency-Key", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\""}};
  for (auto const* target : {"/runs", "/query"}) {
    auto const first = system.post(target, question, keyed);
    auto const again = system.post(target, question, keyed);
    BOOST_TEST(first.status / 100 == 2, target);
    BOOST_TEST(first.field("idempotency-replayed") == "");
    BOOST_TEST(again.status == first.status);
    BOOST_TEST(again.field("idempotency-replayed") == "true");
    BOOST_TEST(again.body == first.body);
    BOOST_TEST(again.field("content-type") == first.field("content-type"));
  }
  BOOST_TEST(system.all_runs().size() == 2U);
  auto const other = system.post("/runs", {{"query", "Which builds failed?"}}, keyed);
  BOOST_TEST(other.status == 422);
  BOOST_TEST(other.field("content-type") == "application/problem+json");
  BOOST_TEST(system.post("/runs", question, {{"Idempotency-Key", "\"\""}}).status == 400);
  BOOST_TEST(system.post("/runs", question, {{"Idempotency-Key", std::string(300, 'k')}}).status == 400);
  // What is wrong in shape is nobody's first attempt.
  BOOST_TEST(system.post("/runs", {{"query", 5}}, {{"Idempotency-Key", "k2"}}).status == 422);
  BOOST_TEST(system.post("/runs", question, {{"Idempotency-Key", "k2"}}).status == 202);
}

BOOST_AUTO_TEST_CASE(while_the_first_request_is_answered_the_second_is_told_to_wait) {
  auto const system = running_node{[](node_settings& settings) { settings.llm.mock_latency_ms = 1'500; }};
  auto const keyed = http_fields{{"Idempotency-Key", "slow-1"}};
  auto first = http_reply{};
  auto asking = std::jthread{[&] { first = system.post("/query", question, keyed); }};
  BOOST_TEST(eventually([&] { return !system.all_runs().empty(); }));
  BOOST_TEST(system.post("/query", question, keyed).status == 409);
  asking.join();
  BOOST_TEST(first.status == 200);
  BOOST_TEST(system.post("/query", question, keyed).body == first.body);
  BOOST_TEST(system.all_runs().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_that_hung_up_and_a_node_that_died_make_no_second_run) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() + "/data";
  auto const keyed = http_fields{{"Idempotency-Key", "after-a-crash"}};
  auto run_id = std::string{};
  {
    auto system = node_process{data, {}};
    auto const started = system.post("/runs", question, keyed);
    BOOST_REQUIRE(started.status == 202);
    run_id = started.data()["run_id"];
    system.kill();
  }
  auto const system = node_process{data, {}};
  auto const again = system.post("/runs", question, keyed);
  BOOST_TEST(again.status == 202);
  BOOST_TEST(again.field("idempotency-replayed") == "true");
  BOOST_TEST(again.data()["run_id"] == run_id);
  BOOST_TEST(system.ended(run_id)["status"] == "success");
  BOOST_TEST(system.all_runs().size() == 1U);
}

// -- settings that change

BOOST_AUTO_TEST_CASE(settings_are_shown_to_administrators_alone_and_never_their_secrets) {
  auto const directory = temporary_directory{};
  auto const tokens = tokens_in(directory);
  auto const system = running_node{[&](node_settings& settings) {
    settings.environment = node_environment::production;
    settings.auth.tokens_file = tokens;
    settings.auth.jwt_secret = secret{"a-key-that-nobody-must-see-in-any-answer"};
  }};
  BOOST_TEST(system.get("/settings").status == 401);
  BOOST_TEST(system.get("/settings", bearer(reader)).status == 403);
  BOOST_TEST(system.get("/settings", bearer(writer)).status == 403);
  auto const shown = system.get("/settings", bearer(administrator));
  BOOST_TEST(shown.status == 200);
  BOOST_TEST(shown.data()["settings"]["auth"]["jwt_secret"] == "(set)");
  BOOST_TEST(shown.data()["pending_restart"].empty());
  BOOST_TEST(shown.body.find("nobody-must-see") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_changed_file_is_taken_over_where_it_can_be_and_the_rest_waits) {
  auto const directory = temporary_directory{};
  auto const file = directory.write("nexus.yaml", "runs: {max_steps: 7}\n");
  auto system = node_process{directory.path() + "/data", {"config=" + file}};
  auto const settings = [&] { return system.get("/settings").data(); };
  BOOST_TEST(settings()["settings"]["runs"]["max_steps"] == 7);
  BOOST_TEST(settings()["origins"]["runs.max_steps"]["detail"].get<std::string>().ends_with("nexus.yaml:1"));

  directory.write("nexus.yaml", "runs: {max_steps: 9}\n"
                                "http: {max_in_flight: 77, rate_limit: {requests: 100000, period: 1h}}\n");
  BOOST_TEST(eventually([&] { return settings()["settings"]["runs"]["max_steps"] == 9; }));
  auto const changed = settings();
  BOOST_TEST(changed["settings"]["http"]["max_in_flight"] == 256);
  BOOST_REQUIRE(changed["pending_restart"].size() == 1U);
  BOOST_TEST(changed["pending_restart"][0]["setting"] == "http.max_in_flight");
  BOOST_TEST(changed["pending_restart"][0]["wanted"] == 77);
  BOOST_TEST(system.get("/runs").field("ratelimit") != "");
  auto const ready = system.get("/readyz?verbose").data();
  BOOST_TEST(ready["status"] == "pass");
  BOOST_TEST(ready["checks"]["settings"][0]["output"] == "a restart is needed for http.max_in_flight");

  // Every problem at once, and nothing of it is taken over.
  directory.write("nexus.yaml", "runs: {max_steps: 5}\nlog: {level: loud}\nhttp: {cors: {origins: ['x']}}\n");
  BOOST_TEST(eventually([&] { return settings()["problems"].size() == 2U; }));
  BOOST_TEST(settings()["settings"]["runs"]["max_steps"] == 9);
  auto const troubled = system.get("/readyz?verbose");
  BOOST_TEST(troubled.status == 200);
  BOOST_TEST(troubled.data()["status"] == "warn");
  BOOST_TEST(system.log().find("not taken over") != std::string::npos);

  directory.write("nexus.yaml", "runs: {max_steps: 5}\n");
  BOOST_TEST(eventually([&] { return settings()["settings"]["runs"]["max_steps"] == 5; }));
  BOOST_TEST(settings()["problems"].empty());
  BOOST_TEST(settings()["pending_restart"].empty());
  BOOST_TEST(system.get("/runs").field("ratelimit") == "");
  auto const figures = system.get("/metrics").body;
  BOOST_TEST(figures.find(R"(nexus_settings_reloads_total{result="rejected"} 1)") != std::string::npos);
  BOOST_TEST(figures.find(R"(nexus_settings_reloads_total{result="adopted"} 2)") != std::string::npos);
  BOOST_TEST(system.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_token_that_was_added_or_removed_counts_without_a_restart) {
  auto const directory = temporary_directory{};
  auto const tokens = tokens_in(directory);
  auto const system = node_process{directory.path() + "/data", {"auth.tokens_file=" + tokens}};
  BOOST_TEST(system.get("/runs", bearer("newly-made-token-0123")).status == 401);
  directory.write("tokens", fmt::format("anna admin {}\nnora read newly-made-token-0123\n", administrator));
  BOOST_TEST(eventually([&] { return system.get("/runs", bearer("newly-made-token-0123")).status == 200; }));
  BOOST_TEST(system.get("/runs", bearer(reader)).status == 401);
  // A broken file takes nobody's token away.
  directory.write("tokens", "nora own x\n");
  BOOST_TEST(eventually([&] { return !system.get("/settings", bearer(administrator)).data()["problems"].empty(); }));
  BOOST_TEST(system.get("/runs", bearer("newly-made-token-0123")).status == 200);
}

BOOST_AUTO_TEST_CASE(settings_that_would_open_a_running_node_are_not_taken_over) {
  auto const directory = temporary_directory{};
  auto const tokens = tokens_in(directory);
  auto const system = running_node{[&](node_settings& settings) {
    settings.bind = "0.0.0.0";
    settings.auth.tokens_file = tokens;
  }};
  // Right as a whole, since it would listen on loopback from the next start on; until then anybody could come in.
  auto wanted = system.node().settings();
  wanted.bind = "127.0.0.1";
  wanted.auth.tokens_file = "";
  BOOST_REQUIRE(check_node_settings(wanted).empty());
  system.node().reload(loaded<node_settings>{wanted, {}, {}});
  BOOST_TEST(system.get("/runs").status == 401);
  BOOST_TEST(system.get("/settings", bearer(administrator)).data()["problems"].size() == 1U);
}
