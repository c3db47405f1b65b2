#include "actors/jira/jira_agent.hpp"

namespace nexus::jira {
namespace {

auto project_of(std::string const& ticket_key) -> std::string_view {
  return std::string_view{ticket_key}.substr(0, ticket_key.find('-'));
}

} // namespace

jira_agent::jira_agent(jira_agent_actor::pointer self, std::shared_ptr<jira_agent_options const> options)
    : self_(self),
      options_(std::move(options)),
      http_(options_->transport, options_->client, http::environment_of(self, options_->random)),
      client_(options_->settings, http_.as_exchange(), [system = &self->system()] { return now(*system); }) {}

auto jira_agent::make_behavior() -> jira_agent_actor::behavior_type {
  return {
      [](continuation& next) { next.run(); },
      [this](call const& context, get_ticket const& wanted) { return read_ticket(context, wanted); },
      [this](call const& context, get_ticket_hierarchy const& wanted) { return read_hierarchy(context, wanted); },
      [this](call const& context, search_tickets const& wanted) -> caf::result<jira_search_result> {
        return read(context, wanted);
      },
      [this](call const& context, get_sprint_stats const& wanted) -> caf::result<jira_sprint_stats> {
        return read(context, wanted);
      },
      [this](call const& context, list_releases const& wanted) -> caf::result<release_list> {
        return read(context, wanted);
      },
      [this](call const& context, get_release_stats const& wanted) -> caf::result<jira_release_stats> {
        return read(context, wanted);
      },
      [this](call const& context, list_projects const& wanted) -> caf::result<project_list> {
        return read(context, wanted);
      },
      [this](call const& context, update_ticket const& wanted) -> caf::result<ticket_update> {
        return http::answer_by_writing(self_, client_, updating_, context, wanted,
                                       [this, key = wanted.key](auto const&) { count("update", key); });
      },
      [this](call const& context, update_ticket_fields const& wanted) -> caf::result<ticket_fields_update> {
        return http::answer_by_writing(self_, client_, setting_, context, wanted,
                                       [this, key = wanted.ticket_key](auto const&) { count("update_fields", key); });
      },
  };
}

void jira_agent::count(std::string_view action, std::string const& key) const {
  options_->count(action, project_of(normalised_ticket_key(key).value_or(key)), 1);
}

auto jira_agent::read_ticket(call const& context, get_ticket const& wanted) -> caf::result<ticket> {
  auto [reply, promise] = begin_reply<ticket>(self_);
  client_.read(context, wanted, [this, reply = reply](expected<ticket> found) {
    if (found) options_->count("get", project_of(found->key), 1);
    reply(std::move(found));
  });
  return promise;
}

auto jira_agent::read_hierarchy(call const& context, get_ticket_hierarchy const& wanted)
    -> caf::result<ticket_hierarchy> {
  auto [reply, promise] = begin_reply<ticket_hierarchy>(self_);
  client_.read(context, wanted, [this, reply = reply](expected<ticket_hierarchy> found) {
    if (found)
      options_->count("hierarchy", project_of(found->hierarchy.key), static_cast<std::size_t>(found->total_tickets));
    reply(std::move(found));
  });
  return promise;
}

} // namespace nexus::jira
