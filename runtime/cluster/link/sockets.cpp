#include "runtime/cluster/link/sockets.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace nexus::cluster {
namespace {

using std::chrono::steady_clock;

using addresses = std::unique_ptr<addrinfo, decltype([](addrinfo* list) { freeaddrinfo(list); })>;

auto resolve(std::string const& host, std::uint16_t port, int flags) -> std::pair<int, addresses> {
  auto hints = addrinfo{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  auto const code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  return {code, addresses{found}};
}

auto resolve_problem(int code) -> std::string { return code == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(code); }

auto text_of(sockaddr_storage const& address, socklen_t size) -> std::string {
  auto host = std::string(NI_MAXHOST, '\0');
  auto service = std::string(NI_MAXSERV, '\0');
  if (getnameinfo(reinterpret_cast<sockaddr const*>(&address), size, host.data(), NI_MAXHOST, service.data(),
                  NI_MAXSERV, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  host.resize(std::strlen(host.c_str()));
  // How a dual-stack socket writes an IPv4 address.
  if (host.starts_with("::ffff:") && host.find('.') != std::string::npos) host.erase(0, 7);
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, service.c_str())
                                             : fmt::format("[{}]:{}", host, service.c_str());
}

auto listen_once(addrinfo const& at) -> expected<unique_fd> {
  auto const failed = [] {
    auto const code = errno == EADDRINUSE                               ? errc::conflict
                      : errno == EACCES                                 ? errc::permission_denied
                      : errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT ? errc::invalid_argument
                                                                        : errc::unavailable;
    return fail(code, "{}", std::strerror(errno));
  };
  auto socket = unique_fd{::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  auto const on = 1;
  auto const off = 0;
  if (socket.get() < 0 || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (at.ai_family == AF_INET6 && setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) ||
      bind(socket.get(), at.ai_addr, at.ai_addrlen) != 0 || listen(socket.get(), SOMAXCONN) != 0)
    return failed();
  return socket;
}

/// Which of the addresses of a host answers need not be the first; each gets its share of the time.
auto connect_once(addrinfo const& at, steady_clock::time_point until) -> expected<unique_fd> {
  auto socket = unique_fd{::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (socket.get() < 0) return fail(errc::unavailable, "{}", std::strerror(errno));
  if (connect(socket.get(), at.ai_addr, at.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return fail(errc::unavailable, "{}", std::strerror(errno));
  if (!wait_for(socket.get(), POLLOUT, until)) return fail(errc::deadline_exceeded, "no answer");
  auto problem = 0;
  auto size = socklen_t{sizeof problem};
  if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
  if (problem != 0) return fail(errc::unavailable, "{}", std::strerror(problem));
  return socket;
}

} // namespace

unique_fd::~unique_fd() {
  if (fd_ >= 0) ::close(fd_);
}

auto listen_at(std::string const& address, std::uint16_t port) -> expected<unique_fd> {
  auto const [code, found] = resolve(address, port, AI_PASSIVE);
  if (code != 0) return fail(errc::invalid_argument, "cannot listen at '{}': {}", address, resolve_problem(code));
  auto first = listen_once(*found);
  if (first) return first;
  auto problem = std::move(first.error());
  problem.message = fmt::format("cannot listen at {}: {}", address_text(address, port), problem.message);
  if (problem.code == errc::conflict) problem.remedy = "stop what listens there, or choose another port";
  if (problem.code == errc::invalid_argument) problem.remedy = "name an address of this machine, 0.0.0.0 or ::";
  if (problem.code == errc::permission_denied) problem.remedy = "choose a port from 1024 on";
  return tl::unexpected{problem};
}

auto connect_to(std::string const& host, std::uint16_t port, steady_clock::time_point until) -> expected<unique_fd> {
  auto const place = address_text(host, port);
  auto const [code, found] = resolve(host, port, AI_ADDRCONFIG);
  if (code != 0) return fail_at(place, errc::unavailable, "cannot find the host '{}': {}", host, resolve_problem(code));
  auto all = std::vector<addrinfo const*>{};
  for (auto const* next = found.get(); next != nullptr && all.size() < 8; next = next->ai_next) all.push_back(next);
  auto problem = error{errc::unavailable, "has no address", {}, {}, {}};
  for (std::size_t at = 0; at < all.size(); ++at) {
    auto const now = steady_clock::now();
    auto const share = (until - now) / static_cast<int>(all.size() - at);
    auto connected = connect_once(*all[at], now + share);
    if (connected) return connected;
    problem = std::move(connected.error());
  }
  return fail_at(place, problem.code, "cannot connect: {}", problem.message);
}

auto wait_for(int fd, short events, steady_clock::time_point until) -> bool {
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) return false;
    auto waiting = pollfd{fd, events, 0};
    auto const ready = poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

auto local_port(int fd) -> std::uint16_t {
  auto address = sockaddr_storage{};
  auto size = socklen_t{sizeof address};
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6 const&>(address).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in const&>(address).sin_port);
}

auto local_address(int fd) -> std::string {
  auto address = sockaddr_storage{};
  auto size = socklen_t{sizeof address};
  return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? text_of(address, size) : std::string{};
}

auto remote_address(int fd) -> std::string {
  auto address = sockaddr_storage{};
  auto size = socklen_t{sizeof address};
  return getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? text_of(address, size) : std::string{};
}

auto address_text(std::string const& host, std::uint16_t port) -> std::string {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

} // namespace nexus::cluster
