#include "simulator/jql.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus::simulator;
  static auto const world = generate(1, instant{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}}, names{{}});
  auto const parsed = jql::parse({reinterpret_cast<char const*>(data), size});
  if (!parsed && parsed.error().message.empty()) std::abort();
  if (!parsed) return 0;
  auto const found = jql::select(world, *parsed, world.anchor);
  if (found && found->size() > world.tickets.size()) std::abort();
  return 0;
}
