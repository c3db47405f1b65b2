#include "messages/core/call.hpp"

#include "messages/core/raw_document.hpp"

#include <algorithm>

namespace nexus {

NEXUS_DEFINE_CODECS(call, raw_document)

namespace {

constexpr std::string_view digits = "0123456789abcdef";

template <std::size_t N>
void write_hex(std::array<std::uint8_t, N> const& bytes, std::string& out) {
  for (auto byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

template <std::size_t N>
auto read_hex(std::string_view text, std::array<std::uint8_t, N>& bytes) -> bool {
  for (std::size_t i = 0; i < N; ++i) {
    auto const high = digits.find(text[2 * i]), low = digits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

} // namespace

auto trace_context::valid() const -> bool {
  auto const set = [](auto const& bytes) {
    return std::any_of(bytes.begin(), bytes.end(), [](auto b) { return b != 0; });
  };
  return set(trace_id) && set(span_id);
}

auto trace_context::to_header() const -> std::string {
  std::string out = "00-";
  write_hex(trace_id, out);
  out += '-';
  write_hex(span_id, out);
  out += '-';
  write_hex(std::array{flags}, out);
  return out;
}

auto trace_context::trace_id_hex() const -> std::string {
  std::string out;
  write_hex(trace_id, out);
  return out;
}

auto trace_context::parse(std::string_view header) -> expected<trace_context> {
  trace_context context;
  std::array<std::uint8_t, 1> version{}, flags{};
  auto const shaped = header.size() >= 55 && header[2] == '-' && header[35] == '-' && header[52] == '-' &&
                      read_hex(header.substr(0, 2), version) && read_hex(header.substr(3, 32), context.trace_id) &&
                      read_hex(header.substr(36, 16), context.span_id) && read_hex(header.substr(53, 2), flags);
  // Version 255 is forbidden; version 0 has exactly this length; later ones may only add fields behind a dash.
  auto const sized = header.size() == 55 || (version[0] != 0 && header.size() > 55 && header[55] == '-');
  context.flags = flags[0];
  if (!shaped || !sized || version[0] == 0xff || !context.valid())
    return fail(errc::malformed, "not a W3C traceparent header");
  return context;
}

} // namespace nexus
