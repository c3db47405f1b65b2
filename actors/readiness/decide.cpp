#include "actors/readiness/decide.hpp"

#include "actors/readiness/baseline.hpp"
#include "actors/readiness/explain.hpp"
#include "actors/readiness/freeze.hpp"
#include "actors/readiness/judge.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/digest.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace nexus::readiness {
namespace {

constexpr auto bundle_limits = json_limits{.bytes = 16 * 1024 * 1024};
constexpr auto other_version = "if a later version of nexus wrote the bundle, replay it with that version";
constexpr std::size_t maximum_differences = 50;

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
  auto const any_freeze = [&](auto holds) { return std::ranges::any_of(decision.freezes, holds); };
  auto const active = [](auto const& freeze) { return freeze.state == freeze_state::active; };
  if (any([](auto const& o) { return o.key && o.status == objective_status::fail; }) ||
      any_freeze([&](auto const& f) { return active(f) && f.effect == freeze_effect::no_go; }))
    return release_decision::no_go;
  if (any_freeze([](auto const& f) { return f.state == freeze_state::unknown; })) return release_decision::inconclusive;
  if (any(unknown) || !any(std::mem_fn(&objective_result::usable))) return release_decision::inconclusive;
  if (decision.score < decision.warn_score) return release_decision::no_go;
  if (any(needs_attention) || any_freeze(active) || decision.score < decision.pass_score)
    return release_decision::conditional;
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
  for (auto const& freeze : decision.freezes) {
    if (freeze.state == freeze_state::exempt) continue;
    auto& list = freeze.state == freeze_state::unknown                                           ? decision.unknowns
                 : freeze.state == freeze_state::active && freeze.effect == freeze_effect::no_go ? decision.blockers
                                                                                                 : decision.risks;
    list.push_back(freeze.finding);
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

auto derive(policy const& policy, evidence_bundle const& bundle) -> decision {
  auto result = decision{};
  result.decision_id = bundle.decision_id;
  result.release = bundle.release;
  result.project = bundle.project;
  result.policy = policy.source().name;
  result.policy_version = policy.source().version;
  result.policy_sha256 = bundle.policy_sha256;
  result.pass_score = policy.source().pass;
  result.warn_score = policy.source().warn;
  result.commit = bundle.commit;
  result.degraded = !bundle.degraded_reasons.empty();
  result.degraded_reasons = bundle.degraded_reasons;
  result.decided_at = bundle.evaluated_at;
  result.environment = bundle.environment;
  result.labels = bundle.labels;
  for (auto const& one : bundle.baselines) result.baselines.push_back({one.release, one.decision_id});
  result.freezes = judge_freezes(policy, bundle.freezes, bundle.release, bundle.labels, bundle.evaluated_at);
  result.objectives = judge(policy, bundle.items, bundle.evaluated_at, bundle.baselines);
  result.waivers = judge_waivers(policy, result.objectives, bundle.evaluated_at);
  result.score = score_of(result.objectives);
  result.verdict = verdict_of(result);
  result.rationale = rationale_of(result);
  list_findings(result);
  return result;
}

auto outcome_of(decision const& decision) -> bundle_outcome {
  auto result = bundle_outcome{decision.verdict, decision.score, {}};
  for (auto const& objective : decision.objectives) result.objectives.emplace(objective.name, objective.status);
  return result;
}

auto in_set_order(std::vector<std::string> texts) -> std::vector<std::string> {
  std::ranges::transform(texts, texts.begin(), valid_text);
  std::ranges::sort(texts);
  texts.erase(std::ranges::unique(texts).begin(), texts.end());
  return texts;
}

/// Walks two documents; members that only `again` has are new.
void find_differences(nlohmann::json const& stored, nlohmann::json const& again, std::string const& path,
                      std::vector<std::string>& found) {
  if (found.size() >= maximum_differences || stored == again) return;
  if (stored.is_object() && again.is_object()) {
    for (auto const& [name, value] : stored.items()) {
      auto const other = again.find(name);
      find_differences(value, other == again.end() ? nlohmann::json{} : *other, path + "." + name, found);
    }
    return;
  }
  if (stored.is_array() && again.is_array() && stored.size() == again.size()) {
    for (std::size_t i = 0; i < stored.size(); ++i)
      find_differences(stored[i], again[i], fmt::format("{}[{}]", path, i), found);
    return;
  }
  auto const shown = [](nlohmann::json const& value) {
    auto const text = value.is_string() ? value.get<std::string>() : dump_json(value);
    return text.size() > 200 ? valid_text(text.substr(0, 200)) + "..." : text;
  };
  found.push_back(fmt::format("{}: {} was recorded, {} follows", path, shown(stored), shown(again)));
}

auto differences_between(nlohmann::json const& stored, nlohmann::json const& again) -> std::vector<std::string> {
  auto found = std::vector<std::string>{};
  find_differences(stored, again, "$", found);
  return found;
}

struct parsed_bundle {
  nlohmann::json json;
  evidence_bundle bundle;
};

auto parse_bundle(std::string_view text) -> expected<parsed_bundle> {
  auto json = parse_json(text, bundle_limits);
  if (!json) return tl::unexpected{json.error()};
  auto bundle = decode_json<evidence_bundle>(*json, decode_mode::closed);
  if (!bundle) {
    auto problem = std::move(bundle.error());
    problem.remedy += fmt::format("{}{}", problem.remedy.empty() ? "" : "; ", other_version);
    return tl::unexpected{std::move(problem)};
  }
  // As it stands there: later versions write more into a policy.
  if (auto const hash = sha256_hex(canonical_json((*json)["policy"])); hash != bundle->policy_sha256)
    return fail_at("$.policy_sha256", errc::corrupt, "the bundle's policy has the hash {}, not the one named", hash);
  bundle->items = in_canonical_order(std::move(bundle->items));
  return parsed_bundle{std::move(*json), std::move(*bundle)};
}

} // namespace

auto decide(policy const& policy, subject subject, std::vector<evidence_item> evidence, timestamp now,
            std::vector<std::string> degraded_reasons) -> decision_outcome {
  auto bundle = evidence_bundle{.decision_id = valid_text(std::move(subject.decision_id)),
                                .release = valid_text(std::move(subject.release)),
                                .project = valid_text(std::move(subject.project)),
                                .commit = valid_text(std::move(subject.commit)),
                                .evaluated_at = now,
                                .policy_sha256 = policy.sha256(),
                                .policy = {},
                                .items = in_canonical_order(std::move(evidence)),
                                .degraded_reasons = in_set_order(std::move(degraded_reasons)),
                                .environment = valid_text(std::move(subject.environment)),
                                .labels = in_set_order(std::move(subject.labels)),
                                .baselines = relevant_baselines(policy, subject.baselines),
                                .freezes = windows_of(policy, now),
                                .outcome = {}};
  auto result = derive(policy, bundle);
  bundle.outcome = outcome_of(result);
  auto json = canonical_bundle(bundle, policy);
  result.bundle_sha256 = sha256_hex(json);
  return {std::move(result), std::move(json)};
}

auto read_bundle(std::string_view bundle_json) -> expected<evidence_bundle> {
  return parse_bundle(bundle_json).map([](parsed_bundle&& parsed) { return std::move(parsed.bundle); });
}

auto replay_bundle(std::string_view bundle_json) -> expected<replayed_decision> {
  auto const parsed = parse_bundle(bundle_json);
  if (!parsed) return tl::unexpected{parsed.error()};
  auto const policy = policy::check(parsed->bundle.policy);
  if (!policy) {
    auto problem = policy.error();
    problem.where.replace(0, 1, "$.policy");
    problem.remedy = other_version;
    return tl::unexpected{std::move(problem)};
  }
  auto again = replayed_decision{derive(*policy, parsed->bundle), parsed->bundle.outcome, {}};
  again.result.bundle_sha256 = sha256_hex(canonical_json(parsed->json));
  if (again.recorded)
    again.differences = differences_between(nlohmann::json::parse(encode_json(*again.recorded)),
                                            nlohmann::json::parse(encode_json(outcome_of(again.result))));
  return again;
}

auto replay(std::string_view bundle_json) -> expected<decision> {
  return replay_bundle(bundle_json).map([](replayed_decision&& again) { return std::move(again.result); });
}

auto differences_from(std::string_view stored_json, decision const& again) -> expected<std::vector<std::string>> {
  auto const stored = parse_json(stored_json, bundle_limits);
  if (!stored) return tl::unexpected{stored.error()};
  if (!stored->is_object() || !stored->contains("decision_id"))
    return fail(errc::invalid_argument, "this is no decision as 'nexus gate --json' prints it");
  return differences_between(*stored, nlohmann::json::parse(encode_json(again)));
}

} // namespace nexus::readiness
