#pragma once

#include "actors/evidence/release_facts.hpp"
#include "actors/readiness/decide.hpp"

#include <optional>
#include <string>

namespace nexus::apps {

/// What `nexus gate` judges without a server.
struct file_gate {
  evidence::evidence_files files;
  /// A policy file or a shipped policy; absent for `ci`.
  std::optional<std::string> policy;
  /// Whose overlays of the policy hold; may be empty.
  std::string project = {};
  std::string environment = {};
  std::vector<std::string> labels = {};
  /// Bundles of earlier releases, in any order.
  std::vector<std::string> baselines = {};
};

/// Reads the evidence and decides. Equal files, refs and time give equal bytes: the decision's id is derived from its
/// content. Errors say which file could not be used.
auto judge_files(file_gate const& what) -> expected<readiness::decision_outcome>;

} // namespace nexus::apps
