#pragma once

#include "runtime/operations/operation.hpp"

#include <atomic>

namespace nexus {

/// How many writes have ended in this process, whatever became of them. What was read before a write need not be so
/// after it: whoever shares what was read shares it as long as this number stays.
using write_count = std::atomic<std::uint64_t>;

/// The same operations, whose writes are counted when they end.
auto counting_writes(operation_table table, std::shared_ptr<write_count> count) -> operation_table;

} // namespace nexus
