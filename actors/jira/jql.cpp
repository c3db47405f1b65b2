#include "actors/jira/jql.hpp"

#include <fmt/format.h>

namespace nexus::jira {

auto jql_quoted(std::string_view text) -> std::string {
  auto result = std::string{"\""};
  for (auto const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      result += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f)
      result += fmt::format("\\u{:04x}", byte);
    else
      result += c;
  }
  return result += '"';
}

auto jql_any_of(std::string_view field, std::span<std::string const> values) -> std::string {
  auto result = fmt::format("{} in (", field);
  for (auto const& value : values) {
    if (&value != values.data()) result += ", ";
    result += jql_quoted(value);
  }
  return result += ')';
}

} // namespace nexus::jira
