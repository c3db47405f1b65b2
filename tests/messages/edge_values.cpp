#include "tests/messages/edge_values.hpp"

#include <bit>
#include <cmath>

namespace nexus {
namespace {

auto edge_number(std::size_t variant) -> double {
  using limits = std::numeric_limits<double>;
  double const values[] = {limits::infinity(),
                           -limits::infinity(),
                           limits::quiet_NaN(),
                           std::bit_cast<double>(0xfff8dead00beef01),
                           -0.0,
                           0.0,
                           limits::denorm_min(),
                           -limits::denorm_min(),
                           limits::min(),
                           limits::max(),
                           limits::lowest(),
                           0.1,
                           1.0,
                           -1.5};
  return values[variant % std::size(values)];
}

auto edge_text(std::size_t variant) -> std::string {
  static auto const long_text = std::string(20'000, 'x');
  switch (variant % 6) {
  case 0:
    return {};
  case 1:
    return {"a\0b", 3};
  case 2:
    return "\xe2\x82\xac \xf0\x9f\x9a\x80";
  case 3:
    return long_text;
  case 4:
    return "\xff\xfe";
  default:
    return "{\"a\": [1, null]}";
  }
}

auto edge_integer(type_descriptor const& type, std::size_t variant) -> std::int64_t {
  switch (variant % 4) {
  case 0:
    return type.integer_minimum;
  case 1:
    return static_cast<std::int64_t>(type.integer_maximum);
  case 2:
    return type.is_unsigned ? 1 : -1;
  default:
    return 0;
  }
}

void fill(type_descriptor const& type, void* object, std::size_t variant, int depth) {
  // What contains itself ends somewhere.
  auto const filled = depth < 6;
  switch (type.kind) {
  case shape::boolean:
    return type.store_integer(object, variant % 2 == 0 ? 0 : 1);
  case shape::integer:
    return type.store_integer(object, edge_integer(type, variant));
  case shape::number:
    return type.store_number(object, edge_number(variant));
  case shape::string:
    *static_cast<std::string*>(object) = edge_text(variant);
    return;
  case shape::json:
    static_cast<json_text*>(object)->text = edge_text(variant);
    return;
  case shape::time:
    return type.store_integer(object, variant % 3 == 0   ? std::numeric_limits<std::int64_t>::min()
                                      : variant % 3 == 1 ? std::numeric_limits<std::int64_t>::max()
                                                         : -1);
  case shape::enumeration:
    return type.store_integer(object, variant % 2 ? type.enumerators.back().value : type.enumerators.front().value);
  case shape::object:
    for (auto const& member : type.members) fill(member.type(), member.address(object), variant++, depth + 1);
    return;
  case shape::list:
    type.clear(object);
    if (filled)
      for (auto count = variant % 3; count > 0; --count)
        fill(type.element(), type.append(object), variant++, depth + 1);
    return;
  case shape::map:
    type.clear(object);
    if (filled)
      for (auto count = variant % 4; count > 0; --count)
        fill(type.element(), type.insert(object, edge_text(count)), variant++, depth + 1);
    return;
  case shape::optional:
    type.clear(object);
    if (filled && variant % 4) fill(type.element(), type.emplace(object), variant / 4, depth + 1);
    return;
  }
}

} // namespace

void fill_with_edges(type_descriptor const& type, void* object, std::size_t variant) { fill(type, object, variant, 0); }

} // namespace nexus
