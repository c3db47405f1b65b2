#include "messages/core/codec.hpp"

#include <date/date.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace nexus {
namespace {

constexpr int maximum_nesting = 100;
/// Up to here a double holds every integer (2^53).
constexpr double largest_exact_integer = 9007199254740992.0;
/// Years 0001 to 9999 in milliseconds since the epoch: what RFC 3339 can write.
constexpr timestamp earliest{std::chrono::milliseconds{-62135596800000}};
constexpr timestamp latest{std::chrono::milliseconds{253402300799999}};

auto type_name(nlohmann::json const& value) -> std::string_view {
  return value.is_number_integer() ? "integer" : std::string_view{value.type_name()};
}

auto expected_name(type_descriptor const& type) -> std::string_view {
  switch (type.kind) {
  case shape::list:
    return "array";
  case shape::map:
    return "object";
  case shape::time:
    return "RFC 3339 timestamp";
  case shape::object:
  case shape::enumeration:
    return type.kind == shape::object ? "object" : "string";
  default:
    return type.name;
  }
}

auto mistyped(std::string path, type_descriptor const& type, nlohmann::json const& value) -> tl::unexpected<error> {
  return fail_at(std::move(path), errc::invalid_argument, "expected {}, got {}", expected_name(type), type_name(value));
}

auto out_of_range(std::string path, member_descriptor const& member, std::string_view unit) -> tl::unexpected<error> {
  auto const lower = std::isfinite(member.minimum), upper = std::isfinite(member.maximum);
  if (lower && upper)
    return fail_at(std::move(path), errc::invalid_argument, "{} must be between {} and {}", unit, member.minimum,
                   member.maximum);
  return lower ? fail_at(std::move(path), errc::invalid_argument, "{} must be at least {}", unit, member.minimum)
               : fail_at(std::move(path), errc::invalid_argument, "{} must be at most {}", unit, member.maximum);
}

auto store_integer(type_descriptor const& type, void* object, nlohmann::json const& value, std::string const& path)
    -> expected<void> {
  if (!value.is_number()) return mistyped(path, type, value);
  if (value.is_number_float()) {
    // A whole number written with a fraction of zero ("3.0") is an integer in JSON Schema.
    auto const number = value.get<double>();
    if (number != std::floor(number) || std::abs(number) > largest_exact_integer) return mistyped(path, type, value);
    return store_integer(type, object, nlohmann::json(static_cast<std::int64_t>(number)), path);
  }
  auto const negative = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
  auto const fits = negative ? !type.is_unsigned && value.get<std::int64_t>() >= type.integer_minimum
                             : value.get<std::uint64_t>() <= type.integer_maximum;
  if (!fits)
    return fail_at(path, errc::invalid_argument, "integer {} is out of range ({} to {})", value.dump(),
                   type.integer_minimum, type.integer_maximum);
  type.store_integer(object,
                     negative ? value.get<std::int64_t>() : static_cast<std::int64_t>(value.get<std::uint64_t>()));
  return {};
}

auto check_bounds(member_descriptor const& member, type_descriptor const& type, void const* object,
                  std::string const& path) -> expected<void> {
  auto measured = double{};
  auto unit = std::string_view{"value"};
  switch (type.kind) {
  case shape::optional: {
    auto const* value = type.value(object);
    return value ? check_bounds(member, type.element(), value, path) : expected<void>{};
  }
  case shape::integer:
    measured = type.is_unsigned ? static_cast<double>(static_cast<std::uint64_t>(type.load_integer(object)))
                                : static_cast<double>(type.load_integer(object));
    break;
  case shape::number:
    measured = type.load_number(object);
    break;
  case shape::string:
    // In code points, as JSON Schema counts: every byte but the continuation bytes of UTF-8.
    measured = static_cast<double>(std::ranges::count_if(*static_cast<std::string const*>(object),
                                                         [](unsigned char c) { return (c & 0xc0) != 0x80; }));
    unit = "length";
    break;
  case shape::list:
    measured = static_cast<double>(type.size(object));
    unit = "number of items";
    break;
  default:
    return {};
  }
  if (measured < member.minimum || measured > member.maximum) return out_of_range(path, member, unit);
  return {};
}

struct decoder {
  decode_mode mode;
  std::size_t* ignored;

