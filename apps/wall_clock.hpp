#pragma once

#include "messages/core/describe.hpp"

namespace nexus::apps {

/// The time of day, where the program's parts are put together; everything below is handed its clock.
inline auto wall_clock() -> timestamp {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

} // namespace nexus::apps
