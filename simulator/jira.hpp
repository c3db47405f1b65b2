#pragma once

#include "simulator/data.hpp"
#include "simulator/web.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Jira Cloud's platform API (version 3) and agile API (1.0).
namespace nexus::simulator::jira {

/// Answers a request whose path begins with "rest". Credentials have been checked.
auto answer(data_set& world, visit const& v) -> http::response;

/// The answers to requests without credentials that are accepted.
auto unauthenticated() -> http::response;

/// {"errorMessages": [message], "errors": {}}.
auto problem(int status, std::string_view message) -> http::response;

/// Which of an issue's fields are asked for: names, "*all", "*navigable" and "-name".
class field_selection {
public:
  explicit field_selection(std::vector<std::string> names);
  auto wants(std::string_view field) const -> bool;
  /// True when nothing is asked for, so that issues carry their ids only.
  auto none() const -> bool { return names_.empty(); }

private:
  std::vector<std::string> names_;
  bool all_ = false;
};

/// An issue by its key in any case, or by its id.
auto find_issue(data_set const& world, std::string const& key_or_id) -> ticket const*;
auto no_issue() -> http::response;

// -- rendering ------------------------------------------------------------------

auto render_issue(data_set const& world, std::string_view base, ticket const& x, field_selection const& fields) -> json;
auto render_status(std::string_view base, ticket_status status) -> json;
auto render_comment(data_set const& world, std::string_view base, ticket const& on, ticket_comment const& c,
                    bool with_properties) -> json;
auto render_user(data_set const& world, std::string_view base, std::size_t who) -> json;
auto render_project(data_set const& world, std::string_view base, project const& p) -> json;
auto render_version(std::string_view base, project const& p, version const& v, instant now) -> json;
/// A sprint as the agile API shows it.
auto render_sprint(std::string_view base, project const& p, sprint const& s) -> json;
/// The list of fields that /field shows.
auto render_fields() -> json;

// -- parts ----------------------------------------------------------------------

/// search/jql and approximate-count.
auto answer_search(data_set const& world, visit const& v) -> http::response;
/// What changes an issue and what a client reads before it does: transitions, comments, editmeta, PUT. Nothing for
/// other paths.
auto answer_change(data_set& world, visit const& v) -> std::optional<http::response>;
/// Everything below rest/agile/1.0.
auto answer_agile(data_set const& world, visit const& v) -> http::response;

} // namespace nexus::simulator::jira
