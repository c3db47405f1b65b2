#pragma once

#include "actors/readiness/evidence.hpp"
#include "actors/readiness/policy.hpp"
#include "messages/readiness.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nexus::readiness {

/// What a decision is about, and its name.
struct subject {
  /// Unique; chosen by the caller.
  std::string decision_id;
  std::string release;
  /// May be empty.
  std::string project;
  /// The full SHA that the release stands for; empty when it is not known.
  std::string commit;
};

/// A decision and what it follows from.
struct decision_outcome {
  decision result;
  /// The evidence bundle as canonical JSON: replay(bundle_json) gives `result` again.
  std::string bundle_json;
};

/// Decides. Pure: equal arguments give equal bytes, whatever the order of the evidence. In this order:
///
/// 1. a key objective failed: NO_GO;
/// 2. an objective that counts (neither informational nor skipped) is missing or stale, or none has usable evidence at
///    all: INCONCLUSIVE;
/// 3. the score is below the policy's `warn`: NO_GO;
/// 4. a warning, a failed objective that is a risk or worse than its warning, an active waiver, or a score below
///    `pass`: CONDITIONAL;
/// 5. else GO.
///
/// The score is points earned in percent of those possible (judge.hpp), rounded to a tenth before it is compared.
auto decide(policy const& policy, subject subject, std::vector<evidence_item> evidence, timestamp now,
            std::vector<std::string> degraded_reasons = {}) -> decision_outcome;

/// Derives a decision again from its bundle alone. Errors: errc::malformed or invalid_argument for what is no bundle,
/// errc::corrupt when the policy in it is not the one whose hash it names. At most 16 MiB.
auto replay(std::string_view bundle_json) -> expected<decision>;

} // namespace nexus::readiness
