#pragma once

#include "messages/core/describe.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace nexus {

/// How a decoder treats members it does not know.
enum class decode_mode : std::uint8_t {
  /// Unknown members are errors: policies, configuration, a model's tool arguments, endpoints of our own.
  closed,
  /// Unknown members are ignored and counted: the reference's endpoints and everything from outside services.
  open,
};

/// Bounds on JSON text from outside.
struct json_limits {
  std::size_t bytes = 1024 * 1024;
  std::size_t depth = 64;
};

/// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates.
auto is_utf8(std::string_view text) -> bool;

/// Whether parse_json takes the text, its size aside.
auto is_json(std::string_view text) -> bool;

/// Parses JSON text: strict (no comments, NaN or infinity), UTF-8, at most so large and so deep. Errors are
/// errc::malformed with line and column, or errc::too_large. Of equal member names the last one counts.
auto parse_json(std::string_view text, json_limits limits = {}) -> expected<nlohmann::json>;

/// Serialises without throwing: bytes that are not UTF-8 become U+FFFD.
auto dump_json(nlohmann::json const& value, int indent = -1) -> std::string;

/// Canonical JSON in the spirit of RFC 8785: members sorted by name, no white space, whole numbers without a fraction,
/// so that equal values give equal bytes.
auto canonical_json(nlohmann::json const& value) -> std::string;

/// Writes an object as JSON text, members in the order of their declaration, absent optionals as null, non-finite
/// numbers as null.
auto encode_json(type_descriptor const& type, void const* object) -> std::string;
/// Reads an object; errors are errc::invalid_argument with the JSON path ("$.stats.high"). Counts ignored members if
/// asked.
auto decode_json(type_descriptor const& type, void* object, nlohmann::json const& value, decode_mode mode,
                 std::string path = "$", std::size_t* ignored = nullptr) -> expected<void>;

template <class T>
auto encode_json(T const& object) -> std::string {
  return encode_json(descriptor_of<T>(), &object);
}

template <class T>
auto decode_json(nlohmann::json const& value, decode_mode mode, std::string path = "$") -> expected<T> {
  T object{};
  if (auto done = decode_json(descriptor_of<T>(), &object, value, mode, std::move(path)); !done)
    return tl::unexpected{done.error()};
  return object;
}

/// Parses and decodes in one step.
template <class T>
auto decode_json_text(std::string_view text, decode_mode mode, json_limits limits = {}) -> expected<T> {
  auto value = parse_json(text, limits);
  if (!value) return tl::unexpected{value.error()};
  return decode_json<T>(*value, mode);
}

/// Turns text from a path, a query or a command line into the JSON that the type expects: "3" for an integer, "true"
/// for a boolean, a comma-separated text for a list of scalars, JSON text for objects.
auto json_from_text(type_descriptor const& type, std::string_view text, std::string const& where)
    -> expected<nlohmann::json>;

/// A JSON Schema (2020-12) of a type; structs and enumerations go to `definitions` and are referred to as `prefix` +
/// name.
auto schema_of(type_descriptor const& type, nlohmann::ordered_json& definitions, std::string const& prefix = "#/$defs/",
               decode_mode mode = decode_mode::open) -> nlohmann::ordered_json;
/// A self-contained JSON Schema with its definitions inside, as shipped for editors.
auto schema_document(type_descriptor const& type, std::string const& id, std::string const& title)
    -> nlohmann::ordered_json;

/// RFC 3339 in UTC to the millisecond: "2026-11-23T17:58:25.123Z". Times outside the years 0001 to 9999 become the
/// nearest that can be written.
auto format_timestamp(timestamp time) -> std::string;
/// Reads RFC 3339 (any offset) and Jira's "+0000" offsets; years 0001 to 9999.
auto parse_timestamp(std::string_view text) -> expected<timestamp>;

/// The bytes between nodes: members in order, integers as variable-length numbers, float and double as their bits,
/// std::optional as flag and value. Bounded on reading: a forged count or depth is an error, never an allocation.
void encode_wire(type_descriptor const& type, void const* object, std::string& out);
/// Reads all of `bytes`; errc::malformed when they do not fit the type.
auto decode_wire(type_descriptor const& type, void* object, std::string_view bytes) -> expected<void>;

/// A line per member ("ticket.key:string"), recursively: two nodes that differ here must not talk.
auto layout_of(type_descriptor const& type) -> std::string;

/// The nearest of `candidates` by edit distance if it is near enough to be a typing error; empty otherwise.
auto did_you_mean(std::string_view written, std::vector<std::string_view> const& candidates) -> std::string_view;

} // namespace nexus
