#include "messages/core/codec.hpp"

#include <cmath>

namespace nexus {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
/// Up to here a double holds every integer (2^53).
constexpr double largest_exact_integer = 9007199254740992.0;

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

} // namespace

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

auto is_json(std::string_view text) -> bool {
  return !text.starts_with(byte_order_mark) && is_utf8(text) && check_depth(text, json_limits{}.depth) &&
         nlohmann::json::accept(text);
}

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

} // namespace nexus
