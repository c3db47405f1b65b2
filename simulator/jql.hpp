#pragma once

#include "messages/core/error.hpp"
#include "simulator/data.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The part of Jira's query language that people use: comparisons of the common fields, IN, IS EMPTY, AND, OR, NOT,
/// parentheses, functions, relative dates and ORDER BY. Errors are worded as Jira words them.
namespace nexus::simulator::jql {

/// Longer queries are refused.
constexpr std::size_t max_length = 10'000;
/// Deeper nesting of parentheses and NOT is refused.
constexpr int max_depth = 64;

/// A value or a function call on the right-hand side.
struct operand {
  std::string text;
  bool is_function = false;
  /// The word EMPTY or NULL.
  bool is_empty = false;
  std::vector<std::string> arguments;
};

enum class comparison {
  equal,
  not_equal,
  in,
  not_in,
  is,
  is_not,
  less,
  less_equal,
  greater,
  greater_equal,
  like,
  not_like
};

/// The operator as it is written: "=", "not in".
auto spelling(comparison op) -> std::string_view;

/// "status = Done".
struct term {
  std::string field;
  comparison op = comparison::equal;
  std::vector<operand> operands;
};

struct node {
  enum class kind { all_of, any_of, negation, term } what = kind::term;
  std::vector<node> parts;
  jql::term term;
};

struct order {
  std::string field;
  bool descending = false;
};

struct query {
  /// Absent when the text has no condition.
  std::optional<node> where;
  std::vector<order> order_by;
};

/// Parses the text. The error's message is what Jira puts into errorMessages.
auto parse(std::string_view text) -> expected<query>;

/// The tickets that match, as indices into the world's tickets, in the query's order (newest first without one).
/// Relative dates count from `now`; currentUser() is the first of the people.
auto select(data_set const& world, query const& q, instant now) -> expected<std::vector<std::size_t>>;

} // namespace nexus::simulator::jql
