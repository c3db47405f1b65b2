#include "apps/catalogue.hpp"

#include "messages/core/codec.hpp"

#include <algorithm>

namespace nexus::apps {
namespace {

using nlohmann::ordered_json;

constexpr auto reference_depth = 8;

auto text_of(ordered_json const& object, char const* name) -> std::string {
  auto const found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// The schema itself: references within the document are followed, and "or null" is left out.
auto resolved(ordered_json schema, ordered_json const& document) -> ordered_json {
  for (auto depth = 0; depth < reference_depth && schema.is_object(); ++depth) {
    if (auto const reference = text_of(schema, "$ref"); reference.starts_with("#/")) {
      auto const pointer = ordered_json::json_pointer{reference.substr(1)};
      if (!document.contains(pointer)) break;
      schema = document[pointer];
    } else if (auto const choices = schema.find("anyOf"); choices != schema.end() && !choices->empty()) {
      schema = ordered_json(choices->front());
    } else {
      break;
    }
  }
  return schema.is_object() ? schema : ordered_json::object();
}

/// "string", "integer"; the first where several are allowed; empty when the schema does not say.
auto type_of(ordered_json const& schema) -> std::string {
  auto const found = schema.find("type");
  if (found == schema.end()) return {};
  if (found->is_array()) return found->empty() || !found->front().is_string() ? "" : found->front().get<std::string>();
  return found->is_string() ? found->get<std::string>() : "";
}

auto arguments_of(ordered_json const& entry, ordered_json const& document) -> std::vector<operation_argument> {
  auto result = std::vector<operation_argument>{};
  for (auto const& parameter : entry.value("parameters", ordered_json::array()))
    result.push_back({text_of(parameter, "name"), text_of(parameter, "description"),
                      resolved(parameter.value("schema", ordered_json::object()), document),
                      parameter.value("required", false), text_of(parameter, "in") == "path"});
  auto const place = ordered_json::json_pointer{"/requestBody/content/application~1json/schema"};
  if (!entry.contains(place)) return result;
  auto const body = resolved(entry[place], document);
  if (auto const whole = text_of(entry["requestBody"], "x-nexus-member"); !whole.empty()) {
    result.push_back({whole, text_of(entry[place], "description"), body, false, false});
    return result;
  }
  auto const required = body.value("required", ordered_json::array());
  auto const properties = body.value("properties", ordered_json::object());
  for (auto const& [name, schema] : properties.items()) {
    if (std::ranges::find(result, name, &operation_argument::name) != result.end()) continue;
    result.push_back({name, text_of(schema, "description"), resolved(schema, document),
                      std::ranges::find(required, ordered_json(name)) != required.end(), false});
  }
  return result;
}

auto upper(std::string text) -> std::string {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// Text as the schema wants it.
auto value_of(ordered_json const& schema, std::string const& text, std::string const& flag)
    -> expected<nlohmann::json> {
  auto const type = type_of(schema);
  if (type == "string") return nlohmann::json(text);
  if (type == "array" && !text.starts_with('[')) {
    auto list = nlohmann::json::array();
    auto const items = schema.value("items", ordered_json::object());
    for (std::size_t begin = 0; begin <= text.size();) {
      auto const end = std::min(text.find(',', begin), text.size());
      auto item = value_of(items, text.substr(begin, end - begin), flag);
      if (!item) return item;
      list.push_back(std::move(*item));
      begin = end + 1;
    }
    return list;
  }
  auto value = parse_json(text);
  auto const fits = value && (type.empty() || (type == "integer" && value->is_number_integer()) ||
                              (type == "number" && value->is_number()) || (type == "boolean" && value->is_boolean()) ||
                              (type == "array" && value->is_array()) || (type == "object" && value->is_object()));
  if (fits) return std::move(*value);
  if (type.empty()) return nlohmann::json(text); // free text, or the name of an enumeration
  return fail_at(flag, errc::invalid_argument, "'{}' is no {}", text, type);
}

auto unknown_argument(listed_operation const& operation, std::string const& flag) -> tl::unexpected<error> {
  auto flags = std::vector<std::string>{};
  for (auto const& argument : operation.arguments) flags.push_back(argument.flag());
  auto const near = did_you_mean(flag, {flags.begin(), flags.end()});
  return tl::unexpected{error{errc::invalid_argument,
                              fmt::format("'{}' is no argument of {}", flag, operation.name),
                              {},
                              near.empty() ? fmt::format("see 'nexus tools {}'", operation.name)
                                           : fmt::format("did you mean '{}'?", near),
                              {}}};
}

} // namespace

auto operation_argument::flag() const -> std::string {
  auto text = "--" + name;
  std::ranges::replace(text, '_', '-');
  return text;
}

auto operation_argument::placeholder() const -> std::string {
  if (auto const values = schema.find("enum"); values != schema.end() && values->is_array()) {
    auto text = std::string{};
    for (auto const& value : *values)
      if (value.is_string()) text += (text.empty() ? "" : "|") + value.get<std::string>();
    return text;
  }
  auto const type = type_of(schema);
  if (type == "boolean") return {};
  if (type == "integer" || type == "number") return "NUMBER";
  if (type == "array") return "A,B";
  if (type == "object") return "JSON";
  return upper(type.empty() ? "value" : "text");
}

auto listed_operation::find(std::string_view written) const -> operation_argument const* {
  auto const found = std::ranges::find_if(
      arguments, [&](auto const& argument) { return argument.name == written || argument.flag() == written; });
  return found == arguments.end() ? nullptr : &*found;
}

auto parse_operations(role_address const& role, ordered_json const& description)
    -> expected<std::vector<listed_operation>> {
  try {
    auto result = std::vector<listed_operation>{};
    for (auto const& [path, methods] : description.at("paths").items())
      for (auto const& [method, entry] : methods.items())
        if (auto name = text_of(entry, "operationId"); !name.empty())
          result.push_back({std::move(name), text_of(entry, "summary"), role, upper(method), path,
                            arguments_of(entry, description),
                            text_of(entry.value("requestBody", ordered_json::object()), "x-nexus-member"),
                            text_of(entry, "x-nexus-reconciliation")});
    return result;
  } catch (nlohmann::json::exception const&) { // the description is not of the shape that OpenAPI demands
    return fail_at(role.url + "/openapi.json", errc::upstream, "this is no OpenAPI description");
  }
}

auto read_catalogue(server_client& client) -> expected<catalogue> {
  auto const roles = client.roles();
  auto urls = std::vector<std::string>{};
  for (auto const& role : roles) urls.push_back(role.url + "/openapi.json");
  auto answers = client.get_all(urls);
  auto result = catalogue{};
  auto first_problem = std::optional<error>{};
  for (std::size_t i = 0; i < roles.size(); ++i) {
    auto operations = server_client::successful(std::move(answers[i]), urls[i])
                          .and_then([](http::response const& answer) { return json_of(answer); })
                          .and_then([&](ordered_json const& document) { return parse_operations(roles[i], document); });
    if (operations) {
      std::ranges::move(*operations, std::back_inserter(result.operations));
    } else {
      result.unreachable.push_back(fmt::format("{}: {}", roles[i].name, operations.error().message));
      if (!first_problem) first_problem = operations.error();
    }
  }
  if (result.unreachable.size() == roles.size()) return tl::unexpected{*first_problem};
  return result;
}

auto parse_arguments(listed_operation const& operation, std::vector<std::string> const& written, nlohmann::json body)
    -> expected<nlohmann::json> {
  for (std::size_t i = 0; i < written.size(); ++i) {
    auto const equals = written[i].find('=');
    auto const flag = written[i].substr(0, equals);
    if (!flag.starts_with("--"))
      return fail(errc::invalid_argument, "'{}' belongs to no argument; write arguments as --name value", flag);
    auto const* argument = operation.find(flag);
    if (argument == nullptr) return unknown_argument(operation, flag);
    auto text = std::string{"true"};
    if (equals != std::string::npos)
      text = written[i].substr(equals + 1);
    else if (!argument->placeholder().empty() && i + 1 == written.size())
      return fail_at(flag, errc::invalid_argument, "a value is missing");
    else if (!argument->placeholder().empty())
      text = written[++i];
    auto value = value_of(argument->schema, text, flag);
    if (!value) return value;
    body[argument->name] = std::move(*value);
  }
  auto missing = std::string{};
  for (auto const& argument : operation.arguments)
    if (argument.required && !body.contains(argument.name))
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", argument.flag());
  if (!missing.empty())
    return tl::unexpected{error{errc::invalid_argument,
                                fmt::format("{} needs {}", operation.name, missing),
                                {},
                                fmt::format("see 'nexus tools {}'", operation.name),
                                {}}};
  return body;
}

auto request_for(listed_operation const& operation, nlohmann::json arguments) -> http::request {
  auto const text = [](nlohmann::json const& value) {
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return dump_json(value);
    auto joined = std::string{};
    for (auto const& item : value)
      joined += (joined.empty() ? "" : ",") + (item.is_string() ? item.get<std::string>() : dump_json(item));
    return joined;
  };
  auto result = http::request{
      .method = operation.method, .target = operation.role.url + operation.path, .fields = {}, .body = {}};
  for (auto const& argument : operation.arguments) {
    auto const place = result.target.find("{" + argument.name + "}");
    if (!argument.in_path || place == std::string::npos) continue;
    result.target.replace(place, argument.name.size() + 2, http::percent_encode(text(arguments[argument.name])));
    arguments.erase(argument.name);
  }
  if (operation.method != "GET" && operation.body_member.empty()) {
    result.body = dump_json(arguments);
    return result;
  }
  if (auto const whole = arguments.find(operation.body_member); whole != arguments.end()) {
    result.body = dump_json(*whole);
    arguments.erase(whole);
  }
  auto separator = '?';
  for (auto const& [name, value] : arguments.items()) {
    if (value.is_null()) continue;
    result.target += fmt::format("{}{}={}", separator, http::percent_encode(name), http::percent_encode(text(value)));
    separator = '&';
  }
  return result;
}

} // namespace nexus::apps