  auto object(type_descriptor const& type, void* target, nlohmann::json const& value, std::string const& path) const
      -> expected<void> {
    if (!value.is_object()) return mistyped(path, type, value);
    for (auto const& member : type.members) {
      auto const found = value.find(member.name);
      auto const here = path + "." + std::string{member.name};
      if (found == value.end()) {
        if (member.required)
          return fail_at(here, errc::invalid_argument, "required member '{}' is missing", member.name);
        continue;
      }
      // A null for a member that has a default keeps the default, as the reference's clients expect.
      if (found->is_null() && !member.required && member.type().kind != shape::optional) continue;
      auto* address = member.address(target);
      if (auto done = read(member.type(), address, *found, here); !done) return done;
      if (auto done = check_bounds(member, member.type(), address, here); !done) return done;
    }
    if (value.size() > type.members.size() || mode == decode_mode::closed || ignored)
      return unknown_members(type, value, path);
    return {};
  }

  auto unknown_members(type_descriptor const& type, nlohmann::json const& value, std::string const& path) const
      -> expected<void> {
    for (auto const& [name, unused] : value.items()) {
      auto const known =
          std::any_of(type.members.begin(), type.members.end(), [&](auto const& m) { return m.name == name; });
      if (known) continue;
      if (mode == decode_mode::open) {
        if (ignored) ++*ignored;
        continue;
      }
      auto names = std::vector<std::string_view>{};
      for (auto const& member : type.members) names.push_back(member.name);
      auto shown = name.substr(0, 64);
      auto problem = fail_at(path + "." + shown, errc::invalid_argument, "unknown member '{}'", shown);
      if (auto near = did_you_mean(name, names); !near.empty()) {
        problem.value().remedy = fmt::format("did you mean '{}'?", near);
      } else {
        problem.value().remedy = fmt::format("known here: {}", fmt::join(names, ", "));
      }
      return problem;
    }
    return {};
  }

  auto read(type_descriptor const& type, void* target, nlohmann::json const& value, std::string const& path) const
      -> expected<void> {
    switch (type.kind) {
    case shape::boolean:
      if (!value.is_boolean()) return mistyped(path, type, value);
      type.store_integer(target, value.get<bool>() ? 1 : 0);
      return {};
    case shape::integer:
      return store_integer(type, target, value, path);
    case shape::number:
      if (!value.is_number()) return mistyped(path, type, value);
      type.store_number(target, value.get<double>());
      return {};
    case shape::string:
      if (!value.is_string()) return mistyped(path, type, value);
      *static_cast<std::string*>(target) = value.get_ref<std::string const&>();
      return {};
    case shape::time: {
      if (!value.is_string()) return mistyped(path, type, value);
      auto time = parse_timestamp(value.get_ref<std::string const&>());
      if (!time) return fail_at(path, errc::invalid_argument, "{}", time.error().message);
      type.store_integer(target, time->time_since_epoch().count());
      return {};
    }
    case shape::json:
      static_cast<json_text*>(target)->text = value.is_null() ? std::string{} : dump_json(value);
      return {};
    case shape::enumeration: {
      if (!value.is_string()) return mistyped(path, type, value);
      auto const& text = value.get_ref<std::string const&>();
      auto names = std::vector<std::string_view>{};
      for (auto const& entry : type.enumerators) {
        if (entry.name == text) {
          type.store_integer(target, entry.value);
          return {};
        }
        names.push_back(entry.name);
      }
      return fail_at(path, errc::invalid_argument, "'{}' is not one of: {}", text.substr(0, 64),
                     fmt::join(names, ", "));
    }
    case shape::object:
      return object(type, target, value, path);
    case shape::list: {
      if (!value.is_array()) return mistyped(path, type, value);
      type.clear(target);
      auto const& element = type.element();
      for (std::size_t i = 0; i < value.size(); ++i)
        if (auto done = read(element, type.append(target), value[i], fmt::format("{}[{}]", path, i)); !done)
          return done;
      return {};
    }
    case shape::map: {
      if (!value.is_object()) return mistyped(path, type, value);
      type.clear(target);
      auto const& element = type.element();
      for (auto const& [key, entry] : value.items())
        if (auto done = read(element, type.insert(target, key), entry, path + "." + key); !done) return done;
      return {};
    }
    case shape::optional:
      if (value.is_null()) {
        type.clear(target);
        return {};
      }
      return read(type.element(), type.emplace(target), value, path);
    }
    return {};
  }
};

auto is_utf8(std::string_view text) -> bool {
  for (std::size_t i = 0; i < text.size();) {
    auto const lead = static_cast<unsigned char>(text[i]);
    auto const length = lead < 0x80                   ? 1u
                        : lead >= 0xc2 && lead < 0xe0 ? 2u
                        : lead >= 0xe0 && lead < 0xf0 ? 3u
                        : lead >= 0xf0 && lead < 0xf5 ? 4u
                                                      : 0u;
    if (length == 0 || i + length > text.size()) return false;
    for (auto k = 1u; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    auto const second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    // Overlong forms, surrogates and code points beyond U+10FFFF (RFC 3629).
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f))
      return false;
    i += length;
  }
  return true;
}

