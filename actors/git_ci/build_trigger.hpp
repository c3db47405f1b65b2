#pragma once

#include "messages/git_ci.hpp"
#include "runtime/rest/service.hpp"

namespace nexus::git_ci {

/// A build carries the idempotency key of its call in this parameter, if its job takes it.
inline constexpr std::string_view key_parameter = "NEXUS_IDEMPOTENCY_KEY";

/// Runs a function after a delay, in the context of whoever owns the client.
using delayed_call = std::function<void(std::chrono::milliseconds delay, std::function<void()> work)>;

/// Starts a build of the job at `path` ("/job/platform/job/nightly") and follows it from the queue to its number, as
/// long as the call's deadline allows. Parameters that the job does not take are errc::refused with their names, since
/// Jenkins would drop them in silence.
///
/// When the call is recovering, the key is looked for in the queue and among the newest 50 builds first; a job that
/// takes no such parameter cannot be asked, and is not built again: errc::unavailable says so.
void start_build(rest::service const& jenkins, delayed_call const& after, call const& context, std::string const& path,
                 trigger_build const& wanted, rest::continuation<build_trigger> done);

} // namespace nexus::git_ci
