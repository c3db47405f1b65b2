#pragma once

#include "actors/reporting/confluence_client.hpp"
#include "actors/reporting/report.hpp"
#include "messages/actors.hpp"
#include "runtime/http/actor_client.hpp"
#include "runtime/supervision/ask.hpp"

namespace nexus::reporting {

/// What the reporting agent works with.
struct reporting_agent_options {
  confluence_settings confluence;
  std::shared_ptr<http::transport> transport;
  http::client_options client;
  std::function<double()> random;
  /// By which figures are judged that callers state.
  std::shared_ptr<readiness::policy const> policy;
  supervision::address<readiness_agent_actor> readiness;
  std::function<std::string()> make_id;
  /// Counts reports by where they went: "generated", "preview" or "confluence".
  std::function<void(std::string_view destination)> count;
};

/// The state of the REPORTING AGENT.
class reporting_agent {
public:
  reporting_agent(reporting_agent_actor::pointer self, std::shared_ptr<reporting_agent_options const> options);
  auto make_behavior() -> reporting_agent_actor::behavior_type;

private:
  auto generate(call const& context, generate_report const& wanted) -> caf::result<generated_report>;
  auto preview(call const& context, preview_report const& wanted) -> caf::result<raw_document>;
  auto publish(call const& context, publish_report const& wanted) -> caf::result<published_report>;
  auto analyze(analyze_readiness const& wanted) -> readiness_analysis;

  /// Makes the report: from a decision of Nexus and its evidence, or from what is stated.
  void compose(call const& context, report_subject subject, rest::continuation<report> done);
  void add_evidence(call const& context, report started, rest::continuation<report> done);

  reporting_agent_actor::pointer self_;
  std::shared_ptr<reporting_agent_options const> options_;
  http::client http_;
  confluence_client confluence_;
};

} // namespace nexus::reporting
