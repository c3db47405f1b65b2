#include "messages/readiness.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(release_decision, evidence_item, absence_rule, policy_objective, policy_waiver, policy_group,
                    freeze_effect, policy_freeze, approval_rule, baseline_rule, readiness_policy, baseline_release,
                    freeze_window, objective_status, bundle_outcome, evidence_bundle, objective_result, waiver_state,
                    waiver_result, freeze_state, freeze_result, baseline_reference, release_checklist, decision)

} // namespace nexus
