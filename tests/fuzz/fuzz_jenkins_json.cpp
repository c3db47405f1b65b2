#include "actors/git_ci/build_mapping.hpp"
#include "messages/core/codec.hpp"

#include <cstdint>
#include <cstdlib>

/// Whatever JSON Jenkins sends: the mapping answers or refuses, and what it answers can be written again.
extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus::git_ci;
  auto const value = nexus::parse_json({reinterpret_cast<char const*>(data), size});
  if (!value) return 0;
  if (auto build = build_from_json(*value, "job", nexus::timestamp{})) {
    add_test_report(*build, *value);
    if (!nexus::parse_json(nexus::encode_json(*build), {.bytes = 64 * 1024 * 1024, .depth = 128})) std::abort();
  }
  if (auto const coverage = coverage_from_json(*value); coverage && !(*coverage >= 0 && *coverage <= 100)) std::abort();
  auto more = false;
  (void)jobs_from_json(*value, more);
  (void)coverage_targets(*value);
  return 0;
}
