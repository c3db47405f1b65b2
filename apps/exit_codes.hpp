#pragma once

#include "messages/core/error.hpp"
#include "messages/readiness.hpp"

#include <string>

namespace nexus::apps {

/// How the program ends; part of its interface (`nexus help exit-codes`). A verdict of `nexus gate` has a code of its
/// own, so that a pipeline can tell "no" from "cannot tell" and from "did not work".
enum exit_code : int {
  success = 0,
  /// It was tried, and did not work out.
  failure = 1,
  /// Wrong arguments, a file that cannot be read, a name that does not exist.
  usage = 2,
  /// No server answers, or it is not ready.
  unreachable = 3,
  /// The server wants credentials, or others.
  unauthorised = 4,
  conditional = 10,
  inconclusive = 20,
  no_go = 30,
};

/// GO 0, CONDITIONAL 10, INCONCLUSIVE 20, NO_GO 30.
auto exit_code_of(release_decision verdict) -> int;

/// For what a server answered, or did not.
auto exit_code_of(errc code) -> int;

/// The text of `nexus help exit-codes`.
auto exit_code_help() -> std::string;

} // namespace nexus::apps
