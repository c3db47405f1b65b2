#include "actors/evidence/sarif_report.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  auto const report = nexus::evidence::parse_sarif({reinterpret_cast<char const*>(data), size}, "fuzz.sarif");
  if (report && report->findings.size() > report->counts.total()) std::abort();
  return 0;
}
