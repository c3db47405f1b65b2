#pragma once

#include "messages/actors.hpp"
#include "runtime/operations/operation.hpp"

namespace nexus::git_ci {

/// The table of the role `git_ci`.
auto operations(supervision::address<git_ci_agent_actor> agent) -> operation_table;

} // namespace nexus::git_ci
