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
#include <unordered_map>
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
/// it on virtual time.
///
/// Follows Erlang/OTP's `supervisor` module: children start in order and stop in reverse; a failed start during `start`
/// stops what was started and fails the supervisor; when one_for_all or rest_for_one restart a group, its temporary
/// children go and all others come back, also those that had ended or were terminated; a failed restart is tried again
/// and counts for the intensity when it is.
///
/// It differs where OTP's blocking calls do not fit a state machine: restarts may wait (`backoff`), commands are
/// answered before a child is gone, a child that ends while the group behind it is being stopped widens that group
/// instead of restarting it twice, and a supervisor that gives up ends with an error where OTP says `shutdown`.
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

  /// Adds a child and starts it. Its name must be unique. A failed start adds nothing. errc::unavailable while a group
  /// is being restarted.
  auto add_child(child_rules child) -> expected<std::size_t>;
  /// Stops a child for good. A temporary child, or one of simple_one_for_one, is forgotten; others can be restarted.
  auto terminate_child(std::size_t child) -> expected<void>;
  /// Starts a child that is stopped; errc::conflict for one that runs or is about to.
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
  /// It stops, or has stopped.
  auto ending() const -> bool { return ending_; }

private:
  struct slot {
    child_rules rules;
    /// stopped: down, and comes back only with its group or by a command. waiting_to_restart: down and coming back.
    child_state state = child_state::stopped;
    bool forgotten = false;
    /// Is being stopped, or is about to be, only to come back with its group.
    bool returns = false;
    /// Tokens of the timers that still mean something; 0 for none.
    std::uint64_t restart_timer = 0;
    std::uint64_t kill_timer = 0;
    /// Waits to be tried again after a failed start, which counts when it is tried: what ends until then counts before.
    bool uncounted = false;
    /// Restarts in a row without a period of calm.
    std::uint32_t attempts = 0;
    instant started{};
  };

  void set_state(std::size_t child, child_state state);
  auto try_start(std::size_t child) -> expected<void>;
  /// Stops children in reverse order, one after the other (those of simple_one_for_one together); `then` runs when all
  /// are down.
  void stop_in_reverse(std::vector<std::size_t> children, std::function<void()> then);
  void stop_next();
  void request_stop(std::size_t child);
  /// Counts a restart of the child and brings it back, or gives up.
  void restart(std::size_t child);
  /// Stops the child's group, waits, and starts it; one that is `uncounted` yet is counted after the wait.
  void bring_back(std::size_t child, std::chrono::milliseconds delay, bool uncounted);
  void start_group(std::size_t child);
  void restart_is_due(std::size_t child);
  auto restart_permitted() -> bool;
  void give_up(std::string const& name);
  void finish_with(std::optional<error> reason);
  auto delay_for(slot& s) -> std::chrono::milliseconds;
  auto arm(std::chrono::milliseconds delay, std::size_t child) -> std::uint64_t;
  auto restarts_groups() const -> bool;
  auto restarting_a_group() const -> bool;
  auto forgettable(slot const& s) const -> bool;
  void forget(std::size_t child);
  void consider_automatic_shutdown(std::size_t child);
  auto group_of(std::size_t child) const -> std::vector<std::size_t>;

  supervisor_rules rules_;
  supervisor_effects& effects_;
  std::vector<slot> slots_;
  std::unordered_map<std::string, std::size_t> by_name_;
  /// Slots that simple_one_for_one may use again.
  std::vector<std::size_t> free_;
  /// When children were restarted within the last period.
  std::deque<instant> restarts_;
  /// Token to child; whether a timer still matters is the slot's knowledge.
  std::unordered_map<std::uint64_t, std::size_t> timers_;
  std::uint64_t next_token_ = 1;
  std::vector<std::size_t> to_stop_;
  std::function<void()> after_stop_;
  /// Children that ended by themselves while the group behind them was being stopped.
  std::vector<std::size_t> postponed_;
  bool ending_ = false;
  bool done_ = false;
};

} // namespace nexus::supervision
