#pragma once

#include "tests/runtime/store/temporary_directory.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace nexus::store::testing {

/// A port on loopback that nobody listens at.
inline auto free_port() -> std::uint16_t {
  auto const descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = ::sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  auto size = static_cast<::socklen_t>(sizeof address);
  auto const good = ::bind(descriptor, reinterpret_cast<::sockaddr*>(&address), size) == 0 &&
                    ::getsockname(descriptor, reinterpret_cast<::sockaddr*>(&address), &size) == 0;
  ::close(descriptor);
  if (!good) throw std::runtime_error{"no free port"};
  return ::ntohs(address.sin_port);
}

/// A Redis server of the test's own, on loopback, with its data in a directory that goes with it.
class redis_server {
public:
  using settings = std::vector<std::string>;

  /// What a server in production has to be like.
  static auto safe() -> settings {
    return {"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"};
  }

  explicit redis_server(settings more = {}, std::string program = "redis-server")
      : program_(std::move(program)), settings_(std::move(more)), port_(free_port()) {
    start();
  }
  redis_server(redis_server const&) = delete;
  auto operator=(redis_server const&) -> redis_server& = delete;
  ~redis_server() { kill(); }

  auto port() const -> std::uint16_t { return port_; }

  /// From the test's main thread: the server ends with the thread that started it.
  void start() {
    auto words = settings{program_,
                          "--port",
                          std::to_string(port_),
                          "--bind",
                          "127.0.0.1",
                          "--dir",
                          directory_.path().string(),
                          "--save",
                          "",
                          "--logfile",
                          (directory_.path() / "log").string(),
                          "--daemonize",
                          "no",
                          "--databases",
                          "4"};
    words.insert(words.end(), settings_.begin(), settings_.end());
    auto arguments = std::vector<char*>{};
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!answers()) {
      if (::waitpid(process_, nullptr, WNOHANG) == process_) throw std::runtime_error{"there is no " + program_};
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error{program_ + " does not start"};
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }

  /// As a power cut would end it.
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  void pause() { ::kill(process_, SIGSTOP); }
  void go_on() { ::kill(process_, SIGCONT); }

  /// Runs a command on a connection of its own: the answer, or the error, as text; numbers as digits.
  auto command(std::vector<std::string> const& words, std::string const& password = {}) const -> std::string {
    auto const connection = std::unique_ptr<redisContext, decltype(&redisFree)>{
        redisConnectWithTimeout("127.0.0.1", port_, {.tv_sec = 2, .tv_usec = 0}), redisFree};
    if (!connection || connection->err != 0) return "no connection";
    redisSetTimeout(connection.get(), {.tv_sec = 5, .tv_usec = 0});
    auto const run = [&](std::vector<std::string> const& texts) -> std::string {
      auto pointers = std::vector<char const*>{};
      auto lengths = std::vector<std::size_t>{};
      for (auto const& text : texts) {
        pointers.push_back(text.data());
        lengths.push_back(text.size());
      }
      auto const reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>{
          static_cast<redisReply*>(
              redisCommandArgv(connection.get(), static_cast<int>(texts.size()), pointers.data(), lengths.data())),
          freeReplyObject};
      if (!reply) return "no answer";
      if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
      return reply->str == nullptr ? std::string{} : std::string{reply->str, reply->len};
    };
    if (!password.empty()) run({"AUTH", password});
    return run(words);
  }

private:
  /// Also a server that wants a password answers, once it has read its data.
  auto answers() const -> bool {
    auto const reply = command({"PING"});
    return reply == "PONG" || reply.starts_with("NOAUTH");
  }

  std::string program_;
  settings settings_;
  std::uint16_t port_;
  temporary_directory directory_;
  ::pid_t process_ = 0;
};

/// Whether a program can be started by its name.
inline auto is_installed(std::string const& program) -> bool {
  auto const folders = {"/usr/bin/", "/usr/local/bin/", "/bin/"};
  return std::ranges::any_of(folders,
                             [&](auto const* folder) { return ::access((folder + program).c_str(), X_OK) == 0; });
}

} // namespace nexus::store::testing
