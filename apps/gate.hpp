#pragma once

#include "actors/evidence/release_facts.hpp"
#include "actors/readiness/decide.hpp"

#include <optional>
#include <string>

namespace nexus::apps {

/// What `nexus gate` judges without a server.
struct file_gate {
  evidence::evidence_files files;
  /// A policy file; absent for the built-in policy `ci`.
  std::optional<std::string> policy;
};

/// Reads the evidence and decides. Equal files, refs and time give equal bytes: the decision's id is derived from its
/// content. Errors say which file could not be used.
auto judge_files(file_gate const& what) -> expected<readiness::decision_outcome>;

} // namespace nexus::apps
