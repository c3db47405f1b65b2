#include "messages/core/codec.hpp"

#include "messages/core/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace nexus {
namespace {

/// Up to here a double holds every integer (2^53).
constexpr double largest_exact_integer = 9007199254740992.0;

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

/// Where in a document the decoder stands: a chain on the stack that becomes text only for an error.
class place {
public:
  explicit place(std::string_view root) : name_(root) {}
  auto member(std::string_view name) const -> place { return {this, name, no_index}; }
  auto item(std::size_t index) const -> place { return {this, {}, index}; }

  /// "$.stats[3].high"
  auto text() const -> std::string {
    if (!parent_) return std::string{name_};
    return index_ == no_index ? fmt::format("{}.{}", parent_->text(), name_)
                              : fmt::format("{}[{}]", parent_->text(), index_);
  }

private:
  static constexpr auto no_index = static_cast<std::size_t>(-1);
  place(place const* parent, std::string_view name, std::size_t index) : parent_(parent), name_(name), index_(index) {}

  place const* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = no_index;
};

auto mistyped(place const& where, type_descriptor const& type, nlohmann::json const& value) -> tl::unexpected<error> {
  return fail_at(where.text(), errc::invalid_argument, "expected {}, got {}", expected_name(type), type_name(value));
}

auto out_of_range(place const& where, member_descriptor const& member, std::string_view unit) -> tl::unexpected<error> {
  auto const lower = std::isfinite(member.minimum), upper = std::isfinite(member.maximum);
  if (lower && upper)
    return fail_at(where.text(), errc::invalid_argument, "{} must be between {} and {}", unit, member.minimum,
                   member.maximum);
  return lower ? fail_at(where.text(), errc::invalid_argument, "{} must be at least {}", unit, member.minimum)
               : fail_at(where.text(), errc::invalid_argument, "{} must be at most {}", unit, member.maximum);
}

auto store_integer(type_descriptor const& type, void* object, nlohmann::json const& value, place const& where)
    -> expected<void> {
  if (!value.is_number()) return mistyped(where, type, value);
  if (value.is_number_float()) {
    // A whole number written with a fraction of zero ("3.0") is an integer in JSON Schema.
    auto const number = value.get<double>();
    if (number != std::floor(number) || std::abs(number) > largest_exact_integer) return mistyped(where, type, value);
    return store_integer(type, object, nlohmann::json(static_cast<std::int64_t>(number)), where);
  }
  auto const negative = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
  auto const fits = negative ? !type.is_unsigned && value.get<std::int64_t>() >= type.integer_minimum
                             : value.get<std::uint64_t>() <= type.integer_maximum;
  if (!fits)
    return fail_at(where.text(), errc::invalid_argument, "integer {} is out of range ({} to {})", value.dump(),
                   type.integer_minimum, type.integer_maximum);
  type.store_integer(object,
                     negative ? value.get<std::int64_t>() : static_cast<std::int64_t>(value.get<std::uint64_t>()));
  return {};
}

auto check_bounds(member_descriptor const& member, type_descriptor const& type, void const* object, place const& where)
    -> expected<void> {
  auto measured = double{};
  auto unit = std::string_view{"value"};
  switch (type.kind) {
  case shape::optional: {
    auto const* value = type.value(object);
    return value ? check_bounds(member, type.element(), value, where) : expected<void>{};
  }
  case shape::integer:
    measured = type.is_unsigned ? static_cast<double>(static_cast<std::uint64_t>(type.load_integer(object)))
                                : static_cast<double>(type.load_integer(object));
    break;
  case shape::number:
    measured = type.load_number(object);
    break;
  case shape::string:
    // In code points, as JSON Schema counts.
    measured = static_cast<double>(count_characters(*static_cast<std::string const*>(object)));
    unit = "length";
    break;
  case shape::list:
    measured = static_cast<double>(type.size(object));
    unit = "number of items";
    break;
  default:
    return {};
  }
  if (measured < member.minimum || measured > member.maximum) return out_of_range(where, member, unit);
  return {};
}

struct decoder {
  decode_mode mode;
  std::size_t* ignored;

  auto object(type_descriptor const& type, void* target, nlohmann::json const& value, place const& where) const
      -> expected<void> {
    if (!value.is_object()) return mistyped(where, type, value);
    for (auto const& member : type.members) {
      auto const found = value.find(member.name);
      auto const here = where.member(member.name);
      if (found == value.end()) {
        if (member.required)
          return fail_at(here.text(), errc::invalid_argument, "required member '{}' is missing", member.name);
        continue;
      }
      // A null for a member that has a default keeps the default, as the reference's clients expect.
      if (found->is_null() && !member.required && member.type().kind != shape::optional) continue;
      auto* address = member.address(target);
      if (auto done = read(member.type(), address, *found, here); !done) return done;
      if (auto done = check_bounds(member, member.type(), address, here); !done) return done;
    }
    if (value.size() > type.members.size() || mode == decode_mode::closed || ignored)
      return unknown_members(type, value, where);
    return {};
  }

