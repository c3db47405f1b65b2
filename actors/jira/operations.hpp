#pragma once

#include "messages/actors.hpp"
#include "runtime/operations/operation.hpp"

namespace nexus::jira {

/// The table of the role `jira`.
auto operations(supervision::address<jira_agent_actor> agent) -> operation_table;

} // namespace nexus::jira
