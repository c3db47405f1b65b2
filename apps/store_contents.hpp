#pragma once

#include "runtime/store/sqlite_verification.hpp"

namespace nexus::apps {

/// How many sound records of each kind runs have.
struct run_record_counts {
  std::uint64_t turns = 0;
  /// What was to be written, before it was sent.
  std::uint64_t intents = 0;
  /// What became of it.
  std::uint64_t outcomes = 0;
};

/// What `nexus store verify` knows of the documents and records that a node writes: runs, decisions and the records of
/// runs are decoded, evidence bundles must have the hash that their decision names. Of others it asks nothing. The
/// records of runs are added to `counts`, which must outlive the checks.
auto content_checks(run_record_counts& counts) -> store::content_checks;

} // namespace nexus::apps
