#include "messages/readiness.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(release_decision, evidence_item, absence_rule, policy_objective, policy_waiver, readiness_policy,
                    evidence_bundle, objective_status, objective_result, waiver_state, waiver_result, release_checklist,
                    decision)

} // namespace nexus
