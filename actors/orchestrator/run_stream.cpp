#include "actors/orchestrator/run_stream.hpp"

#include "runtime/http/problem.hpp"

#include <charconv>

namespace nexus::orchestrator {
namespace {

auto send(http::event_stream const& stream, run_event const& event) -> bool {
  return stream.send(event.kind, std::to_string(event.sequence), event.data);
}

auto last_event(http::incoming const& request) -> std::uint64_t {
  auto const field = request.message.fields.find("Last-Event-ID").value_or("");
  std::uint64_t sequence = 0;
  std::from_chars(field.data(), field.data() + field.size(), sequence);
  return sequence;
}

/// False when the run is not going on here.
auto follow(run_board& board, std::string const& run_id, std::uint64_t after, http::responder const& answer) -> bool {
  return board.listen(run_id, after, [&answer]() -> run_board::listener {
    return [stream = answer.stream()](run_event const& event, bool last) {
      auto const open = send(stream, event);
      if (last) stream.close();
      return open;
    };
  });
}

void tell(http::event_stream const& stream, run const& outcome, std::uint64_t after) {
  for (auto const& event : events_of(outcome))
    if (event.sequence > after) send(stream, event);
  stream.close();
}

} // namespace

auto run_event_route(std::shared_ptr<run_board> board, std::shared_ptr<run_journal> journal) -> http::custom_route {
  auto route = http::custom_route{};
  route.description = {"GET", "/runs/{run_id}/events", "Follow a run as server-sent events: status, step, result.",
                       "text/event-stream", false};
  route.handle = [board = std::move(board),
                  journal = std::move(journal)](http::incoming const& request, http::responder const& answer,
                                                std::vector<std::pair<std::string, std::string>> const& members) {
    auto const run_id = members.front().second;
    auto const after = last_event(request);
    if (follow(*board, run_id, after, answer)) return;
    journal->find(run_id, [board, run_id, after, answer, id = request.request_id](expected<std::optional<run>> found) {
      if (!found) {
        answer.respond(http::problem_of(found.error(), id));
      } else if (!*found) {
        answer.respond(http::problem_of(
            {errc::not_found, fmt::format("no run '{}'", run_id.substr(0, 64)), {}, "list them with GET /runs", {}},
            id));
      } else if (is_over((*found)->status)) {
        tell(answer.stream(), **found, after);
      } else if (!follow(*board, run_id, after, answer)) {
        answer.respond(http::problem_of(
            {errc::unavailable, "the run is about to be resumed", {}, "try again", std::chrono::seconds{1}}, id));
      }
    });
  };
  return route;
}

} // namespace nexus::orchestrator
