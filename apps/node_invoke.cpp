#include "actors/git_ci/operations.hpp"
#include "actors/jira/operations.hpp"
#include "actors/orchestrator/operations.hpp"
#include "actors/reporting/operations.hpp"
#include "apps/node.hpp"
#include "apps/node_parts.hpp"

#include <future>

namespace nexus::apps {

auto node::invoke(std::string_view operation, call const& context, nlohmann::json const& arguments)
    -> expected<operation_result> {
  auto const record = [this](std::string const& name) { return parts_->names->record(name); };
  auto const tables = std::array{
      jira::operations(supervision::address<jira_agent_actor>{record("nexus/jira/agent")}),
      git_ci::operations(supervision::address<git_ci_agent_actor>{record("nexus/git_ci/agent")}),
      reporting::operations(supervision::address<reporting_agent_actor>{record("nexus/reporting/agent")}),
      orchestrator::operations(supervision::address<orchestrator_actor>{record("nexus/orchestrator/agent")},
                               supervision::address<readiness_agent_actor>{record("nexus/orchestrator/readiness")})};
  for (auto const& table : tables) {
    auto const* found = table.find(operation);
    if (found == nullptr) continue;
    auto const outcome = std::make_shared<std::promise<expected<operation_result>>>();
    auto waiting = outcome->get_future();
    parts_->system->spawn<caf::hidden>([what = *found, context, arguments, outcome](caf::event_based_actor* self) {
      what.invoke(self, context, arguments, [self, outcome](expected<operation_result> result) {
        outcome->set_value(std::move(result));
        self->quit();
      });
    });
    if (waiting.wait_for(found->patience) != std::future_status::ready)
      return fail(errc::deadline_exceeded, "'{}' did not answer in time", operation);
    return waiting.get();
  }
  return fail(errc::not_found, "there is no operation '{}'", operation);
}

} // namespace nexus::apps
