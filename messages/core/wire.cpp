#include "messages/core/codec.hpp"

#include <algorithm>
#include <bit>

namespace nexus {
namespace {

constexpr int maximum_nesting = 100;

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
