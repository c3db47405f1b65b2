#pragma once

#include "actors/jira/ticket_mapping.hpp"

#include <map>

namespace nexus::jira {

/// Turns new values as people write them into the `fields` object that Jira takes, by what the ticket's edit metadata
/// (`/issue/KEY/editmeta`) allows. Fields go by their id, by their name in any case, or as story_points, epic_link and
/// sprint. Where Jira wants an object, a text is taken for its name ("High", "v2.0.0"), its value (an option) or its
/// account id (a user); a text for a rich-text field becomes a document; everything else is passed on.
///
/// errc::refused names every field that cannot be set, and those that can. errc::invalid_argument for values that are
/// no JSON. Pure.
auto fields_to_set(nlohmann::json const& edit_metadata, std::map<std::string, json_text> const& wanted,
                   field_ids const& ids) -> expected<nlohmann::json>;

} // namespace nexus::jira
