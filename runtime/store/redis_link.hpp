#pragma once

#include "runtime/store/redis_reply.hpp"
#include "runtime/store/redis_url.hpp"

#include <string>
#include <vector>

namespace nexus::store {

/// One connection to a server that never blocks, for a loop of poll(). It is hiredis' non-blocking context itself: its
/// `async.h` ends the process when a server says something unasked, and knows no deadlines.
///
/// The loop's thread must have SIGPIPE blocked.
class redis_link {
public:
  /// Begins to connect; a name is looked up first, which does block.
  static auto connect(redis_address const& address) -> expected<redis_link>;

  auto descriptor() const -> int { return context_->fd; }
  /// What to poll for.
  auto events() const -> short;
  auto connected() const -> bool { return connected_; }

  /// Puts a command behind those to be sent.
  void append(std::vector<std::string_view> const& command);

  /// Goes on after poll(), with what it found; 0 sends what can be sent. An error means that the connection is gone.
  auto advance(short found) -> expected<void>;

  /// The next answer, in the order of the commands; none when there is no whole one yet. An error means that the server
  /// does not speak Redis' protocol.
  auto next() -> expected<redis_reply>;

private:
  struct close {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };

  redis_link(redisContext* context) : context_(context) {}
  auto broken() const -> tl::unexpected<error>;

  std::unique_ptr<redisContext, close> context_;
  bool connected_ = false;
  bool unsent_ = false;
};

} // namespace nexus::store
