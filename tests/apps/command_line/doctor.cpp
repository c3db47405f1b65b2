#include "tests/apps/command_line/program.hpp"
#ifdef NEXUS_OTLP_RECEIVER
#include "tests/system/otlp_receiver.hpp"
#endif

#include <netinet/in.h>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>

using namespace nexus::apps;

namespace {

/// Secrets, one for each place where a node may find one, and forms of others that logs hold.
constexpr auto in_settings = "planted-github-token-in-settings";
constexpr auto in_variable = "planted-jira-token-in-a-variable";
constexpr auto in_file = "planted-jenkins-token-in-a-file";
constexpr auto in_tokens = "planted-bearer-token-of-anna";
constexpr auto of_client = "planted-token-of-the-client";
constexpr auto jwt_key = "planted-key-for-json-web-tokens-0123456789";
constexpr auto in_log = "planted-password-in-a-log";
constexpr auto github_form = "ghp_plantedPlantedPlantedPlantedPlanted012";

/// Ports that nobody uses, four in a row.
auto free_offset() -> std::string {
  for (auto offset = 22'000 + getpid() % 10'000; offset < 50'000; offset += 11) {
    auto free = true;
    for (auto i = 0; i < 4; ++i) {
      auto const handle = socket(AF_INET, SOCK_STREAM, 0);
      auto address = sockaddr_in{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(8080 + offset + i));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      free = free && bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      close(handle);
    }
    if (free) return std::to_string(offset);
  }
  BOOST_FAIL("no free ports");
  return {};
}

/// The finding of a check; null when there is none.
auto found(nlohmann::json const& report, std::string const& check) -> nlohmann::json {
  for (auto const& each : report["checks"])
    if (each["check"] == check) return each;
  return {};
}

auto state(nlohmann::json const& report, std::string const& check) -> std::string {
  return found(report, check).value("state", "none");
}

/// A simulated outside world in a process of its own.
struct outside {
  process simulator{{{"simulate", "--port", "0", "--json"}}};
  std::string url = nlohmann::json::parse(simulator.read_until("\n"))["url"];

