#include "runtime/store/stored_values.hpp"

#include <charconv>

namespace nexus::store {
namespace {

/// Takes one "<length>:<text>" off the front.
auto take(std::string_view& rest) -> std::optional<std::string> {
  auto length = std::size_t{0};
  auto const [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
  auto const digits = static_cast<std::size_t>(end - rest.data());
  if (problem != std::errc{} || digits == rest.size() || rest[digits] != ':') return std::nullopt;
  rest.remove_prefix(digits + 1);
  if (length > rest.size()) return std::nullopt;
  auto text = std::string{rest.substr(0, length)};
  rest.remove_prefix(length);
  return text;
}

} // namespace

auto to_database(time_point time) -> std::int64_t {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

auto from_database(std::int64_t microseconds) -> time_point {
  return time_point{std::chrono::microseconds{microseconds}};
}

auto encode(std::map<std::string, std::string> const& attributes) -> std::string {
  auto text = std::string{};
  for (auto const& [name, value] : attributes)
    for (auto const* part : {&name, &value}) text.append(std::to_string(part->size())).append(1, ':').append(*part);
  return text;
}

auto decode(std::string_view text) -> expected<std::map<std::string, std::string>> {
  auto attributes = std::map<std::string, std::string>{};
  while (!text.empty()) {
    auto name = take(text);
    auto value = take(text);
    if (!name || !value) return fail(errc::corrupt, "a document's attributes cannot be decoded");
    attributes.emplace(std::move(*name), std::move(*value));
  }
  return attributes;
}

} // namespace nexus::store
