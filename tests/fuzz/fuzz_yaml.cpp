#include "runtime/settings/yaml.hpp"

#include <cstdint>

/// Any bytes give a document or an error, and every place in the document can be looked up.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = std::string_view{reinterpret_cast<char const*>(data), size};
  if (auto const document = nexus::parse_yaml(text, "fuzz.yaml"))
    (void)document->locate({nexus::errc::malformed, "x", "$" + std::string{text.substr(0, 64)}, {}, {}});
  return 0;
}
