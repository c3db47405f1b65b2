#pragma once

#include "apps/node_settings.hpp"
#include "runtime/settings/live.hpp"
#include "runtime/store/store.hpp"
#include "runtime/supervision/supervisor.hpp"

namespace nexus::apps {

/// A worker that keeps the store within its retention: removes runs that are over, decisions and their evidence once
/// they are too old, or the oldest ones when there is too much. Looks once an hour, and goes on in small steps while
/// there is more to remove.
auto retention_worker(std::string name, std::shared_ptr<store::store> data, live<retention_settings> limits)
    -> supervision::child_spec;

} // namespace nexus::apps
