#pragma once

#include "messages/git_ci.hpp"
#include "messages/readiness.hpp"

#include <string>

namespace nexus::readiness {

/// The decision as an event of CDEvents 0.5.0 (cdevents.dev), `dev.cdevents.testsuiterun.finished.0.3.0`: the policy is
/// the suite, the release its run. GO and CONDITIONAL are a success, NO_GO a failure, INCONCLUSIVE an error; the
/// verdict itself is in `customData`. One JSON object.
auto cdevent_of(decision const& decision) -> std::string;

/// The decision as a status of its commit: success for GO and CONDITIONAL, failure for NO_GO, error for INCONCLUSIVE.
auto commit_status_of(decision const& decision, std::string repository) -> set_commit_status;

} // namespace nexus::readiness
