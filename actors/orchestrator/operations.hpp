#pragma once

#include "messages/actors.hpp"
#include "runtime/operations/operation.hpp"

namespace nexus::orchestrator {

/// The table of the role `orchestrator`.
auto operations(supervision::address<orchestrator_actor> orchestrator,
                supervision::address<readiness_agent_actor> readiness) -> operation_table;

} // namespace nexus::orchestrator
