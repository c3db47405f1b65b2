#pragma once

#include "actors/orchestrator/run_board.hpp"
#include "actors/orchestrator/run_journal.hpp"
#include "runtime/http/bridge.hpp"

namespace nexus::orchestrator {

/// GET /runs/{run_id}/events: what happens in a run, as server-sent events "status", "step" and "result". Goes on after
/// the event that `Last-Event-ID` names. A run that is over is told from the store, whole.
auto run_event_route(std::shared_ptr<run_board> board, std::shared_ptr<run_journal> journal) -> http::custom_route;

} // namespace nexus::orchestrator
