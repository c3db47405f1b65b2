#pragma once

#include "messages/core/error.hpp"
#include "simulator/data.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the query language knows about a ticket's fields.
namespace nexus::simulator::jql {

enum class field {
  project,
  key,
  status,
  status_category,
  type,
  priority,
  assignee,
  reporter,
  labels,
  version,
  component,
  sprint,
  parent,
  epic_link,
  resolution, // compared by identity
  points,     // compared as a number
  created,
  updated,
  due,
  resolved, // compared as times
  text,
  summary,
  description, // searched
  rank         // for ordering only
};

/// The field of that name, in any case, custom fields by "cf[10016]" too. The error is worded as Jira words it.
auto find_field(std::string_view name) -> expected<field>;

/// 0 to do, 1 in progress, 2 done.
auto category_of(ticket_status status) -> int;
/// Highest is the greatest, as in "priority > Medium".
auto rank_of(priority x) -> std::int64_t;

/// Negative, zero or positive; an empty value is the smallest.
auto compare(data_set const& world, field what, ticket const& a, ticket const& b) -> int;

/// Words in lower case; a trailing '*' stays and matches any ending.
auto split_words(std::string_view text) -> std::vector<std::string>;
/// Whether a text in lower case contains the word, or its plural.
auto contains_word(std::string_view hay, std::string_view word) -> bool;

} // namespace nexus::simulator::jql
