#include "actors/evidence/coverage_report.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  auto const lines = nexus::evidence::parse_coverage({reinterpret_cast<char const*>(data), size}, "fuzz");
  if (!lines) return 0;
  auto const report = nexus::evidence::merge({*lines});
  if (!report || report->covered > report->total) std::abort();
  return 0;
}
