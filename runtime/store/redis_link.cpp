#include "runtime/store/redis_link.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <system_error>

namespace nexus::store {

auto redis_link::connect(redis_address const& address) -> expected<redis_link> {
  auto link = redis_link{redisConnectNonBlock(address.host.c_str(), address.port)};
  if (!link.context_) return fail(errc::unavailable, "there is no memory for a connection");
  if (link.context_->err != 0) return link.broken();
  // A server whose machine is gone is noticed also while nobody asks it anything.
  redisEnableKeepAlive(link.context_.get());
  return link;
}

auto redis_link::events() const -> short { return static_cast<short>(POLLIN | (!connected_ || unsent_ ? POLLOUT : 0)); }

void redis_link::append(std::vector<std::string_view> const& command) {
  auto texts = std::vector<char const*>{};
  auto lengths = std::vector<std::size_t>{};
  texts.reserve(command.size());
  lengths.reserve(command.size());
  for (auto const& text : command) {
    texts.push_back(text.data());
    lengths.push_back(text.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(command.size()), texts.data(), lengths.data());
  unsent_ = true;
}

auto redis_link::advance(short found) -> expected<void> {
  if (!connected_) {
    if (found == 0) return {};
    auto problem = 0;
    auto size = static_cast<::socklen_t>(sizeof problem);
    if (::getsockopt(descriptor(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
    if (problem != 0) return fail(errc::unavailable, "{}", std::generic_category().message(problem));
    connected_ = true;
  }
  if (unsent_) {
    auto done = 0;
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return broken();
    unsent_ = done == 0;
  }
  if ((found & ~POLLOUT) != 0 && redisBufferRead(context_.get()) != REDIS_OK) return broken();
  return {};
}

auto redis_link::next() -> expected<redis_reply> {
  auto* reply = static_cast<void*>(nullptr);
  if (redisGetReplyFromReader(context_.get(), &reply) != REDIS_OK) return broken();
  return redis_reply{static_cast<redisReply*>(reply)};
}

auto redis_link::broken() const -> tl::unexpected<error> { return fail(errc::unavailable, "{}", context_->errstr); }

} // namespace nexus::store
