#pragma once

#include "actors/jira/ticket_mapping.hpp"
#include "runtime/rest/service.hpp"

namespace nexus::jira {

/// A comment carries the idempotency key of its call in this property of its own
/// (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comment-properties/), which people do
/// not see.
inline constexpr std::string_view comment_property = "nexus.write";

/// Moves a ticket to the status (found by the name of the status itself, since transitions have names of their own) and
/// then comments on it. A ticket that is there already is not moved. When the call is recovering, the comment is looked
/// for by its key among the newest 100 first.
void change_ticket(rest::service const& jira, call const& context, std::string const& key, update_ticket const& wanted,
                   rest::continuation<ticket_update> done);

/// Sets fields, all or none.
void change_fields(rest::service const& jira, field_ids const& ids, call const& context, std::string const& key,
                   update_ticket_fields const& wanted, rest::continuation<ticket_fields_update> done);

} // namespace nexus::jira
