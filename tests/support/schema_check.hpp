#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

/// What tests hold JSON against: the schemas of OpenAPI documents (3.0 and 3.1), as far as they speak of members and
/// types. Formats, lengths and ranges are not looked at.
namespace nexus::testing {

class schema_check {
public:
  /// References lead into `document`, which must outlive this.
  explicit schema_check(nlohmann::json const& document) : document_(document) {}

  /// What is wrong with the value, each with its path; empty when it is as the schema says. At most 100.
  auto violations(nlohmann::json const& schema, nlohmann::json const& value) const -> std::vector<std::string> {
    auto found = std::vector<std::string>{};
    look(schema, value, "$", found, 0);
    if (found.size() > 100) found.resize(100);
    return found;
  }

private:
  using json = nlohmann::json;
  using texts = std::vector<std::string>;

  static auto is(json const& value, std::string const& type) -> bool {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "integer") return value.is_number_integer();
    return type == "number" && value.is_number();
  }

  static auto has_type(json const& type, json const& value) -> bool {
    if (type.is_string()) return is(value, type);
    return std::any_of(type.begin(), type.end(), [&](json const& each) { return is(value, each); });
  }

  void look(json const& schema, json const& value, std::string const& path, texts& found, int depth) const {
    if (!schema.is_object() || depth > 60) return;
    if (auto const reference = schema.find("$ref"); reference != schema.end())
      return look(document_.at(json::json_pointer{reference->get<std::string>().substr(1)}), value, path, found,
                  depth + 1);
    if (value.is_null() && schema.value("nullable", false)) return;
    for (auto const& each : schema.value("allOf", json::array())) look(each, value, path, found, depth + 1);
    for (auto const* word : {"anyOf", "oneOf"})
      if (schema.contains(word)) look_at_choices(schema[word], value, path, found, depth);
    if (schema.contains("type") && !has_type(schema["type"], value)) {
      found.push_back(fmt::format("{}: {} is no {}", path, value.dump().substr(0, 60), schema["type"].dump()));
      return;
    }
    if (auto const values = schema.find("enum");
        values != schema.end() && std::find(values->begin(), values->end(), value) == values->end())
      found.push_back(fmt::format("{}: {} is none of {}", path, value.dump().substr(0, 60), values->dump()));
    if (value.is_object()) look_at_members(schema, value, path, found, depth);
    if (value.is_array() && schema.contains("items"))
      for (std::size_t i = 0; i < value.size(); ++i)
        look(schema["items"], value[i], fmt::format("{}[{}]", path, i), found, depth + 1);
  }

  /// The first choice that fits will do; of none that does, the closest is told.
  void look_at_choices(json const& choices, json const& value, std::string const& path, texts& found, int depth) const {
    auto least = texts{};
    for (auto const& choice : choices) {
      auto wrong = texts{};
      look(choice, value, path, wrong, depth + 1);
      if (wrong.empty()) return;
      if (least.empty() || wrong.size() < least.size()) least = std::move(wrong);
    }
    found.insert(found.end(), least.begin(), least.end());
  }

  void look_at_members(json const& schema, json const& value, std::string const& path, texts& found, int depth) const {
    for (auto const& name : schema.value("required", json::array()))
      if (!value.contains(name.get<std::string>()))
        found.push_back(fmt::format("{}: lacks '{}'", path, name.get<std::string>()));
    auto const properties = schema.value("properties", json::object());
    for (auto const& [name, each] : value.items()) {
      if (auto const property = properties.find(name); property != properties.end())
        look(*property, each, path + "." + name, found, depth + 1);
      else if (auto const others = schema.find("additionalProperties"); others != schema.end() && others->is_object())
        look(*others, each, path + "." + name, found, depth + 1);
    }
  }

  json const& document_;
};

} // namespace nexus::testing
