#pragma once

#include "apps/event_reader.hpp"
#include "apps/server_client.hpp"
#include "messages/run.hpp"

namespace nexus::apps {

/// What is heard of a run while it goes on.
struct run_listener {
  std::function<void(react_step const&)> step;
  /// Every event as it came; may be empty.
  std::function<void(server_event const&)> event;
};

/// Follows a run until it is over and gives its outcome. A stream that breaks off is taken up again where it ended; an
/// error comes when that fails several times in a row.
auto follow_run(server_client& client, std::string const& run_id, run_listener const& listener) -> expected<run>;

} // namespace nexus::apps
