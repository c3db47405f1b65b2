#pragma once

#include "messages/core/error.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace nexus::apps {

/// One server-sent event.
struct server_event {
  /// "message" when the server does not say.
  std::string kind;
  /// The last id that was sent so far.
  std::string id;
  std::string data;
};

/// Takes an event stream apart as it arrives, in pieces of any size
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
class event_parser {
public:
  explicit event_parser(std::function<void(server_event const&)> receive) : receive_(std::move(receive)) {}
  /// False when an event is larger than 16 MiB.
  auto feed(std::string_view bytes) -> bool;

private:
  void line(std::string_view text);

  std::function<void(server_event const&)> receive_;
  std::string rest_;
  server_event next_;
  bool has_data_ = false;
};

/// What is read, and how.
struct event_source {
  std::string url;
  /// The Authorization field; may be empty.
  std::string authorization;
  /// Where to go on after a break; may be empty.
  std::string last_event_id;
};

/// Reads events until the server ends the stream. The server is expected to say something at least once a minute.
/// Errors: unavailable when nobody answers, upstream when the stream breaks off; else what the server said.
auto read_events(event_source const& source, std::function<void(server_event const&)> receive) -> expected<void>;

} // namespace nexus::apps
