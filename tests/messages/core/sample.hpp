#pragma once

#include "messages/core/codec.hpp"

namespace nexus {

enum class sample_colour : std::uint8_t { red, to_do, other };
BOOST_DESCRIBE_ENUM(sample_colour, red, to_do, other)
constexpr auto describe_names(tag<sample_colour>) {
  return std::array{std::pair{sample_colour::to_do, std::string_view{"To Do"}}};
}

/// A type that contains itself.
struct sample_node {
  std::string name;
  std::vector<sample_node> children;
  friend auto operator==(sample_node const&, sample_node const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(sample_node, (), (name, children))

struct sample_empty {
  friend auto operator==(sample_empty const&, sample_empty const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(sample_empty, (), ())

/// One member of every shape.
struct sample {
  bool flag = false;
  std::int64_t wide = 0;
  std::uint64_t unsigned_wide = 0;
  std::uint8_t narrow = 0;
  std::int32_t signed_narrow = 0;
  double number = 0;
  std::string text;
  timestamp time{};
  json_text free;
  sample_colour colour = sample_colour::red;
  std::optional<double> maybe;
  std::optional<sample_colour> maybe_colour;
  std::vector<std::string> list;
  std::map<std::string, std::int64_t> table;
  sample_node tree;
  std::vector<sample_empty> nothings;
  friend auto operator==(sample const&, sample const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(sample, (),
                      (flag, wide, unsigned_wide, narrow, signed_narrow, number, text, time, free, colour, maybe,
                       maybe_colour, list, table, tree, nothings))
constexpr auto describe_notes(tag<sample>) { return std::array{member_note{.name = "*", .defaulted = true}}; }

/// Required and bounded members, one with a name that is no identifier.
struct sample_rules {
  std::string name;
  std::int64_t weight = 1;
  std::optional<double> share;
  std::vector<std::string> tags;
  std::string key;
  bool is_default = false;
  friend auto operator==(sample_rules const&, sample_rules const&) -> bool = default;
};
BOOST_DESCRIBE_STRUCT(sample_rules, (), (name, weight, share, tags, key, is_default))
constexpr auto describe_notes(tag<sample_rules>) {
  return std::array{
      member_note{
          .name = "weight", .description = "How much it counts.", .defaulted = true, .minimum = 1, .maximum = 10},
      member_note{.name = "share", .minimum = 0.25, .maximum = 0.75},
      member_note{.name = "tags", .defaulted = true, .maximum = 2},
      member_note{.name = "key", .defaulted = true, .maximum = 3},
      member_note{.name = "is_default", .defaulted = true, .wire_name = "default"},
  };
}

NEXUS_CODECS(sample_colour, sample_node, sample_empty, sample, sample_rules)

} // namespace nexus
