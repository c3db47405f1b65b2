#include "tests/system/support.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

// Who may do what.

using namespace nexus;
using namespace nexus::testing;

namespace {

constexpr auto reader = "reader-token-0123456789", writer = "writer-token-0123456789";
constexpr auto key = "a-key-for-tests-that-has-32-bytes-and-some-more";

auto bearer(std::string const& token) -> http_fields { return {{"Authorization", "Bearer " + token}}; }

auto base64url(std::string_view bytes) -> std::string {
  auto text = std::string(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto const size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<unsigned char const*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

auto token_of(json const& claims, json const& header = {{"alg", "HS256"}, {"typ", "JWT"}},
              std::string_view signing_key = key) -> std::string {
  auto const text = base64url(header.dump()) + "." + base64url(claims.dump());
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), signing_key.data(), static_cast<int>(signing_key.size()),
       reinterpret_cast<unsigned char const*>(text.data()), text.size(), hash, &size);
  return text + "." + base64url({reinterpret_cast<char const*>(hash), size});
}

auto claims() -> json {
  auto const soon =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()) + 5min;
  return {{"iss", "nexus-orchestrator"},
          {"aud", "nexus-agents"},
          {"sub", "ada"},
          {"exp", soon.count()},
          {"scope", "write"}};
}

auto with(json base, std::string const& name, json value) -> json {
  base[name] = std::move(value);
  return base;
}

auto refusal(std::function<void(node_settings&)> const& adjust) -> std::string {
  auto const directory = temporary_directory{};
  auto settings = test_settings(directory.path());
  settings.port_offset = free_port_offset();
  adjust(settings);
  auto started = apps::node::start({settings, {}, {}});
  BOOST_TEST(!started);
  return started ? std::string{} : started.error().render();
}

constexpr auto write_body = R"({"query":"Is nexus-main green?"})";

} // namespace

BOOST_AUTO_TEST_CASE(tokens_decide_who_reads_and_who_writes) {
  auto const directory = temporary_directory{};
  auto const file =
      directory.write("tokens", fmt::format("# people\nrita read {}\nwalt write {} # both\n", reader, writer));
  auto const system = running_node{[&](node_settings& settings) {
    settings.environment = node_environment::production;
    settings.auth.tokens_file = file;
    settings.auth.metrics_open = false;
  }};
  for (auto const port : {system.orchestrator(), system.jira(), system.git_ci()}) {
    for (auto const& fields : {http_fields{},
                               bearer("wrong-token-0123456789"),
                               {{"Authorization", "Basic cml0YTp4"}},
                               {{"Authorization", "Bearer"}}}) {
      auto const reply = send(port, "GET", "/supervision", {}, fields);
      BOOST_TEST(reply.status == 401);
      BOOST_TEST(reply.field("www-authenticate").starts_with("Bearer"));
      BOOST_TEST(reply.body.find("wrong-token") == std::string::npos);
    }
    BOOST_TEST(send(port, "GET", "/supervision", {}, bearer(reader)).status == 200);
    BOOST_TEST(send(port, "GET", "/supervision", {}, {{"Authorization", std::string{"bearer "} + reader}}).status ==
               200);
    for (auto const* open : {"/health", "/live", "/ready", "/livez", "/readyz"})
      BOOST_TEST(send(port, "GET", open).status == 200, open);
    BOOST_TEST(send(port, "GET", "/metrics").status == 401);
    BOOST_TEST(send(port, "GET", "/metrics", {}, bearer(reader)).status == 200);
  }
  BOOST_TEST(system.get("/runs").status == 401);
  BOOST_TEST(system.get("/runs/run_1/events").status == 401);
  BOOST_TEST(system.get("/runs", bearer(reader)).status == 200);
  BOOST_TEST(system.get("/readiness/v2.0.0", bearer(reader)).status == 200);
  BOOST_TEST(send(system.jira(), "GET", "/issue/PROJ-123", {}, bearer(reader)).status == 200);
  for (auto const* target : {"/runs", "/query"}) {
    BOOST_TEST(send(system.orchestrator(), "POST", target, write_body).status == 401);
    BOOST_TEST(send(system.orchestrator(), "POST", target, write_body, bearer(reader)).status == 403);
    BOOST_TEST(send(system.orchestrator(), "POST", target, write_body, bearer(writer)).status / 100 == 2);
  }
  auto const by_action = fmt::format(R"({{"action":"start_run","payload":{}}})", write_body);
  BOOST_TEST(send(system.orchestrator(), "POST", "/execute", by_action, bearer(reader)).status == 403);
  auto const started = send(system.orchestrator(), "POST", "/runs", write_body, bearer(writer));
  BOOST_TEST(
      system.get("/runs/" + started.data().at("run_id").get<std::string>(), bearer(reader)).data().at("principal") ==
      "walt");
}

