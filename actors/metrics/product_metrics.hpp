#pragma once

#include "runtime/telemetry/metrics.hpp"

namespace nexus {

/// The product's own metrics under the names that dashboards know. Registered once for a node.
struct product_metrics {
  explicit product_metrics(metrics_registry& registry);

  /// nexus_tool_usage_total{tool_name, status, agent_type}; status is "success" or "error".
  counter_family& tool_usage;
  /// nexus_tool_latency_seconds{tool_name}
  histogram_family& tool_latency;
  /// nexus_agent_tasks_total{agent_type, action, status}
  counter_family& agent_tasks;
  /// nexus_react_iterations_count{task_type, status}: steps of a run.
  histogram_family& react_iterations;
  /// nexus_react_loop_duration_seconds{task_type}: a run.
  histogram_family& react_loop_duration;
  /// nexus_react_step_duration_seconds{step_type}
  histogram_family& react_step_duration;
  /// nexus_release_decisions_total{decision}
  counter_family& release_decisions;
  /// nexus_jira_tickets_processed_total{action, project_key}
  counter_family& jira_tickets_processed;
  /// nexus_reports_generated_total{report_type, destination}; destination is "generated", "preview" or "confluence".
  counter_family& reports_generated;
  /// nexus_llm_requests_total{model_name, status}
  counter_family& llm_requests;
  /// nexus_llm_tokens_total{model_name, type}; type is "input" or "output".
  counter_family& llm_tokens;
  /// nexus_llm_latency_seconds{model_name}
  histogram_family& llm_latency;
};

/// Registers nexus_build_info{version, compiler} with the value 1.
void add_build_info(metrics_registry& registry, std::string_view version);

} // namespace nexus
