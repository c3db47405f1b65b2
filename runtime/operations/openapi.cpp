#include "runtime/operations/openapi.hpp"

#include "messages/core/text.hpp"

#include <algorithm>

namespace nexus {
namespace {

using nlohmann::ordered_json;

auto member_of(type_descriptor const& type, std::string_view name) -> member_descriptor const* {
  auto const found =
      std::find_if(type.members.begin(), type.members.end(), [&](auto const& member) { return member.name == name; });
  return found == type.members.end() ? nullptr : &*found;
}

auto problem_response(std::string const& description) -> ordered_json {
  return {{"description", description},
          {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/problem"}}}}}}}};
}

/// "{name...}" is our way to say that a member may hold slashes; OpenAPI has no word for it.
auto plain_path(std::string path) -> std::string {
  for (auto at = path.find("..."); at != std::string::npos; at = path.find("...")) path.erase(at, 3);
  return path;
}

} // namespace

auto argument_schema(operation_info const& operation) -> ordered_json {
  auto definitions = ordered_json::object();
  schema_of(*operation.request, definitions, "#/$defs/", decode_mode::closed);
  auto root = definitions[std::string{operation.request->name}];
  definitions.erase(std::string{operation.request->name});
  if (!definitions.empty()) root["$defs"] = std::move(definitions);
  return root;
}

auto openapi_document(operation_table const& table, std::vector<described_route> const& others,
                      std::string const& version) -> ordered_json {
  auto schemas = ordered_json::object();
  auto paths = ordered_json::object();
  auto const prefix = std::string{"#/components/schemas/"};
  schemas["problem"] = {{"type", "object"},
                        {"description", "RFC 9457 problem details"},
                        {"properties",
                         {{"type", {{"type", "string"}}},
                          {"title", {{"type", "string"}}},
                          {"status", {{"type", "integer"}}},
                          {"detail", {{"type", "string"}}},
                          {"instance", {{"type", "string"}}}}},
                        {"required", {"title", "status"}}};
  for (auto const& operation : table.operations) {
    auto entry =
        ordered_json{{"operationId", operation.name}, {"summary", operation.description}, {"tags", {table.role}}};
    auto parameters = ordered_json::array();
    auto const path = plain_path(operation.path);
    auto const has_body = operation.method != "GET";
    // What the request's members refer to is shared; the request itself is only where it is a body.
    auto definitions = ordered_json::object();
    schema_of(*operation.request, definitions, prefix, operation.mode);
    auto const request = std::string{operation.request->name};
    auto const properties = definitions[request]["properties"];
    if (!has_body || !operation.body_member.empty()) definitions.erase(request);
    for (auto& [name, definition] : definitions.items()) schemas.emplace(name, std::move(definition));
    for (auto const& member : operation.request->members) {
      auto const in_path = path.find("{" + std::string{member.name} + "}") != std::string::npos;
      if (!in_path && has_body && (operation.body_member.empty() || member.name == operation.body_member)) continue;
      auto schema = properties[std::string{member.name}];
      auto parameter = ordered_json{
          {"name", member.name}, {"in", in_path ? "path" : "query"}, {"required", in_path || member.required}};
      if (!member.description.empty()) parameter["description"] = member.description;
      schema.erase("description");
      parameter["schema"] = std::move(schema);
      parameters.push_back(std::move(parameter));
    }
    if (!parameters.empty()) entry["parameters"] = std::move(parameters);
    if (has_body && operation.body_member.empty())
      entry["requestBody"] = {{"required", true},
                              {"content", {{"application/json", {{"schema", {{"$ref", prefix + request}}}}}}}};
    if (has_body && !operation.body_member.empty())
      entry["requestBody"] = {{"required", false},
                              {"content", {{"application/json", {{"schema", properties[operation.body_member]}}}}},
                              {"x-nexus-member", operation.body_member}};
    entry["x-nexus-effect"] = operation.writes ? "write" : "read";
    if (operation.writes) entry["x-nexus-reconciliation"] = to_string(*operation.writes);
    auto reply = schema_of(*operation.reply, schemas, prefix);
    if (operation.style == reply_style::task_response) {
      reply = {{"allOf",
                ordered_json::array(
                    {{{"$ref", prefix + "agent_task_response"}},
                     {{"type", "object"},
                      {"properties", {{"data", {{"anyOf", ordered_json::array({reply, {{"type", "null"}}})}}}}}}})}};
    }
    auto responses = ordered_json::object();
    responses[std::to_string(operation.success_status)] = {
        {"description", "The answer"}, {"content", {{"application/json", {{"schema", std::move(reply)}}}}}};
    responses["400"] = problem_response("The body is not JSON");
    responses["401"] = problem_response("No credentials, or not accepted");
    if (operation.style == reply_style::plain) responses["404"] = problem_response("What was named does not exist");
    responses["413"] = problem_response("The body is too large");
    responses["422"] = problem_response("A member is missing, mistyped or out of range");
    responses["429"] = problem_response("Too many requests; try again after Retry-After seconds");
    responses["503"] = problem_response("A part is down; try again after Retry-After seconds");
    entry["responses"] = std::move(responses);
    paths[path][lower_case(operation.method)] = std::move(entry);
  }
  for (auto const& other : others) {
    auto entry = ordered_json{{"summary", other.summary}, {"tags", {"service"}}};
    auto const path = plain_path(other.path);
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1))
      entry["parameters"].push_back({{"name", path.substr(open + 1, path.find('}', open) - open - 1)},
                                     {"in", "path"},
                                     {"required", true},
                                     {"schema", {{"type", "string"}}}});
    if (other.open) entry["security"] = ordered_json::array();
    entry["responses"]["200"] = {{"description", "The answer"},
                                 {"content", {{other.content_type, ordered_json::object()}}}};
    paths[path][lower_case(other.method)] = std::move(entry);
  }
  schemas["agent_task_response"] = {
      {"type", "object"},
      {"description", "The reference's envelope: a failure of meaning is status 'failed' with error_message"},
      {"properties",
       {{"task_id", {{"type", "string"}}},
        {"correlation_id", {{"type", {"string", "null"}}}},
        {"status", {{"type", "string"}, {"enum", {"success", "failed"}}}},
        {"data", ordered_json::object()},
        {"error_message", {{"type", {"string", "null"}}}},
        {"error_code", {{"type", {"string", "null"}}}},
        {"execution_time_ms", {{"type", "number"}}},
        {"agent_type", {{"type", "string"}}},
        {"agent_version", {{"type", "string"}}},
        {"completed_at", {{"type", "string"}, {"format", "date-time"}}}}},
      {"required", {"task_id", "status"}}};
  return {
      {"openapi", "3.1.0"},
      {"info", {{"title", "Nexus " + table.service}, {"version", version}, {"description", table.description}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(schemas)}, {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", ordered_json::array({{{"bearer", ordered_json::array()}}})}};
}

auto bind_arguments(operation_info const& operation,
                    std::vector<std::pair<std::string, std::string>> const& path_members,
                    std::vector<std::pair<std::string, std::string>> const& query, nlohmann::json body)
    -> expected<nlohmann::json> {
  if (body.is_null()) body = nlohmann::json::object();
  if (!body.is_object()) return fail_at("$", errc::invalid_argument, "expected object, got {}", body.type_name());
  if (!operation.body_member.empty()) {
    auto whole = nlohmann::json::object();
    if (!body.empty()) whole[operation.body_member] = std::move(body);
    body = std::move(whole);
  }
  auto const add = [&](std::string const& name, std::string const& text, char const* origin) -> expected<void> {
    auto const* member = member_of(*operation.request, name);
    auto value = nlohmann::json(text);
    if (member) {
      auto parsed = json_from_text(member->type(), text, fmt::format("{} parameter '{}'", origin, name));
      if (!parsed) return tl::unexpected{parsed.error()};
      value = std::move(*parsed);
    }
    if (auto const present = body.find(name); present != body.end() && *present != value)
      return fail_at("$." + name, errc::invalid_argument, "given twice with different values");
    body[name] = std::move(value);
    return {};
  };
  for (auto const& [name, text] : path_members)
    if (auto done = add(name, text, "path"); !done) return tl::unexpected{done.error()};
  for (auto const& [name, text] : query)
    if (auto done = add(name, text, "query"); !done) return tl::unexpected{done.error()};
  return body;
}

} // namespace nexus
