#include "actors/readiness/decide.hpp"

#include "actors/readiness/explain.hpp"
#include "actors/readiness/judge.hpp"
#include "actors/readiness/sha256.hpp"
#include "messages/core/codec.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace nexus::readiness {
namespace {

constexpr auto bundle_limits = json_limits{.bytes = 16 * 1024 * 1024};

auto counts(objective_result const& objective) -> bool { return objective.max_points > 0; }

auto unknown(objective_result const& objective) -> bool {
  return objective.status == objective_status::missing || objective.status == objective_status::stale;
}

/// Makes GO impossible whatever the score. A failure beyond a warning is no better than the warning.
auto needs_attention(objective_result const& objective) -> bool {
  switch (objective.status) {
  case objective_status::warn:
  case objective_status::waived:
    return true;
  case objective_status::fail:
    return objective.risk || !objective.warn.empty();
  default:
    return false;
  }
}

auto score_of(std::vector<objective_result> const& objectives) -> double {
  auto points = 0.0, possible = 0.0;
  for (auto const& objective : objectives) {
    points += objective.points;
    possible += objective.max_points;
  }
  return possible > 0 ? std::round(points / possible * 1000) / 10 : 0;
}

auto verdict_of(decision const& decision) -> release_decision {
  auto const& objectives = decision.objectives;
  auto const any = [&](auto holds) {
    return std::ranges::any_of(objectives, [&](auto const& o) { return counts(o) && holds(o); });
  };
  if (any([](auto const& o) { return o.key && o.status == objective_status::fail; })) return release_decision::no_go;
  if (any(unknown) || !any(std::mem_fn(&objective_result::usable))) return release_decision::inconclusive;
  if (decision.score < decision.warn_score) return release_decision::no_go;
  if (any(needs_attention) || decision.score < decision.pass_score) return release_decision::conditional;
  return release_decision::go;
}

void list_findings(decision& decision) {
  for (auto const& objective : decision.objectives) {
    if (!counts(objective)) continue;
    auto const sentence = fmt::format("{}: {}", title_of(objective), objective.reason);
    if (objective.status == objective_status::fail && objective.key)
      decision.blockers.push_back(sentence);
    else if (unknown(objective))
      decision.unknowns.push_back(sentence);
    else if (objective.status != objective_status::pass)
      decision.risks.push_back(sentence);
    decision.checklist.push_back({.item = title_of(objective),
                                  .passed = objective.status == objective_status::pass,
                                  .details = objective.reason,
                                  .required = objective.key,
                                  .checked_at = decision.decided_at});
  }
  if (decision.verdict == release_decision::no_go && decision.blockers.empty())
    decision.blockers.push_back(fmt::format("The score of {} is below the policy's minimum of {}",
                                            show_number(decision.score, 1), show_number(decision.warn_score)));
}

/// The bundle's canonical JSON. The policy, most of it, was written when it was checked: a blank one keeps its place.
auto canonical_bundle(evidence_bundle const& without_policy, policy const& policy) -> std::string {
  static auto const blank = R"("policy":)" + canonical_json(nlohmann::json::parse(encode_json(readiness_policy{})));
  auto json = canonical_json(nlohmann::json::parse(encode_json(without_policy)));
  // The last one: behind it stand only texts, in which quotes are escaped.
  return json.replace(json.rfind(blank), blank.size(), R"("policy":)" + policy.canonical());
}

auto derive(policy const& policy, evidence_bundle const& bundle, std::string bundle_sha256) -> decision {
  auto result = decision{};
  result.decision_id = bundle.decision_id;
  result.release = bundle.release;
  result.project = bundle.project;
  result.policy = policy.source().name;
  result.policy_version = policy.source().version;
  result.policy_sha256 = policy.sha256();
  result.pass_score = policy.source().pass;
  result.warn_score = policy.source().warn;
  result.commit = bundle.commit;
  result.bundle_sha256 = std::move(bundle_sha256);
  result.degraded = !bundle.degraded_reasons.empty();
  result.degraded_reasons = bundle.degraded_reasons;
  result.decided_at = bundle.evaluated_at;
  result.objectives = judge(policy, bundle.items, bundle.evaluated_at);
  result.waivers = judge_waivers(policy, result.objectives, bundle.evaluated_at);
  result.score = score_of(result.objectives);
  result.verdict = verdict_of(result);
  result.rationale = rationale_of(result);
  list_findings(result);
  return result;
}

} // namespace

auto decide(policy const& policy, subject subject, std::vector<evidence_item> evidence, timestamp now,
            std::vector<std::string> degraded_reasons) -> decision_outcome {
  std::ranges::transform(degraded_reasons, degraded_reasons.begin(), valid_text);
  std::ranges::sort(degraded_reasons);
  degraded_reasons.erase(std::ranges::unique(degraded_reasons).begin(), degraded_reasons.end());
  auto const bundle = evidence_bundle{.decision_id = valid_text(std::move(subject.decision_id)),
                                      .release = valid_text(std::move(subject.release)),
                                      .project = valid_text(std::move(subject.project)),
                                      .commit = valid_text(std::move(subject.commit)),
                                      .evaluated_at = now,
                                      .policy_sha256 = policy.sha256(),
                                      .policy = {},
                                      .items = in_canonical_order(std::move(evidence)),
                                      .degraded_reasons = std::move(degraded_reasons)};
  auto json = canonical_bundle(bundle, policy);
  auto result = derive(policy, bundle, sha256_hex(json));
  return {std::move(result), std::move(json)};
}

auto replay(std::string_view bundle_json) -> expected<decision> {
  auto const json = parse_json(bundle_json, bundle_limits);
  if (!json) return tl::unexpected{json.error()};
  auto bundle = decode_json<evidence_bundle>(*json, decode_mode::closed);
  if (!bundle) return tl::unexpected{bundle.error()};
  auto policy = policy::check(bundle->policy);
  if (!policy) {
    auto problem = policy.error();
    problem.where.replace(0, 1, "$.policy");
    return tl::unexpected{std::move(problem)};
  }
  if (policy->sha256() != bundle->policy_sha256)
    return fail_at("$.policy_sha256", errc::corrupt, "the bundle's policy has the hash {}, not the one named",
                   policy->sha256());
  bundle->items = in_canonical_order(std::move(bundle->items));
  return derive(*policy, *bundle, sha256_hex(canonical_json(*json)));
}

} // namespace nexus::readiness
