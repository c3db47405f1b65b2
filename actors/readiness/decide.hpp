#pragma once

#include "actors/readiness/evidence.hpp"
#include "actors/readiness/policy.hpp"
#include "messages/readiness.hpp"

#include <optional>
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
  /// Where it is to go; may be empty.
  std::string environment = {};
  /// What it is called by the one who asks: "security". Freezes can exempt it for that.
  std::vector<std::string> labels = {};
  /// Earlier releases, the last one first; the policy picks what it needs.
  std::vector<baseline_release> baselines = {};
};

/// A decision and what it follows from.
struct decision_outcome {
  decision result;
  /// The evidence bundle as canonical JSON: replay(bundle_json) gives `result` again.
  std::string bundle_json;
};

/// Decides. Pure: equal arguments give equal bytes, whatever the order of the evidence. In this order:
///
/// 1. a key objective failed, or a freeze that makes it NO_GO holds: NO_GO;
/// 2. an objective that counts (neither informational nor skipped) is missing or stale, none has usable evidence at
///    all, or whether a freeze holds cannot be told: INCONCLUSIVE;
/// 3. the score is below the policy's `warn`: NO_GO;
/// 4. a warning, a failed objective that is a risk or worse than its warning, an active waiver, a freeze that makes it
///    CONDITIONAL, or a score below `pass`: CONDITIONAL;
/// 5. else GO.
///
/// The score is points earned in percent of those possible (judge.hpp), rounded to a tenth before it is compared.
auto decide(policy const& policy, subject subject, std::vector<evidence_item> evidence, timestamp now,
            std::vector<std::string> degraded_reasons = {}) -> decision_outcome;

/// Reads a bundle: closed, in canonical order. Errors: errc::malformed or invalid_argument for what is no bundle, or
/// one of a later version; errc::corrupt when the policy in it is not the one whose hash it names. At most 16 MiB.
auto read_bundle(std::string_view bundle_json) -> expected<evidence_bundle>;

/// A decision derived again, and what it was when the bundle was written.
struct replayed_decision {
  decision result;
  /// Absent in bundles of earlier versions.
  std::optional<bundle_outcome> recorded;
  /// Where the two differ, each as "$.verdict: GO was recorded, NO_GO follows".
  std::vector<std::string> differences;
};

/// Derives a decision again from its bundle alone. Errors are those of read_bundle.
auto replay_bundle(std::string_view bundle_json) -> expected<replayed_decision>;

/// The same without the comparison.
auto replay(std::string_view bundle_json) -> expected<decision>;

/// Where a decision that was stored as JSON differs from one derived again, member by member. Members that the stored
/// one does not have are those of a later version: no difference.
auto differences_from(std::string_view stored_json, decision const& again) -> expected<std::vector<std::string>>;

} // namespace nexus::readiness
