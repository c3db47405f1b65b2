#pragma once

#include "actors/jira/ticket_mapping.hpp"
#include "messages/jira.hpp"
#include "runtime/rest/service.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace nexus::jira {

/// How Jira is reached.
struct jira_settings {
  /// "https://example.atlassian.net" (JIRA_URL).
  std::string url;
  /// JIRA_USERNAME and JIRA_API_TOKEN.
  std::string username;
  std::string api_token;
  field_ids fields;
  /// How many tickets a sprint's or release's figures are counted over; beyond, they say that they are partial.
  std::size_t max_counted = 2000;
  /// How many tickets a hierarchy shows.
  std::size_t max_hierarchy = 10'000;
};

/// Jira Cloud's REST API, version 3, and its agile API for sprints. Every read() and write() calls `done` exactly once,
/// wherever the exchange answers; one client's answers must come one at a time. Reads outlive the client.
///
/// Errors: those of rest::service, and errc::not_found naming what there is where that is cheap to say.
class jira_client {
public:
  jira_client(jira_settings settings, http::exchange exchange, std::function<timestamp()> now);

  void read(call const& context, get_ticket const& wanted, rest::continuation<ticket> done) const;
  void read(call const& context, get_ticket_hierarchy const& wanted, rest::continuation<ticket_hierarchy> done) const;
  /// A query that Jira does not accept is errc::refused with Jira's own words.
  void read(call const& context, search_tickets const& wanted, rest::continuation<jira_search_result> done) const;
  /// The sprint comes from the project's boards.
  void read(call const& context, get_sprint_stats const& wanted, rest::continuation<jira_sprint_stats> done) const;
  void read(call const& context, list_releases const& wanted, rest::continuation<release_list> done) const;
  /// The release is matched as people write versions.
  void read(call const& context, get_release_stats const& wanted, rest::continuation<jira_release_stats> done) const;
  void read(call const& context, list_projects const& wanted, rest::continuation<project_list> done) const;

  /// errc::refused names the statuses that can be reached, when the wanted one cannot.
  void write(call const& context, update_ticket const& wanted, rest::continuation<ticket_update> done) const;
  /// errc::refused names the fields that cannot be set.
  void write(call const& context, update_ticket_fields const& wanted,
             rest::continuation<ticket_fields_update> done) const;

private:
  struct core;
  std::shared_ptr<core const> core_;
};

/// A ticket key in Jira's spelling ("proj-1" is PROJ-1); errc::invalid_argument when it cannot be one.
auto normalised_ticket_key(std::string_view written) -> expected<std::string>;
/// The same for a project's key.
auto normalised_project_key(std::string_view written) -> expected<std::string>;

} // namespace nexus::jira
