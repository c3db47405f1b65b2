// The bytes between nodes: reading them harms nobody, and what is read is written the same again.
#include "messages/core/call.hpp"
#include "messages/core/codec.hpp"
#include "tests/messages/core/sample.hpp"

namespace nexus {
NEXUS_DEFINE_CODECS(sample_colour, sample_node, sample_empty, sample, sample_rules)
} // namespace nexus

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace nexus;
  auto const bytes = std::string_view{reinterpret_cast<char const*>(data), size};
  auto object = sample{};
  if (decode_wire(descriptor_of<sample>(), &object, bytes)) {
    auto first = std::string{}, second = std::string{};
    encode_wire(descriptor_of<sample>(), &object, first);
    auto again = sample{};
    if (!decode_wire(descriptor_of<sample>(), &again, first)) std::abort();
    encode_wire(descriptor_of<sample>(), &again, second);
    if (first != second) std::abort();
    (void)encode_json(object);
  }
  auto context = call{};
  (void)decode_wire(descriptor_of<call>(), &context, bytes);
  (void)trace_context::parse(bytes);
  return 0;
}
