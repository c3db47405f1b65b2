#include "actors/metrics/product_metrics.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

BOOST_AUTO_TEST_CASE(the_product_s_metrics_have_the_names_and_labels_that_dashboards_know) {
  auto registry = metrics_registry{};
  auto metrics = product_metrics{registry};
  add_build_info(registry, "1.2.3");
  metrics.tool_usage.with({"get_jira_ticket", "success", "jira"}).Increment();
  metrics.tool_latency.with({"get_jira_ticket"}).Observe(.02);
  metrics.agent_tasks.with({"jira", "get_ticket", "success"}).Increment();
  metrics.react_iterations.with({"query", "success"}).Observe(3);
  metrics.react_loop_duration.with({"query"}).Observe(2);
  metrics.react_step_duration.with({"tool"}).Observe(.2);
  metrics.release_decisions.with({"GO"}).Increment();
  metrics.jira_tickets_processed.with({"get", "PROJ"}).Increment();
  metrics.llm_requests.with({"mock", "success"}).Increment();
  metrics.llm_tokens.with({"mock", "input"}).Increment(12);
  metrics.llm_latency.with({"mock"}).Observe(.3);
  auto const text = render_metrics(registry);
  for (auto const* line : {
           "nexus_tool_usage_total{agent_type=\"jira\",status=\"success\",tool_name=\"get_jira_ticket\"} 1\n",
           "nexus_tool_latency_seconds_bucket{tool_name=\"get_jira_ticket\",le=\"0.025\"} 1\n",
           "nexus_agent_tasks_total{action=\"get_ticket\",agent_type=\"jira\",status=\"success\"} 1\n",
           "nexus_react_iterations_count_bucket{status=\"success\",task_type=\"query\",le=\"3\"} 1\n",
           "nexus_react_loop_duration_seconds_count{task_type=\"query\"} 1\n",
           "nexus_react_step_duration_seconds_count{step_type=\"tool\"} 1\n",
           "nexus_release_decisions_total{decision=\"GO\"} 1\n",
           "nexus_jira_tickets_processed_total{action=\"get\",project_key=\"PROJ\"} 1\n",
           "nexus_llm_requests_total{model_name=\"mock\",status=\"success\"} 1\n",
           "nexus_llm_tokens_total{model_name=\"mock\",type=\"input\"} 12\n",
           "nexus_llm_latency_seconds_bucket{model_name=\"mock\",le=\"0.5\"} 1\n",
           "version=\"1.2.3\"} 1\n",
       })
    BOOST_TEST(text.find(line) != std::string::npos, line);
}
