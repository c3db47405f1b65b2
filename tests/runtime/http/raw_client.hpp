#pragma once

#include "runtime/http/server.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

namespace nexus::http::test {

/// A socket whose every byte the test decides; reads give up after five seconds.
class raw_client {
public:
  explicit raw_client(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    timeval patience{5, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~raw_client() { ::close(socket_); }
  raw_client(raw_client const&) = delete;
  auto operator=(raw_client const&) -> raw_client& = delete;

  auto connected() const -> bool { return connected_; }
  auto send(std::string_view bytes) -> bool {
    while (!bytes.empty()) {
      auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_of_requests() { ::shutdown(socket_, SHUT_WR); }

  /// Reads until the text appears, and gives everything up to its end.
  auto read_until(std::string_view text) -> std::string {
    for (;;) {
      if (auto at = waiting_.find(text); at != std::string::npos) return take(at + text.size());
      if (!more()) return take(waiting_.size());
    }
  }
  /// Reads to the end of the connection.
  auto read_all() -> std::string {
    while (more()) {
    }
    return take(waiting_.size());
  }
  /// Whether the server has closed the connection, with nothing more to read.
  auto at_end() -> bool { return waiting_.empty() && !more() && !timed_out_; }

  struct reply {
    int status = 0;
    std::string head;
    std::string body;
    auto field(std::string_view name) const -> std::string {
      auto at = head.find("\r\n" + std::string{name} + ": ");
      if (at == std::string::npos) return {};
      at += name.size() + 4;
      return head.substr(at, head.find("\r\n", at) - at);
    }
  };
  /// Reads one response framed by Content-Length.
  auto read_reply(bool with_body = true) -> reply {
    reply got;
    got.head = read_until("\r\n\r\n");
    if (got.head.size() > 12) std::from_chars(got.head.data() + 9, got.head.data() + 12, got.status);
    auto length = got.field("Content-Length");
    if (length.empty() || !with_body) return got;
    auto size = std::stoul(length);
    while (waiting_.size() < size && more()) {
    }
    got.body = take(std::min(size, waiting_.size()));
    return got;
  }
  auto ask(std::string_view bytes) -> reply {
    send(bytes);
    return read_reply();
  }

private:
  auto more() -> bool {
    char bytes[16384];
    auto size = ::recv(socket_, bytes, sizeof bytes, 0);
    timed_out_ = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (size <= 0) return false;
    waiting_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  auto take(std::size_t size) -> std::string {
    auto taken = waiting_.substr(0, size);
    waiting_.erase(0, size);
    return taken;
  }

  int socket_;
  bool connected_ = false, timed_out_ = false;
  std::string waiting_;
};

inline auto get(std::string_view target, std::string_view more = "") -> std::string {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, more);
}

inline auto post(std::string_view target, std::string_view body) -> std::string {
  return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{}", target, body.size(), body);
}

/// Options with predictable ids and clock.
inline auto options(server_limits limits = {}) -> server_options {
  server_options chosen;
  chosen.limits = limits;
  chosen.make_request_id = [next = 0]() mutable { return "made-" + std::to_string(++next); };
  chosen.now = [] { return std::chrono::system_clock::time_point{std::chrono::seconds{784111777}}; };
  return chosen;
}

/// Answers with what came in.
inline void echo(incoming in, responder back) {
  auto text = fmt::format("{} {} {}", in.message.method, in.message.target, in.message.body);
  back.respond({200, {{"Content-Type", "text/plain"}}, std::move(text)});
}

/// Something that happens on another thread, and can be waited for.
template <class T>
class awaited {
public:
  void set(T value) {
    std::lock_guard lock{mutex_};
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  /// Waits for that many values, at most five seconds.
  auto wait(std::size_t count = 1) -> std::vector<T> {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, std::chrono::seconds{5}, [&] { return values_.size() >= count; });
    return values_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

/// Polls a figure that another thread changes.
template <class Condition>
auto eventually(Condition holds) -> bool {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace nexus::http::test
