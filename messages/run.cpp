#include "messages/run.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(recorded_observation, recorded_turn, run_status, react_step, run_budget, run, query_answer,
                    ask_question, run_links, run_accepted, start_run, get_run, run_list, list_runs, cancel_run,
                    assess_release_readiness, get_readiness_badge, decision_list, list_decisions, get_decision,
                    get_decision_bundle)

} // namespace nexus
