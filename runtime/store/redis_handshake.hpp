#pragma once

#include "runtime/store/redis_reply.hpp"
#include "runtime/store/redis_store.hpp"

#include <array>

namespace nexus::store {

/// The scripts that the server keeps.
enum class redis_script : std::uint8_t { write, list, read };

/// What is said first on every connection: who we are, which database, the scripts, and whether the store is ours.
class redis_handshake {
public:
  /// What came of it.
  struct result {
    /// The server's facts: everything in the status but connections and errors.
    redis_status server;
    /// How the scripts are called, by redis_script.
    std::array<std::string, 3> scripts;
    std::uint64_t bytes_on_disk = 0;
  };

  /// `identity` is what a new store gets.
  redis_handshake(redis_address const& address, std::string prefix, std::string identity);

  /// The commands, to be sent all at once.
  auto commands() const -> std::vector<std::vector<std::string>>;

  /// Takes the answer to the next command. An error ends the connection.
  auto take(redisReply const& reply) -> expected<void>;
  /// Whether all were taken.
  auto done() const -> bool { return taken_ == steps_.size(); }
  auto outcome() -> result& { return result_; }

private:
  struct step {
    std::vector<std::string> command;
    expected<void> (redis_handshake::*take)(redisReply const&);
    /// Goes on without an answer when the user may not ask.
    bool optional = false;
  };

  auto ignore(redisReply const& reply) -> expected<void>;
  auto take_facts(redisReply const& reply) -> expected<void>;
  auto take_setting(redisReply const& reply) -> expected<void>;
  auto take_script(redisReply const& reply) -> expected<void>;
  auto take_store(redisReply const& reply) -> expected<void>;

  std::vector<step> steps_;
  std::size_t taken_ = 0;
  std::size_t scripts_taken_ = 0;
  result result_;
};

/// What INFO says of a name ("redis_version"); empty when it is not there.
auto info_value(std::string_view info, std::string_view name) -> std::string_view;
/// Bytes that the server has written to its disk for what it holds now, by INFO.
auto bytes_on_disk(std::string_view info) -> std::uint64_t;

} // namespace nexus::store
