#include "tests/apps/command_line/program.hpp"
#include "tests/runtime/store/redis_server.hpp"

#include <sys/stat.h>

using namespace nexus::apps;

namespace {

/// A node on ports of its own over a directory, until this is destroyed.
struct node {
  explicit node(std::string const& data, std::string const& ask = "Is v2.0.0 ready for release?")
      : offset(std::to_string(33'000 + getpid() % 15'000)),
        program({.arguments = {"serve", "--data-dir", data, "--port-offset", offset, "--ask", ask, "--set",
                               "log.level=warn"},
                 .environment = {}}) {
    program.read_until("Ctrl-C");
  }
  void stop() {
    program.send_signal(SIGTERM);
    BOOST_TEST(program.finish().code == 0);
  }
  std::string offset;
  process program;
};

auto runs(node const& running) -> nlohmann::json {
  return run({.arguments = {"runs", "list", "--json"}, .environment = {{"NEXUS_PORT_OFFSET", running.offset}}}).json();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_store_is_copied_while_it_is_used_and_restored_when_it_is_not) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() + "/data", copy = directory.path() + "/copy.db";
  auto kept = nlohmann::json{};
  {
    auto running = node{data};
    kept = runs(running)["runs"][0];
    auto const copied = run({"store", "backup", copy, "--data-dir", data, "--json"});
    BOOST_TEST(copied.code == 0, copied.err);
    BOOST_TEST(copied.json()["file"] == copy);
    BOOST_TEST(copied.json()["bytes"] == std::filesystem::file_size(copy));
    BOOST_TEST(run({"store", "backup", copy, "--data-dir", data}).code == 1);
    BOOST_TEST(run({"store", "backup", copy, "--data-dir", data, "--force"}).code == 0);
    BOOST_TEST(run({"store", "verify", "--data-dir", data}).code == 0);
    auto const refused = run({"store", "restore", copy, "--data-dir", data, "--force"});
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(contains(refused.err, "in use by process"));
    running.stop();
  }
  auto const sound = run({"store", "verify", copy, "--json"});
  BOOST_TEST(sound.code == 0);
  BOOST_TEST(sound.json()["sound"] == true);
  BOOST_TEST(sound.json()["documents"].get<int>() >= 3);
  BOOST_TEST(sound.json()["records"].get<int>() >= 1);
  BOOST_TEST(sound.json()["run_records"]["turns"].get<int>() >= 1);
  BOOST_TEST(run({"store", "restore", copy, "--data-dir", data}).code == 1);
  BOOST_TEST(run({"store", "restore", copy, "--data-dir", data, "--force"}).code == 0);
  BOOST_TEST(std::filesystem::exists(data + "/nexus.db.replaced"));
  auto const elsewhere = directory.path() + "/elsewhere";
  BOOST_TEST(run({"store", "restore", copy, "--data-dir", elsewhere}).code == 0);
  auto restored = node{elsewhere, "Which builds failed?"};
  auto const known = runs(restored)["runs"];
  BOOST_TEST(std::any_of(known.begin(), known.end(), [&](auto const& each) { return each == kept; }));
  restored.stop();
}

BOOST_AUTO_TEST_CASE(damage_is_told_and_gives_exit_code_1) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() + "/data", copy = directory.path() + "/copy.db";
  {
    auto running = node{data};
    running.stop();
  }
  BOOST_REQUIRE(run({"store", "backup", copy, "--data-dir", data}).code == 0);
  auto bytes = read_all(copy);
  auto const at = bytes.find("\"bundle_sha256\"");
  BOOST_REQUIRE(at != std::string::npos);
  bytes[at + 1] = 'B';
  auto const run_at = bytes.find("{\"run_id\"");
  BOOST_REQUIRE(run_at != std::string::npos);
  bytes[run_at] = '[';
  directory.write("copy.db", bytes);
  auto const found = run({"store", "verify", copy});
  BOOST_TEST(found.code == 1);
  BOOST_TEST(contains(found.out, "is damaged"));
  BOOST_TEST(contains(found.err, "runs/run_"));
  BOOST_TEST(run({"store", "verify", copy, "--json"}).json()["problem_count"].get<int>() >= 1);
  directory.write("copy.db", "no store");
  BOOST_TEST(run({"store", "verify", copy}).code != 0);
  BOOST_TEST(run({"store", "restore", copy, "--data-dir", data, "--force"}).code != 0);
  BOOST_TEST(run({"store", "verify", "--data-dir", data}).code == 0);
  BOOST_TEST(run({"store", "verify", directory.path() + "/none"}).code == 2);
  BOOST_TEST(run({"store"}).code == 2);
  BOOST_TEST(run({"store", "backup"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_store_is_copied_to_redis_and_back_and_backed_up_from_there) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() + "/data", copy = directory.path() + "/copy.db", back = directory.path() + "/back";
  auto kept = nlohmann::json{};
  {
    auto running = node{data};
    kept = runs(running)["runs"][0];
    running.stop();
  }
  auto const server = nexus::store::testing::redis_server{{"--requirepass", "secret"}};
  auto const shown = fmt::format("redis://127.0.0.1:{}/1", server.port());
  auto const url = fmt::format("redis://:secret@127.0.0.1:{}/1", server.port());
  auto const with_redis = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "store");
    return run({.arguments = std::move(arguments), .environment = {{"REDIS_URL", url}}});
  };
  auto const copied = with_redis({"copy", data, "redis:", "--json"});
  BOOST_TEST(copied.code == 0, copied.err);
  BOOST_TEST(copied.json()["to"] == shown);
  BOOST_TEST(copied.json()["documents"].get<int>() >= 2);
  BOOST_TEST(copied.json()["records"].get<int>() >= 1);
  auto const full = with_redis({"copy", data, url});
  BOOST_TEST(full.code == 1);
  BOOST_TEST(contains(full.err, "already"));
  BOOST_TEST(!contains(full.err, "secret"));
  BOOST_TEST(with_redis({"restore", copy, "--redis", "--force"}).code == 2, "nothing in a server is overwritten");
  auto const sound = with_redis({"verify", "--redis", "--json"});
  BOOST_TEST(sound.code == 0, sound.err);
  BOOST_TEST(sound.json()["documents"] == copied.json()["documents"]);
  BOOST_TEST(with_redis({"backup", copy, "--redis"}).code == 0);
  BOOST_TEST(run({"store", "verify", copy}).code == 0);
  BOOST_TEST(with_redis({"copy", "redis:", back}).code == 0);
  auto restored = node{back, "Which builds failed?"};
  auto const known = runs(restored)["runs"];
  BOOST_TEST(std::any_of(known.begin(), known.end(), [&](auto const& each) { return each == kept; }));
  restored.stop();
  BOOST_TEST(run({"store", "verify", "--redis"}).code == 2, "REDIS_URL is not set");
}

