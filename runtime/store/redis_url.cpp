#include "runtime/store/redis_url.hpp"

#include <charconv>
#include <optional>

namespace nexus::store {
namespace {

constexpr auto scheme = std::string_view{"redis://"};
constexpr auto longest = std::size_t{2'048};
constexpr auto remedy = "write it as redis://[user:password@]host[:port][/database]";

auto wrong(std::string message) -> tl::unexpected<error> {
  return tl::unexpected{error{errc::invalid_argument, std::move(message), "the Redis URL", remedy, {}}};
}

template <class Number>
auto number_in(std::string_view text) -> std::optional<Number> {
  auto value = Number{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

auto unescape(std::string_view text) -> std::optional<std::string> {
  auto result = std::string{};
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    auto value = unsigned{0};
    auto const* const first = text.data() + i + 1;
    auto const [end, problem] = std::from_chars(first, first + 2, value, 16);
    if (problem != std::errc{} || end != first + 2) return std::nullopt;
    result += static_cast<char>(value);
    i += 2;
  }
  return result;
}

auto read_user(std::string_view text, redis_address& address) -> expected<void> {
  auto const colon = text.find(':');
  auto user = unescape(text.substr(0, colon));
  auto password = colon == std::string_view::npos ? std::nullopt : unescape(text.substr(colon + 1));
  if (!user || !password || password->empty()) return wrong("what stands before the '@' is not user:password");
  address.user = std::move(*user);
  address.password = std::move(*password);
  return {};
}

auto read_host(std::string_view text, redis_address& address) -> expected<void> {
  auto port = std::string_view{};
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == std::string_view::npos) return wrong("the address has no ']'");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    auto const colon = std::min(text.find(':'), text.size());
    address.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (address.host.empty()) return wrong("it names no host");
  for (auto const c : address.host)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '[' || c == ']')
      return wrong("the host has a character that none has");
  if (port.empty()) return {};
  auto const number = port.front() == ':' ? number_in<std::uint16_t>(port.substr(1)) : std::nullopt;
  if (!number || *number == 0) return wrong("the port is no number from 1 to 65535");
  address.port = *number;
  return {};
}

} // namespace

auto redis_address::text() const -> std::string {
  auto const bracketed = host.find(':') != std::string::npos;
  return fmt::format("redis://{}{}{}:{}/{}", bracketed ? "[" : "", host, bracketed ? "]" : "", port, database);
}

auto parse_redis_url(std::string_view url) -> expected<redis_address> {
  if (url.size() > longest) return wrong(fmt::format("it has more than {} characters", longest));
  if (url.starts_with("rediss://"))
    return tl::unexpected{error{errc::refused,
                                "rediss:// is not supported: this program speaks to Redis without TLS",
                                "the Redis URL",
                                "use redis:// on a private network, or through a TLS tunnel such as stunnel",
                                {}}};
  if (!url.starts_with(scheme)) return wrong("it does not start with redis://");
  url.remove_prefix(scheme.size());
  auto address = redis_address{};
  // A password may hold any character but '/', which ends the server's part; the last '@' is the one that counts.
  auto const slash = url.find('/');
  auto const server = url.substr(0, slash);
  auto const path = slash == std::string_view::npos ? std::string_view{} : url.substr(slash + 1);
  auto const at = server.rfind('@');
  if (at != std::string_view::npos)
    if (auto good = read_user(server.substr(0, at), address); !good) return tl::unexpected{good.error()};
  auto const host = at == std::string_view::npos ? server : server.substr(at + 1);
  if (auto good = read_host(host, address); !good) return tl::unexpected{good.error()};
  if (path.empty()) return address;
  auto const database = number_in<std::uint32_t>(path);
  if (!database) return wrong("what follows the host is no number of a database");
  address.database = *database;
  return address;
}

} // namespace nexus::store
