#include "actors/jira/ticket_fields.hpp"

#include "actors/jira/text_document.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"
#include "runtime/rest/json_view.hpp"
#include "runtime/rest/service.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace nexus::jira {
namespace {

using rest::json_view;

constexpr std::size_t max_listed = 30;

auto can_be_set(json_view const& field) -> bool {
  auto const& operations = field["operations"].items();
  return std::find(operations.begin(), operations.end(), "set") != operations.end();
}

/// The id of the field that is meant; nothing when the ticket has none that can be set.
auto find_field(nlohmann::json const& known, std::string_view written, field_ids const& ids)
    -> std::optional<std::string> {
  auto const aliases = std::array<std::pair<std::string_view, std::string_view>, 3>{
      {{"story_points", ids.story_points}, {"epic_link", ids.epic_link}, {"sprint", ids.sprint}}};
  for (auto const& [alias, id] : aliases)
    if (same_word(written, alias) && !id.empty()) written = id;
  for (auto const& [id, field] : known.items())
    if (can_be_set(json_view{field}) &&
        (same_word(written, id) || same_word(written, json_view{field}["name"].text().value_or(""))))
      return id;
  return {};
}

/// The member by which a text names an object of a type; empty for types that are texts themselves.
auto naming_member(std::string_view type) -> std::string_view {
  constexpr auto by_name =
      std::array<std::string_view, 6>{"priority", "version", "component", "issuetype", "resolution", "securitylevel"};
  if (std::find(by_name.begin(), by_name.end(), type) != by_name.end()) return "name";
  if (type == "option") return "value";
  if (type == "user") return "accountId";
  return type == "issuelink" ? "key" : "";
}

auto named(nlohmann::json value, std::string_view type) -> nlohmann::json {
  auto const member = naming_member(type);
  if (member.empty() || !value.is_string()) return value;
  return {{std::string{member}, std::move(value)}};
}

auto takes_document(json_view const& schema) -> bool {
  auto const system = schema["system"].text().value_or("");
  return system == "description" || system == "environment" ||
         schema["custom"].text().value_or("").ends_with(":textarea");
}

auto value_for(json_view const& field, nlohmann::json value) -> nlohmann::json {
  auto const schema = field["schema"];
  if (value.is_string() && takes_document(schema)) return text_document(value.get_ref<std::string const&>());
  auto const type = schema["type"].text().value_or("");
  if (type != "array" || !value.is_array()) return named(std::move(value), type);
  for (auto& item : value) item = named(std::move(item), schema["items"].text().value_or(""));
  return value;
}

} // namespace

auto fields_to_set(nlohmann::json const& edit_metadata, std::map<std::string, json_text> const& wanted,
                   field_ids const& ids) -> expected<nlohmann::json> {
  auto const known = json_view{edit_metadata}["fields"];
  if (!known.raw().is_object()) return fail(errc::upstream, "Jira sent no list of fields that can be set");
  auto result = nlohmann::json::object();
  auto refused = std::vector<std::string>{};
  for (auto const& [written, text] : wanted) {
    auto const id = find_field(known.raw(), written, ids);
    if (!id) {
      refused.push_back(rest::one_line(written, 64));
      continue;
    }
    auto value = parse_json(text.text.empty() ? "null" : text.text);
    if (!value)
      return fail_at("$.fields." + rest::one_line(written, 64), errc::invalid_argument, "{}", value.error().message);
    result[*id] = value_for(known[*id], std::move(*value));
  }
  if (refused.empty()) return result;
  auto names = std::vector<std::string>{};
  for (auto const& [id, field] : known.raw().items())
    if (can_be_set(json_view{field}) && names.size() < max_listed) names.push_back(id);
  return tl::unexpected{
      error{errc::refused,
            fmt::format("these fields are not known or cannot be set here: {}", fmt::join(refused, ", ")),
            "$.fields",
            fmt::format("fields that can be set: {}", fmt::join(names, ", ")),
            {}}};
}

} // namespace nexus::jira
