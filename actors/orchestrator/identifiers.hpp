#pragma once

#include "messages/core/describe.hpp"

#include <functional>
#include <mutex>
#include <string>

namespace nexus::orchestrator {

/// Makes ids whose bytewise order is the order of their making: 12 hex digits of milliseconds since 1970, then 16 of
/// chance, which counts up within one millisecond. Safe on any thread.
class id_source {
public:
  /// `random` gives 64 uniform bits; `now` the time.
  id_source(std::function<timestamp()> now, std::function<std::uint64_t()> random);
  auto next() -> std::string;

private:
  std::function<timestamp()> now_;
  std::function<std::uint64_t()> random_;
  std::mutex mutex_;
  timestamp last_{};
  std::uint64_t low_ = 0;
};

/// Whether a text has the form of such an id.
auto is_identifier(std::string_view text) -> bool;

} // namespace nexus::orchestrator
