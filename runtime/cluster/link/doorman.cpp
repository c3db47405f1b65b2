#include "runtime/cluster/link/doorman.hpp"

#include "runtime/cluster/link/sockets.hpp"
#include "runtime/cluster/link/stream.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace nexus::cluster {
namespace {

using caf::io::network::operation;

/// Accepted in one go before others have their turn.
constexpr auto turn_connections = 16;
/// Until the next attempt when the process has no descriptors or memory left.
constexpr auto pause_of_acceptance = std::chrono::milliseconds{100};

} // namespace

link_doorman::link_doorman(std::shared_ptr<switchboard> board, int fd)
    : doorman(caf::io::accept_handle::from_int(switchboard::next_handle())),
      board_(std::move(board)),
      socket_(board_->multiplexer(), fd, *this),
      port_(local_port(fd)) {}

void link_doorman::socket::await(bool readable) {
  readable ? backend().add(operation::read, fd(), this) : backend().del(operation::read, fd(), this);
}

void link_doorman::launch() {
  keep_.reset(this);
  socket_.await(true);
}

void link_doorman::accept_waiting() {
  for (auto count = 0; count < turn_connections && !ended_; ++count) {
    auto const fd = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      welcome(fd);
      continue;
    }
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return pause();
    case EAGAIN:
      return;
    default:
      break; // this connection is gone already
    }
  }
}

void link_doorman::welcome(int fd) {
  auto owned = unique_fd{fd};
  board_->make_room();
  auto transport = expected<channel>{channel::plain(fd)};
  if (board_->own()) transport = channel::secured(fd, board_->own()->context(), channel::side::accepting);
  auto peer = link_peer{{}, remote_address(fd), {}, false};
  if (!transport) return board_->refused(peer, transport.error().message, false);
  auto const now = std::chrono::steady_clock::now();
  auto stream = caf::make_counted<link_stream>(board_, owned.release(), std::move(*transport), std::move(peer), now,
                                               now + board_->limits().handshake);
  auto const handle = stream->hdl();
  parent()->add_scribe(std::move(stream));
  doorman::new_connection(&board_->multiplexer(), handle);
}

/// As long as a connection waits that cannot be accepted, the multiplexer would call at once again.
void link_doorman::pause() {
  board_->crowd_out();
  socket_.await(false);
  alarm_ = board_->timers().set(std::chrono::steady_clock::now() + pause_of_acceptance, [this] {
    alarm_.reset();
    socket_.await(true);
  });
}

void link_doorman::graceful_shutdown() {
  auto const guard = caf::intrusive_ptr<link_doorman>{this};
  if (!std::exchange(ended_, true)) {
    if (alarm_) board_->timers().cancel(*std::exchange(alarm_, std::nullopt));
    socket_.await(false);
    ::shutdown(socket_.fd(), SHUT_RDWR);
    // Kept until the multiplexer has forgotten this socket.
    board_->multiplexer().post([self = std::move(keep_)] {});
  }
  detach(&board_->multiplexer(), false);
}

auto link_doorman::addr() const -> std::string {
  auto const address = caf::io::network::local_addr_of_fd(socket_.fd());
  return address ? *address : std::string{};
}

} // namespace nexus::cluster
