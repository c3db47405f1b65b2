#include "runtime/store/redis_handshake.hpp"

#include "embedded/redis_list_lua.hpp"
#include "embedded/redis_prepare_lua.hpp"
#include "embedded/redis_read_lua.hpp"
#include "embedded/redis_write_lua.hpp"

#include <charconv>

namespace nexus::store {
namespace {

/// The first with users, and with scripts that may ask for the time and write afterwards.
constexpr auto oldest_version = 6;

auto refused(std::string message, std::string where, std::string remedy) -> tl::unexpected<error> {
  return tl::unexpected{error{errc::refused, std::move(message), std::move(where), std::move(remedy), {}}};
}

template <class Number>
auto number_at_start(std::string_view text) -> Number {
  auto value = Number{0};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

} // namespace

auto info_value(std::string_view info, std::string_view name) -> std::string_view {
  for (auto at = std::size_t{0}; at < info.size();) {
    auto const end = std::min(info.find("\r\n", at), info.size());
    auto const line = info.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return line.substr(name.size() + 1);
    at = end + 2;
  }
  return {};
}

auto bytes_on_disk(std::string_view info) -> std::uint64_t {
  return number_at_start<std::uint64_t>(info_value(info, "aof_current_size"));
}

redis_handshake::redis_handshake(redis_address const& address, std::string prefix, std::string identity) {
  result_.server.address = address.text();
  if (!address.password.empty()) {
    auto command = std::vector<std::string>{"AUTH"};
    if (!address.user.empty()) command.push_back(address.user);
    command.push_back(address.password);
    steps_.push_back({std::move(command), &redis_handshake::ignore});
  }
  if (address.database != 0) steps_.push_back({{"SELECT", std::to_string(address.database)}, &redis_handshake::ignore});
  steps_.push_back({{"CLIENT", "SETNAME", "nexus"}, &redis_handshake::ignore, true});
  steps_.push_back({{"INFO"}, &redis_handshake::take_facts, true});
  for (auto const* name : {"appendonly", "appendfsync", "maxmemory-policy"})
    steps_.push_back({{"CONFIG", "GET", name}, &redis_handshake::take_setting, true});
  for (auto const text : {embedded::redis_write_lua(), embedded::redis_list_lua(), embedded::redis_read_lua()})
    steps_.push_back({{"SCRIPT", "LOAD", std::string{text}}, &redis_handshake::take_script});
  steps_.push_back({{"EVAL", std::string{embedded::redis_prepare_lua()}, "1", std::move(prefix), std::move(identity),
                     std::to_string(redis_schema_version)},
                    &redis_handshake::take_store});
}

auto redis_handshake::commands() const -> std::vector<std::vector<std::string>> {
  auto texts = std::vector<std::vector<std::string>>{};
  for (auto const& each : steps_) texts.push_back(each.command);
  return texts;
}

auto redis_handshake::take(redisReply const& reply) -> expected<void> {
  auto const& now = steps_[taken_++];
  if (!is_error(reply)) return (this->*now.take)(reply);
  // Without a password all is refused alike, and a server that is being started answers none but INFO.
  auto const forbidden = is_error(reply, "NOPERM") || is_error(reply, "ERR unknown");
  if (now.optional && forbidden) return {};
  return tl::unexpected{error_of(reply, result_.server.address)};
}

auto redis_handshake::ignore(redisReply const&) -> expected<void> { return {}; }

auto redis_handshake::take_facts(redisReply const& reply) -> expected<void> {
  auto const info = text_of(reply);
  auto const valkey = info_value(info, "valkey_version");
  auto const redis = info_value(info, "redis_version");
  auto& server = result_.server;
  server.server = valkey.empty() ? fmt::format("redis {}", redis) : fmt::format("valkey {}", valkey);
  result_.bytes_on_disk = nexus::store::bytes_on_disk(info);
  if (!redis.empty() && number_at_start<int>(redis) < oldest_version)
    return refused(fmt::format("the server is {}", server.server), server.address,
                   fmt::format("use Redis {} or newer, or Valkey", oldest_version));
  if (info_value(info, "redis_mode") == "cluster")
    return refused("the server is a node of a Redis Cluster", server.address, "use a server of its own");
  if (info_value(info, "role") == "slave")
    return tl::unexpected{error{errc::storage, "the server is a replica, which cannot be written to", server.address,
                                "name the primary in the Redis URL", std::chrono::seconds{1}}};
  return {};
}

auto redis_handshake::take_setting(redisReply const& reply) -> expected<void> {
  auto const parts = elements_of(reply);
  if (parts.size() != 2) return {};
  auto const name = text_of(*parts[0]);
  auto const value = std::string{text_of(*parts[1])};
  auto& server = result_.server;
  if (name == "appendonly") server.appendonly = value;
  if (name == "appendfsync") server.appendfsync = value;
  if (name == "maxmemory-policy") server.maxmemory_policy = value;
  return {};
}

auto redis_handshake::take_script(redisReply const& reply) -> expected<void> {
  result_.scripts.at(scripts_taken_++) = text_of(reply);
  return {};
}

auto redis_handshake::take_store(redisReply const& reply) -> expected<void> {
  auto const parts = elements_of(reply);
  auto const& where = result_.server.address;
  if (parts.size() == 2 && text_of(*parts[0]) == "copying")
    return refused("a copy into this store was begun and not finished", where,
                   "wait for it; or when it failed, empty the database and copy again");
  auto const version = parts.size() == 2 ? number_at_start<int>(text_of(*parts[0])) : 0;
  auto const identity = parts.size() == 2 ? text_of(*parts[1]) : std::string_view{};
  if (version <= 0 || identity.empty())
    return tl::unexpected{error{errc::corrupt,
                                "the store has lost its version or its identity",
                                where,
                                "restore a backup, and look for who else writes to this database",
                                {}}};
  if (version > redis_schema_version)
    return refused(fmt::format("the store has schema version {}, this program knows versions up to {}", version,
                               redis_schema_version),
                   where, "use the newer nexus that wrote it, or restore an older backup");
  result_.server.identity = identity;
  return {};
}

auto redis_status::unfit_for_production() const -> std::vector<std::string> {
  auto found = std::vector<std::string>{};
  auto const want = [&](std::string_view name, std::optional<std::string> const& value, std::string_view wanted) {
    if (!value)
      found.push_back(
          fmt::format("{} is unknown: let the user read it (`+config|get`), and set it to {}", name, wanted));
    else if (*value != wanted)
      found.push_back(fmt::format("{} is {}: set it to {} in redis.conf", name, *value, wanted));
  };
  want("appendonly", appendonly, "yes");
  want("appendfsync", appendfsync, "always");
  want("maxmemory-policy", maxmemory_policy, "noeviction");
  return found;
}

} // namespace nexus::store
