#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <cmath>
#include <cstring>

namespace nexus {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
/// Up to here a double holds every integer (2^53).
constexpr double largest_exact_integer = 9007199254740992.0;

/// Where the text goes on behind a string whose content begins at `from`: behind its closing quote.
auto behind_string(std::string_view text, std::size_t from) -> std::size_t {
  for (auto quote = text.find('"', from); quote != std::string_view::npos; quote = text.find('"', quote + 1)) {
    auto first_backslash = quote;
    while (first_backslash > from && text[first_backslash - 1] == '\\') --first_backslash;
    if ((quote - first_backslash) % 2 == 0) return quote + 1;
  }
  return text.size();
}

/// Where a byte stands, as editors show it: lines and columns from 1, columns in characters. The text is UTF-8.
auto place_of(std::string_view text, std::size_t byte) -> std::string {
  auto const before = text.substr(0, byte);
  auto const line = std::count(before.begin(), before.end(), '\n') + 1;
  auto const begun = before.substr(before.rfind('\n') + 1); // npos + 1 is 0
  return fmt::format("line {}, column {}", line, count_characters(begun) + 1);
}

auto check_depth(std::string_view text, std::size_t limit) -> expected<void> {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    auto const c = text[i++];
    if (c == '"')
      i = behind_string(text, i);
    else if ((c == '[' || c == '{') && ++depth > limit)
      return fail(errc::malformed, "JSON is nested deeper than {} levels ({})", limit, place_of(text, i - 1));
    else if ((c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return {};
}

} // namespace

auto is_utf8(std::string_view text) -> bool {
  for (std::size_t i = 0; i < text.size();) {
    // Most text is ASCII: eight bytes at a time.
    if (std::uint64_t bytes{}; i + sizeof bytes <= text.size()) {
      std::memcpy(&bytes, text.data() + i, sizeof bytes);
      if ((bytes & 0x8080808080808080u) == 0) {
        i += sizeof bytes;
        continue;
      }
    }
    auto const length = character_length(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

auto is_json(std::string_view text) -> bool {
  return !text.starts_with(byte_order_mark) && text.find('\0') == std::string_view::npos && is_utf8(text) &&
         check_depth(text, json_limits{}.depth) && nlohmann::json::accept(text);
}

auto parse_json(std::string_view text, json_limits limits) -> expected<nlohmann::json> {
  if (text.size() > limits.bytes)
    return fail(errc::too_large, "JSON text of {} bytes is larger than {}", text.size(), limits.bytes);
  if (!is_utf8(text)) return fail(errc::malformed, "JSON text is not UTF-8");
  // nlohmann takes a NUL byte for the end of the text and would ignore what follows.
  if (auto const nul = text.find('\0'); nul != std::string_view::npos)
    return fail(errc::malformed, "not JSON: a NUL byte at {}", place_of(text, nul));
  if (auto done = check_depth(text, limits.depth); !done) return tl::unexpected{done.error()};
  try {
    return nlohmann::json::parse(text);
  } catch (nlohmann::json::parse_error const& problem) {
    // It counts bytes from 1, and the end of the text as one more.
    return fail(errc::malformed, "not JSON: unexpected {} at {}", problem.byte > text.size() ? "end" : "input",
                place_of(text, std::max<std::size_t>(problem.byte, 1) - 1));
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

} // namespace nexus
