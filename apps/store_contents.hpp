#pragma once

#include "runtime/store/sqlite_verification.hpp"

namespace nexus::apps {

/// What `nexus store verify` knows of the documents and records that a node writes: runs, decisions and recorded turns
/// are decoded, evidence bundles must have the hash that their decision names. Of others it asks nothing.
auto content_checks() -> store::content_checks;

} // namespace nexus::apps