  auto unknown_members(type_descriptor const& type, nlohmann::json const& value, place const& where) const
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
      auto problem = fail_at(where.member(shown).text(), errc::invalid_argument, "unknown member '{}'", shown);
      if (auto near = did_you_mean(name, names); !near.empty()) {
        problem.value().remedy = fmt::format("did you mean '{}'?", near);
      } else {
        problem.value().remedy = fmt::format("known here: {}", fmt::join(names, ", "));
      }
      return problem;
    }
    return {};
  }

  auto read(type_descriptor const& type, void* target, nlohmann::json const& value, place const& where) const
      -> expected<void> {
    switch (type.kind) {
    case shape::boolean:
      if (!value.is_boolean()) return mistyped(where, type, value);
      type.store_integer(target, value.get<bool>() ? 1 : 0);
      return {};
    case shape::integer:
      return store_integer(type, target, value, where);
    case shape::number:
      if (!value.is_number()) return mistyped(where, type, value);
      type.store_number(target, value.get<double>());
      return {};
    case shape::string:
      if (!value.is_string()) return mistyped(where, type, value);
      *static_cast<std::string*>(target) = value.get_ref<std::string const&>();
      return {};
    case shape::time: {
      if (!value.is_string()) return mistyped(where, type, value);
      auto time = parse_timestamp(value.get_ref<std::string const&>());
      if (!time) return fail_at(where.text(), errc::invalid_argument, "{}", time.error().message);
      type.store_integer(target, time->time_since_epoch().count());
      return {};
    }
    case shape::json:
      static_cast<json_text*>(target)->text = value.is_null() ? std::string{} : dump_json(value);
      return {};
    case shape::enumeration: {
      if (!value.is_string()) return mistyped(where, type, value);
      auto const& text = value.get_ref<std::string const&>();
      for (auto const& entry : type.enumerators)
        if (entry.name == text) {
          type.store_integer(target, entry.value);
          return {};
        }
      auto names = std::vector<std::string_view>{};
      for (auto const& entry : type.enumerators) names.push_back(entry.name);
      return fail_at(where.text(), errc::invalid_argument, "'{}' is not one of: {}", text.substr(0, 64),
                     fmt::join(names, ", "));
    }
    case shape::object:
      return object(type, target, value, where);
    case shape::list: {
      if (!value.is_array()) return mistyped(where, type, value);
      type.clear(target);
      auto const& element = type.element();
      for (std::size_t i = 0; i < value.size(); ++i)
        if (auto done = read(element, type.append(target), value[i], where.item(i)); !done) return done;
      return {};
    }
    case shape::map: {
      if (!value.is_object()) return mistyped(where, type, value);
      type.clear(target);
      auto const& element = type.element();
      for (auto const& [key, entry] : value.items())
        if (auto done = read(element, type.insert(target, key), entry, where.member(key)); !done) return done;
      return {};
    }
    case shape::optional:
      if (value.is_null()) {
        type.clear(target);
        return {};
      }
      return read(type.element(), type.emplace(target), value, where);
    }
    return {};
  }
};

/// As nlohmann's dump writes it, several times faster: observations are long texts full of quotes.
void write_string(std::string_view text, std::string& out) {
  if (!is_utf8(text)) {
    out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  out += '"';
  auto const escape = [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; };
  for (auto rest = text;;) {
    auto const special = std::find_if(rest.begin(), rest.end(), escape);
    out.append(rest.begin(), special);
    if (special == rest.end()) break;
    constexpr auto named = std::string_view{"\b\f\n\r\t\"\\"};
    if (auto const index = named.find(*special); index != std::string_view::npos) {
      out += '\\';
      out += "bfnrt\"\\"[index];
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(*special));
    }
    rest.remove_prefix(static_cast<std::size_t>(special - rest.begin()) + 1);
  }
  out += '"';
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
    else if (is_json(text))
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

auto encode_json(type_descriptor const& type, void const* object) -> std::string {
  std::string out;
  out.reserve(256);
  write_json(type, object, out);
  return out;
}

auto decode_json(type_descriptor const& type, void* object, nlohmann::json const& value, decode_mode mode,
                 std::string path, std::size_t* ignored) // NOLINT(readability-non-const-parameter): counted into
    -> expected<void> {
  return decoder{mode, ignored}.read(type, object, value, place{path});
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

} // namespace nexus
