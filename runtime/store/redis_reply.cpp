#include "runtime/store/redis_reply.hpp"

#include <array>

namespace nexus::store {
namespace {

using namespace std::chrono_literals;

/// What stands at the beginning of an error, and what it means.
struct meaning {
  std::string_view word;
  errc code;
  std::string_view message;
  std::string_view remedy;
  std::chrono::milliseconds retry_after;
};

constexpr auto meanings = std::array{
    meaning{"OOM", errc::storage, "Redis has used up its maxmemory",
            "raise its maxmemory, or let retention remove old runs", 1s},
    meaning{"MISCONF", errc::storage, "Redis cannot write to its disk",
            "see its log and `redis-cli INFO persistence`; free space on its disk", 1s},
    meaning{"READONLY", errc::storage, "the server is a replica, which cannot be written to",
            "name the primary in the Redis URL", 1s},
    meaning{"NOREPLICAS", errc::storage, "Redis has fewer replicas than its min-replicas-to-write",
            "bring its replicas back", 1s},
    meaning{"LOADING", errc::unavailable, "Redis is starting and still reads its data", "wait", 1s},
    meaning{"BUSY", errc::unavailable, "a script of somebody blocks Redis", "wait, or `redis-cli SCRIPT KILL`", 1s},
    meaning{"MASTERDOWN", errc::unavailable, "the server is a replica that lost its primary",
            "name the primary in the Redis URL", 1s},
    meaning{"NOAUTH", errc::unauthenticated, "Redis wants a password",
            "put user and password into the Redis URL: redis://user:password@host", 0s},
    meaning{"WRONGPASS", errc::unauthenticated, "Redis does not accept the user or the password",
            "correct them in the Redis URL", 0s},
    meaning{"ERR invalid password", errc::unauthenticated, "Redis does not accept the password",
            "correct it in the Redis URL", 0s},
    meaning{"ERR AUTH", errc::unauthenticated, "Redis has no password for this user",
            "take the password out of the Redis URL, or set `requirepass` at the server", 0s},
    meaning{"NOPERM", errc::permission_denied, "Redis does not allow its user what a store needs",
            "allow it the keys of the prefix and +@read +@write +@scripting +info +select: `redis-cli ACL SETUSER`",
            0s},
    meaning{"MOVED", errc::refused, "the server is a node of a Redis Cluster", "use a server of its own", 0s},
    meaning{"CLUSTERDOWN", errc::refused, "the server is a node of a Redis Cluster", "use a server of its own", 0s},
    meaning{"ERR DB index is out of range", errc::refused, "Redis has no database of that number",
            "choose a smaller one at the end of the Redis URL", 0s},
    meaning{"ERR max number of clients", errc::unavailable, "Redis has as many clients as it allows",
            "raise its maxclients", 1s},
    meaning{"WRONGTYPE", errc::corrupt, "a key holds another type than a store's",
            "use a database or prefix that no other program writes to", 0s},
};

} // namespace

auto text_of(redisReply const& reply) -> std::string_view {
  if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS) return {};
  return {reply.str, reply.len};
}

auto elements_of(redisReply const& reply) -> std::span<redisReply* const> {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  return {reply.element, reply.elements};
}

auto is_error(redisReply const& reply) -> bool { return reply.type == REDIS_REPLY_ERROR; }

auto is_error(redisReply const& reply, std::string_view word) -> bool {
  return is_error(reply) && std::string_view{reply.str, reply.len}.starts_with(word);
}

auto error_of(redisReply const& reply, std::string_view where) -> error {
  auto const text = std::string_view{reply.str, reply.len}.substr(0, 500);
  for (auto const& each : meanings)
    if (text.starts_with(each.word)) {
      auto const detail = text.substr(std::min(text.find(' ') + 1, text.size()));
      auto message =
          each.code == errc::storage ? fmt::format("{} ({})", each.message, detail) : std::string{each.message};
      return {each.code, std::move(message), std::string{where}, std::string{each.remedy}, each.retry_after};
    }
  return {errc::storage, fmt::format("Redis answered: {}", text), std::string{where}, {}, {}};
}

auto unexpected_reply(std::string_view what) -> error {
  return {errc::corrupt, fmt::format("Redis answered {} with something else", what), {}, {}, {}};
}

} // namespace nexus::store
