#include "apps/doctor.hpp"

#include "messages/core/codec.hpp"
#include "runtime/store/directory_lock.hpp"
#include "runtime/store/sqlite_verification.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstring>
#include <filesystem>
#include <future>
#include <netinet/in.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace nexus {
NEXUS_DEFINE_CODECS(apps::finding_state, apps::finding)
} // namespace nexus

namespace nexus::apps {
namespace {

namespace fs = std::filesystem;

constexpr auto answer_patience = std::chrono::seconds{10};
/// A store beyond this is not read by a check that is meant to be quick.
constexpr auto largest_read = std::uint64_t{1} << 30;
constexpr auto least_space = std::uint64_t{64} << 20;
constexpr auto enough_space = std::uint64_t{1} << 30;

auto mebibytes(std::uint64_t bytes) -> std::string { return fmt::format("{} MiB", bytes >> 20); }

/// Whether a file is for its owner alone.
auto check_mode(std::string check, fs::path const& file, std::string_view remedy) -> finding {
  struct ::stat found{};
  if (::stat(file.c_str(), &found) != 0)
    return {std::move(check), finding_state::fail, fmt::format("{}: {}", file.string(), std::strerror(errno)), {}};
  auto const mode = static_cast<unsigned>(found.st_mode) & 0777U;
  auto detail = fmt::format("{} has mode {:04o}", file.string(), mode);
  if ((mode & 077U) == 0) return {std::move(check), finding_state::pass, std::move(detail), {}};
  auto const exposed = (mode & 007U) != 0;
  return {std::move(check), exposed ? finding_state::fail : finding_state::warn,
          detail + (exposed ? ": every user of this machine may read it" : ": its group may read it"),
          fmt::format("{} {}", remedy, file.string())};
}

/// Why nothing can listen there; none when it can.
auto listening_problem(std::string const& address, std::uint16_t port) -> boost::system::error_code {
  namespace asio = boost::asio;
  auto io = asio::io_context{};
  auto failure = boost::system::error_code{};
  auto const parsed = asio::ip::make_address(address, failure);
  if (failure) return {}; // the settings' own check says so
  auto acceptor = asio::ip::tcp::acceptor{io};
  auto const endpoint = asio::ip::tcp::endpoint{parsed, port};
  std::ignore = acceptor.open(endpoint.protocol(), failure);
  if (!failure) std::ignore = acceptor.set_option(asio::socket_base::reuse_address{true}, failure);
  if (!failure) std::ignore = acceptor.bind(endpoint, failure);
  return failure;
}

/// What the checks of a node's /readyz?verbose say beyond "pass".
auto trouble_in(nlohmann::json const& said) -> std::string {
  auto text = std::string{};
  auto const checks = said.value("checks", nlohmann::json::object());
  for (auto const& [name, looks] : checks.items()) {
    if (!looks.is_array() || looks.empty() || !looks[0].is_object()) continue;
    auto const state = looks[0].value("status", std::string{});
    if (state != "pass")
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", name, looks[0].value("output", state));
  }
  return text;
}

auto check_port(node_settings const& settings, role_port const& role, http::transport& network) -> finding {
  auto result = finding{fmt::format("port {}", role.port), finding_state::pass, {}, {}};
  auto const problem = listening_problem(settings.bind, role.port);
  if (!problem) {
    result.detail = fmt::format("free for {}", role.role);
    return result;
  }
  if (problem != boost::asio::error::address_in_use) {
    result.state = finding_state::fail;
    result.detail = fmt::format("{} cannot listen at {}: {}", role.role, settings.bind, problem.message());
    result.remedy = "choose an address of this machine with bind (NEXUS_BIND), and a port from 1024 on or the right to "
                    "use it";
    return result;
  }
  auto const said = node_at(settings, role, network);
  if (!said) {
    result.state = finding_state::fail;
    result.detail = fmt::format("in use by a program that is no node of nexus; wanted for {}", role.role);
    result.remedy = "stop that program, or set port_offset (NEXUS_PORT_OFFSET)";
    return result;
  }
  auto const state = said->value("status", std::string{"fail"});
  auto const trouble = trouble_in(*said);
  result.state = state == "pass" ? finding_state::pass : state == "warn" ? finding_state::warn : finding_state::fail;
  result.detail = fmt::format("{} {} answers: {}{}", said->value("serviceId", std::string{}),
                              said->value("version", std::string{}), state, trouble.empty() ? "" : ", " + trouble);
  return result;
}

auto check_space(fs::path const& directory, node_settings const& settings) -> finding {
  auto problem = std::error_code{};
  auto const space = fs::space(directory, problem);
  if (problem) return {"space", finding_state::fail, problem.message(), {}};
  auto ignored = std::error_code{};
  auto const held = fs::file_size(directory / "nexus.db", ignored);
  auto const kept = settings.runs.retention.max_bytes.bytes();
  auto const wanted = ignored || held > kept ? kept : kept - held;
  auto result = finding{"space", finding_state::pass, mebibytes(space.available) + " free", {}};
  if (space.available < least_space) {
    result.state = finding_state::fail;
    result.remedy = "make room: without space nothing is accepted";
  } else if (space.available < std::min(wanted, enough_space)) {
    result.state = finding_state::warn;
    result.detail += fmt::format("; runs.retention.max_bytes lets the store take {} more", mebibytes(wanted));
    result.remedy = "make room, or lower runs.retention.max_bytes";
  }
  return result;
}

} // namespace

auto role_ports_of(node_settings const& settings) -> std::vector<role_port> {
  auto result = std::vector<role_port>{};
  for (auto const& [role, port] : {std::pair{node_role::orchestrator, 8080},
                                   {node_role::jira, 8081},
                                   {node_role::git_ci, 8082},
                                   {node_role::reporting, 8083}})
    if (has_role(settings, role))
      result.push_back({std::string{name_of(role)},
                        settings.port.value_or(static_cast<std::uint16_t>(port + settings.port_offset))});
  return result;
}

auto fetch(http::transport& network, http::request outbound) -> expected<http::response> {
  auto answer = std::promise<expected<http::response>>{};
  network.send(std::move(outbound), answer_patience,
               [&](expected<http::response> outcome) { answer.set_value(std::move(outcome)); });
  return answer.get_future().get();
}

auto check_secret_files(loaded<node_settings> const& settings, std::string const& settings_file,
                        std::map<std::string, std::string> const& environment) -> findings {
  auto result = findings{};
  auto in_file = false;
  auto files = std::map<std::string, std::string>{};
  auto const shown = settings_json(descriptor_of<node_settings>(), &settings.value);
  for (auto const& [path, source] : settings.origins) {
    auto pointer = "/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    // Only a secret is shown like this.
    if (shown[nlohmann::ordered_json::json_pointer{pointer}] != "(set)") continue;
    in_file = in_file || source.layer == setting_source::kind::file;
    if (source.layer != setting_source::kind::environment || !source.detail.ends_with("_FILE")) continue;
    if (auto const variable = environment.find(source.detail); variable != environment.end())
      files[source.detail] = variable->second;
  }
  if (in_file) result.push_back(check_mode("settings file", settings_file, "chmod 600"));
  if (auto const& tokens = settings.value.auth.tokens_file; !tokens.empty())
    result.push_back(check_mode("tokens file", tokens, "chmod 600"));
  for (auto const& [variable, file] : files) result.push_back(check_mode(variable, file, "chmod 600"));
  if (result.empty()) result.push_back({"secret files", finding_state::pass, "no secret comes from a file", {}});
  return result;
}

auto check_store(node_settings const& settings) -> findings {
  auto const directory = fs::path{settings.data_dir};
  auto ignored = std::error_code{};
  if (!fs::exists(directory, ignored)) {
    auto parent = fs::absolute(directory, ignored).parent_path();
    while (!parent.empty() && !fs::exists(parent, ignored) && parent != parent.parent_path())
      parent = parent.parent_path();
    if (::access(parent.c_str(), W_OK | X_OK) != 0)
      return {{"data directory", finding_state::fail,
               fmt::format("{} does not exist, and {} is not writable", directory.string(), parent.string()),
               "choose another data_dir (NEXUS_DATA_DIR), or make it"}};
    return {{"data directory",
             finding_state::pass,
             fmt::format("{} will be made at the first start", directory.string()),
             {}},
            check_space(parent, settings)};
  }
  if (!fs::is_directory(directory, ignored) || ::access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return {{"data directory", finding_state::fail,
             fmt::format("{} is no directory that this user may read and write", directory.string()),
             "choose another data_dir (NEXUS_DATA_DIR), or change its owner"}};
  auto result = findings{check_mode("data directory", directory, "chmod 700")};

  auto const file = directory / "nexus.db";
  auto store = finding{"store", finding_state::pass, "none yet", {}};
  if (fs::exists(file, ignored)) {
    auto in_use = std::string{};
    if (auto const lock = store::directory_lock::take(directory); !lock) in_use = "; " + lock.error().message;
    auto const size = fs::file_size(file, ignored);
    if (size > largest_read) {
      store.detail = fmt::format("{}, not read{}", mebibytes(size), in_use);
      store.remedy = "nexus store verify reads it whole";
    } else if (auto const found = store::verify(directory, {}); !found) {
      store = {"store", finding_state::fail, found.error().message, found.error().remedy};
    } else if (found->problem_count > 0) {
      store = {"store", finding_state::fail,
               fmt::format("{} problems, the first: {}", found->problem_count, found->problems.front()),
               "keep a copy of the directory, then nexus store restore"};
    } else {
      store.detail = fmt::format("sound: {} documents, {} records{}", found->documents, found->records, in_use);
    }
  }
  result.push_back(std::move(store));
  result.push_back(check_space(directory, settings));
  return result;
}

auto role_url(node_settings const& settings, role_port const& role) -> std::string {
  auto host = settings.bind == "0.0.0.0" ? "127.0.0.1" : settings.bind == "::" ? "::1" : settings.bind;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return fmt::format("http://{}:{}", host, role.port);
}

auto node_at(node_settings const& settings, role_port const& role, http::transport& network)
    -> std::optional<nlohmann::json> {
  auto const answer = fetch(network, {"GET", role_url(settings, role) + "/readyz?verbose", {}, {}});
  if (!answer) return {};
  auto said = parse_json(answer->body);
  if (!said || !said->is_object() || !said->contains("serviceId")) return {};
  return std::move(*said);
}

auto check_ports(node_settings const& settings, http::transport& network) -> findings {
  auto result = findings{};
  for (auto const& role : role_ports_of(settings)) result.push_back(check_port(settings, role, network));
  return result;
}

} // namespace nexus::apps
