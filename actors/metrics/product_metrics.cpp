#include "actors/metrics/product_metrics.hpp"

namespace nexus {

product_metrics::product_metrics(metrics_registry& registry)
    : tool_usage{registry.counter("nexus_tool_usage_total", "Calls of tools.", {"tool_name", "status", "agent_type"})},
      tool_latency{registry.histogram("nexus_tool_latency_seconds", "Time a tool takes.",
                                      {.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}, {"tool_name"})},
      agent_tasks{
          registry.counter("nexus_agent_tasks_total", "Tasks handled by agents.", {"agent_type", "action", "status"})},
      react_iterations{registry.histogram("nexus_react_iterations_count", "Steps of a run.",
                                          {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20}, {"task_type", "status"})},
      react_loop_duration{registry.histogram("nexus_react_loop_duration_seconds", "Time a run takes.",
                                             {1, 2.5, 5, 10, 20, 30, 60, 120, 300}, {"task_type"})},
      react_step_duration{registry.histogram("nexus_react_step_duration_seconds", "Time a step of a run takes.",
                                             {.1, .25, .5, 1, 2.5, 5, 10}, {"step_type"})},
      release_decisions{registry.counter("nexus_release_decisions_total", "Decisions about releases.", {"decision"})},
      jira_tickets_processed{registry.counter("nexus_jira_tickets_processed_total", "Tickets read or changed.",
                                              {"action", "project_key"})},
      reports_generated{registry.counter("nexus_reports_generated_total", "Reports made, by where they went.",
                                         {"report_type", "destination"})},
      llm_requests{
          registry.counter("nexus_llm_requests_total", "Requests to language models.", {"model_name", "status"})},
      llm_tokens{registry.counter("nexus_llm_tokens_total", "Tokens of language models.", {"model_name", "type"})},
      llm_latency{registry.histogram("nexus_llm_latency_seconds", "Time a language model takes to answer.",
                                     {.1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60}, {"model_name"})} {}

void add_build_info(metrics_registry& registry, std::string_view version) {
  registry.gauge("nexus_build_info", "What this program is; always 1.", {"version", "compiler"})
      .with({version, __VERSION__})
      .Set(1);
}

} // namespace nexus