auto check_depth(std::string_view text, std::size_t limit) -> expected<void> {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
    case '"':
      quoted = !quoted;
      break;
    case '\\':
      if (quoted) ++i;
      break;
    case '[':
    case '{':
      if (!quoted && ++depth > limit)
        return fail(errc::malformed, "JSON is nested deeper than {} levels (byte {})", limit, i);
      break;
    case ']':
    case '}':
      if (!quoted && depth > 0) --depth;
      break;
    default:
      break;
    }
  }
  return {};
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// JSON that may stand inside a document: what parse_json takes, size aside.
auto is_embeddable(std::string_view text) -> bool {
  return !text.starts_with(byte_order_mark) && is_utf8(text) && check_depth(text, json_limits{}.depth) &&
         nlohmann::json::accept(text);
}

void write_string(std::string_view text, std::string& out) {
  auto const plain = std::all_of(text.begin(), text.end(),
                                 [](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

void write_json(type_descriptor const& type, void const* object, std::string& out) {
  switch (type.kind) {
  case shape::boolean:
    out += type.load_integer(object) ? "true" : "false";
    return;
  case shape::integer:
    if (type.is_unsigned)
      fmt::format_to(std::back_inserter(out), "{}", static_cast<std::uint64_t>(type.load_integer(object)));
    else
      fmt::format_to(std::back_inserter(out), "{}", type.load_integer(object));
    return;
  case shape::number: {
    auto const number = type.load_number(object);
    if (!std::isfinite(number)) {
      out += "null";
      return;
    }
    char digits[32];
    auto const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
    return;
  }
  case shape::string:
    write_string(*static_cast<std::string const*>(object), out);
    return;
  case shape::time:
    write_string(format_timestamp(timestamp{std::chrono::milliseconds{type.load_integer(object)}}), out);
    return;
  case shape::json: {
    auto const& text = static_cast<json_text const*>(object)->text;
    // Text that was not checked at the edge must not break the document around it.
    if (text.empty())
      out += "null";
    else if (is_embeddable(text))
      out += text;
    else
      write_string(text, out);
    return;
  }
  case shape::enumeration: {
    auto const value = type.load_integer(object);
    for (auto const& entry : type.enumerators)
      if (entry.value == value) return write_string(entry.name, out);
    return write_string("unknown", out);
  }
  case shape::object: {
    out += '{';
    for (auto separator = ""; auto const& member : type.members) {
      out += separator;
      write_string(member.name, out);
      out += ':';
      write_json(member.type(), member.address(const_cast<void*>(object)), out);
      separator = ",";
    }
    out += '}';
    return;
  }
  case shape::list: {
    out += '[';
    auto const& element = type.element();
    for (std::size_t i = 0, n = type.size(object); i < n; ++i) {
      if (i) out += ',';
      write_json(element, type.item(object, i), out);
    }
    out += ']';
    return;
  }
  case shape::map: {
    out += '{';
    struct visitor {
      type_descriptor const& element;
      std::string& out;
      bool first = true;
    } state{type.element(), out};
    type.each(
        object,
        [](void* context, std::string const& key, void const* value) {
          auto& v = *static_cast<visitor*>(context);
          if (!std::exchange(v.first, false)) v.out += ',';
          write_string(key, v.out);
          v.out += ':';
          write_json(v.element, value, v.out);
        },
        &state);
    out += '}';
    return;
  }
  case shape::optional:
    if (auto const* value = type.value(object))
      write_json(type.element(), value, out);
    else
      out += "null";
    return;
  }
}

} // namespace

auto parse_json(std::string_view text, json_limits limits) -> expected<nlohmann::json> {
  if (text.size() > limits.bytes)
    return fail(errc::too_large, "JSON text of {} bytes is larger than {}", text.size(), limits.bytes);
  if (!is_utf8(text)) return fail(errc::malformed, "JSON text is not UTF-8");
  if (auto done = check_depth(text, limits.depth); !done) return tl::unexpected{done.error()};
  try {
    return nlohmann::json::parse(text);
  } catch (nlohmann::json::parse_error const& problem) {
    return fail(errc::malformed, "not JSON: unexpected input at byte {}", problem.byte);
  } catch (nlohmann::json::exception const&) {
    return fail(errc::malformed, "not JSON: a number is out of range");
  }
}

auto dump_json(nlohmann::json const& value, int indent) -> std::string {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace {

/// Numbers that are equal become one: 1.0 and 1e0 are 1, -0.0 is 0.
void unify_numbers(nlohmann::json& value) {
  if (value.is_structured()) {
    for (auto& element : value) unify_numbers(element);
  } else if (value.is_number_float()) {
    auto const number = value.get<double>();
    if (number == std::floor(number) && std::abs(number) <= largest_exact_integer)
      value = static_cast<std::int64_t>(number);
  }
}

} // namespace

auto canonical_json(nlohmann::json const& value) -> std::string {
  auto unified = value;
  unify_numbers(unified);
  return dump_json(unified);
}

auto encode_json(type_descriptor const& type, void const* object) -> std::string {
  std::string out;
  out.reserve(256);
  write_json(type, object, out);
  return out;
}

auto decode_json(type_descriptor const& type, void* object, nlohmann::json const& value, decode_mode mode,
                 std::string path, std::size_t* ignored) -> expected<void> {
  return decoder{mode, ignored}.read(type, object, value, path);
}

auto json_from_text(type_descriptor const& type, std::string_view text, std::string const& where)
    -> expected<nlohmann::json> {
  auto const refuse = [&] {
    return fail_at(where, errc::invalid_argument, "expected {}, got '{}'", expected_name(type), text.substr(0, 64));
  };
  switch (type.kind) {
  case shape::optional:
    return json_from_text(type.element(), text, where);
  case shape::boolean:
    if (text == "true" || text == "1" || text == "yes") return nlohmann::json(true);
    if (text == "false" || text == "0" || text == "no") return nlohmann::json(false);
    return refuse();
  case shape::integer: {
    if (!text.empty() && text.front() != '-') {
      std::uint64_t value{};
      auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (problem == std::errc{} && end == text.data() + text.size()) return nlohmann::json(value);
      return refuse();
    }
    std::int64_t value{};
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc{} && end == text.data() + text.size()) return nlohmann::json(value);
    return refuse();
  }
  case shape::number: {
    double value{};
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc{} && end == text.data() + text.size() && std::isfinite(value))
      return nlohmann::json(value);
    return refuse();
  }
  case shape::string:
  case shape::time:
  case shape::enumeration:
    if (!is_utf8(text)) return fail_at(where, errc::invalid_argument, "the text is not UTF-8");
    return nlohmann::json(text);
  case shape::list: {
    if (!text.empty() && text.front() == '[') break;
    auto items = nlohmann::json::array();
    for (auto rest = text; !rest.empty();) {
      auto const comma = rest.find(',');
      auto item = json_from_text(type.element(), rest.substr(0, comma), where);
      if (!item) return item;
      items.push_back(std::move(*item));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
    return items;
  }
  case shape::json:
  case shape::object:
  case shape::map:
    break;
  }
  auto value = parse_json(text);
  if (!value) value.error().where = where;
  return value;
}

namespace {

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

auto format_timestamp(timestamp time) -> std::string {
  time = std::clamp(time, earliest, latest);
  auto const days = date::floor<date::days>(time);
  auto const day = date::year_month_day{days};
  auto const clock = time - days;
  using namespace std::chrono;
  auto const hour = duration_cast<hours>(clock);
  auto const minute = duration_cast<minutes>(clock - hour);
  auto const second = duration_cast<seconds>(clock - hour - minute);
  auto const milli = duration_cast<milliseconds>(clock - hour - minute - second);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), hour.count(), minute.count(),
                     second.count(), milli.count());
}

auto parse_timestamp(std::string_view text) -> expected<timestamp> {
  auto const refuse = [&] {
    return fail(errc::invalid_argument, "'{}' is not an RFC 3339 timestamp", text.substr(0, 64));
  };
  auto rest = text;
  auto const number = [&](std::size_t digits) -> int {
    if (rest.size() < digits) return -1;
    int value = 0;
    for (auto c : rest.substr(0, digits)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    rest.remove_prefix(digits);
    return value;
  };
  auto const literal = [&](std::string_view choices) {
    if (rest.empty() || choices.find(rest.front()) == std::string_view::npos) return false;
    rest.remove_prefix(1);
    return true;
  };
  auto const year = number(4);
  if (!literal("-")) return refuse();
  auto const month = number(2);
  if (!literal("-")) return refuse();
  auto const day = number(2);
  auto const date_part =
      date::year{year} / date::month{static_cast<unsigned>(month)} / date::day{static_cast<unsigned>(day)};
  if (year < 1 || month < 1 || day < 1 || !date_part.ok()) return refuse();
  auto result = timestamp{date::sys_days{date_part}.time_since_epoch()};
  if (rest.empty()) return result;
  if (!literal("Tt ")) return refuse();
  auto const hour = number(2);
  if (!literal(":")) return refuse();
  auto const minute = number(2);
  auto second = 0;
  if (literal(":")) second = number(2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return refuse();
  result += std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
  if (literal(".")) {
    auto scale = 100;
    auto digits = 0;
    for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1), ++digits) {
      result += std::chrono::milliseconds{(rest.front() - '0') * scale};
      scale /= 10;
    }
    if (digits == 0) return refuse();
  }
  // A leap second or an offset may lead out of the years that can be written.
  auto const within = [&](timestamp time) -> expected<timestamp> {
    if (time < earliest || time > latest) return refuse();
    return time;
  };
  if (literal("Zz")) return rest.empty() ? within(result) : refuse();
  auto const sign = rest.empty() ? '\0' : rest.front();
  if (!literal("+-")) return refuse();
  auto const offset_hours = number(2);
  literal(":");
  auto const offset_minutes = number(2);
  if (offset_hours < 0 || offset_hours > 23 || offset_minutes < 0 || offset_minutes > 59 || !rest.empty())
    return refuse();
  auto const offset = std::chrono::hours{offset_hours} + std::chrono::minutes{offset_minutes};
  return within(sign == '+' ? result - offset : result + offset);
}

auto did_you_mean(std::string_view written, std::vector<std::string_view> const& candidates) -> std::string_view {
  if (written.empty() || written.size() > 64) return {};
  auto best = std::string_view{};
  auto nearest = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (auto candidate : candidates) {
    // Optimal string alignment (Levenshtein's distance, with swapped neighbours as one error), three rows at a time.
    auto above = std::vector<std::size_t>(candidate.size() + 1), row = above, earlier = above;
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= written.size(); ++i) {
      std::swap(earlier, above);
      std::swap(above, row);
      row[0] = i;
      for (std::size_t j = 1; j < row.size(); ++j) {
        auto const same = written[i - 1] == candidate[j - 1];
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
        if (i > 1 && j > 1 && written[i - 1] == candidate[j - 2] && written[i - 2] == candidate[j - 1])
          row[j] = std::min(row[j], earlier[j - 2] + 1);
      }
    }
    if (row.back() < nearest) {
      nearest = row.back();
      best = candidate;
    }
  }
  return best;
}

