#include "runtime/http/connection.hpp"

#include "runtime/http/problem.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>

#include <array>
#include <charconv>
#include <tuple>

namespace nexus::http::detail {
namespace {

constexpr std::size_t read_size = 16 * 1024;
constexpr std::chrono::milliseconds linger_time{1000};

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

auto usable_request_id(std::string_view id) -> bool {
  return !id.empty() && id.size() <= 128 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// The fields that say how the message is framed and sent are the server's.
auto servers_own(std::string_view name) -> bool {
  using boost::beast::iequals;
  switch (name.size()) {
  case 4:
    return iequals(name, "Date");
  case 6:
    return iequals(name, "Server");
  case 10:
    return iequals(name, "Connection");
  case 12:
    return iequals(name, "X-Request-ID");
  case 14:
    return iequals(name, "Content-Length");
  case 17:
    return iequals(name, "Transfer-Encoding");
  default:
    return false;
  }
}

// Values may quote what a client sent: no line end gets through to become a field of its own.
void append_field(std::string& out, std::string_view name, std::string_view value) {
  auto start = out.size();
  out.append(name).append(": ").append(value);
  for (auto i = start; i < out.size(); ++i)
    if (static_cast<unsigned char>(out[i]) < ' ' && out[i] != '\t') out[i] = ' ';
  out += "\r\n";
}

} // namespace

connection::connection(server_core& core, std::shared_ptr<listener_state> from, tcp::socket socket,
                       tcp::endpoint const& remote)
    : core_(core),
      listener_(std::move(from)),
      socket_(std::move(socket)),
      remote_address_(remote.address().to_string()),
      received_(core.options.limits.header + 2 * read_size) {
  auto address = remote.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  remote_is_loopback_ = address.is_loopback();
}

void connection::start() {
  parser_.emplace(core_.options.limits.header, core_.options.limits.body);
  enter(phase::idle);
  read();
}

void connection::turn_away(int status, std::string_view detail) { refuse(status, detail); }

void connection::enter(phase next) {
  auto const& limits = core_.options.limits;
  phase_ = next;
  deadline_ = core_.now + (next == phase::idle   ? limits.idle_timeout
                           : next == phase::head ? limits.header_timeout
                                                 : limits.body_timeout);
}

void connection::read() {
  if (read_pending_) return;
  read_pending_ = true;
  socket_.async_read_some(received_.prepare(read_size),
                          [self = shared_from_this()](error_code ec, std::size_t size) { self->received(ec, size); });
}

void connection::received(error_code ec, std::size_t size) {
  read_pending_ = false;
  if (state_ == state::closed) return;
  if (ec) {
    // A client that has said all it wants to say may still wait for the answer under way.
    if (state_ == state::writing) return;
    return close();
  }
  count(core_.way->figures.bytes_received, size);
  received_.commit(size);
  if (state_ == state::reading) return process();
  // An event stream's client has nothing to say, and a connection that lingers does not listen.
  received_.consume(received_.size());
  if (state_ == state::streaming || state_ == state::lingering) read();
}

void connection::process() {
  processing_ = true;
  while (state_ == state::reading && parse()) dispatch();
  processing_ = false;
  if (state_ == state::reading) read();
}

auto connection::parse() -> bool {
  if (received_.size() == 0) return false;
  auto bytes = received_.cdata();
  received_.consume(parser_->feed({static_cast<char const*>(bytes.data()), bytes.size()}));
  if (parser_->failed()) {
    auto status = parser_->status();
    count(status == 413 || status == 431 ? core_.way->figures.rejected_too_large
                                         : core_.way->figures.rejected_malformed);
    refuse(status, parser_->detail());
    return false;
  }
  if (parser_->done()) return true;
  if (received_.size() + read_size > received_.max_size()) {
    count(core_.way->figures.rejected_malformed);
    refuse(400, "a line of the request is longer than this server accepts");
    return false;
  }
  if (auto now = parser_->head_done() ? phase::body : phase::head; now != phase_) enter(now);
  if (parser_->expects_continue() && parser_->head_done() && parser_->message().body.empty() && !told_to_continue_) {
    told_to_continue_ = true;
    error_code ec;
    // Fits into the empty send buffer of a connection on which nothing is being sent.
    asio::write(socket_, asio::buffer(std::string_view{"HTTP/1.1 100 Continue\r\n\r\n"}), ec);
    if (ec) close();
  }
  return false;
}

void connection::dispatch() {
  auto& figures = core_.way->figures;
  count(figures.requests);
  auto message = std::move(parser_->message());
  persistent_ = parser_->persistent();
  old_version_ = parser_->old_version();
  head_only_ = message.method == "HEAD";
  auto sent_id = message.fields.find("X-Request-ID");
  if (sent_id && usable_request_id(*sent_id)) {
    request_id_ = *sent_id;
  } else {
    request_id_ = core_.options.make_request_id();
  }
  if (!listener_->open) return refuse(503, "the server is shutting down");
  if (figures.in_flight.load(std::memory_order_relaxed) >= core_.options.limits.max_in_flight) {
    count(figures.rejected_in_flight);
    auto busy = problem(429, "too many requests are being handled; try again shortly", request_id_);
    busy.fields.set("Retry-After", "1");
    return write(std::move(busy));
  }
  state_ = state::handling;
  deadline_ = steady::time_point::max();
  dispatching_ = true;
  {
    auto under_way = std::make_shared<exchange>(core_.way, weak_from_this(), core_.options.limits.stream_buffer);
    try {
      listener_->handle({std::move(message), remote_address_, remote_is_loopback_, request_id_, listener_->port},
                        responder{under_way});
    } catch (std::exception const&) {
      responder{under_way}.respond(
          problem(500, "an internal error; the log has it under this request's id", request_id_));
    }
  }
  dispatching_ = false;
  if (held_) {
    auto what = std::move(*held_);
    held_.reset();
    begin(std::move(what));
  }
}

void connection::refuse(int status, std::string_view detail) {
  if (request_id_.empty()) request_id_ = core_.options.make_request_id();
  head_only_ = head_only_ || (parser_ && parser_->message().method == "HEAD");
  persistent_ = false;
  write(problem(status, detail, request_id_));
}

void connection::take(answer what) {
  if (state_ == state::handling) begin(std::move(what));
}

void connection::begin(answer what) {
  if (what.delay.count() > 0) {
    delay_ = std::make_unique<asio::steady_timer>(core_.io, what.delay);
    delay_->async_wait([self = shared_from_this(), late = std::move(what)](error_code ec) mutable {
      late.delay = std::chrono::milliseconds{0};
      if (!ec) self->take(std::move(late));
    });
    return;
  }
  if (what.dropped) {
    auto const common = std::move(what.reply.fields);
    what.reply = problem(503, "the request was not answered; try again", request_id_);
    for (auto const& [name, value] : common) what.reply.fields.add(name, value);
  }
  if (what.stream) return begin_stream(std::move(what));
  if (what.cut_off_after) {
    if (*what.cut_off_after == 0) return close();
    break_off_ = *what.cut_off_after < what.reply.body.size();
    if (break_off_) {
      // The head promises the whole body.
      compose_head(what.reply, true);
      what.reply.body.resize(*what.cut_off_after);
      body_ = head_only_ ? std::string{} : std::move(what.reply.body);
      state_ = state::writing;
      if (pump()) written();
      return;
    }
  }
  write(std::move(what.reply));
}

void connection::write(response reply) {
  if (auto told = reply.fields.find("Connection"); told && boost::beast::iequals(*told, "close")) persistent_ = false;
  if (core_.draining || !listener_->open) persistent_ = false;
  auto bodiless = reply.status < 200 || reply.status == 204 || reply.status == 304;
  compose_head(reply, !bodiless);
  if (head_only_ || bodiless) {
    body_.clear();
  } else {
    body_ = std::move(reply.body);
  }
  state_ = state::writing;
  if (pump()) written();
}

void connection::compose_head(response const& reply, bool sized) {
  head_.assign("HTTP/1.1 ");
  append_number(head_, static_cast<std::size_t>(reply.status));
  head_ += ' ';
  head_ += reason_phrase(reply.status);
  head_ += core_.common_fields;
  head_ += request_id_;
  head_ += "\r\n";
  if (sized) {
    head_ += "Content-Length: ";
    append_number(head_, reply.body.size());
    head_ += "\r\n";
  }
  if (!persistent_) {
    head_ += "Connection: close\r\n";
  } else if (old_version_) {
    head_ += "Connection: keep-alive\r\n";
  }
  for (auto const& [name, value] : reply.fields)
    if (!servers_own(name)) append_field(head_, name, value);
  head_ += "\r\n";
  sent_ = 0;
}

auto connection::pump() -> bool {
  while (sent_ < head_.size() + body_.size()) {
    std::array<asio::const_buffer, 2> rest{asio::buffer(head_) + std::min(sent_, head_.size()),
                                           asio::buffer(body_) + (sent_ > head_.size() ? sent_ - head_.size() : 0)};
    error_code ec;
    auto size = socket_.write_some(rest, ec);
    if (ec == asio::error::would_block) {
      deadline_ = core_.now + core_.options.limits.write_timeout;
      write_pending_ = true;
      socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code failed) {
        self->write_pending_ = false;
        if (self->state_ == state::closed) return;
        if (failed) return self->close();
        if (self->pump()) self->written();
      });
      return false;
    }
    if (ec) {
      close();
      return false;
    }
    count(core_.way->figures.bytes_sent, size);
    sent_ += size;
  }
  return true;
}

