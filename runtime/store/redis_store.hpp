#pragma once

#include "runtime/store/redis_url.hpp"
#include "runtime/store/store.hpp"

#include <memory>

namespace nexus::store {

/// The version of what the store leaves in a server (see redis_write.lua).
inline constexpr auto redis_schema_version = 1;

struct redis_options {
  redis_address address;
  /// What all keys start with, in braces: "{nexus}:". Stores with different prefixes share a database.
  std::string prefix = "nexus";
  /// How long a request may take, waiting for a server that is away included; then it fails with errc::unavailable, or
  /// errc::overloaded when others were in its way. Opening waits as long for the server.
  std::chrono::milliseconds patience{5'000};
  /// How long connecting to the server and greeting it may take, before it is tried anew.
  std::chrono::milliseconds connect_timeout{2'000};
  /// Requests that may wait; further ones get errc::overloaded.
  std::size_t max_queue = 100'000;
  /// Bytes of the requests that may wait.
  std::size_t max_queue_bytes = std::size_t{256} << 20;
  /// The time that is stored and that leases expire by; empty for the server's, which all nodes share. For tests.
  nexus::store::clock clock;
  /// 64 random bits: for the store's identity, for jitter, and to tell this object from others. Called from any thread,
  /// one at a time.
  std::function<std::uint64_t()> random;
};

/// What is known of the server, as of the last greeting.
struct redis_status {
  /// "redis://host:6379/0".
  std::string address;
  bool connected = false;
  /// "redis 7.0.15", "valkey 8.0.1"; empty when the user may not ask.
  std::string server;
  /// The server's settings; none when they are unknown, since the user may not read them.
  std::optional<std::string> appendonly;
  std::optional<std::string> appendfsync;
  std::optional<std::string> maxmemory_policy;
  /// 32 hexadecimal digits, drawn when the store was made and never changed: nodes that have the same share a store.
  std::string identity;
  /// Connections since start.
  std::uint64_t connections = 0;
  /// Why there is no connection, or the last failure; stays when it is over.
  std::optional<error> last_error;

  /// What keeps the server from being fit for production, each with its remedy: nothing that was acknowledged may be
  /// lost (`appendonly yes`, `appendfsync always`, `maxmemory-policy noeviction`). Empty when it is fit. What is
  /// unknown is not fit.
  auto unfit_for_production() const -> std::vector<std::string>;
};

/// A store that nodes share, in a Redis or Valkey server.
class redis_store : public store {
public:
  virtual auto server() const -> redis_status = 0;
};

/// Opens the shared store, and makes it when the database has none.
///
/// One thread speaks to the server over one connection, in groups: a group of commits is one script, and with
/// `appendfsync always` one fsync. What was sent when the connection broke is sent again, and takes effect once. What
/// fails with errc::unavailable after it was sent may have taken effect, and will not any more once anything later has.
/// Commits that are acknowledged are applied, `durability::deferred` or not, and as durable as the server's settings
/// make them. Unlike other backends this one works while others use the same store.
///
/// Errors: errc::unavailable when the server does not answer in time, errc::unauthenticated, errc::permission_denied,
/// errc::refused for a server that is too old or a cluster, or for a store that a newer nexus wrote,
/// errc::invalid_argument.
auto open_redis(redis_options options) -> expected<std::unique_ptr<redis_store>>;

} // namespace nexus::store
