#pragma once

#include "messages/actors.hpp"
#include "runtime/operations/operation.hpp"

namespace nexus::reporting {

/// The table of the role `reporting`.
auto operations(supervision::address<reporting_agent_actor> agent) -> operation_table;

} // namespace nexus::reporting
