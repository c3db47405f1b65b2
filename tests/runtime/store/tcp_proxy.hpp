#pragma once

#include "tests/runtime/store/redis_server.hpp"

#include <atomic>
#include <list>
#include <poll.h>
#include <utility>

namespace nexus::store::testing {

/// Stands between a client and a server on loopback, and misbehaves on order.
class tcp_proxy {
public:
  explicit tcp_proxy(std::uint16_t server)
      : server_(server), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    auto size = static_cast<::socklen_t>(sizeof address);
    if (::bind(listener_, reinterpret_cast<::sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<::sockaddr*>(&address), &size) != 0)
      throw std::runtime_error{"no proxy"};
    port_ = ::ntohs(address.sin_port);
    thread_ = std::thread{[this] { run(); }};
  }
  tcp_proxy(tcp_proxy const&) = delete;
  auto operator=(tcp_proxy const&) -> tcp_proxy& = delete;
  ~tcp_proxy() {
    stopping_ = true;
    thread_.join();
    for (auto& each : pairs_) close(each);
    ::close(listener_);
  }

  auto port() const -> std::uint16_t { return port_; }

  /// The next answer is thrown away, and the connection with it: what was asked has been done.
  void lose_an_answer() { losing_ = true; }
  /// From now on what clients send on the connections that there are is held, until `deliver`.
  void hold() {
    holding_ = true;
    await(holding_);
  }
  /// What was held reaches the server, though its clients may be gone.
  void deliver() {
    delivering_ = true;
    await(delivering_);
  }
  auto lost() const -> int { return lost_; }

private:
  struct pair {
    int client = -1;
    int server = -1;
    bool held = false;
    std::string waiting;
  };

  static auto loopback(std::uint16_t port) -> ::sockaddr_in {
    auto address = ::sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_port = ::htons(port);
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    return address;
  }

  static void await(std::atomic<bool> const& order) {
    while (order) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }

  static void close(pair& each) {
    for (auto* descriptor : {&each.client, &each.server})
      if (*descriptor >= 0) ::close(std::exchange(*descriptor, -1));
  }

  static void send_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
      auto const sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Bytes that have arrived; none when the other side is gone.
  static auto receive(int descriptor) -> std::string {
    auto buffer = std::string(65'536, '\0');
    auto const size = ::recv(descriptor, buffer.data(), buffer.size(), 0);
    buffer.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return buffer;
  }

  void accept() {
    auto each =
        pair{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    auto const address = loopback(server_);
    if (::connect(each.server, reinterpret_cast<::sockaddr const*>(&address), sizeof address) != 0) return close(each);
    pairs_.push_back(std::move(each));
  }

  void run() {
    while (!stopping_) {
      if (holding_.exchange(false))
        for (auto& each : pairs_) each.held = true;
      if (delivering_) {
        for (auto& each : pairs_)
          if (std::exchange(each.held, false)) send_all(each.server, each.waiting);
        delivering_ = false;
      }
      auto polled = std::vector<::pollfd>{{listener_, POLLIN, 0}};
      for (auto const& each : pairs_) {
        polled.push_back({each.client, POLLIN, 0});
        polled.push_back({each.server, POLLIN, 0});
      }
      if (::poll(polled.data(), polled.size(), 2) <= 0) continue;
      auto at = std::size_t{1};
      for (auto& each : pairs_) {
        if (polled[at++].revents != 0) from_client(each);
        if (polled[at++].revents != 0 && each.server >= 0) from_server(each);
      }
      std::erase_if(pairs_, [](auto const& each) { return each.server < 0; });
      if (polled[0].revents != 0) accept();
    }
  }

  void from_client(pair& each) {
    auto const bytes = receive(each.client);
    if (each.held) {
      each.waiting += bytes;
      if (bytes.empty()) ::close(std::exchange(each.client, -1));
    } else if (bytes.empty()) {
      close(each);
    } else {
      send_all(each.server, bytes);
    }
  }

  void from_server(pair& each) {
    auto const bytes = receive(each.server);
    if (bytes.empty()) return close(each);
    if (losing_.exchange(false)) {
      ++lost_;
      return close(each);
    }
    if (each.client >= 0) send_all(each.client, bytes);
  }

  std::uint16_t const server_;
  int const listener_;
  std::uint16_t port_ = 0;
  std::list<pair> pairs_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> losing_ = false;
  std::atomic<bool> holding_ = false;
  std::atomic<bool> delivering_ = false;
  std::atomic<int> lost_ = 0;
  std::thread thread_;
};

} // namespace nexus::store::testing
