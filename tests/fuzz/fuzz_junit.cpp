#include "actors/evidence/junit_report.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  auto const report = nexus::evidence::parse_junit({reinterpret_cast<char const*>(data), size}, "fuzz.xml");
  if (report && report->totals.passed() > report->totals.tests) std::abort();
  return 0;
}