void connection::written() {
  if (state_ == state::streaming) return flush_stream();
  if (break_off_) return close();
  if (!persistent_) return linger();
  // The buffers stay for the next answer, unless this one was exceptionally large.
  if (body_.capacity() > 256 * 1024) body_ = {};
  parser_.emplace(core_.options.limits.header, core_.options.limits.body);
  told_to_continue_ = head_only_ = false;
  request_id_.clear();
  state_ = state::reading;
  enter(phase::idle);
  if (!processing_) process();
}

void connection::begin_stream(answer what) {
  persistent_ = false;
  what.reply.status = 200;
  what.reply.fields.set("Content-Type", "text/event-stream");
  what.reply.fields.set("Cache-Control", "no-cache");
  // The stream has no length: it ends with the connection.
  compose_head(what.reply, false);
  body_.clear();
  if (head_only_) {
    what.stream.reset();
    state_ = state::writing;
    if (pump()) written();
    return;
  }
  stream_ = std::move(what.stream);
  count(core_.way->figures.streams_open);
  state_ = state::streaming;
  received_.consume(received_.size());
  if (listener_->open && !core_.draining) {
    read();
  } else {
    stream_->close();
  }
  if (state_ == state::streaming && pump()) flush_stream();
}

void connection::flush_stream() {
  while (state_ == state::streaming && !write_pending_) {
    switch (stream_->take(head_)) {
    case stream_state::next::write:
      sent_ = 0;
      if (!pump()) return;
      break;
    case stream_state::next::nothing:
      deadline_ = core_.now + core_.options.limits.stream_heartbeat;
      return;
    case stream_state::next::finish:
      return linger();
    }
  }
}