// -- the bytes between nodes

namespace {

void write_varint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

auto zigzag(std::int64_t value) -> std::uint64_t {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
auto unzigzag(std::uint64_t value) -> std::int64_t {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

void write_text(std::string_view text, std::string& out) {
  write_varint(text.size(), out);
  out += text;
}

struct wire_reader {
  std::string_view rest;

  auto varint(std::uint64_t& value) -> bool {
    value = 0;
    for (auto shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) return false;
      auto const byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return true;
    }
    return false;
  }

  auto text(std::string& value) -> bool {
    std::uint64_t size{};
    if (!varint(size) || size > rest.size()) return false;
    value.assign(rest.substr(0, size));
    rest.remove_prefix(size);
    return true;
  }

  auto read(type_descriptor const& type, void* object, int depth) -> bool {
    if (depth > maximum_nesting) return false;
    std::uint64_t number{};
    switch (type.kind) {
    case shape::boolean:
    case shape::time:
      if (!varint(number)) return false;
      type.store_integer(object, unzigzag(number));
      return true;
    case shape::integer: {
      if (!varint(number)) return false;
      auto const value = unzigzag(number);
      auto const fits = type.is_unsigned || value >= 0 ? static_cast<std::uint64_t>(value) <= type.integer_maximum
                                                       : value >= type.integer_minimum;
      if (fits) type.store_integer(object, value);
      return fits;
    }
    case shape::enumeration:
      if (!varint(number)) return false;
      if (std::none_of(type.enumerators.begin(), type.enumerators.end(),
                       [&](auto const& e) { return e.value == unzigzag(number); }))
        return false;
      type.store_integer(object, unzigzag(number));
      return true;
    case shape::number: {
      if (rest.size() < 8) return false;
      for (auto i = 0; i < 8; ++i)
        number |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest[static_cast<std::size_t>(i)])) << (8 * i);
      rest.remove_prefix(8);
      type.store_number(object, std::bit_cast<double>(number));
      return true;
    }
    case shape::string:
      return text(*static_cast<std::string*>(object));
    case shape::json:
      return text(static_cast<json_text*>(object)->text);
    case shape::object:
      if (type.members.empty()) {
        if (rest.empty()) return false;
        rest.remove_prefix(1);
        return true;
      }
      return std::all_of(type.members.begin(), type.members.end(),
                         [&](auto const& member) { return read(member.type(), member.address(object), depth + 1); });
    case shape::list:
    case shape::map:
      type.clear(object);
      // Every element takes at least one byte, so a forged count ends with the input. Empty structs are written with
      // one byte.
      if (!varint(number) || number > rest.size()) return false;
      for (; number > 0; --number) {
        if (type.kind == shape::list) {
          if (!read(type.element(), type.append(object), depth + 1)) return false;
        } else {
          std::string key;
          if (!text(key) || !read(type.element(), type.insert(object, std::move(key)), depth + 1)) return false;
        }
      }
      return true;
    case shape::optional:
      if (!varint(number) || number > 1) return false;
      if (number == 1) return read(type.element(), type.emplace(object), depth + 1);
      type.clear(object);
      return true;
    }
    return false;
  }
};

} // namespace

