#pragma once

#include "apps/node.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

/// What tests of the whole system stand on: a node in this process or in one of its own, and a client that speaks plain
/// HTTP over a socket.
namespace nexus::testing {

using namespace std::chrono_literals;
using json = nlohmann::json;

/// A directory that goes when the test ends.
class temporary_directory {
public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(temporary_directory const&) = delete;
  auto operator=(temporary_directory const&) -> temporary_directory& = delete;
  auto path() const -> std::string const& { return path_; }
  /// Writes a file there and answers its path.
  auto write(std::string const& name, std::string_view text) const -> std::string;

private:
  std::string path_;
};

struct http_reply {
  /// 0 when there was no answer.
  int status = 0;
  /// Names in lower case.
  std::map<std::string, std::string> fields;
  std::string body;
  /// The body, or a value that says that it is no JSON.
  auto data() const -> json;
  auto field(std::string const& name) const -> std::string;
};

using http_fields = std::vector<std::pair<std::string, std::string>>;

/// One request over a connection of its own. Gives up when nothing comes for `patience`. `Host` and `Content-Type` (for
/// a body) are added unless they are given; an empty value leaves the field out.
auto send(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body = {},
          http_fields const& fields = {}, std::chrono::seconds patience = 30s) -> http_reply;

/// Sends a request and hangs up without waiting for its answer.
void send_and_hang_up(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body);

/// One server-sent event.
struct sent_event {
  std::string id;
  std::string name;
  json data;
};

/// The events in the body of a stream that is over.
auto events_in(std::string_view body) -> std::vector<sent_event>;

/// Polls until something holds, for at most `patience`.
template <class Condition>
auto eventually(Condition holds, std::chrono::seconds patience = 20s) -> bool {
  for (auto const end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(10ms))
    if (holds()) return true;
  return holds();
}

/// An offset that finds the ports of all roles free.
auto free_port_offset() -> std::uint16_t;

/// The ports of the roles on the other side of a client.
struct role_ports {
  std::uint16_t offset = 0;
  auto orchestrator() const -> std::uint16_t { return static_cast<std::uint16_t>(8080 + offset); }
  auto jira() const -> std::uint16_t { return static_cast<std::uint16_t>(8081 + offset); }
  auto git_ci() const -> std::uint16_t { return static_cast<std::uint16_t>(8082 + offset); }
  auto reporting() const -> std::uint16_t { return static_cast<std::uint16_t>(8083 + offset); }

  /// GET at the orchestrator.
  auto get(std::string_view target, http_fields const& fields = {}) const -> http_reply;
  /// POST at the orchestrator.
  auto post(std::string_view target, json const& body, http_fields const& fields = {}) const -> http_reply;
  /// Asks a question and demands an answer.
  auto ask(std::string const& question, json budget = json::object()) const -> json;
  /// Starts a run and answers its id.
  auto start(std::string const& question, json budget = json::object()) const -> std::string;
  /// The run once it is over.
  auto ended(std::string const& run_id) const -> json;
  /// Every run that GET /runs lists with that query, over all pages.
  auto all_runs(std::string const& query = "") const -> std::vector<json>;
};

/// Settings for tests: mock mode, a fixed anchor, quiet logs, the shipped policy.
auto test_settings(std::string const& data_dir) -> node_settings;

/// A node in this process.
class running_node : public role_ports {
public:
  using change = std::function<void(node_settings&)>;
  explicit running_node(change const& adjust = {});
  /// Over data of an earlier node.
  running_node(std::string data_dir, change const& adjust);
  auto node() const -> apps::node& { return *node_; }
  void stop() { node_->stop(); }

private:
  void boot(change const& adjust);
  std::unique_ptr<temporary_directory> own_;
  std::string data_dir_;
  std::unique_ptr<apps::node> node_;
};

/// A node in a process of its own.
class node_process : public role_ports {
public:
  /// Waits until it is ready. `assignments` are PATH=VALUE; `program` is another copy of it.
  node_process(std::string const& data_dir, std::vector<std::string> const& assignments,
               std::string const& program = {});
  ~node_process();
  node_process(node_process const&) = delete;
  auto operator=(node_process const&) -> node_process& = delete;

  /// SIGKILL: what is not on the disk now is lost.
  void kill();
  /// SIGTERM; answers the exit code.
  auto stop() -> int;
  /// Everything it has written to standard error.
  auto log() const -> std::string;

private:
  void await_end();
  int process_ = -1;
  int status_ = 0;
  std::string log_file_;
};

/// The simulator as a server of its own, whose data and faults the test controls.
class simulated_world {
public:
  /// Its clock stands still at the anchor unless it is to go on from there.
  explicit simulated_world(bool clock_goes_on);
  simulated_world() : simulated_world(false) {}
  ~simulated_world();
  auto url() const -> std::string;
  /// POST /_simulator/<what>.
  void order(std::string const& what, json const& body) const;
  void clear_faults() const;
  auto port() const -> std::uint16_t;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace nexus::testing
