#include "runtime/cluster/link/stream.hpp"

#include "runtime/cluster/link/sockets.hpp"

#include <caf/io/network/native_socket.hpp>

#include <algorithm>
#include <cstring>

namespace nexus::cluster {
namespace {

using caf::io::basp::message_type;
using caf::io::network::operation;

/// Read or written in one go before others have their turn.
constexpr auto turn_bytes = std::size_t{1} << 20;
/// Buffers that grew beyond are given back.
constexpr auto kept_bytes = std::size_t{1} << 20;
/// BASP's handshake holds a node id and the names of the messages of one actor.
constexpr auto largest_greeting = std::uint32_t{256} << 10;

void give_back(std::vector<char>& buffer) {
  if (buffer.capacity() > kept_bytes) std::vector<char>{}.swap(buffer);
}

auto payload_size(std::span<char const> header) -> std::uint32_t {
  auto size = std::uint32_t{0};
  for (auto byte : header.subspan(4, 4)) size = size << 8 | static_cast<unsigned char>(byte);
  return size;
}

} // namespace

link_stream::link_stream(std::shared_ptr<switchboard> board, int fd, channel transport, link_peer peer,
                         time_point begun, time_point until)
    : scribe(caf::io::connection_handle::from_int(switchboard::next_handle())),
      board_(std::move(board)),
      transport_(std::move(transport)),
      socket_(board_->multiplexer(), fd, *this),
      peer_(std::move(peer)),
      begun_(begun),
      until_(until),
      phase_(transport_.is_secured() && !peer_.dialed ? phase::securing : phase::greeting) {
  caf::io::network::keepalive(fd, true);
}

void link_stream::socket::await(bool readable, bool writable) {
  auto const change = [this](bool& is, bool wanted, operation op) {
    if (is == wanted) return;
    is = wanted;
    wanted ? backend().add(op, fd(), this) : backend().del(op, fd(), this);
  };
  change(readable_, readable, operation::read);
  change(writable_, writable, operation::write);
}

auto link_stream::broker() -> caf::io::basp_broker& { return static_cast<caf::io::basp_broker&>(*parent()); }

void link_stream::later(void (link_stream::*what)()) {
  board_->multiplexer().post([self = caf::intrusive_ptr<link_stream>{this}, what] {
    if (self->phase_ != phase::ended) (self.get()->*what)();
  });
}

void link_stream::configure_read(caf::io::receive_policy::config) {
  if (!keep_ && phase_ != phase::ended) launch();
}

void link_stream::launch() {
  keep_.reset(this);
  alarm_ = board_->timers().set(until_, [this] {
    alarm_.reset();
    fail({errc::deadline_exceeded, "the peer did not prove in time who it is", {}, {}, {}}, true);
  });
  if (!peer_.dialed) stranger_ = board_->admit(*this);
  // The broker counts silence from the beginning of time and not from now: its next look would end the connection.
  touch();
  socket_.await(true, false);
  // What TLS has read already brings no event.
  if (peer_.dialed) later(&link_stream::receive);
  // The broker may have spoken before.
  flush();
}

void link_stream::touch() {
  auto& broker = this->broker();
  if (auto const found = broker.ctx.find(hdl()); found != broker.ctx.end())
    found->second.last_seen = broker.clock().now();
}

void link_stream::handle(operation op) {
  if (phase_ == phase::ended) return;
  if (op == operation::propagate_error) return fail({errc::unavailable, "the connection broke", {}, {}, {}});
  if (phase_ == phase::securing) return secure();
  if (op == operation::write || write_awaits_read_) send();
  if (op == operation::read || read_awaits_write_) receive();
}

void link_stream::secure() {
  switch (transport_.handshake()) {
  case channel::state::want_read:
    return socket_.await(true, false);
  case channel::state::want_write:
    return socket_.await(false, true);
  case channel::state::ended:
    return fail(transport_.problem());
  case channel::state::done:
    break;
  }
  auto facts = transport_.peer();
  peer_.name = std::move(facts.name);
  peer_.fingerprint = std::move(facts.fingerprint);
  phase_ = phase::greeting;
  socket_.await(true, false);
  send();
  receive();
}

// -- reading ----------------------------------------------------------------------------------------------------------

void link_stream::receive() {
  read_awaits_write_ = false;
  auto const small = board_->scratch();
  for (auto turn = std::size_t{0}; turn < turn_bytes;) {
    if (phase_ != phase::greeting && phase_ != phase::open) return;
    auto const missing = wanted_ - collected_;
    // Large frames are read to where they belong, in room that grows with what has come and not with what was
    // announced.
    auto const direct = missing >= small.size();
    auto target = small;
    if (direct) {
      frame_.resize(std::min(wanted_, std::max(collected_ * 2, collected_ + small.size())));
      target = std::span{frame_}.subspan(collected_);
    }
    auto const [what, bytes] = transport_.read(target);
    if (what == channel::state::ended) return fail(transport_.problem());
    if (what == channel::state::want_write) {
      read_awaits_write_ = true;
      return socket_.await(true, true);
    }
    if (what == channel::state::want_read) break;
    turn += bytes;
    if (direct) {
      collected_ += bytes;
      if (collected_ == wanted_ && !deliver()) return;
    } else if (!take(target.first(bytes))) {
      return;
    }
    if (bytes < target.size() && !transport_.pending()) break;
  }
  // A large message on a slow network is a sign of life.
  if (collected_ > caf::io::basp::header_size) touch();
  if (transport_.pending()) later(&link_stream::receive);
}

auto link_stream::take(std::span<char const> bytes) -> bool {
  while (!bytes.empty()) {
    auto const now = std::min(bytes.size(), wanted_ - collected_);
    if (frame_.size() < collected_ + now) frame_.resize(collected_ + now);
    std::memcpy(frame_.data() + collected_, bytes.data(), now);
    collected_ += now;
    bytes = bytes.subspan(now);
    if (collected_ == wanted_ && !deliver()) return false;
  }
  return true;
}

/// Hands a whole frame to the broker; false when the connection is over.
auto link_stream::deliver() -> bool {
  auto const was_payload = std::exchange(in_payload_, false);
  if (!was_payload) {
    if (auto const checked = check_header(); !checked) {
      fail(checked.error());
      return false;
    }
    auto const size = payload_size(frame_);
    in_payload_ = size > 0;
  }
  auto const next = in_payload_ ? std::size_t{payload_size(frame_)} : caf::io::basp::header_size;
  frame_.resize(collected_);
  auto const went_on = (was_payload && phase_ == phase::greeting && stays_beside_another()) ||
                       consume(&board_->multiplexer(), frame_.data(), collected_);
  if (phase_ == phase::ended || phase_ == phase::leaving) return false;
  if (!went_on) {
    fail({errc::unavailable, "this node ends", {}, {}, {}});
    return false;
  }
  collected_ = 0;
  wanted_ = next;
  give_back(frame_);
  if (was_payload && phase_ == phase::greeting) {
    if (auto const linked = begin_link(); !linked) {
      fail(linked.error());
      return false;
    }
  }
  return true;
}

/// What the broker would believe of a header.
auto link_stream::check_header() -> expected<void> {
  auto const what = static_cast<message_type>(frame_[0]);
  auto const size = payload_size(frame_);
  auto const greets = what == message_type::server_handshake || what == message_type::client_handshake;
  auto const expected_greeting = peer_.dialed ? message_type::server_handshake : message_type::client_handshake;
  if (phase_ == phase::greeting ? what != expected_greeting : what == message_type::server_handshake)
    return nexus::fail(errc::malformed, "the peer does not speak as nodes do");
  // A greeting without content would crash the broker.
  if (greets && (size == 0 || size > largest_greeting))
    return nexus::fail(errc::malformed, "the peer greets with {} bytes", size);
  if (size > board_->limits().frame_bytes)
    return nexus::fail(errc::too_large, "the peer announces a message of {} bytes, more than {}", size,
                       board_->limits().frame_bytes);
  return {};
}

/// When two nodes dial one another at the same moment, the broker of each would take the connection that it opened
/// itself for redundant, and both would go. The one with the larger id keeps its own beside the other.
auto link_stream::stays_beside_another() -> bool {
  if (!peer_.dialed) return false;
  auto& basp = broker();
  auto source = caf::binary_deserializer{&board_->multiplexer(), frame_};
  auto node = caf::node_id{};
  auto applications = std::vector<std::string>{};
  auto actor = caf::actor_id{0};
  auto interface = std::set<std::string>{};
  if (source(node, applications, actor, interface) || !node || !(node < basp.this_node()) ||
      !board_->was_accepted_since(node, begun_) || !basp.instance.tbl().lookup_direct(node))
    return false;
  basp.set_context(hdl());
  basp.this_context->cstate = caf::io::basp::await_header;
  basp.instance.tbl().add_alternative(hdl(), node);
  basp.finalize_handshake(node, actor, interface);
  return true;
}

auto link_stream::begin_link() -> expected<void> {
  node_ = broker().instance.tbl().lookup_direct(hdl());
  if (!node_) return nexus::fail(errc::malformed, "the peer has no node id");
  opened_at_ = std::chrono::steady_clock::now();
  if (auto const opened = board_->opened(*this, node_); !opened) {
    node_ = caf::none;
    return opened;
  }
  phase_ = phase::open;
  board_->timers().cancel(*std::exchange(alarm_, std::nullopt));
  if (stranger_) board_->dismiss(*std::exchange(stranger_, std::nullopt));
  return {};
}

// -- writing ----------------------------------------------------------------------------------------------------------

void link_stream::flush() {
  if (!keep_ || unsent_.empty() || (phase_ != phase::greeting && phase_ != phase::open)) return;
  if (!behind_ && unsent_.size() + sending_.size() - sent_ > board_->limits().unsent_bytes) {
    behind_ = true;
    later(&link_stream::fall_behind);
  }
  // All that the broker says in this round goes together.
  if (!std::exchange(busy_, true)) later(&link_stream::send);
}

void link_stream::fall_behind() { fail({errc::overloaded, "the peer takes messages too slowly", {}, {}, {}}); }

void link_stream::send() {
  write_awaits_read_ = false;
  busy_ = true;
  for (auto turn = std::size_t{0};;) {
    if (sent_ == sending_.size()) {
      sent_ = 0;
      sending_.clear();
      give_back(sending_);
      if (unsent_.empty()) break;
      sending_.swap(unsent_);
    }
    if (turn >= turn_bytes) return socket_.await(phase_ != phase::leaving, true);
    auto const [what, bytes] = transport_.write(std::span{sending_}.subspan(sent_));
    switch (what) {
    case channel::state::done:
      sent_ += bytes;
      turn += bytes;
      break;
    case channel::state::want_write:
      return socket_.await(phase_ != phase::leaving, true);
    case channel::state::want_read:
      write_awaits_read_ = true;
      return socket_.await(true, read_awaits_write_);
    case channel::state::ended:
      return fail(transport_.problem());
    }
  }
  busy_ = false;
  if (phase_ == phase::leaving) {
    transport_.finish();
    return end({}, false);
  }
  socket_.await(true, read_awaits_write_);
}

// -- the end ----------------------------------------------------------------------------------------------------------

void link_stream::fail(error why, bool late) {
  if (phase_ == phase::ended) return;
  auto const guard = caf::intrusive_ptr<link_stream>{this};
  end(std::move(why), late);
  io_failure(&board_->multiplexer(), operation::read);
}

void link_stream::graceful_shutdown() {
  auto const guard = caf::intrusive_ptr<link_stream>{this};
  auto const speaking = keep_ && (phase_ == phase::greeting || phase_ == phase::open);
  if (speaking) {
    if (node_) board_->closed(*this, std::exchange(node_, {}), "closed by this node");
    if (alarm_) board_->timers().cancel(*std::exchange(alarm_, std::nullopt));
    phase_ = phase::leaving;
    alarm_ = board_->timers().set(std::chrono::steady_clock::now() + board_->limits().handshake, [this] {
      alarm_.reset();
      end({}, false);
    });
  }
  detach(&board_->multiplexer(), false);
  if (speaking)
    send();
  else if (phase_ != phase::leaving)
    end({}, false);
}

/// What is left to the multiplexer goes in its next round, when it has forgotten this socket.
void link_stream::end(error why, bool late) {
  if (phase_ == phase::ended) return;
  auto const was = std::exchange(phase_, phase::ended);
  why_ = std::move(why);
  socket_.await(false, false);
  if (alarm_) board_->timers().cancel(*std::exchange(alarm_, std::nullopt));
  if (stranger_) board_->dismiss(*std::exchange(stranger_, std::nullopt));
  if (node_)
    board_->closed(*this, std::exchange(node_, {}), why_.message);
  else if (was != phase::leaving && !why_.message.empty())
    board_->refused(peer_, why_.message, late);
  if (keep_) board_->multiplexer().post([self = std::move(keep_)] {});
}

auto link_stream::addr() const -> std::string {
  auto const address = caf::io::network::remote_addr_of_fd(socket_.fd());
  return address ? *address : std::string{};
}

auto link_stream::port() const -> std::uint16_t {
  auto const port = caf::io::network::remote_port_of_fd(socket_.fd());
  return port ? *port : std::uint16_t{0};
}

} // namespace nexus::cluster