void encode_wire(type_descriptor const& type, void const* object, std::string& out) {
  switch (type.kind) {
  case shape::boolean:
  case shape::integer:
  case shape::time:
  case shape::enumeration:
    write_varint(zigzag(type.load_integer(object)), out);
    return;
  case shape::number: {
    auto const bits = std::bit_cast<std::uint64_t>(type.load_number(object));
    for (auto i = 0; i < 8; ++i) out += static_cast<char>(bits >> (8 * i));
    return;
  }
  case shape::string:
    write_text(*static_cast<std::string const*>(object), out);
    return;
  case shape::json:
    write_text(static_cast<json_text const*>(object)->text, out);
    return;
  case shape::object:
    if (type.members.empty()) out += '\0'; // so that a list of empty structs is as long as its count
    for (auto const& member : type.members) encode_wire(member.type(), member.address(const_cast<void*>(object)), out);
    return;
  case shape::list:
    write_varint(type.size(object), out);
    for (std::size_t i = 0, n = type.size(object); i < n; ++i) encode_wire(type.element(), type.item(object, i), out);
    return;
  case shape::map: {
    write_varint(type.size(object), out);
    struct visitor {
      type_descriptor const& element;
      std::string& out;
    } state{type.element(), out};
    type.each(
        object,
        [](void* context, std::string const& key, void const* value) {
          auto& v = *static_cast<visitor*>(context);
          write_text(key, v.out);
          encode_wire(v.element, value, v.out);
        },
        &state);
    return;
  }
  case shape::optional: {
    auto const* value = type.value(object);
    write_varint(value ? 1 : 0, out);
    if (value) encode_wire(type.element(), value, out);
    return;
  }
  }
}

