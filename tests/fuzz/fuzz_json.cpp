// JSON text from outside: parsing, decoding into a struct with every shape in both modes, writing it again.
#include "tests/messages/core/sample.hpp"

namespace nexus {
NEXUS_DEFINE_CODECS(sample_colour, sample_node, sample_empty, sample, sample_rules)
} // namespace nexus

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace nexus;
  auto const text = std::string_view{reinterpret_cast<char const*>(data), size};
  auto const value = parse_json(text);
  if (!value) return 0;
  auto const canonical = canonical_json(*value);
  auto const again = parse_json(canonical);
  if (!again || canonical_json(*again) != canonical) std::abort();
  (void)decode_json<sample_rules>(*value, decode_mode::closed);
  for (auto mode : {decode_mode::closed, decode_mode::open}) {
    auto const object = decode_json<sample>(*value, mode);
    if (!object) continue;
    auto const back = decode_json_text<sample>(encode_json(*object), decode_mode::closed, {.bytes = 64 << 20});
    if (!back || *back != *object) std::abort();
  }
  if (auto const time = parse_timestamp(text); time && parse_timestamp(format_timestamp(*time)) != time) std::abort();
  return 0;
}
