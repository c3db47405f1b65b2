// Request targets and percent escapes as clients send them.
#include "runtime/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus::http;
  std::string_view text{reinterpret_cast<char const*>(data), size};
  if (auto parts = parse_target(text)) {
    for (auto const& [name, value] : parts->query)
      if (!parts->parameter(name)) std::abort();
  }
  percent_decode(text, true);
  // What was encoded decodes to what it was.
  if (percent_decode(percent_encode(text), false).value() != text) std::abort();
  return 0;
}
