#include "tests/system/support.hpp"

#include "messages/core/text.hpp"
#include "runtime/http/server.hpp"
#include "runtime/http/service_handler.hpp"
#include "simulator/simulator.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nexus::testing {
namespace {

constexpr auto anchor = "2026-01-15T10:00:00Z";

class connection {
public:
  connection(std::uint16_t port, std::chrono::seconds patience)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto const limit = timeval{patience.count(), 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = socket_ >= 0 && ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~connection() { ::close(socket_); }
  connection(connection const&) = delete;
  auto operator=(connection const&) -> connection& = delete;

  auto connected() const -> bool { return connected_; }
  /// What the other side no longer wants to hear is left out: its answer counts.
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  auto read_all() const -> std::string {
    auto text = std::string{};
    char bytes[16384];
    for (;;) {
      auto const size = ::recv(socket_, bytes, sizeof bytes, 0);
      if (size <= 0) return text;
      text.append(bytes, static_cast<std::size_t>(size));
    }
  }

private:
  int socket_;
  bool connected_ = false;
};

auto without_chunks(std::string_view coded) -> std::string {
  auto text = std::string{};
  for (;;) {
    std::size_t size = 0;
    auto const [end, failure] = std::from_chars(coded.data(), coded.data() + coded.size(), size, 16);
    auto const start = coded.find("\r\n");
    if (failure != std::errc{} || size == 0 || start == std::string_view::npos) return text;
    text += coded.substr(start + 2, size);
    if (coded.size() < start + 2 + size + 2) return text;
    coded.remove_prefix(start + 2 + size + 2);
  }
}

auto request_text(std::string_view method, std::string_view target, std::string_view body, http_fields fields)
    -> std::string {
  auto const given = [&](std::string_view name) {
    return std::any_of(fields.begin(), fields.end(), [&](auto const& field) { return field.first == name; });
  };
  if (!given("Host")) fields.emplace_back("Host", "127.0.0.1");
  if (!body.empty() && !given("Content-Type")) fields.emplace_back("Content-Type", "application/json");
  fields.emplace_back("Content-Length", std::to_string(body.size()));
  fields.emplace_back("Connection", "close");
  auto text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  for (auto const& [name, value] : fields)
    if (!value.empty()) text += fmt::format("{}: {}\r\n", name, value);
  text += "\r\n";
  text += body;
  return text;
}

auto parse_reply(std::string_view text) -> http_reply {
  auto reply = http_reply{};
  auto const end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || end == std::string_view::npos) return reply;
  std::from_chars(text.data() + 9, text.data() + 12, reply.status);
  auto head = text.substr(0, end);
  for (auto line_end = head.find("\r\n"); line_end != std::string_view::npos; line_end = head.find("\r\n")) {
    head.remove_prefix(line_end + 2);
    auto const line = head.substr(0, head.find("\r\n"));
    auto const colon = line.find(": ");
    if (colon != std::string_view::npos)
      reply.fields[lower_case(line.substr(0, colon))] = std::string{line.substr(colon + 2)};
  }
  auto const body = text.substr(end + 4);
  reply.body = reply.field("transfer-encoding") == "chunked" ? without_chunks(body) : std::string{body};
  return reply;
}

auto port_is_free(std::uint16_t port) -> bool {
  auto const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto const yes = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto const free = probe >= 0 && ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return free;
}

auto read_file(std::string const& path) -> std::string {
  auto text = std::ostringstream{};
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

} // namespace

// -- files and HTTP

temporary_directory::temporary_directory() {
  auto name = (std::filesystem::temp_directory_path() / "nexus-system-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
  path_ = name;
}

temporary_directory::~temporary_directory() {
  auto ignored = std::error_code{};
  std::filesystem::remove_all(path_, ignored);
}

auto temporary_directory::write(std::string const& name, std::string_view text) const -> std::string {
  auto const file = path_ + "/" + name;
  std::ofstream{file} << text;
  return file;
}

auto http_reply::data() const -> json {
  auto value = json::parse(body, nullptr, false);
  return value.is_discarded() ? json{{"no JSON", body.substr(0, 200)}} : value;
}

auto http_reply::field(std::string const& name) const -> std::string {
  auto const found = fields.find(name);
  return found == fields.end() ? std::string{} : found->second;
}

auto send(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body,
          http_fields const& fields, std::chrono::seconds patience) -> http_reply {
  auto const line = connection{port, patience};
  if (!line.connected()) return {};
  line.write(request_text(method, target, body, fields));
  return parse_reply(line.read_all());
}

void send_and_hang_up(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body) {
  connection{port, 1s}.write(request_text(method, target, body, {}));
}

auto events_in(std::string_view body) -> std::vector<sent_event> {
  auto events = std::vector<sent_event>{};
  auto lines = std::istringstream{std::string{body}};
  auto event = sent_event{};
  auto data = std::string{};
  for (auto line = std::string{}; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) {
      if (!data.empty()) {
        event.data = json::parse(data, nullptr, false);
        events.push_back(std::move(event));
      }
      event = {};
      data.clear();
    } else if (line.starts_with("id: ")) {
      event.id = line.substr(4);
    } else if (line.starts_with("event: ")) {
      event.name = line.substr(7);
    } else if (line.starts_with("data: ")) {
      data += line.substr(6);
    }
  }
  return events;
}

auto free_port_offset() -> std::uint16_t {
  static auto next = static_cast<std::uint16_t>(1'000 + ::getpid() * 7 % 20'000);
  for (auto tries = 0; tries < 1'000; ++tries) {
    next = static_cast<std::uint16_t>(next >= 21'000 ? 1'000 : next + 3);
    auto const ports = role_ports{next};
    if (port_is_free(ports.orchestrator()) && port_is_free(ports.jira()) && port_is_free(ports.git_ci()) &&
        port_is_free(ports.reporting()))
      return next;
  }
  throw std::runtime_error{"no free ports"};
}

// -- clients

auto role_ports::get(std::string_view target, http_fields const& fields) const -> http_reply {
  return send(orchestrator(), "GET", target, {}, fields);
}

auto role_ports::post(std::string_view target, json const& body, http_fields const& fields) const -> http_reply {
  return send(orchestrator(), "POST", target, body.dump(), fields);
}

auto role_ports::ask(std::string const& question, json budget) const -> json {
  auto const reply = post("/query", {{"query", question}, {"budget", std::move(budget)}});
  BOOST_REQUIRE_MESSAGE(reply.status == 200, question << ": " << reply.status << " " << reply.body);
  return reply.data();
}

auto role_ports::start(std::string const& question, json budget) const -> std::string {
  auto const reply = post("/runs", {{"query", question}, {"budget", std::move(budget)}});
  BOOST_REQUIRE_MESSAGE(reply.status == 202, question << ": " << reply.status << " " << reply.body);
  return reply.data().at("run_id");
}

auto role_ports::ended(std::string const& run_id) const -> json {
  auto state = json{};
  auto const over = eventually([&] {
    auto const reply = get("/runs/" + run_id);
    state = reply.data();
    return reply.status == 200 && state["status"] != "pending" && state["status"] != "in_progress";
  });
  BOOST_REQUIRE_MESSAGE(over, run_id << " is not over: " << state.dump().substr(0, 500));
  return state;
}

auto role_ports::all_runs(std::string const& query) const -> std::vector<json> {
  auto runs = std::vector<json>{};
  for (auto cursor = std::string{};;) {
    auto const reply = get("/runs?limit=7" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
    BOOST_REQUIRE_EQUAL(reply.status, 200);
    auto const page = reply.data();
    for (auto const& entry : page.at("runs")) runs.push_back(entry);
    if (page.at("next_cursor").is_null()) return runs;
    cursor = page.at("next_cursor");
  }
}

// -- nodes

auto test_settings(std::string const& data_dir) -> node_settings {
  auto settings = node_settings{};
  settings.data_dir = data_dir;
  settings.log.level = log_severity::error;
  settings.readiness.policy = NEXUS_SOURCE_DIR "/config/policies/default.yaml";
  settings.simulator.now = *parse_timestamp(anchor);
  return settings;
}

running_node::running_node(change const& adjust)
    : own_(std::make_unique<temporary_directory>()), data_dir_(own_->path()) {
  boot(adjust);
}

running_node::running_node(std::string data_dir, change const& adjust) : data_dir_(std::move(data_dir)) {
  boot(adjust);
}

void running_node::boot(change const& adjust) {
  auto settings = test_settings(data_dir_);
  settings.port_offset = offset = free_port_offset();
  if (adjust) adjust(settings);
  auto const problems = check_node_settings(settings);
  BOOST_REQUIRE_MESSAGE(problems.empty(), (problems.empty() ? std::string{} : problems.front().render()));
  auto started = apps::node::start({settings, {}, {}});
  BOOST_REQUIRE_MESSAGE(started, (started ? std::string{} : started.error().render()));
  node_ = std::move(*started);
}

node_process::node_process(std::string const& data_dir, std::vector<std::string> const& assignments,
                           std::string const& program)
    : log_file_(data_dir + ".log") {
  offset = free_port_offset();
  auto const usual = std::string{NEXUS_BINARY_DIR "/system_node"};
  auto words = std::vector<std::string>{
      program.empty() ? usual : program, "data_dir=" + data_dir, "port_offset=" + std::to_string(offset),
      std::string{"readiness.policy="} + NEXUS_SOURCE_DIR + "/config/policies/default.yaml",
      fmt::format("simulator.now={}", anchor)};
  words.insert(words.end(), assignments.begin(), assignments.end());
  auto arguments = std::vector<char*>{};
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::fflush(nullptr);
  process_ = ::fork();
  if (process_ == 0) {
    auto const log = ::open(log_file_.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    if (log < 0) ::_exit(126);
    ::dup2(log, STDERR_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  auto const ready = eventually([&] { return get("/ready").status == 200; });
  BOOST_REQUIRE_MESSAGE(ready, "not ready: " << log());
}

node_process::~node_process() {
  kill();
  auto ignored = std::error_code{};
  std::filesystem::remove(log_file_, ignored);
}

void node_process::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  await_end();
}

auto node_process::stop() -> int {
  ::kill(process_, SIGTERM);
  await_end();
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

void node_process::await_end() { ::waitpid(std::exchange(process_, -1), &status_, 0); }

auto node_process::log() const -> std::string { return read_file(log_file_); }

// -- the outside world

struct simulated_world::parts {
  explicit parts(bool clock_goes_on)
      : world{{.anchor = *parse_timestamp(anchor),
               .clock = clock_goes_on ? [begun = std::chrono::steady_clock::now()] {
                 return std::chrono::system_clock::time_point{*parse_timestamp(anchor)} +
                        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
               } : std::function<std::chrono::system_clock::time_point()>{}}} {}
  simulator::world world;
  int requests = 0;
  http::server server{{.make_request_id = [this] { return "simulated-" + std::to_string(++requests); }}};
  std::optional<http::listener> listener;
};

simulated_world::simulated_world(bool clock_goes_on) : parts_(std::make_unique<parts>(clock_goes_on)) {
  auto opened = parts_->server.listen(
      "127.0.0.1", 0, http::serve([this](http::request const& received) { return parts_->world.handle(received); }));
  BOOST_REQUIRE_MESSAGE(opened, (opened ? std::string{} : opened.error().render()));
  parts_->listener = std::move(*opened);
}

simulated_world::~simulated_world() { parts_->server.stop(0ms); }

auto simulated_world::port() const -> std::uint16_t { return parts_->listener->port(); }
auto simulated_world::url() const -> std::string { return fmt::format("http://127.0.0.1:{}", port()); }

void simulated_world::order(std::string const& what, json const& body) const {
  auto const reply = send(port(), "POST", "/_simulator/" + what, body.dump());
  BOOST_REQUIRE_MESSAGE(reply.status / 100 == 2, body.dump() << ": " << reply.status << " " << reply.body);
}

void simulated_world::clear_faults() const {
  BOOST_REQUIRE_EQUAL(send(port(), "DELETE", "/_simulator/faults").status, 204);
}

} // namespace nexus::testing