void connection::linger() {
  if (std::exchange(stream_, nullptr)) uncount(core_.way->figures.streams_open);
  // Closing at once would throw the answer away if the client is still sending: a reset overtakes it.
  state_ = state::lingering;
  deadline_ = core_.now + linger_time;
  error_code ignored;
  std::ignore = socket_.shutdown(tcp::socket::shutdown_send, ignored);
  received_.consume(received_.size());
  read();
}

void connection::deadline_passed() {
  auto& figures = core_.way->figures;
  switch (state_) {
  case state::reading:
    if (phase_ == phase::idle) return close();
    count(figures.rejected_timeout);
    return refuse(408, phase_ == phase::head ? "the request's head took too long to arrive"
                                             : "the request's body took too long to arrive");
  case state::writing:
    count(figures.slow_readers);
    return close();
  case state::streaming:
    if (write_pending_) {
      count(figures.slow_readers);
      return close();
    }
    head_ = ":\n\n";
    sent_ = 0;
    if (pump()) flush_stream();
    return;
  case state::lingering:
    return close();
  case state::handling:
  case state::closed:
    return;
  }
}

void connection::end_when_idle() {
  if (state_ == state::reading && phase_ == phase::idle) return close();
  if (state_ == state::streaming) stream_->close();
}

void connection::close() {
  if (state_ == state::closed) return;
  state_ = state::closed;
  auto self = shared_from_this();
  error_code ignored;
  std::ignore = socket_.close(ignored);
  if (delay_) delay_->cancel();
  if (auto ending = std::exchange(stream_, nullptr)) uncount(core_.way->figures.streams_open);
  uncount(core_.way->figures.connections_open);
  core_.connections.erase(self);
  core_.leave_when_empty();
}

} // namespace nexus::http::detail
