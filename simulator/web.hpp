#pragma once

#include "runtime/http/message.hpp"
#include "simulator/calendar.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nexus::simulator {

using json = nlohmann::json;

/// Larger request bodies are answered with 413.
constexpr std::size_t max_body = 1024 * 1024;

/// A request on its way to one of the services.
struct visit {
  http::request const& raw;
  http::target_parts const& target;
  /// The decoded path behind the service's name.
  std::span<std::string const> path;
  /// Where the service is reached, for absolute links: "http://127.0.0.1:9090/jira".
  std::string base;
  instant now;

  auto parameter(std::string_view name) const { return target.parameter(name); }
  /// A whole number between the limits; `otherwise` when the parameter is absent or no number.
  auto number(std::string_view name, int low, int high, int otherwise) const -> int;
};

/// A JSON answer. Text that is not UTF-8 is repaired, since answers echo what clients send.
auto json_answer(int status, json const& body) -> http::response;
auto text_answer(int status, std::string content_type, std::string body) -> http::response;

/// The body as a JSON object; nothing when it is anything else.
auto body_object(http::request const& raw) -> std::optional<json>;

/// User and password of a Basic authorization.
struct basic_credentials {
  std::string user, password;
};
auto basic_authorization(http::request const& raw) -> std::optional<basic_credentials>;

/// Compares without telling by its time how much agreed.
auto same_secret(std::string_view a, std::string_view b) -> bool;

/// Parts of a text between separators, without surrounding blanks and without empty ones.
auto split(std::string_view text, char separator) -> std::vector<std::string>;

} // namespace nexus::simulator
