#pragma once

#include "actors/jira/jira_client.hpp"
#include "messages/actors.hpp"
#include "runtime/http/actor_client.hpp"

namespace nexus::jira {

/// What the Jira agent works with.
struct jira_agent_options {
  jira_settings settings;
  std::shared_ptr<http::transport> transport;
  http::client_options client;
  std::function<double()> random;
  /// Counts tickets read and written: "get", "hierarchy", "update" or "update_fields", the project's key, how many.
  std::function<void(std::string_view action, std::string_view project, std::size_t tickets)> count;
};

/// The state of the JIRA AGENT.
class jira_agent {
public:
  jira_agent(jira_agent_actor::pointer self, std::shared_ptr<jira_agent_options const> options);
  auto make_behavior() -> jira_agent_actor::behavior_type;

private:
  template <class Request>
  auto read(call const& context, Request const& wanted) {
    return http::answer_by_reading(self_, client_, context, wanted);
  }
  void count(std::string_view action, std::string const& key) const;
  auto read_ticket(call const& context, get_ticket const& wanted) -> caf::result<ticket>;
  auto read_hierarchy(call const& context, get_ticket_hierarchy const& wanted) -> caf::result<ticket_hierarchy>;

  jira_agent_actor::pointer self_;
  std::shared_ptr<jira_agent_options const> options_;
  http::client http_;
  jira_client client_;
  http::running_writes<ticket_update> updating_;
  http::running_writes<ticket_fields_update> setting_;
};

} // namespace nexus::jira
