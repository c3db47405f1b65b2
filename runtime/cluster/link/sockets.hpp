#pragma once

#include "messages/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

/// TCP as the operating system has it. All sockets are closed by child processes.
namespace nexus::cluster {

/// Owns a file descriptor.
class unique_fd {
public:
  explicit unique_fd(int fd = -1) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  auto operator=(unique_fd&& other) noexcept -> unique_fd& {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd();

  auto get() const -> int { return fd_; }
  auto release() -> int { return std::exchange(fd_, -1); }

private:
  int fd_;
};

/// Listens; the errors are those of links::listen.
auto listen_at(std::string const& address, std::uint16_t port) -> expected<unique_fd>;
/// Connects to the first address of a host that answers. Does not block beyond `until`, but for resolving the name.
auto connect_to(std::string const& host, std::uint16_t port, std::chrono::steady_clock::time_point until)
    -> expected<unique_fd>;
/// Waits for poll()'s events; false when `until` came first.
auto wait_for(int fd, short events, std::chrono::steady_clock::time_point until) -> bool;

auto local_port(int fd) -> std::uint16_t;
/// "10.0.0.7:51312", "[::1]:51312"; empty when there is none (any more).
auto local_address(int fd) -> std::string;
auto remote_address(int fd) -> std::string;
/// The same of a host and a port.
auto address_text(std::string const& host, std::uint16_t port) -> std::string;

} // namespace nexus::cluster