BOOST_AUTO_TEST_CASE(each_kind_of_record_of_a_run_is_read_and_counted) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() + "/data", copy = directory.path() + "/copy.db";
  {
    auto running = node{data, "comment on NEXUS-123: seen in a test"};
    running.stop();
  }
  BOOST_REQUIRE(run({"store", "backup", copy, "--data-dir", data}).code == 0);
  auto const sound = run({"store", "verify", copy, "--json"}).json();
  BOOST_TEST(sound["sound"] == true);
  BOOST_TEST(sound["run_records"]["intents"] == 1);
  BOOST_TEST(sound["run_records"]["outcomes"] == 1);
  BOOST_TEST(sound["run_records"]["turns"].get<int>() >= 1);
  BOOST_TEST(contains(run({"store", "verify", copy}).out, "1 intents to write, 1 outcomes"));

  auto const bytes = read_all(copy);
  for (auto const* member : {"\"intent\":{\"turn\"", "\"outcome\":{\"turn\"", "\"turn\":{\"completion\""}) {
    auto damaged = bytes;
    auto const at = damaged.find(member);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, member);
    damaged[at + 1] = '?';
    directory.write("copy.db", damaged);
    auto const found = run({"store", "verify", copy});
    BOOST_TEST(found.code == 1);
    BOOST_TEST(contains(found.err, "not one of turn, intent and outcome"), found.err);
  }
}

BOOST_AUTO_TEST_CASE(a_running_server_tells_its_settings_and_what_waits_for_a_restart) {
  auto const directory = temporary_directory{};
  auto const offset = std::to_string(34'000 + getpid() % 15'000);
  auto const file = directory.write("nexus.yaml", "port_offset: " + offset + "\nruns: {max_steps: 7}\n");
  auto program = process{{.arguments = {"serve", "--config", file}, .directory = directory.path()}};
  program.read_until("Ctrl-C");
  auto const call = invocation{.arguments = {"config", "show", "--server", "--origin"},
                               .environment = {{"NEXUS_PORT_OFFSET", offset}}};
  auto const shown = run(call);
  BOOST_TEST(shown.code == 0, shown.err);
  BOOST_TEST(contains(shown.out, "runs.max_steps: 7"));
  BOOST_TEST(contains(shown.out, "nexus.yaml:2"));
  BOOST_TEST(shown.out.find("restart") == std::string::npos);

  directory.write("nexus.yaml", "port_offset: " + offset + "\nruns: {max_steps: 8}\nhttp: {max_in_flight: 9}\n");
  program.send_signal(SIGHUP);
  auto changed = outcome{};
  for (auto i = 0; i < 100 && changed.out.find("max_steps: 8") == std::string::npos; ++i) changed = run(call);
  BOOST_TEST(contains(changed.out, "runs.max_steps: 8"));
  BOOST_TEST(contains(changed.out, "http.max_in_flight: 256"));
  BOOST_TEST(contains(changed.out, "# restart needed: http.max_in_flight: 9"));
  auto json_call = call;
  json_call.arguments = {"config", "show", "--server", "http://127.0.0.1:" + std::to_string(8080 + std::stoi(offset)),
                         "--json"};
  BOOST_TEST(run(json_call).json()["pending_restart"].size() == 1U);
  program.send_signal(SIGTERM);
  BOOST_TEST(program.finish().code == 0);
  BOOST_TEST(run(call).code == 3);
}