auto decode_wire(type_descriptor const& type, void* object, std::string_view bytes) -> expected<void> {
  auto reader = wire_reader{bytes};
  if (!reader.read(type, object, 0) || !reader.rest.empty())
    return fail(errc::malformed, "bytes do not fit the layout of '{}'", type.name);
  return {};
}

namespace {

void write_layout(type_descriptor const& type, std::vector<type_descriptor const*>& seen, std::string& out) {
  switch (type.kind) {
  case shape::list:
  case shape::map:
  case shape::optional:
    out += type.name;
    out += '<';
    write_layout(type.element(), seen, out);
    out += '>';
    return;
  default:
    out += type.name;
  }
  if ((type.kind != shape::object && type.kind != shape::enumeration) ||
      std::find(seen.begin(), seen.end(), &type) != seen.end())
    return;
  seen.push_back(&type);
  out += '{';
  for (auto const& entry : type.enumerators) fmt::format_to(std::back_inserter(out), "{}={};", entry.name, entry.value);
  for (auto const& member : type.members) {
    out += member.name;
    out += ':';
    write_layout(member.type(), seen, out);
    out += ';';
  }
  out += '}';
}

} // namespace

auto layout_of(type_descriptor const& type) -> std::string {
  std::string out;
  std::vector<type_descriptor const*> seen;
  write_layout(type, seen, out);
  return out;
}

} // namespace nexus
