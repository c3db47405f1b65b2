#include "messages/core/codec.hpp"

#include <cmath>

namespace nexus {
namespace {

/// Up to here a double holds every integer (2^53).
constexpr double largest_exact_integer = 9007199254740992.0;

/// A bound as people write it: without a fraction where there is none.
auto number_of(double bound) -> nlohmann::ordered_json {
  if (bound == std::floor(bound) && std::abs(bound) <= largest_exact_integer) return static_cast<std::int64_t>(bound);
  return bound;
}

} // namespace

auto schema_of(type_descriptor const& type, nlohmann::ordered_json& definitions, std::string const& prefix,
               decode_mode mode) -> nlohmann::ordered_json {
  using nlohmann::ordered_json;
  switch (type.kind) {
  case shape::boolean:
    return {{"type", "boolean"}};
  case shape::integer: {
    auto schema = ordered_json{{"type", "integer"}};
    if (type.is_unsigned) schema["minimum"] = 0;
    return schema;
  }
  case shape::number:
    return {{"type", "number"}};
  case shape::string:
    return {{"type", "string"}};
  case shape::time:
    return {{"type", "string"}, {"format", "date-time"}};
  case shape::json:
    return ordered_json::object();
  case shape::list:
    return {{"type", "array"}, {"items", schema_of(type.element(), definitions, prefix, mode)}};
  case shape::map:
    return {{"type", "object"}, {"additionalProperties", schema_of(type.element(), definitions, prefix, mode)}};
  case shape::optional: {
    auto inner = schema_of(type.element(), definitions, prefix, mode);
    if (inner.contains("type") && inner["type"].is_string()) {
      inner["type"] = ordered_json::array({inner["type"], "null"});
      if (inner.contains("enum")) inner["enum"].push_back(nullptr);
      return inner;
    }
    if (inner.empty()) return inner;
    return {{"anyOf", ordered_json::array({std::move(inner), {{"type", "null"}}})}};
  }
  case shape::enumeration: {
    auto const name = std::string{type.name};
    if (!definitions.contains(name)) {
      auto values = ordered_json::array();
      for (auto const& entry : type.enumerators) values.push_back(entry.name);
      definitions[name] = {{"type", "string"}, {"enum", std::move(values)}};
    }
    return {{"$ref", prefix + name}};
  }
  case shape::object: {
    auto const name = std::string{type.name};
    if (!definitions.contains(name)) {
      definitions[name] = nullptr; // reserves the name, so that a type that contains itself ends here
      auto properties = ordered_json::object();
      auto required = ordered_json::array();
      for (auto const& member : type.members) {
        auto schema = schema_of(member.type(), definitions, prefix, mode);
        auto const& inner = member.type().kind == shape::optional ? member.type().element() : member.type();
        auto const bound = [&](std::string_view low, std::string_view high) {
          if (std::isfinite(member.minimum)) schema[std::string{low}] = number_of(member.minimum);
          if (std::isfinite(member.maximum)) schema[std::string{high}] = number_of(member.maximum);
        };
        if (inner.kind == shape::integer || inner.kind == shape::number) bound("minimum", "maximum");
        if (inner.kind == shape::string) bound("minLength", "maxLength");
        if (inner.kind == shape::list) bound("minItems", "maxItems");
        if (!member.description.empty()) schema["description"] = member.description;
        properties[std::string{member.name}] = std::move(schema);
        if (member.required) required.push_back(member.name);
      }
      auto schema = ordered_json{{"type", "object"}, {"properties", std::move(properties)}};
      if (!required.empty()) schema["required"] = std::move(required);
      if (mode == decode_mode::closed) schema["additionalProperties"] = false;
      definitions[name] = std::move(schema);
    }
    return {{"$ref", prefix + name}};
  }
  }
  return ordered_json::object();
}

auto schema_document(type_descriptor const& type, std::string const& id, std::string const& title)
    -> nlohmann::ordered_json {
  auto definitions = nlohmann::ordered_json::object();
  auto root = schema_of(type, definitions, "#/$defs/", decode_mode::closed);
  auto document = nlohmann::ordered_json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                                         {"$id", id},
                                         {"title", title},
                                         {"$ref", root["$ref"]}};
  document["$defs"] = std::move(definitions);
  return document;
}

} // namespace nexus
