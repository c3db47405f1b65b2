#pragma once

#include "messages/core/error.hpp"
#include "messages/jira.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// From Jira's JSON (REST API version 3) to messages. Pure; whatever is absent, null or of another type than documented
/// is left out.
namespace nexus::jira {

/// Which custom fields hold what; the defaults are those of every Jira Cloud site.
struct field_ids {
  std::string epic_link = "customfield_10014";
  std::string story_points = "customfield_10016";
  std::string sprint = "customfield_10020";
  std::string flagged = "customfield_10021";
  /// Further custom fields to hand on in ticket::custom_fields.
  std::vector<std::string> others;
};

/// Where a ticket stands, by the rules of ticket_status. The category's key is "new", "indeterminate" or "done".
auto status_of(std::string_view name, std::string_view category_key) -> ticket_status;

/// A user; nothing for null or without an account id.
auto user_from_json(nlohmann::json const& value) -> std::optional<jira_user>;

/// An issue as the issue and search resources show it. Subtasks are there as far as the issue itself shows them (key,
/// summary, type, status, priority). errc::upstream when it has no key.
auto ticket_from_json(nlohmann::json const& issue, field_ids const& ids) -> expected<ticket>;

/// A ticket in one line.
auto summary_of(ticket const& whole) -> ticket_summary;

/// How much of a ticket is read.
enum class ticket_detail : std::uint8_t {
  /// What statistics count and what summary_of shows.
  figures,
  /// All but the texts.
  overview,
  /// Descriptions, comments, worklogs and subtasks, too.
  everything,
};

/// The names for the `fields` parameter, parted by commas.
auto field_names(field_ids const& fields, ticket_detail detail) -> std::string;

/// A version from a project's list of versions; nothing without a name.
auto release_from_json(nlohmann::json const& value, std::string const& project_key) -> std::optional<jira_release>;

} // namespace nexus::jira
