#include "apps/run_following.hpp"

#include "messages/core/codec.hpp"

#include <thread>

namespace nexus::apps {
namespace {

constexpr auto attempts = 5;
constexpr auto pause = std::chrono::seconds{1};
constexpr auto limits = json_limits{.bytes = 16 * 1024 * 1024, .depth = 64};

} // namespace

auto follow_run(server_client& client, std::string const& run_id, run_listener const& listener) -> expected<run> {
  auto outcome = std::optional<run>{};
  auto source = event_source{.url = client.url() + "/runs/" + http::percent_encode(run_id) + "/events",
                             .authorization = client.authorization(),
                             .last_event_id = {}};
  auto const receive = [&](server_event const& event) {
    source.last_event_id = event.id;
    if (listener.event) listener.event(event);
    if (event.kind == "step") {
      if (auto const step = decode_json_text<react_step>(event.data, decode_mode::open, limits); step)
        listener.step(*step);
    } else if (event.kind == "result") {
      if (auto finished = decode_json_text<run>(event.data, decode_mode::open, limits); finished)
        outcome = std::move(*finished);
    }
  };
  for (auto failures = 0;;) {
    auto const before = source.last_event_id;
    auto const read = read_events(source, receive);
    if (outcome) return *outcome;
    if (!read && read.error().code != errc::unavailable && read.error().code != errc::upstream)
      return tl::unexpected{read.error()};
    failures = source.last_event_id == before ? failures + 1 : 1;
    if (failures >= attempts)
      return tl::unexpected{read ? error{errc::upstream,
                                         "the server ends the events without a result",
                                         source.url,
                                         fmt::format("read it with 'nexus runs show {}'", run_id),
                                         {}}
                                 : read.error()};
    std::this_thread::sleep_for(pause);
  }
}

} // namespace nexus::apps
