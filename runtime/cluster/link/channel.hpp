#pragma once

#include "runtime/cluster/certificates/certificates.hpp"

#include <memory>
#include <span>
#include <string>

struct ssl_st; // SSL
struct ssl_ctx_st;

namespace nexus::cluster {

/// Bytes over a socket that does not block, as they are or inside TLS. The socket belongs to somebody else. One thread
/// at a time.
class channel {
public:
  enum class state : std::uint8_t {
    /// Done, at least in part.
    done,
    /// To be called again when the socket can be read,
    want_read,
    /// or written.
    want_write,
    /// The connection is over: see problem().
    ended,
  };
  struct transfer {
    state what;
    std::size_t bytes;
  };
  enum class side : std::uint8_t { accepting, dialing };

  static auto plain(int fd) -> channel;
  /// TLS with what the context holds. `server_name` is told to the other side when dialing, if it is a DNS name.
  static auto secured(int fd, std::shared_ptr<ssl_ctx_st> const& context, side which,
                      std::string const& server_name = {}) -> expected<channel>;

  /// Until `done`, nothing may be read or written. At once `done` without TLS.
  auto handshake() -> state;
  /// Moves at least one byte when `done`. Neither span may be empty.
  auto read(std::span<char> target) -> transfer;
  auto write(std::span<char const> source) -> transfer;
  /// `done` when there is something to be read.
  auto peek() -> state;
  /// Whether bytes were taken off the socket that read() has not given yet.
  auto pending() const -> bool;
  /// Says that nothing more will be written.
  void finish();

  auto is_secured() const -> bool { return ssl_ != nullptr; }
  /// The peer's certificate, after the handshake.
  auto peer() const -> certificate_facts;
  /// Why it has ended.
  auto problem() const -> error const& { return problem_; }

private:
  struct ssl_deleter {
    void operator()(ssl_st* ssl) const;
  };

  explicit channel(int fd) : fd_(fd) {}
  auto judge(int outcome) -> state;
  auto judge_plain(ssize_t outcome) -> transfer;

  int fd_;
  std::unique_ptr<ssl_st, ssl_deleter> ssl_;
  error problem_;
};

} // namespace nexus::cluster
