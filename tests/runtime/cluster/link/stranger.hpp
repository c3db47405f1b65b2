#pragma once

#include "runtime/cluster/link/sockets.hpp"
#include "tests/runtime/cluster/link/nodes.hpp"

#include <openssl/ssl.h>

namespace nexus::cluster::testing {

/// A client that need not behave. Blocks, at most for `patience` at a time.
class stranger {
public:
  explicit stranger(std::uint16_t port);
  /// The next client of a listening socket.
  explicit stranger(unique_fd const& listener);

  void send(std::string_view bytes) const;
  /// Waits until the other side has closed the connection; false when it has not in time.
  auto is_cut_off() const -> bool;
  /// Says that it will send no more.
  void half_close() const;

  struct tls_options {
    std::optional<identity_files> files;
    int version = TLS1_3_VERSION;
  };
  /// TLS's handshake, and the first byte that the node says; false when the node ended it.
  auto greet_in_tls(tls_options const& options) -> bool;
  void send_in_tls(std::string_view bytes);
  /// Reads and forgets, until the node closes.
  auto is_cut_off_in_tls() -> bool;

private:
  void prepare();

  unique_fd socket_;
  std::unique_ptr<SSL_CTX, openssl_deleter<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, openssl_deleter<SSL_free>> tls_;
};

/// The first message of a TLS client.
auto client_hello() -> std::string;

/// A header of BASP.
auto basp_header(int operation, std::uint32_t payload_size) -> std::string;
/// BASP's greeting of a node with that number that connects. All bytes of its host are `host`.
auto basp_greeting(caf::actor_system& system, std::uint32_t number, std::uint8_t host = 7) -> std::string;
/// The same of one that was connected to, with an actor.
auto basp_answer(caf::actor_system& system, std::uint32_t number, std::uint8_t host = 7) -> std::string;

inline constexpr auto server_handshake = 0;
inline constexpr auto client_handshake = 1;
inline constexpr auto direct_message = 2;

/// Processor time that the multiplexer's thread of a node has used.
auto multiplexer_time(node& of) -> std::chrono::nanoseconds;
auto resident_bytes() -> std::size_t;
/// What a test may grow by that is about memory. Sanitizers keep what was freed for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr auto memory_allowance = std::size_t{1} << 30;
#else
inline constexpr auto memory_allowance = std::size_t{48} << 20;
#endif
auto open_descriptors() -> std::size_t;

} // namespace nexus::cluster::testing
