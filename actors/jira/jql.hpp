#pragma once

#include <span>
#include <string>
#include <string_view>

/// Jira's query language, as far as queries of our own need it.
namespace nexus::jira {

/// A text as a JQL string: in double quotes, with everything escaped that could end it. Whatever the text holds, the
/// query means this very text and nothing more.
auto jql_quoted(std::string_view text) -> std::string;

/// "field in (\"A\", \"B\")".
auto jql_any_of(std::string_view field, std::span<std::string const> values) -> std::string;

} // namespace nexus::jira
