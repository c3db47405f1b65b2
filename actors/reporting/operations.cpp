#include "actors/reporting/operations.hpp"

namespace nexus::reporting {

auto operations(supervision::address<reporting_agent_actor> agent) -> operation_table {
  using reporting = reporting_agent_actor;
  return {
      .role = "reporting",
      .service = "reporting-agent",
      .description = "Writes reports about releases and publishes them in Confluence.",
      .operations =
          {
              operation<reporting, generate_report>(
                  agent, "generate_report",
                  "Write the report of a release as HTML, Markdown or Confluence storage format, from its decision and "
                  "evidence or from stated figures.")
                  .post("/generate")
                  .as_task()
                  .action("generate"),
              operation<reporting, preview_report>(agent, "preview_report", "Show the report of a release as a page.")
                  .get("/preview")
                  .open()
                  .not_a_tool(),
              operation<reporting, publish_report>(
                  agent, "publish_report",
                  "Publish the report of a release as a page in Confluence, new or the next version of it.")
                  .post("/publish")
                  .as_task()
                  .writes(reconciliation::probe)
                  .action("publish"),
              operation<reporting, analyze_readiness>(
                  agent, "analyze_readiness",
                  "Decide by policy over a release's figures as they are stated; what is not stated is unknown.")
                  .post("/analyze")
                  .as_task()
                  .action("analyze"),
          },
  };
}

} // namespace nexus::reporting
