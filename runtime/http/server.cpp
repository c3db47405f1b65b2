#include "runtime/http/server.hpp"

#include "runtime/http/connection.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>

#include <algorithm>
#include <ctime>
#include <future>
#include <tuple>

namespace nexus::http {
namespace detail {
namespace {

constexpr std::chrono::milliseconds accept_pause{100};
// Connections beyond the limit that are open just long enough to be told so.
constexpr std::size_t turned_away_at_once = 64;

auto sweep_interval(server_limits const& limits) {
  auto shortest = std::min(
      {limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout, limits.stream_heartbeat});
  return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{250});
}

} // namespace

server_core::server_core(server_options chosen)
    : options(std::move(chosen)), way(std::make_shared<gate>(io)), sweeper(io), patience(io) {
  read_clocks();
}

void server_core::read_clocks() {
  now = steady::now();
  auto seconds = std::chrono::system_clock::to_time_t(options.now());
  if (std::exchange(date, seconds) == seconds) return;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  // RFC 9110, section 5.6.7; strftime would follow the locale.
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  common_fields = fmt::format(
      "\r\nServer: {}\r\nDate: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\nX-Request-ID: ", options.server_name,
      days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday, months[static_cast<std::size_t>(parts.tm_mon)],
      parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void server_core::sweep() {
  read_clocks();
  std::vector<std::shared_ptr<connection>> due;
  for (auto const& open : connections)
    if (open->deadline() <= now) due.push_back(open);
  for (auto const& open : due) open->deadline_passed();
  sweeper.expires_after(sweep_interval(options.limits));
  sweeper.async_wait([this](error_code ec) {
    if (!ec) sweep();
  });
}

void server_core::admit(std::shared_ptr<listener_state> const& from, tcp::socket socket) {
  count(way->figures.connections_accepted);
  auto const& limits = options.limits;
  auto room = connections.size() < limits.max_connections;
  if (!room) count(way->figures.rejected_connections);
  if (connections.size() >= limits.max_connections + turned_away_at_once) return;
  error_code failed;
  auto remote = socket.remote_endpoint(failed);
  if (!failed) std::ignore = socket.set_option(tcp::no_delay{true}, failed);
  if (!failed) std::ignore = socket.non_blocking(true, failed);
  // The client is gone already.
  if (failed) return;
  auto arrived = std::make_shared<connection>(*this, from, std::move(socket), remote);
  connections.insert(arrived);
  count(way->figures.connections_open);
  if (room) return arrived->start();
  arrived->turn_away(503, "too many connections are open; try again shortly");
}

void server_core::drain(std::chrono::milliseconds time) {
  draining = true;
  for (auto const& each : std::exchange(listeners, {})) each->close();
  patience.expires_after(time);
  patience.async_wait([this](error_code ec) {
    if (ec) return;
    for (auto const& open : std::vector(connections.begin(), connections.end())) open->close();
  });
  leave_when_empty();
}

void server_core::leave_when_empty() {
  if (draining && connections.empty()) io.stop();
}

listener_state::listener_state(server_core& owner, tcp::acceptor socket, handler handles)
    : core(owner),
      acceptor(std::move(socket)),
      pause(owner.io),
      handle(std::move(handles)),
      port(acceptor.local_endpoint().port()) {}

void listener_state::accept() {
  acceptor.async_accept([self = shared_from_this()](error_code ec, tcp::socket socket) {
    if (!self->open) return;
    if (!ec) self->core.admit(self, std::move(socket));
    if (!ec || ec == asio::error::connection_aborted) return self->accept();
    // Out of file descriptors or memory: the connection stays in the kernel's queue, and asking again at once would
    // spin.
    self->pause.expires_after(accept_pause);
    self->pause.async_wait([self](error_code cancelled) {
      if (!cancelled && self->open) self->accept();
    });
  });
}

void listener_state::close() {
  if (!std::exchange(open, false)) return;
  error_code ignored;
  std::ignore = acceptor.close(ignored);
  pause.cancel();
  for (auto const& each : std::vector(core.connections.begin(), core.connections.end()))
    if (each->belongs_to(this)) each->end_when_idle();
}

} // namespace detail

namespace {

auto bind_error(boost::system::error_code const& ec, std::string const& where) -> error {
  namespace wrong = boost::asio::error;
  error failure{errc::unavailable, "cannot listen on " + where + ": " + ec.message(), {}, {}, {}};
  if (ec == wrong::address_in_use) {
    failure.code = errc::conflict;
    failure.message = "cannot listen on " + where + ": the port is in use";
    failure.remedy = "stop the process that listens there, or choose another port";
  } else if (ec == wrong::access_denied || ec == boost::system::errc::operation_not_permitted) {
    failure.code = errc::permission_denied;
    failure.message = "cannot listen on " + where + ": not permitted";
    failure.remedy = "choose a port above 1023, or give the process the capability CAP_NET_BIND_SERVICE";
  } else if (ec == boost::system::errc::address_not_available) {
    failure.code = errc::invalid_argument;
    failure.message = "cannot listen on " + where + ": no network interface of this machine has the address";
    failure.remedy = "use 127.0.0.1 for this machine alone, or 0.0.0.0 for every interface";
  }
  return failure;
}

} // namespace

server::server(server_options options) : core_(std::make_unique<detail::server_core>(std::move(options))) {
  core_->thread = std::thread{[core = core_.get()] {
    core->way->enter();
    core->sweep();
    core->io.run();
  }};
}

server::~server() { stop(std::chrono::milliseconds{0}); }

auto server::listen(std::string const& address, std::uint16_t port, handler handle) -> expected<listener> {
  namespace asio = boost::asio;
  boost::system::error_code ec;
  auto parsed = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, ec);
  if (ec) return fail(errc::invalid_argument, "cannot listen on '{}': it is no IPv4 or IPv6 address", address);
  asio::ip::tcp::endpoint endpoint{parsed, port};
  auto where = fmt::format("{}:{}", parsed.is_v6() ? "[" + address + "]" : address, port);
  asio::ip::tcp::acceptor acceptor{core_->io};
  std::ignore = acceptor.open(endpoint.protocol(), ec);
  if (!ec) std::ignore = acceptor.set_option(asio::socket_base::reuse_address{true}, ec);
  if (!ec) std::ignore = acceptor.bind(endpoint, ec);
  if (!ec) std::ignore = acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return tl::unexpected{bind_error(ec, where)};
  auto state = std::make_shared<detail::listener_state>(*core_, std::move(acceptor), std::move(handle));
  listener opened{core_->way, state, state->port};
  auto posted = core_->way->post([core = core_.get(), starting = std::move(state)] {
    if (core->draining) return;
    core->listeners.push_back(starting);
    starting->accept();
  });
  if (!posted) return fail(errc::unavailable, "cannot listen on {}: the server has been stopped", where);
  return opened;
}

void server::stop(std::chrono::milliseconds drain) {
  std::lock_guard lock{core_->stopping};
  if (!core_->thread.joinable()) return;
  core_->way->post([core = core_.get(), drain] { core->drain(drain); });
  core_->thread.join();
  core_->way->shut();
  // What was posted meanwhile finds its connection gone.
  core_->io.restart();
  core_->io.poll();
}

auto server::statistics() const -> server_statistics {
  auto const& now = core_->way->figures;
  auto read = [](auto const& figure) { return figure.load(std::memory_order_relaxed); };
  server_statistics seen;
  seen.connections_open = read(now.connections_open);
  seen.connections_accepted = read(now.connections_accepted);
  seen.requests = read(now.requests);
  seen.in_flight = read(now.in_flight);
  seen.streams_open = read(now.streams_open);
  seen.bytes_received = read(now.bytes_received);
  seen.bytes_sent = read(now.bytes_sent);
  seen.rejected_connections = read(now.rejected_connections);
  seen.rejected_in_flight = read(now.rejected_in_flight);
  seen.rejected_malformed = read(now.rejected_malformed);
  seen.rejected_too_large = read(now.rejected_too_large);
  seen.rejected_timeout = read(now.rejected_timeout);
  seen.dropped = read(now.dropped);
  seen.slow_readers = read(now.slow_readers);
  seen.slow_streams = read(now.slow_streams);
  return seen;
}

listener::listener(std::shared_ptr<detail::gate> way, std::weak_ptr<detail::listener_state> state, std::uint16_t port)
    : way_(std::move(way)), state_(std::move(state)), port_(port) {}

auto listener::operator=(listener&& other) noexcept -> listener& {
  std::swap(way_, other.way_);
  std::swap(state_, other.state_);
  std::swap(port_, other.port_);
  return *this;
}

listener::~listener() {
  if (way_) close();
}

void listener::close() {
  auto shut = [](std::weak_ptr<detail::listener_state> const& which) {
    auto state = which.lock();
    if (!state) return;
    std::erase(state->core.listeners, state);
    state->close();
  };
  if (way_->on_server_thread()) return shut(state_);
  // A promise that is destroyed with a stopping server is as good as one that is kept.
  std::promise<void> done;
  auto closed = done.get_future();
  auto posted = way_->post([shut, which = state_, told = std::move(done)]() mutable {
    shut(which);
    told.set_value();
  });
  if (posted) closed.wait();
}

} // namespace nexus::http
