#pragma once

namespace nexus::cluster {

/// The number that stands for this process in the ids of its CAF nodes: random, and the same as long as the process
/// lives. CAF would take the operating system's process id; two containers that share a machine's network addresses may
/// both be process 1, and would take one another for themselves.
auto process_number() -> unsigned;

} // namespace nexus::cluster
