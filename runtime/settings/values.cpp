#include "runtime/settings/values.hpp"

#include <charconv>

namespace nexus {
namespace {

template <class Unit, std::size_t N>
auto factor_of(std::array<std::pair<std::string_view, Unit>, N> const& units, std::string_view name) -> Unit {
  for (auto const& [known, factor] : units)
    if (known == name) return factor;
  return Unit{0};
}

constexpr auto duration_units = std::array<std::pair<std::string_view, std::int64_t>, 6>{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}}};

constexpr auto size_units = std::array<std::pair<std::string_view, std::uint64_t>, 10>{{{"", 1},
                                                                                        {"B", 1},
                                                                                        {"KiB", 1ULL << 10},
                                                                                        {"MiB", 1ULL << 20},
                                                                                        {"GiB", 1ULL << 30},
                                                                                        {"TiB", 1ULL << 40},
                                                                                        {"kB", 1'000ULL},
                                                                                        {"MB", 1'000'000ULL},
                                                                                        {"GB", 1'000'000'000ULL},
                                                                                        {"TB", 1'000'000'000'000ULL}}};

constexpr std::int64_t longest_duration = 100LL * 366 * 86'400'000;

/// The tables below let the codec treat a class as the string that is its only member.
template <class T>
auto describe_as_text(std::string_view name) -> type_descriptor const& {
  static_assert(std::is_standard_layout_v<T> && sizeof(T) == sizeof(std::string));
  static auto const table = type_descriptor{.kind = shape::string, .name = name};
  return table;
}

} // namespace

auto parse_duration(std::string_view text) -> expected<std::chrono::milliseconds> {
  auto const refuse = [&](std::string_view why) {
    auto problem = fail(errc::invalid_argument, "'{}' is no duration: {}", text.substr(0, 32), why);
    problem.value().remedy = "write whole numbers with ms, s, m, h, d or w, such as 500ms, 30s, 1h30m, 30d";
    return problem;
  };
  if (text == "0") return std::chrono::milliseconds{0};
  if (text.empty()) return refuse("it is empty");
  auto total = std::int64_t{0};
  for (auto rest = text; !rest.empty();) {
    auto count = std::int64_t{};
    auto const [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (rest.front() == '-' || end == rest.data()) return refuse("a number is expected");
    if (code != std::errc{}) return refuse("a number is too large");
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    auto const length = std::min(rest.find_first_of("0123456789"), rest.size());
    auto const factor = factor_of(duration_units, rest.substr(0, length));
    if (factor == 0) return refuse(length == 0 ? "a unit is missing" : "a unit is not known");
    rest.remove_prefix(length);
    if (count > (longest_duration - total) / factor) return refuse("it is longer than 100 years");
    total += count * factor;
  }
  return std::chrono::milliseconds{total};
}

auto parse_size(std::string_view text) -> expected<std::uint64_t> {
  auto const refuse = [&](std::string_view why) {
    auto problem = fail(errc::invalid_argument, "'{}' is no size: {}", text.substr(0, 32), why);
    problem.value().remedy = "write a whole number with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, such as 64MiB";
    return problem;
  };
  auto count = std::uint64_t{};
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (end == text.data()) return refuse("a number is expected");
  auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.size() > 1 && unit.front() == ' ') unit.remove_prefix(1);
  auto const factor = factor_of(size_units, unit);
  if (factor == 0) return refuse("the unit is not known");
  if (code != std::errc{} || count > static_cast<std::uint64_t>(INT64_MAX) / factor) return refuse("it is too large");
  return count * factor;
}

template <>
auto descriptor_of<duration_text>() -> type_descriptor const& {
  return describe_as_text<duration_text>("duration");
}
template <>
auto descriptor_of<size_text>() -> type_descriptor const& {
  return describe_as_text<size_text>("size");
}
template <>
auto descriptor_of<secret>() -> type_descriptor const& {
  return describe_as_text<secret>("secret");
}

} // namespace nexus
