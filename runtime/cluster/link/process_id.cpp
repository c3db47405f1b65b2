#include "runtime/cluster/link/process_id.hpp"

#include <random>

namespace nexus::cluster {

auto process_number() -> unsigned {
  // Zero would be no valid node id.
  static unsigned const number = std::max(std::random_device{}(), 1u);
  return number;
}

} // namespace nexus::cluster

namespace caf::detail {

unsigned get_process_id();

/// The linker takes this definition for the program and for CAF's library in its place.
unsigned get_process_id() { return nexus::cluster::process_number(); }

} // namespace caf::detail
