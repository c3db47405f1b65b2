#pragma once

#include "messages/core/describe.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus {

/// Which children a supervisor restarts when one ends (Erlang/OTP, supervisor behaviour).
enum class supervision_strategy : std::uint8_t {
  /// Only the one that ended.
  one_for_one,
  /// All of them.
  one_for_all,
  /// The one that ended and those started after it.
  rest_for_one,
  /// Only the one that ended; all children are of one kind and come and go at run time.
  simple_one_for_one,
};
BOOST_DESCRIBE_ENUM(supervision_strategy, one_for_one, one_for_all, rest_for_one, simple_one_for_one)

/// When a child that ended is started again.
enum class restart_type : std::uint8_t {
  /// Always.
  permanent,
  /// When it ended abnormally.
  transient,
  /// Never.
  temporary,
};
BOOST_DESCRIBE_ENUM(restart_type, permanent, transient, temporary)

/// What a supervised child is doing.
enum class child_state : std::uint8_t { starting, running, waiting_to_restart, stopping, stopped };
BOOST_DESCRIBE_ENUM(child_state, starting, running, waiting_to_restart, stopping, stopped)

/// One node of the supervision tree, as GET /supervision and `nexus tree` show it.
struct supervision_node {
  std::string name;
  /// "supervisor" or "worker".
  std::string kind;
  child_state state = child_state::starting;
  /// How often it was restarted since it was first started.
  std::uint64_t restarts = 0;
  /// Why it last ended; absent as long as it never did.
  std::optional<std::string> last_reason;
  /// Messages waiting to be handled.
  std::uint64_t mailbox = 0;
  /// Messages handled since the last start.
  std::uint64_t handled = 0;
  /// Seconds since the last start; 0 unless running.
  double uptime_seconds = 0;
  restart_type restart = restart_type::permanent;
  /// Supervisors only.
  std::optional<supervision_strategy> strategy;
  /// How many children there are; `children` may show fewer.
  std::uint64_t child_count = 0;
  std::vector<supervision_node> children;
};
BOOST_DESCRIBE_STRUCT(supervision_node, (),
                      (name, kind, state, restarts, last_reason, mailbox, handled, uptime_seconds, restart, strategy,
                       child_count, children))

NEXUS_CODECS(supervision_strategy, restart_type, child_state, supervision_node)

} // namespace nexus
