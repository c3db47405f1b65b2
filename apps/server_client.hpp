#pragma once

#include "apps/command_line.hpp"
#include "runtime/http/message.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nexus::http {
class curl_transport;
}

namespace nexus::apps {

/// How a command reaches a server.
struct server_options {
  /// The orchestrator's base URL.
  std::string url;
  /// A file that holds the bearer token; else the variable NEXUS_TOKEN, else none.
  std::string token_file;
  double timeout_seconds = 120;
};

/// Adds --server, --token-file and --timeout.
void add_server_options(CLI::App& command, server_options& options);

/// A role of a running system and where its API is.
struct role_address {
  std::string name;
  std::string url;
};

/// Blocking requests to a running system. Errors: unavailable when nobody answers (with how to start a server),
/// unauthenticated, and what else the server's problem document says.
class server_client {
public:
  /// errc::invalid_argument or what reading the token file brought.
  static auto open(server_options const& options) -> expected<server_client>;
  server_client(server_client&&) noexcept;
  ~server_client();

  /// A request to the orchestrator; `target` is in origin form. While it is under way, a terminal shows `progress`.
  auto get(std::string const& target, std::string const& progress = {}) -> expected<http::response>;
  auto post(std::string const& target, nlohmann::json const& body, std::string const& progress = {})
      -> expected<http::response>;
  /// The same to any role, whatever the status of the answer.
  auto exchange(http::request outbound, std::string const& progress = {}) -> expected<http::response>;
  /// One GET to each of several URLs at the same time; the answers are in their order, whatever their status.
  auto get_all(std::vector<std::string> const& urls) -> std::vector<expected<http::response>>;

  /// The roles' base URLs: their ports have fixed distances from the orchestrator's.
  auto roles() const -> std::vector<role_address>;
  auto url() const -> std::string const& { return url_; }
  /// "Bearer ..." or empty.
  auto authorization() const -> std::string const& { return authorization_; }
  auto timeout() const -> std::chrono::milliseconds { return timeout_; }

  /// The answer if it is a success; else the error that its problem document tells.
  static auto successful(expected<http::response> answer, std::string const& url) -> expected<http::response>;

private:
  server_client(std::string url, std::string authorization, std::chrono::milliseconds timeout);
  auto prepare(http::request outbound) const -> http::request;
  auto explain(error problem) const -> error;

  std::string url_;
  std::string authorization_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<http::curl_transport> transport_;
};

/// The body as JSON; an answer that is none is errc::upstream.
auto json_of(http::response const& answer) -> expected<nlohmann::ordered_json>;

} // namespace nexus::apps