BOOST_AUTO_TEST_CASE(signed_tokens_are_taken_for_what_they_prove) {
  auto const system = running_node{[&](node_settings& settings) {
    settings.environment = node_environment::production;
    settings.auth.jwt_secret = secret{key};
  }};
  auto const status = [&](std::string const& token) {
    return send(system.orchestrator(), "POST", "/runs", write_body, bearer(token)).status;
  };
  BOOST_TEST(status(token_of(claims())) == 202);
  BOOST_TEST(status(token_of(with(claims(), "aud", {"others", "nexus-agents"}))) == 202);
  BOOST_TEST(status(token_of(with(claims(), "scope", "read"))) == 403);
  auto without_scope = claims();
  without_scope.erase("scope");
  BOOST_TEST(status(token_of(without_scope)) == 403);
  for (auto const* needed : {"iss", "aud", "exp", "sub"}) {
    auto lacking = claims();
    lacking.erase(needed);
    BOOST_TEST(status(token_of(lacking)) == 401, needed);
  }
  auto const now = claims().at("exp").get<std::int64_t>() - 300;
  BOOST_TEST(status(token_of(with(claims(), "exp", now - 3'600))) == 401);
  BOOST_TEST(status(token_of(with(claims(), "nbf", now + 3'600))) == 401);
  BOOST_TEST(status(token_of(with(claims(), "iss", "somebody"))) == 401);
  BOOST_TEST(status(token_of(with(claims(), "aud", "others"))) == 401);
  BOOST_TEST(status(token_of(claims(), {{"alg", "none"}})) == 401);
  BOOST_TEST(status(token_of(claims(), {{"alg", "HS512"}})) == 401);
  BOOST_TEST(status(token_of(claims(), {{"alg", "HS256"}}, "another-key-that-has-32-bytes-and-more")) == 401);
  auto const good = token_of(claims());
  BOOST_TEST(status(good.substr(0, good.rfind('.') + 1)) == 401);
  BOOST_TEST(status(good.substr(0, good.rfind('.'))) == 401);
  BOOST_TEST(status("..") == 401);
  BOOST_TEST(status(std::string(9'000, 'x')) == 401);
}

BOOST_AUTO_TEST_CASE(tokens_and_the_key_of_signed_tokens_reach_no_log_line) {
  auto const directory = temporary_directory{};
  // Names are logged with the runs that they ask for: here they are secrets themselves.
  auto const file = directory.write("tokens", fmt::format("{0} write {0}\n", writer));
  auto system = node_process{
      directory.path() + "/data",
      {"auth.tokens_file=" + file, fmt::format("auth.jwt_secret={}", key), "log.level=debug", "log.format=json"}};
  for (auto const& token : {std::string{writer}, token_of(with(claims(), "sub", key))}) {
    auto const reply = send(system.orchestrator(), "POST", "/query", write_body, bearer(token));
    BOOST_TEST(reply.status == 200);
    send(system.orchestrator(), "GET", fmt::format("/{}?token={}", writer, key), {}, {{"X-Request-ID", token}});
  }
  BOOST_TEST(system.stop() == 0);
  auto const log = system.log();
  BOOST_TEST(log.find(R"("principal":"[redacted]")") != std::string::npos, log);
  BOOST_TEST(log.find(writer) == std::string::npos);
  BOOST_TEST(log.find(key) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_node_without_credentials_serves_this_machine_alone) {
  auto const system = running_node{};
  for (auto const* host : {"127.0.0.1", "127.0.0.1:8080", "localhost", "localhost:8080", "[::1]:8080"})
    BOOST_TEST(system.get("/runs", {{"Host", host}}).status == 200, host);
  for (auto const* host :
       {"evil.example", "127.evil.example", "127.0.0.1.evil.example:8080", "localhost.evil.example", "10.0.0.1"})
    BOOST_TEST(system.get("/runs", {{"Host", host}}).status == 401, host);
  // A page of another site can make a browser send requests without a preflight; their origin gives them away.
  for (auto const* origin : {"https://evil.example", "null", "http://127.evil.example"})
    BOOST_TEST(send(system.orchestrator(), "POST", "/runs", write_body, {{"Origin", origin}}).status == 401, origin);
  for (auto const* origin : {"http://localhost:8088", "http://127.0.0.1"})
    BOOST_TEST(send(system.orchestrator(), "POST", "/runs", write_body, {{"Origin", origin}}).status == 202, origin);
  BOOST_TEST(system.get("/health", {{"Host", "evil.example"}}).status == 200);
}

BOOST_AUTO_TEST_CASE(what_can_be_reached_from_outside_does_not_start_without_credentials) {
  auto const outside = refusal([](node_settings& settings) { settings.bind = "0.0.0.0"; });
  BOOST_TEST(outside.find("credentials") != std::string::npos, outside);
  auto const production = refusal([](node_settings& settings) { settings.environment = node_environment::production; });
  BOOST_TEST(production.find("credentials") != std::string::npos, production);
  auto const unreadable = refusal([](node_settings& settings) { settings.auth.tokens_file = "/nonexistent/tokens"; });
  BOOST_TEST(unreadable.find("/nonexistent/tokens") != std::string::npos, unreadable);
  auto const directory = temporary_directory{};
  auto const file = directory.write("tokens", "rita read short\n");
  auto const short_token = refusal([&](node_settings& settings) { settings.auth.tokens_file = file; });
  BOOST_TEST(short_token.find("tokens:1") != std::string::npos, short_token);
  BOOST_TEST(short_token.find("short ") == std::string::npos, short_token);
  auto bound = test_settings(directory.path());
  bound.bind = "0.0.0.0";
  BOOST_TEST(!check_node_settings(bound).empty());
  // With credentials it does, and asks everybody for them.
  auto const tokens = directory.write("more", fmt::format("walt write {}\n", writer));
  auto const system = running_node{[&](node_settings& settings) {
    settings.bind = "0.0.0.0";
    settings.auth.tokens_file = tokens;
  }};
  BOOST_TEST(system.get("/runs").status == 401);
  BOOST_TEST(system.get("/runs", bearer(writer)).status == 200);
}
