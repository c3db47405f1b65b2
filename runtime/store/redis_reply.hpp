#pragma once

#include "messages/core/error.hpp"

#include <hiredis/hiredis.h>
#include <memory>
#include <span>
#include <string_view>

namespace nexus::store {

struct free_redis_reply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
/// An answer of the server.
using redis_reply = std::unique_ptr<redisReply, free_redis_reply>;

/// Bytes of a text or a status; empty for anything else.
auto text_of(redisReply const& reply) -> std::string_view;
/// Elements of an array; none for anything else.
auto elements_of(redisReply const& reply) -> std::span<redisReply* const>;
auto is_error(redisReply const& reply) -> bool;
/// Whether an error starts with this word ("NOSCRIPT").
auto is_error(redisReply const& reply, std::string_view word) -> bool;

/// What an error of the server means to us, and what to do about it: errc::storage when it cannot write (OOM, MISCONF,
/// READONLY), errc::unavailable when it cannot answer now (LOADING, BUSY), errc::unauthenticated,
/// errc::permission_denied, errc::refused (a cluster), errc::corrupt. `where` is the server without credentials.
auto error_of(redisReply const& reply, std::string_view where) -> error;

/// The error for an answer that is not what was asked for.
auto unexpected_reply(std::string_view what) -> error;

} // namespace nexus::store
