#pragma once

#include "runtime/http/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::http {

namespace detail {
class connection;
class gate;
struct exchange;
struct listener_state;
struct server_core;
class stream_state;
} // namespace detail

/// What a server takes before it says no.
struct server_limits {
  /// Bytes of a request's body; beyond: 413, and the connection is closed.
  std::size_t body = 1024 * 1024;
  /// Bytes of a request's head; beyond: 431, and the connection is closed.
  std::size_t header = 16 * 1024;
  /// From the first byte of a request to the end of its head; beyond: 408, and the connection is closed.
  std::chrono::milliseconds header_timeout{10'000};
  /// From the end of a request's head to the end of its body; beyond: 408, and the connection is closed.
  std::chrono::milliseconds body_timeout{30'000};
  /// Between two requests, and before the first; beyond: the connection is closed without a word.
  std::chrono::milliseconds idle_timeout{75'000};
  /// How long a client may take nothing of an answer before it is cut off.
  std::chrono::milliseconds write_timeout{30'000};
  /// Open connections of the whole process; beyond: 503, and the connection is closed.
  std::size_t max_connections = 1024;
  /// Requests being handled at once; beyond: 429 with Retry-After: 1.
  std::size_t max_in_flight = 512;
  /// Bytes of events that wait for a slow reader; beyond: the event stream is closed.
  std::size_t stream_buffer = 256 * 1024;
  /// How long an event stream may be silent before a comment is sent, so that intermediaries keep it open.
  std::chrono::milliseconds stream_heartbeat{15'000};
};

/// What a server needs besides its limits.
struct server_options {
  server_limits limits;
  /// Makes the id of a request that carries none (or an unusable one). Called on the server's thread.
  std::function<std::string()> make_request_id;
  /// The wall clock, for the Date field. Called on the server's thread.
  std::function<std::chrono::system_clock::time_point()> now = [] { return std::chrono::system_clock::now(); };
  /// The Server field of every response.
  std::string server_name = "nexus";
};

/// A request as a handler gets it.
struct incoming {
  request message;
  /// The client's address, without its port.
  std::string remote_address;
  bool remote_is_loopback = false;
  /// The request's X-Request-ID when that is 1 to 128 visible ASCII characters, else one made for it. Every response
  /// carries it.
  std::string request_id;
  /// The port that the request came in at.
  std::uint16_t local_port = 0;
  /// How the client reached us, for links: "https://nexus.example.com". Empty unless a trusted proxy says it.
  std::string base_url = {};
};

/// A response that goes on: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A
/// copyable handle whose functions may be called from any thread, also after the server is gone. The stream ends when
/// the last handle is dropped.
class event_stream {
public:
  /// Sends one event; an empty `event` or `id` is left out. Line breaks in `data` are kept, in the others dropped.
  /// False when the stream is over, also because this event found its buffer full, which closes it.
  auto send(std::string_view event, std::string_view id, std::string_view data) const -> bool;
  /// Ends the stream once what was sent has left.
  void close() const;
  /// Calls back once when the stream is over, for whatever reason: on the server's thread, or at once when it is over
  /// already. A second callback replaces the first.
  void on_closed(std::function<void()> callback) const;

private:
  friend class responder;
  explicit event_stream(std::shared_ptr<detail::stream_state> state) : state_(std::move(state)) {}
  std::shared_ptr<detail::stream_state> state_;
};

/// The way back to the client of one request: a copyable handle whose functions may be called from any thread, also
/// after the server is gone. The first answer counts. When the last handle is dropped without an answer, the client
/// gets 503.
class responder {
public:
  /// Calls back once when the request is over: with the status that was answered and the size of the body, in bytes.
  /// That is at the answer; with an event stream when the stream is over, with the size of its events; when the
  /// responder is dropped, with 503. To be called before anybody answers; a second callback replaces the first.
  void on_over(std::function<void(int status, std::uint64_t bytes)> callback) const;
  /// Answers. False when the request was answered before. The server adds Date, Server, X-Request-ID, Content-Length
  /// and Connection by itself and ignores the handler's, but for "Connection: close", which is obeyed. To HEAD
  /// requests it sends the response without its body.
  auto respond(response reply) const -> bool;
  /// Answers 200 with an event stream; `fields` are added to its head. When the request was answered before, the
  /// stream is over from its start.
  auto stream(headers fields = {}) const -> event_stream;
  /// Fields that the answer will carry, whoever gives it. To be called before the handle is copied.
  void always_add(headers fields) const;
  /// Answers as a simulated service is told to: late, or with a connection that breaks off.
  auto play(service_reply reply) const -> bool;

private:
  friend class detail::connection;
  explicit responder(std::shared_ptr<detail::exchange> state) : exchange_(std::move(state)) {}
  std::shared_ptr<detail::exchange> exchange_;
};

/// Handles a request. Called on the server's thread; must not block. An exception becomes a 500.
using handler = std::function<void(incoming, responder)>;

/// One address and port that is listened on, until this is destroyed.
class listener {
public:
  listener(listener&&) noexcept = default;
  auto operator=(listener&& other) noexcept -> listener&;
  ~listener();

  /// The port, also when the system chose it.
  auto port() const -> std::uint16_t { return port_; }
  /// Stops accepting, closes connections that are between requests, and ends event streams. When this returns, the
  /// handler is called no more; requests that it has got already are still answered.
  void close();

private:
  friend class server;
  listener(std::shared_ptr<detail::gate> way, std::weak_ptr<detail::listener_state> state, std::uint16_t port);
  std::shared_ptr<detail::gate> way_;
  std::weak_ptr<detail::listener_state> state_;
  std::uint16_t port_;
};

/// What a server has done since its start, and what it does now.
struct server_statistics {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t streams_open = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  /// Connections refused because too many were open (503).
  std::uint64_t rejected_connections = 0;
  /// Requests refused because too many were in flight (429).
  std::uint64_t rejected_in_flight = 0;
  /// Requests that were not acceptable HTTP (400, 417, 501).
  std::uint64_t rejected_malformed = 0;
  /// Requests with too large a head (431) or body (413).
  std::uint64_t rejected_too_large = 0;
  /// Requests that took too long to come in (408).
  std::uint64_t rejected_timeout = 0;
  /// Requests whose responder was dropped without an answer (503).
  std::uint64_t dropped = 0;
  /// Connections cut off because the client took nothing for too long.
  std::uint64_t slow_readers = 0;
  /// Event streams closed because their buffer was full.
  std::uint64_t slow_streams = 0;
};

/// An HTTP/1.1 server: one thread for all listeners of a process, which reads, calls the handlers and writes.
/// Pipelined requests are answered in order.
class server {
public:
  explicit server(server_options options);
  /// stop() without patience.
  ~server();
  server(server const&) = delete;
  auto operator=(server const&) -> server& = delete;

  /// Listens on an IPv4 or IPv6 address ("localhost" is 127.0.0.1); port 0 lets the system choose. Errors say what to
  /// do: invalid_argument (no such address), conflict (port in use), permission_denied, unavailable (stopped).
  auto listen(std::string const& address, std::uint16_t port, handler handle) -> expected<listener>;

  /// Stops accepting, waits up to `drain` for the requests in flight, then closes every connection and ends the
  /// thread. Not to be called from a handler.
  void stop(std::chrono::milliseconds drain);

  /// Figures that may be read at any time from any thread.
  auto statistics() const -> server_statistics;

private:
  std::unique_ptr<detail::server_core> core_;
};

} // namespace nexus::http
