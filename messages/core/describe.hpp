#pragma once

#include "messages/core/error.hpp"

#include <boost/describe.hpp>
#include <boost/preprocessor/seq/for_each.hpp>
#include <boost/preprocessor/stringize.hpp>
#include <boost/preprocessor/variadic/to_seq.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// A message is declared once, as a plain struct listed by Boost.Describe. From that list comes one table per type, and
/// JSON, schema, query binding, command line and the bytes between nodes are ordinary code over the table (codec.hpp).

namespace nexus {

/// A point in time as messages carry it: UTC, to the millisecond. RFC 3339 in JSON.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Free JSON: text on the wire, checked for syntax, depth and size at the edge. Empty text means null.
struct json_text {
  std::string text;
  friend auto operator==(json_text const&, json_text const&) -> bool = default;
};

/// What a value looks like from outside.
enum class shape : std::uint8_t {
  boolean,
  integer,
  number,
  string,
  time,
  json,
  enumeration,
  object,
  list,
  map,
  optional
};

struct type_descriptor;

/// A function that answers the descriptor: types may contain themselves.
using type_reference = auto (*)() -> type_descriptor const&;

/// What a type says about one of its members beyond name and type.
struct member_note {
  /// The member's name in C++.
  std::string_view name;
  /// One sentence for schemas, help texts and tools.
  std::string_view description;
  /// May be left out: the member then keeps the value of its initialiser.
  bool defaulted = false;
  /// Bounds for numbers; for strings and lists, bounds of their length.
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  /// The name in JSON when it is no C++ identifier ("default"); empty for the same name.
  std::string_view wire_name = {};
};

/// One member of an object.
struct member_descriptor {
  std::string_view name;
  type_reference type;
  auto (*address)(void* object) -> void*;
  /// Must be there when decoded: neither std::optional nor defaulted.
  bool required;
  std::string_view description;
  double minimum;
  double maximum;
};

/// One value of an enumeration.
struct enumerator_descriptor {
  std::string_view name;
  std::int64_t value;
};

/// The table of one type. Functions that do not apply to the shape are null.
struct type_descriptor {
  shape kind;
  std::string_view name;
  std::span<member_descriptor const> members = {};
  std::span<enumerator_descriptor const> enumerators = {};
  type_reference element = nullptr;
  /// Unsigned integers up to 64 bits travel as their two's complement; `is_unsigned` tells how to read them.
  bool is_unsigned = false;
  std::int64_t integer_minimum = 0;
  std::uint64_t integer_maximum = 0;
  auto (*load_integer)(void const*) -> std::int64_t = nullptr;
  void (*store_integer)(void*, std::int64_t) = nullptr;
  auto (*load_number)(void const*) -> double = nullptr;
  void (*store_number)(void*, double) = nullptr;
  auto (*size)(void const*) -> std::size_t = nullptr;
  auto (*item)(void const*, std::size_t) -> void const* = nullptr;
  auto (*append)(void*) -> void* = nullptr;
  void (*clear)(void*) = nullptr;
  void (*each)(void const*, void (*visit)(void* context, std::string const& key, void const* value),
               void* context) = nullptr;
  auto (*insert)(void*, std::string key) -> void* = nullptr;
  /// optional: the value, or null when absent.
  auto (*value)(void const*) -> void const* = nullptr;
  auto (*emplace)(void*) -> void* = nullptr;
};

template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;

template <class T>
concept described_enum = boost::describe::has_describe_enumerators<T>::value;

namespace detail {

template <class T>
struct tag {};

// Overloads beside a type, found through the tag's argument, annotate it.
template <class T>
constexpr auto describe_notes(tag<T>) -> std::array<member_note, 0> {
  return {};
}
template <class E>
constexpr auto describe_names(tag<E>) -> std::array<std::pair<E, std::string_view>, 0> {
  return {};
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_string_map = false;
template <class T>
inline constexpr bool is_string_map<std::map<std::string, T>> = true;

template <class T>
auto describe_as_object(std::string_view name) -> type_descriptor const&;
template <class E>
auto describe_as_enumeration(std::string_view name) -> type_descriptor const&;
template <class T>
auto describe_builtin() -> type_descriptor const&;

} // namespace detail

using detail::tag;

/// The table of T. Structs and enumerations are specialised by NEXUS_CODECS in their header and NEXUS_DEFINE_CODECS in
/// one source file.
template <class T>
auto descriptor_of() -> type_descriptor const& {
  return detail::describe_builtin<T>();
}

namespace detail {

template <class T>
auto describe_builtin() -> type_descriptor const& {
  static_assert(!described_struct<T> && !described_enum<T>, "list this type in NEXUS_CODECS beside its declaration");
  if constexpr (std::same_as<T, bool>) {
    static constexpr type_descriptor table{
        .kind = shape::boolean,
        .name = "boolean",
        .load_integer = [](void const* p) -> std::int64_t { return *static_cast<bool const*>(p) ? 1 : 0; },
        .store_integer = [](void* p, std::int64_t v) { *static_cast<bool*>(p) = v != 0; },
    };
    return table;
  } else if constexpr (std::integral<T>) {
    static constexpr type_descriptor table{
        .kind = shape::integer,
        .name = "integer",
        .is_unsigned = std::is_unsigned_v<T>,
        .integer_minimum = static_cast<std::int64_t>(std::numeric_limits<T>::min()),
        .integer_maximum = static_cast<std::uint64_t>(std::numeric_limits<T>::max()),
        .load_integer = [](void const* p) { return static_cast<std::int64_t>(*static_cast<T const*>(p)); },
        .store_integer = [](void* p, std::int64_t v) { *static_cast<T*>(p) = static_cast<T>(v); },
    };
    return table;
  } else if constexpr (std::floating_point<T>) {
    static constexpr type_descriptor table{
        .kind = shape::number,
        .name = "number",
        .load_number = [](void const* p) { return static_cast<double>(*static_cast<T const*>(p)); },
        .store_number = [](void* p, double v) { *static_cast<T*>(p) = static_cast<T>(v); },
    };
    return table;
  } else if constexpr (std::same_as<T, std::string>) {
    static constexpr type_descriptor table{.kind = shape::string, .name = "string"};
    return table;
  } else if constexpr (std::same_as<T, timestamp>) {
    static constexpr type_descriptor table{
        .kind = shape::time,
        .name = "timestamp",
        .load_integer = [](void const* p) -> std::int64_t {
          return static_cast<timestamp const*>(p)->time_since_epoch().count();
        },
        .store_integer = [](void* p,
                            std::int64_t v) { *static_cast<timestamp*>(p) = timestamp{std::chrono::milliseconds{v}}; },
    };
    return table;
  } else if constexpr (std::same_as<T, json_text>) {
    static constexpr type_descriptor table{.kind = shape::json, .name = "json"};
    return table;
  } else if constexpr (is_optional<T>) {
    using inner = typename T::value_type;
    static constexpr type_descriptor table{
        .kind = shape::optional,
        .name = "optional",
        .element = &descriptor_of<inner>,
        .clear = [](void* p) { static_cast<T*>(p)->reset(); },
        .value = [](void const* p) -> void const* {
          auto const& x = *static_cast<T const*>(p);
          return x ? &*x : nullptr;
        },
        .emplace = [](void* p) -> void* { return &static_cast<T*>(p)->emplace(); },
    };
    return table;
  } else if constexpr (is_vector<T>) {
    using inner = typename T::value_type;
    static_assert(!std::same_as<inner, bool>, "std::vector<bool> has no addressable elements");
    static constexpr type_descriptor table{
        .kind = shape::list,
        .name = "list",
        .element = &descriptor_of<inner>,
        .size = [](void const* p) { return static_cast<T const*>(p)->size(); },
        .item = [](void const* p, std::size_t i) -> void const* { return &(*static_cast<T const*>(p))[i]; },
        .append = [](void* p) -> void* { return &static_cast<T*>(p)->emplace_back(); },
        .clear = [](void* p) { static_cast<T*>(p)->clear(); },
    };
    return table;
  } else if constexpr (is_string_map<T>) {
    using inner = typename T::mapped_type;
    static constexpr type_descriptor table{
        .kind = shape::map,
        .name = "map",
        .element = &descriptor_of<inner>,
        .size = [](void const* p) { return static_cast<T const*>(p)->size(); },
        .clear = [](void* p) { static_cast<T*>(p)->clear(); },
        .each =
            [](void const* p, void (*visit)(void*, std::string const&, void const*), void* context) {
              for (auto const& [key, value] : *static_cast<T const*>(p)) visit(context, key, &value);
            },
        .insert = [](void* p, std::string key) -> void* { return &(*static_cast<T*>(p))[std::move(key)]; },
    };
    return table;
  } else {
    static_assert(sizeof(T) == 0, "this type cannot be a member of a message");
  }
}

template <class T>
auto describe_as_object(std::string_view name) -> type_descriptor const& {
  using namespace boost::describe;
  using list = describe_members<T, mod_public | mod_inherited>;
  [[maybe_unused]] static constexpr auto notes = describe_notes(tag<T>{});
  constexpr auto member_of = []<class D>(D) {
    using member = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
    auto result = member_descriptor{
        .name = D::name,
        .type = &descriptor_of<member>,
        .address = [](void* p) -> void* { return &(static_cast<T*>(p)->*D::pointer); },
        .required = !is_optional<member>,
        .description = {},
        .minimum = -std::numeric_limits<double>::infinity(),
        .maximum = std::numeric_limits<double>::infinity(),
    };
    for (auto const& note : notes)
      if (note.name == D::name || note.name == "*") {
        if (note.defaulted) result.required = false;
        if (note.name == "*") continue;
        result.description = note.description;
        result.minimum = note.minimum;
        result.maximum = note.maximum;
        if (!note.wire_name.empty()) result.name = note.wire_name;
      }
    return result;
  };
  static auto const members = [&]<template <class...> class L, class... D>(L<D...>) {
    return std::array<member_descriptor, sizeof...(D)>{member_of(D{})...};
  }(list{});
  static type_descriptor const table{.kind = shape::object, .name = name, .members = members};
  return table;
}

template <class E>
auto describe_as_enumeration(std::string_view name) -> type_descriptor const& {
  using list = boost::describe::describe_enumerators<E>;
  static constexpr auto names = describe_names(tag<E>{});
  constexpr auto value_of = []<class D>(D) {
    auto result = enumerator_descriptor{D::name, static_cast<std::int64_t>(D::value)};
    for (auto const& [value, wire] : names)
      if (value == D::value) result.name = wire;
    return result;
  };
  static auto const values = [&]<template <class...> class L, class... D>(L<D...>) {
    return std::array<enumerator_descriptor, sizeof...(D)>{value_of(D{})...};
  }(list{});
  static type_descriptor const table{
      .kind = shape::enumeration,
      .name = name,
      .enumerators = values,
      .load_integer = [](void const* p) { return static_cast<std::int64_t>(*static_cast<E const*>(p)); },
      .store_integer = [](void* p, std::int64_t v) { *static_cast<E*>(p) = static_cast<E>(v); },
  };
  return table;
}

template <class T>
auto describe_named(std::string_view name) -> type_descriptor const& {
  if constexpr (described_enum<T>)
    return describe_as_enumeration<T>(name);
  else
    return describe_as_object<T>(name);
}

} // namespace detail

/// Declares that the table of each type is instantiated elsewhere; stands after the types in their header, inside
/// namespace nexus.
#define NEXUS_CODECS(...) BOOST_PP_SEQ_FOR_EACH(NEXUS_DETAIL_DECLARE_CODEC, _, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))
/// Instantiates the tables; stands in exactly one source file, inside namespace nexus, with the same names as in the
/// header.
#define NEXUS_DEFINE_CODECS(...)                                                                                       \
  BOOST_PP_SEQ_FOR_EACH(NEXUS_DETAIL_DEFINE_CODEC, _, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))

#define NEXUS_DETAIL_DECLARE_CODEC(r, data, T)                                                                         \
  template <>                                                                                                          \
  auto descriptor_of<T>() -> type_descriptor const&;
#define NEXUS_DETAIL_DEFINE_CODEC(r, data, T)                                                                          \
  template <>                                                                                                          \
  auto descriptor_of<T>() -> type_descriptor const& {                                                                  \
    return detail::describe_named<T>(BOOST_PP_STRINGIZE(T));                                                           \
  }

/// The wire name of an enumeration's value.
template <described_enum E>
auto name_of(E value) -> std::string_view {
  for (auto const& entry : descriptor_of<E>().enumerators)
    if (entry.value == static_cast<std::int64_t>(value)) return entry.name;
  return "unknown";
}

} // namespace nexus
