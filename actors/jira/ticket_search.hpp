#pragma once

#include "actors/jira/ticket_mapping.hpp"
#include "runtime/rest/service.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace nexus::jira {

/// What to search for.
struct ticket_query {
  std::string jql;
  /// Matches to leave out at the beginning.
  std::size_t skip = 0;
  /// Matches to read after them.
  std::size_t limit = 50;
  ticket_detail detail = ticket_detail::overview;
};

struct found_tickets {
  std::vector<ticket> tickets;
  /// Keys of those that are sub-tasks, by their type: the lowest level, under which Jira lets nothing stand.
  std::set<std::string, std::less<>> lowest;
  /// Whether there are matches beyond these.
  bool more = false;
};

/// Reads matches page by page (`/rest/api/3/search/jql`, nextPageToken).
void find_tickets(rest::service const& jira, field_ids const& fields, call const& context, ticket_query query,
                  rest::continuation<found_tickets> done);

} // namespace nexus::jira
