#pragma once

#include "actors/readiness/announce.hpp"
#include "messages/core/error.hpp"

#include <string>

namespace nexus::apps {

/// What `nexus gate` writes besides what it prints. Empty for not at all.
struct gate_outputs {
  std::string bundle;
  std::string badge;
  /// "-" stands for standard output, which is not written here.
  std::string cdevents;
  bool github_status = false;
};

/// Writes the files; an error names the one that could not be written.
auto write_outputs(gate_outputs const& wanted, decision const& decision, std::string const& bundle) -> expected<void>;

/// Sets the status of the commit on GitHub, by the variables that GitHub Actions gives its steps: GITHUB_TOKEN,
/// GITHUB_REPOSITORY, GITHUB_SHA (else the decision's commit), GITHUB_API_URL; the status leads to the workflow's run
/// when GITHUB_SERVER_URL and GITHUB_RUN_ID are there. Waits at most half a minute.
auto tell_github(decision const& decision) -> expected<void>;

} // namespace nexus::apps
