#pragma once

#include "messages/core/error.hpp"
#include "messages/core/supervision.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace nexus::supervision {

/// Virtual or real steady time, in whatever the caller measures it.
using instant = std::chrono::steady_clock::time_point;

/// Why a child ended.
enum class exit_kind : std::uint8_t {
  /// It was done.
  normal,
  /// It was asked to stop ("shutdown" in OTP).
  shutdown,
  /// Anything else: an exception, a kill, an error.
  abnormal,
};

/// When a supervisor ends by itself because significant children are done (OTP 24).
enum class auto_shutdown : std::uint8_t { never, any_significant, all_significant };

/// How long to wait before a child that ended is started again. OTP restarts at once; so does the first attempt here.
/// If the child ends again before it was up for the supervisor's period, the delay is minimum * factor^(n-1), at most
/// maximum, spread by
/// +-jitter so that children that failed together do not return together.
struct backoff {
  std::chrono::milliseconds minimum{100};
  std::chrono::milliseconds maximum{10'000};
  double factor = 2.0;
  /// 0 to 1.
  double jitter = 0.2;
};

/// How a child is asked to stop.
struct shutdown_rule {
  /// Wait so long for an orderly end, then kill; zero kills at once ("brutal_kill"); max() waits for ever ("infinity").
  std::chrono::milliseconds patience{5'000};
};

/// The rules for one child; what starts it is the supervisor's business.
struct child_rules {
  std::string name;
  restart_type restart = restart_type::permanent;
  shutdown_rule shutdown;
  /// Counts for auto_shutdown; OTP forbids it for permanent children.
  bool significant = false;
};

/// The rules of one supervisor. More than `intensity` restarts within `period` and it ends itself, upwards.
struct supervisor_rules {
  supervision_strategy strategy = supervision_strategy::one_for_one;
  /// OTP's default: 1 restart in 5 seconds.
  std::uint32_t intensity = 1;
  std::chrono::milliseconds period{5'000};
  auto_shutdown automatic = auto_shutdown::never;
  backoff delay;
};

/// What the rules decide; carried out by the supervisor actor, or recorded by a test.
class supervisor_effects {
public:
  virtual ~supervisor_effects() = default;
  /// Starts the child now; an error counts as a failed start.
  virtual auto start_child(std::size_t child) -> expected<void> = 0;
  /// Asks the child to stop, or kills it; `child_ended` follows when it is gone.
  virtual void stop_child(std::size_t child, bool kill) = 0;
  /// Calls `timer_fired(token)` after the delay.
  virtual void arm_timer(std::chrono::milliseconds delay, std::uint64_t token) = 0;
  /// The child's slot is gone; indices of the others stay.
  virtual void forget_child(std::size_t child) = 0;
  /// All children are down and the supervisor ends: normally after `shut_down`, with an error when it gives up.
  virtual void finished(std::optional<error> reason) = 0;
  /// A child changed its state, for those who watch.
  virtual void state_changed(std::size_t child, child_state state) = 0;
  /// Uniform in [0, 1).
  virtual auto random() -> double = 0;
  virtual auto now() -> instant = 0;
};

/// OTP's supervisor as a pure state machine: it knows children by index and time by what it is told, so that tests run
/// it on virtual time and beside a real Erlang supervisor.
///
/// Follows the documentation of Erlang/OTP's `supervisor` module: start in order, stop in reverse; a failed start
/// during `start` stops what was started and fails the supervisor; a failed restart is tried again and counts for the
/// intensity.
class supervisor_machine {
public:
  supervisor_machine(supervisor_rules rules, supervisor_effects& effects) : rules_(rules), effects_(effects) {}

  /// Refuses rules that OTP refuses: a period of zero, a significant permanent child, duplicate names, significant
  /// children without automatic shutdown.
  static auto check(supervisor_rules const& rules, std::vector<child_rules> const& children) -> expected<void>;

  /// Starts the children in order. On a failed start, stops those already started in reverse and finishes with the
  /// error.
  void start(std::vector<child_rules> children);

  // -- what happens
  // ----------------------------------------------------------------------------------------------------------

  void child_ended(std::size_t child, exit_kind kind);
  void timer_fired(std::uint64_t token);

  // -- commands
  // --------------------------------------------------------------------------------------------------------------

  /// Adds a child and starts it. Names must be unique unless the strategy is simple_one_for_one. A failed start adds
  /// nothing.
  auto add_child(child_rules child) -> expected<std::size_t>;
  /// Stops a child for good. A temporary child, or one of simple_one_for_one, is forgotten; others can be restarted.
  auto terminate_child(std::size_t child) -> expected<void>;
  /// Starts a child that is stopped.
  auto restart_child(std::size_t child) -> expected<void>;
  /// Forgets a child that is stopped.
  auto delete_child(std::size_t child) -> expected<void>;
  /// Stops all children in reverse order, then finishes without error.
  void shut_down();

  // -- views
  // -----------------------------------------------------------------------------------------------------------------

  auto find(std::string const& name) const -> std::optional<std::size_t>;
  auto state_of(std::size_t child) const -> child_state { return slots_[child].state; }
  auto rules_of(std::size_t child) const -> child_rules const& { return slots_[child].rules; }
  /// Indices of all children that are not forgotten, in start order.
  auto children() const -> std::vector<std::size_t>;
  auto ending() const -> bool { return ending_ || done_; }

private:
  struct slot {
    child_rules rules;
    child_state state = child_state::stopped;
    bool forgotten = false;
    /// To be started again with the others of its group (one_for_all, rest_for_one).
    bool collateral = false;
    /// Stopped by terminate_child.
    bool terminated = false;
    /// Invalidates timers of earlier states.
    std::uint64_t generation = 0;
    /// Restarts in a row without a period of calm.
    std::uint32_t attempts = 0;
    instant started{};
  };
  struct timer {
    std::uint64_t token;
    std::size_t child;
    std::uint64_t generation;
    bool kill;
  };

  void set_state(std::size_t child, child_state state);
  auto try_start(std::size_t child) -> expected<void>;
  /// Queues children to be stopped in reverse order, one after the other; `then` runs when all are down.
  void stop_in_reverse(std::vector<std::size_t> children, std::function<void()> then);
  void stop_next();
  void request_stop(std::size_t child);
  void restart_after(std::size_t child);
  void restart_now(std::size_t child);
  auto restart_permitted() -> bool;
  void give_up(std::string name);
  void finish_with(std::optional<error> reason);
  auto delay_for(slot& s) -> std::chrono::milliseconds;
  void arm(std::chrono::milliseconds delay, std::size_t child, bool kill);
  auto forgettable(slot const& s) const -> bool;
  void forget(std::size_t child);
  void consider_automatic_shutdown(std::size_t child);
  auto group_of(std::size_t child) const -> std::vector<std::size_t>;

  supervisor_rules rules_;
  supervisor_effects& effects_;
  std::vector<slot> slots_;
  /// Slots that simple_one_for_one may use again.
  std::vector<std::size_t> free_;
  std::deque<instant> restarts_;
  std::vector<timer> timers_;
  std::uint64_t next_token_ = 1;
  std::vector<std::size_t> to_stop_;
  std::function<void()> after_stop_;
  /// Children whose restart waits until a stop sequence is over.
  std::vector<std::size_t> postponed_;
  bool ending_ = false;
  bool done_ = false;
};

} // namespace nexus::supervision
