#pragma once

#include "runtime/http/exchange.hpp"
#include "runtime/http/request_parser.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <unordered_set>

/// Inside the server: what lives on its thread.
namespace nexus::http::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using steady = std::chrono::steady_clock;

/// One acceptor.
struct listener_state : std::enable_shared_from_this<listener_state> {
  listener_state(server_core& owner, tcp::acceptor socket, handler handles);
  void accept();
  void close();

  server_core& core;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  handler handle;
  std::uint16_t port;
  bool open = true;
};

/// Everything that the server's thread works with. Only `way` is touched by other threads.
struct server_core {
  explicit server_core(server_options chosen);

  /// Looks at every connection's deadline, and keeps the two clocks.
  void sweep();
  void read_clocks();
  void admit(std::shared_ptr<listener_state> const& from, tcp::socket socket);
  void drain(std::chrono::milliseconds time);
  /// Ends the thread once draining is over.
  void leave_when_empty();

  asio::io_context io{1};
  server_options options;
  std::shared_ptr<gate> way;
  std::vector<std::shared_ptr<listener_state>> listeners;
  std::unordered_set<std::shared_ptr<connection>> connections;
  asio::steady_timer sweeper;
  asio::steady_timer patience;
  /// As of the last sweep: deadlines need no better, and a clock per request costs.
  steady::time_point now;
  /// The Server and Date fields as of the last sweep.
  std::string common_fields;
  std::time_t date{-1};
  bool draining = false;
  std::mutex stopping;
  std::thread thread;
};

/// One client's connection: reads a request, has it handled, writes the answer, and so on.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(server_core& core, std::shared_ptr<listener_state> from, tcp::socket socket, tcp::endpoint const& remote);

  void start();
  /// Answers with a problem before any request was read, and closes.
  void turn_away(int status, std::string_view detail);

  /// Whether the handler of this connection's request is running right now.
  auto dispatching() const -> bool { return dispatching_; }
  /// Keeps the answer until the running handler returns.
  void hold(answer what) { held_ = std::move(what); }
  /// Sends the answer to the request under way.
  void take(answer what);
  void flush_stream();

  auto deadline() const -> steady::time_point { return deadline_; }
  void deadline_passed();
  auto belongs_to(listener_state const* from) const -> bool { return listener_.get() == from; }
  /// Closes unless a request is under way.
  void end_when_idle();
  void close();

private:
  enum class state { reading, handling, writing, streaming, lingering, closed };
  enum class phase { idle, head, body };

  void read();
  void received(error_code ec, std::size_t size);
  void process();
  auto parse() -> bool;
  void dispatch();
  void refuse(int status, std::string_view detail);
  void begin(answer what);
  void begin_stream(answer what);
  void write(response reply);
  void compose_head(response const& reply, bool sized);
  auto pump() -> bool;
  void written();
  void linger();
  void enter(phase next);

  server_core& core_;
  std::shared_ptr<listener_state> listener_;
  tcp::socket socket_;
  std::string remote_address_;
  bool remote_is_loopback_;

  state state_ = state::reading;
  phase phase_ = phase::idle;
  steady::time_point deadline_ = steady::time_point::max();

  boost::beast::flat_buffer received_;
  std::optional<request_parser> parser_;
  bool read_pending_ = false, processing_ = false, dispatching_ = false, told_to_continue_ = false;

  std::string request_id_;
  bool persistent_ = true, old_version_ = false, head_only_ = false;
  std::optional<answer> held_;

  std::string head_, body_;
  std::size_t sent_ = 0;
  bool write_pending_ = false, break_off_ = false;
  std::shared_ptr<stream_state> stream_;
  std::unique_ptr<asio::steady_timer> delay_;
};

} // namespace nexus::http::detail