  auto settings(std::string const& repository = "nexus/backend", std::string const& job = "nexus-main") const {
    return fmt::format("mode: live\nport_offset: {}\njira: {{url: '{}/jira', username: nexus}}\n"
                       "github: {{url: '{}/github'}}\njenkins: {{url: '{}/jenkins', username: nexus}}\n"
                       "projects: [{{key: NEXUS, repository: {}, job: {}}}]\n",
                       free_offset(), url, url, url, repository, job);
  }
};

/// A program that is no node of ours, listens, and keeps what it is told.
class stranger {
public:
  stranger() {
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto size = socklen_t{sizeof address};
    BOOST_REQUIRE(bind(listening_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    BOOST_REQUIRE(listen(listening_, 16) == 0);
    BOOST_REQUIRE(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { answer(); }};
  }
  ~stranger() {
    shutdown(listening_, SHUT_RDWR);
    thread_.join();
    close(listening_);
  }
  stranger(stranger const&) = delete;
  auto operator=(stranger const&) -> stranger& = delete;

  auto port() const -> std::uint16_t { return port_; }
  auto heard() const -> std::string {
    auto const lock = std::lock_guard{mutex_};
    return heard_;
  }

private:
  void answer() {
    for (auto handle = accept(listening_, nullptr, nullptr); handle >= 0;
         handle = accept(listening_, nullptr, nullptr)) {
      auto buffer = std::array<char, 8'192>{};
      if (auto const count = recv(handle, buffer.data(), buffer.size(), 0); count > 0) {
        auto const lock = std::lock_guard{mutex_};
        heard_.append(buffer.data(), static_cast<std::size_t>(count));
      }
      auto const reply = std::string_view{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"};
      (void)send(handle, reply.data(), reply.size(), MSG_NOSIGNAL);
      close(handle);
    }
  }

  int listening_ = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::string heard_;
  std::thread thread_;
};

auto const right = std::map<std::string, std::string>{{"JIRA_API_TOKEN", "simulator-token"},
                                                      {"GITHUB_TOKEN", "simulator-token"},
                                                      {"JENKINS_API_TOKEN", "simulator-token"}};

} // namespace

BOOST_AUTO_TEST_CASE(doctor_tells_an_address_that_is_not_ours_from_a_port_that_is_taken) {
  auto const directory = temporary_directory{};
  auto const result = run({.arguments = {"doctor", "--json", "--port-offset", free_offset()},
                           .environment = {{"NEXUS_BIND", "192.0.2.1"},
                                           {"NEXUS_JWT_SECRET", "a-key-for-tokens-that-is-long-enough-for-hs256"}},
                           .directory = directory.path()});
  auto const report = result.json();
  auto seen = false;
  for (auto const& each : report["checks"]) {
    if (!each["check"].get<std::string>().starts_with("port ")) continue;
    seen = true;
    BOOST_TEST(each["state"] == "fail");
    BOOST_TEST(each["detail"].get<std::string>().find("cannot listen at 192.0.2.1: Cannot assign requested address") !=
               std::string::npos);
    BOOST_TEST(each["remedy"].get<std::string>().find("NEXUS_BIND") != std::string::npos);
  }
  BOOST_TEST(seen);
}

BOOST_AUTO_TEST_CASE(doctor_shows_its_token_to_nodes_alone) {
  auto const directory = temporary_directory{};
  auto const somebody = stranger{};
  auto const bundle = directory.path() + "/bundle.tar.gz";
  auto const offset = std::to_string(static_cast<int>(somebody.port()) - 8080);
  auto const result = run({.arguments = {"doctor", "--json", "--port-offset", offset, "--bundle", bundle},
                           .environment = {{"NEXUS_TOKEN", of_client}},
                           .directory = directory.path()});
  BOOST_TEST(state(result.json(), fmt::format("port {}", somebody.port())) == "fail");
  auto const heard = somebody.heard();
  BOOST_TEST(heard.find("GET /readyz?verbose") != std::string::npos);
  BOOST_TEST(heard.find(of_client) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(doctor_finds_nothing_wrong_where_nothing_is) {
  auto const directory = temporary_directory{};
  auto const result =
      run({.arguments = {"doctor", "--json", "--port-offset", free_offset()}, .directory = directory.path()});
  BOOST_TEST(result.code == 0);
  auto const report = result.json();
  BOOST_TEST(report["status"] == "pass");
  for (auto const* check : {"settings", "data directory", "space"}) BOOST_TEST(state(report, check) == "pass", check);
  for (auto const* check : {"services", "tracing"}) BOOST_TEST(state(report, check) == "skipped", check);
  BOOST_TEST(!std::filesystem::exists(directory.path() + "/nexus-data"), "it only looks");
  auto const text = run({.arguments = {"doctor", "--port-offset", free_offset()}, .on_terminal = true});
  BOOST_TEST(contains(text.out, "CHECK"));
  BOOST_TEST(text.out.find("To do") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(doctor_names_wrong_settings_and_looks_no_further) {
  auto const directory = temporary_directory{};
  auto const file = directory.write("nexus.yaml", "bind: nowhere\nlog: {level: loud}\n");
  auto const result = run({"doctor", "--json", "--config", file});
  BOOST_TEST(result.code == 2);
  BOOST_TEST(result.json()["checks"].size() == 3U);
  BOOST_TEST(result.json()["status"] == "fail");
  auto const text = run({"doctor", "--config", file});
  BOOST_TEST(text.code == 2);
  BOOST_TEST(contains(text.out, "To do:"));
}

BOOST_AUTO_TEST_CASE(files_with_secrets_that_others_may_read_are_found) {
  auto const directory = temporary_directory{};
  auto const file = directory.write("nexus.yaml", std::string{"github: {token: "} + in_settings + "}\n");
  auto const tokens = directory.write("tokens", std::string{"anna admin "} + in_tokens + "\n");
  auto const key = directory.write("key", jwt_key);
  auto const call = invocation{.arguments = {"doctor", "--json", "--config", file, "--port-offset", free_offset()},
                               .environment = {{"NEXUS_API_TOKENS_FILE", tokens}, {"NEXUS_JWT_SECRET_FILE", key}},
                               .directory = directory.path()};
  for (auto const& each : {file, tokens, key}) chmod(each.c_str(), 0644);
  auto const open = run(call);
  BOOST_TEST(open.code == 1);
  for (auto const* check : {"settings file", "tokens file", "NEXUS_JWT_SECRET_FILE"}) {
    BOOST_TEST(state(open.json(), check) == "fail", check);
    BOOST_TEST(contains(found(open.json(), check)["remedy"], "chmod 600"));
  }
  for (auto const& each : {file, tokens, key}) chmod(each.c_str(), 0640);
  BOOST_TEST(run(call).json()["status"] == "warn");
  for (auto const& each : {file, tokens, key}) chmod(each.c_str(), 0600);
  auto const closed = run(call);
  BOOST_TEST(closed.code == 0);
  BOOST_TEST(closed.json()["status"] == "pass");
}

BOOST_AUTO_TEST_CASE(a_damaged_store_and_a_port_of_somebody_else_are_found) {
  auto const directory = temporary_directory{};
  directory.write("nexus-data/nexus.db", std::string(8'192, 'x'));
  chmod((directory.path() + "/nexus-data").c_str(), 0700);
  auto simulator = outside{};
  auto const port = std::stoi(simulator.url.substr(simulator.url.rfind(':') + 1));
  auto const result =
      run({.arguments = {"doctor", "--json", "--roles", "jira", "--set", "port=" + std::to_string(port)},
           .directory = directory.path()});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(state(result.json(), "store") == "fail");
  BOOST_TEST(state(result.json(), "port " + std::to_string(port)) == "fail");
}

BOOST_AUTO_TEST_CASE(services_are_asked_with_the_credentials_of_live_mode) {
  auto const world = outside{};
  auto const directory = temporary_directory{};
  auto const file = directory.write("nexus.yaml", world.settings());
  auto const result =
      run({.arguments = {"doctor", "--json", "--config", file}, .environment = right, .directory = directory.path()});
  auto const report = result.json();
  for (auto const* check : {"jira", "jira NEXUS", "github nexus/backend", "jenkins", "jenkins nexus-main", "clock"})
    BOOST_TEST(state(report, check) == "pass", check << ": " << found(report, check).dump());
  BOOST_TEST(result.code == 0);
}

BOOST_AUTO_TEST_CASE(what_a_service_does_not_know_or_allow_is_named_with_its_remedy) {
  auto const world = outside{};
  auto const directory = temporary_directory{};
  auto const file = directory.write("nexus.yaml", world.settings("nexus/unheard-of", "no-such-job"));
  auto environment = right;
  environment["JIRA_API_TOKEN"] = in_variable;
  auto const result = run(
      {.arguments = {"doctor", "--json", "--config", file}, .environment = environment, .directory = directory.path()});
  BOOST_TEST(result.code == 1);
  auto const report = result.json();
  BOOST_TEST(state(report, "jira") == "fail");
  BOOST_TEST(contains(found(report, "jira")["remedy"], "JIRA_USERNAME and JIRA_API_TOKEN"));
  BOOST_TEST(state(report, "github nexus/unheard-of") == "fail");
  BOOST_TEST(contains(found(report, "github nexus/unheard-of")["remedy"], "Metadata: read"));
  BOOST_TEST(state(report, "jenkins no-such-job") == "fail");
  BOOST_TEST(contains(found(report, "jenkins no-such-job")["remedy"], "Job/Read"));
  BOOST_TEST(result.out.find("planted") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_answer_is_named) {
  auto const directory = temporary_directory{};
  auto const file = directory.write(
      "nexus.yaml", fmt::format("mode: live\nroles: [jira]\nport_offset: {}\njira: {{url: 'http://127.0.0.1:9', "
                                "username: nexus}}\nprojects: [{{key: NEXUS, repository: a/b, job: c}}]\n",
                                free_offset()));
  auto const report =
      run({.arguments = {"doctor", "--json", "--config", file}, .environment = right, .directory = directory.path()})
          .json();
  BOOST_TEST(state(report, "jira") == "fail");
  BOOST_TEST(contains(found(report, "jira")["remedy"], "JIRA_URL"));
  BOOST_TEST(state(report, "clock") == "skipped");
}

BOOST_AUTO_TEST_CASE(a_wrong_endpoint_of_traces_is_named_with_its_remedy) {
  auto const wrong = run({.arguments = {"doctor", "--json", "--port-offset", free_offset()},
                          .environment = {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"},
                                          {"OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon"}}});
  BOOST_TEST(wrong.code == 1);
  BOOST_TEST(state(wrong.json(), "tracing") == "fail");
  BOOST_TEST(contains(found(wrong.json(), "tracing")["remedy"], "use grpc or http/protobuf"));
}

#ifdef NEXUS_OTLP_RECEIVER
BOOST_AUTO_TEST_CASE(traces_are_seen_to_arrive_over_both_protocols) {
  using nexus::testing::otlp_receiver;
  for (auto const how : {otlp_receiver::protocol::http, otlp_receiver::protocol::grpc}) {
    auto receiver = std::make_unique<otlp_receiver>(how);
    auto const call = invocation{.arguments = {"doctor", "--json", "--port-offset", free_offset()},
                                 .environment = {{"OTEL_EXPORTER_OTLP_ENDPOINT", receiver->endpoint()},
                                                 {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=planted-key-of-the-receiver"},
                                                 {"OTEL_EXPORTER_OTLP_PROTOCOL",
                                                  how == otlp_receiver::protocol::http ? "http/protobuf" : "grpc"}}};
    auto const taken = run(call);
    BOOST_TEST(taken.code == 0);
    BOOST_TEST(state(taken.json(), "tracing") == "pass", taken.out);
    BOOST_REQUIRE(receiver->spans().size() == 1U);
    BOOST_TEST(receiver->spans().front().name == "nexus doctor");
    BOOST_TEST(receiver->fields()["api-key"] == "planted-key-of-the-receiver");

    receiver.reset();
    auto const refused = run(call);
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(state(refused.json(), "tracing") == "fail", refused.out);
    BOOST_TEST(contains(found(refused.json(), "tracing")["remedy"], "OTEL_EXPORTER_OTLP_ENDPOINT"));
    BOOST_TEST(refused.out.find("planted") == std::string::npos);
  }
}
#endif

BOOST_AUTO_TEST_CASE(a_support_bundle_holds_no_secret_from_anywhere) {
  auto const world = outside{};
  auto const directory = temporary_directory{};
  auto const offset = free_offset();
  auto const file = directory.write("nexus.yaml", fmt::format("mode: live\nport_offset: {}\n"
                                                              "jira: {{url: '{}/jira', username: nexus}}\n"
                                                              "github: {{url: '{}/github', token: {}}}\n"
                                                              "jenkins: {{url: '{}/jenkins', username: nexus}}\n"
                                                              "projects: [{{key: NEXUS, repository: nexus/backend, "
                                                              "job: nexus-main}}]\n",
                                                              offset, world.url, world.url, in_settings, world.url));
  auto const tokens = directory.write("tokens", fmt::format("anna admin {}\n", in_tokens));
  auto const jenkins = directory.write("jenkins", in_file);
  auto const log = directory.write(
      "nexus.log", fmt::format("{{\"message\":\"connected\",\"password\":\"{}\"}}\n"
                               "Authorization: Bearer {}\nclone https://bot:{}@example.com/x.git\n"
                               "github says {} and jira {} and jenkins {} and {}\nthe last line is kept\n",
                               in_log, in_tokens, in_log, github_form, in_variable, in_file, jwt_key));
  auto const environment = std::map<std::string, std::string>{{"JIRA_API_TOKEN", in_variable},
                                                              {"JENKINS_API_TOKEN_FILE", jenkins},
                                                              {"NEXUS_JWT_SECRET", jwt_key},
                                                              {"NEXUS_API_TOKENS_FILE", tokens},
                                                              {"NEXUS_TOKEN", of_client}};
  auto node =
      process{{.arguments = {"serve", "--config", file}, .environment = environment, .directory = directory.path()}};
  node.read_until("Ctrl-C");
  auto const bundle = directory.path() + "/support.tar.gz";
  auto with_admin = environment;
  with_admin["NEXUS_TOKEN"] = in_tokens;
  auto const result = run({.arguments = {"doctor", "--config", file, "--bundle", bundle, "--log", log},
                           .environment = with_admin,
                           .directory = directory.path()});
  BOOST_TEST(contains(result.err, "support.tar.gz holds"));
  struct ::stat made{};
  BOOST_REQUIRE(stat(bundle.c_str(), &made) == 0);
  BOOST_TEST((made.st_mode & 0777U) == 0600U);

  auto const unpacked = directory.path() + "/unpacked";
  std::filesystem::create_directory(unpacked);
  BOOST_REQUIRE(std::system(fmt::format("tar -xzf {} -C {}", bundle, unpacked).c_str()) == 0);
  auto names = std::set<std::string>{};
  auto everything = result.out + result.err;
  for (auto const& entry : std::filesystem::directory_iterator{unpacked + "/nexus-support"}) {
    names.insert(entry.path().filename());
    everything += read_all(entry.path());
  }
  for (auto const* name : {"report.json", "system.json", "settings.json", "server-settings.json", "tree.json",
                           "metrics.txt", "readyz-orchestrator.json", "log.txt"})
    BOOST_TEST(names.contains(name), name);
  BOOST_TEST(contains(read_all(unpacked + "/nexus-support/log.txt"), "the last line is kept"));
  for (auto const* name : {"settings.json", "server-settings.json", "report.json", "tree.json"})
    BOOST_TEST(nlohmann::json::accept(read_all(unpacked + "/nexus-support/" + name)), name);
  BOOST_TEST(contains(read_all(unpacked + "/nexus-support/settings.json"), "(set)"));
  BOOST_TEST(contains(read_all(unpacked + "/nexus-support/server-settings.json"), "(set)"));
  BOOST_TEST(contains(read_all(unpacked + "/nexus-support/tree.json"), "nexus/jira"));
  for (auto const* secret : {"planted", "Planted"}) {
    auto const at = everything.find(secret);
    BOOST_TEST(at == std::string::npos, everything.substr(std::min(at, everything.size()), 200));
  }

  auto const again = run({.arguments = {"doctor", "--config", file, "--bundle", bundle},
                          .environment = environment,
                          .directory = directory.path()});
  BOOST_TEST(contains(again.err, "support.tar.gz"));
  BOOST_TEST(again.code == 1, "a bundle is not overwritten");
  node.send_signal(SIGINT);
  node.finish();
}
