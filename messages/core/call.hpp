#pragma once

#include "messages/core/describe.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace nexus {

/// W3C Trace Context (version 00): which trace a piece of work belongs to and which span caused it.
struct trace_context {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  /// Bit 0: sampled.
  std::uint8_t flags = 0;

  /// False when either id is all zeros, which the standard calls invalid.
  auto valid() const -> bool;
  /// The header's value: "00-<32 hex>-<16 hex>-<2 hex>".
  auto to_header() const -> std::string;
  /// The trace id as 32 hex digits, as logs carry it.
  auto trace_id_hex() const -> std::string;
  /// Reads a `traceparent` header; anything that the standard forbids is errc::malformed and must be ignored by the
  /// receiver.
  static auto parse(std::string_view header) -> expected<trace_context>;
  friend auto operator==(trace_context const&, trace_context const&) -> bool = default;
};

/// The context that travels with every request between actors.
struct call {
  /// The run that this request serves; empty outside a run.
  std::string run_id;
  /// The run's step, from 1; 0 outside a run.
  std::uint32_t step = 0;
  /// W3C `traceparent` of the caller's span; empty without a trace.
  std::string traceparent;
  /// After this moment nobody waits for the answer. The epoch means that the caller set none.
  timestamp deadline{};
  /// Who asks: a user's name, or "local".
  std::string principal;
  /// Requests with equal keys are the same request; set for every write, empty for reads.
  std::string idempotency_key;
  /// An earlier attempt with this key was made, and nobody knows whether it reached the world outside. An operation
  /// that is reconciled by a probe then looks for the key where it leaves it, answers with the earlier outcome when it
  /// is there, and does the work otherwise.
  bool recovering = false;

  friend auto operator==(call const&, call const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(call, (), (run_id, step, traceparent, deadline, principal, idempotency_key, recovering))

NEXUS_CODECS(call)

} // namespace nexus
