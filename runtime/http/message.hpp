#pragma once

#include "messages/core/error.hpp"

#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::http {

/// Header fields in the order they were added; names compare without regard to case (RFC 9110, section 5.1).
class headers {
public:
  headers() = default;
  headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  /// The first field of that name.
  auto find(std::string_view name) const -> std::optional<std::string_view>;
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string value);
  /// Adds a field beside those of the same name.
  void add(std::string_view name, std::string value);
  /// Makes room for that many fields.
  void reserve(std::size_t count) { fields_.reserve(count); }
  /// Removes all fields of that name.
  void erase(std::string_view name);
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  auto size() const { return fields_.size(); }

private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A request as bytes: from a client to a server of ours, or from us to an outside service.
struct request {
  /// Upper case: "GET", "POST".
  std::string method = "GET";
  /// Origin form when received ("/issue/PROJ-1?depth=2"); an absolute URL when sent.
  std::string target;
  headers fields;
  std::string body;
};

/// A response as bytes.
struct response {
  /// 100 to 599.
  int status = 200;
  headers fields;
  std::string body;
};

/// Receives the outcome of an outbound request exactly once: on the transport's thread, which it must not block, or,
/// when the request is refused at once, on the sender's before send() returns.
using response_callback = std::function<void(expected<response>)>;

/// Carries requests to outside services: over curl, or in process to the simulator.
class transport {
public:
  virtual ~transport() = default;
  /// Sends without blocking. After `timeout` the callback gets errc::deadline_exceeded; a connection that fails or
  /// breaks off is errc::upstream, a body beyond the transport's limit errc::too_large, a full queue errc::overloaded,
  /// a request that cannot be sent errc::invalid_argument, and what is under way when the transport is destroyed
  /// errc::cancelled. Every HTTP status is a success at this level.
  virtual void send(request outbound, std::chrono::milliseconds timeout, response_callback done) = 0;
};

/// What an in-process service does with a request, misbehaviour on order included.
struct service_reply {
  response answer;
  /// How long to wait before the answer leaves.
  std::chrono::milliseconds delay{0};
  /// Close the connection after this many bytes of the body (0: before the status line); absent for a whole answer.
  std::optional<std::size_t> cut_off_after;
};

/// A service that runs in this process: the simulator. Called on one thread at a time.
using service = std::function<service_reply(request const&)>;

/// Decodes %XX and, in query strings, '+'. A broken escape is errc::malformed.
auto percent_decode(std::string_view text, bool plus_is_space) -> expected<std::string>;
/// Encodes everything but unreserved characters (RFC 3986, section 2.3).
auto percent_encode(std::string_view text) -> std::string;

/// A request target taken apart: decoded path segments and query parameters in order.
struct target_parts {
  /// The path as sent, before decoding.
  std::string path;
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
  /// The first parameter of that name.
  auto parameter(std::string_view name) const -> std::optional<std::string_view>;
};

/// Takes an origin-form target or an absolute URL apart (scheme and host are ignored).
auto parse_target(std::string_view target) -> expected<target_parts>;

/// The reason phrase of a status code ("Not Found"); empty for codes without one.
auto reason_phrase(int status) -> std::string_view;

} // namespace nexus::http
