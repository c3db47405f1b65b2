#pragma once

#include "runtime/supervision/supervisor_rules.hpp"

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Specifications and crash histories that Erlang/OTP's supervisor and ours are both run through.
namespace nexus::supervision::otp {

/// One child with all that is below it. The root is one, too.
struct child_plan {
  child_rules rules;
  /// Workers: ignores that it is told to stop, and has to be killed.
  bool stubborn = false;
  /// Workers: which of its starts fail, counted from 1.
  std::set<int> failing_starts;
  bool is_supervisor = false;
  /// Supervisors only.
  supervisor_rules inner;
  std::vector<child_plan> children;
};

/// How a child ends by itself, or is made to end from outside.
enum class ending : std::uint8_t { normal, shutdown, crash, kill };

enum class step_kind : std::uint8_t { ends, pass, terminate, restart, remove, add, stop };

/// One thing that happens; then everything comes to rest.
struct step {
  step_kind kind = step_kind::stop;
  /// ends: children of one supervisor, which hears of them in this order and of none before all have ended.
  std::vector<std::pair<std::string, ending>> ends;
  /// pass
  std::chrono::seconds span{};
  /// terminate, restart, remove, add
  std::string supervisor;
  std::string child;
  /// add
  child_plan added;
};

struct supervision_case {
  child_plan root;
  std::vector<step> steps;
};

/// What one run showed: the starts, the stops and ends of supervisors, the answers to commands, and who was alive at
/// the end of each step.
using lines = std::vector<std::string>;

/// All restarts of a case lie well within one period or well apart of it: spans are such that no sum of them comes
/// within 100 s of it, which is more than the whole test takes on OTP's clock.
inline constexpr std::chrono::seconds period{1'000};

/// The case that a seed stands for; the same on every machine.
auto make_case(std::uint64_t seed) -> supervision_case;

/// All cases that are one step simpler.
auto simpler(supervision_case const& c) -> std::vector<supervision_case>;

/// As an Erlang term for otp_oracle.escript.
auto to_erlang(supervision_case const& c, std::size_t number) -> std::string;

} // namespace nexus::supervision::otp
