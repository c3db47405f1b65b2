#pragma once

#include "tests/runtime/supervision/otp_case.hpp"

#include <memory>
#include <optional>

namespace nexus::supervision::otp {

/// A supervision tree on virtual time that a case is run through. Every function returns when all is at rest.
class supervised_tree {
public:
  virtual ~supervised_tree() = default;
  virtual void start(child_plan const& root) = 0;
  /// Children that do not live are passed over.
  virtual void end(std::vector<std::pair<std::string, ending>> const& ends) = 0;
  virtual void pass(std::chrono::seconds span) = 0;
  /// Whether a command was carried out; absent if its supervisor does not live.
  virtual auto command(step const& s) -> std::optional<bool> = 0;
  /// Tells the root to shut down.
  virtual void stop() = 0;
  virtual auto over() const -> bool = 0;
  /// Who lives, but for the root.
  virtual auto alive() const -> std::set<std::string> = 0;
  /// What happened since it was last asked.
  virtual auto take_events() -> lines = 0;
};

/// `supervisor_machine`s that are each other's children, on calls alone: start functions wait until the whole subtree
/// runs, and a supervisor that gave up tells its own "shutdown", both as in OTP.
auto make_machine_tree() -> std::unique_ptr<supervised_tree>;

/// `supervision_tree` with its actors, under CAF's test coordinator.
auto make_actor_tree() -> std::unique_ptr<supervised_tree>;

/// Runs a case.
auto run(supervision_case const& c, supervised_tree& tree) -> lines;

} // namespace nexus::supervision::otp
