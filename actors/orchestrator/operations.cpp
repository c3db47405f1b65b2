#include "actors/orchestrator/operations.hpp"

namespace nexus::orchestrator {

auto operations(supervision::address<orchestrator_actor> orchestrator,
                supervision::address<readiness_agent_actor> readiness) -> operation_table {
  using runs = orchestrator_actor;
  using decisions = readiness_agent_actor;
  return {
      .role = "orchestrator",
      .service = "central-orchestrator",
      .description =
          "Answers questions about releases, tickets and builds with evidence, as runs that survive a crash.",
      .operations =
          {
              operation<runs, ask_question>(orchestrator, "ask_question", "Ask a question and wait for the answer.")
                  .post("/query")
                  .open()
                  .writes(reconciliation::idempotent)
                  .not_a_tool()
                  .patience(std::chrono::seconds{3'660}) // the longest budget of a run, and a minute
                  .action("query"),
              operation<runs, start_run>(orchestrator, "start_run",
                                         "Start a run and get its id; the answer comes later.")
                  .post("/runs")
                  .status(202)
                  .writes(reconciliation::idempotent)
                  .not_a_tool(),
              operation<runs, list_runs>(orchestrator, "list_runs", "List runs, newest first, by status and release.")
                  .get("/runs")
                  .not_a_tool(),
              operation<runs, get_run>(orchestrator, "get_run", "Read one run with its steps, answer and decision.")
                  .get("/runs/{run_id}")
                  .not_a_tool(),
              operation<runs, cancel_run>(orchestrator, "cancel_run", "Stop a run that is going on.")
                  .post("/runs/{run_id}/cancel")
                  .writes(reconciliation::idempotent)
                  .not_a_tool(),
              operation<decisions, assess_release_readiness>(
                  readiness, "assess_release_readiness",
                  "Decide by policy whether a release is ready (GO, CONDITIONAL, NO_GO, INCONCLUSIVE), with the "
                  "evidence for each objective.")
                  .get("/readiness/{release}"),
              operation<decisions, get_readiness_badge>(
                  readiness, "get_readiness_badge",
                  "Draw the newest stored decision on a release as a badge (SVG). Nothing is judged.")
                  .get("/readiness/{release}/badge.svg")
                  .not_a_tool(),
              operation<decisions, list_decisions>(readiness, "list_decisions",
                                                   "List stored decisions, newest first, by release and project.")
                  .get("/decisions")
                  .not_a_tool(),
              operation<decisions, get_decision>(readiness, "get_decision", "Read one stored decision.")
                  .get("/decisions/{decision_id}")
                  .not_a_tool(),
              operation<decisions, get_decision_bundle>(
                  readiness, "get_decision_bundle",
                  "Read the evidence bundle behind a decision, byte for byte as it was hashed.")
                  .get("/decisions/{decision_id}/bundle")
                  .not_a_tool(),
          },
  };
}

} // namespace nexus::orchestrator
