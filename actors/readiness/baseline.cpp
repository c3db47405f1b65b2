#include "actors/readiness/baseline.hpp"

#include "actors/evidence/version.hpp"
#include "actors/readiness/decide.hpp"
#include "actors/readiness/evidence.hpp"
#include "actors/readiness/judge.hpp"

#include <algorithm>
#include <cmath>

namespace nexus::readiness {

auto baseline_of(std::string_view bundle_json) -> expected<baseline_release> {
  auto const bundle = read_bundle(bundle_json);
  if (!bundle) return tl::unexpected{bundle.error()};
  auto result = baseline_release{.release = bundle->release,
                                 .decision_id = bundle->decision_id,
                                 .decided_at = bundle->evaluated_at,
                                 .verdict = bundle->outcome ? bundle->outcome->verdict : release_decision::pending,
                                 .facts = {}};
  for (auto const& fact : facts())
    if (auto const number = number_of(bundle->items, fact.name, bundle->evaluated_at))
      result.facts.emplace(fact.name, *number);
  return result;
}

auto earlier_releases(std::string_view release, std::vector<baseline_release> candidates)
    -> std::vector<baseline_release> {
  std::ranges::stable_sort(candidates, std::ranges::greater{}, &baseline_release::decided_at);
  auto const own = evidence::read_version(release);
  if (!own) return candidates;
  struct versioned {
    evidence::version version;
    baseline_release* release;
  };
  auto earlier = std::vector<versioned>{};
  for (auto& candidate : candidates)
    if (auto const version = evidence::read_version(candidate.release); version && version->value < own->value)
      earlier.push_back({version->value, &candidate});
  std::ranges::stable_sort(earlier, [](auto const& left, auto const& right) { return left.version > right.version; });
  auto result = std::vector<baseline_release>{};
  for (std::size_t i = 0; i < earlier.size(); ++i)
    if (i == 0 || earlier[i].version != earlier[i - 1].version) result.push_back(std::move(*earlier[i].release));
  return result;
}

auto relevant_baselines(policy const& policy, std::span<baseline_release const> earlier)
    -> std::vector<baseline_release> {
  auto const accepted = [](release_decision verdict) {
    return verdict == release_decision::go || verdict == release_decision::conditional;
  };
  auto result = std::vector<baseline_release>{};
  for (auto const& one : earlier) {
    if (result.size() == policy.baseline_releases()) break;
    if (policy.source().baseline == baseline_rule::accepted && !accepted(one.verdict)) continue;
    auto kept = baseline_release{.release = valid_text(one.release),
                                 .decision_id = valid_text(one.decision_id),
                                 .decided_at = one.decided_at,
                                 .verdict = one.verdict,
                                 .facts = {}};
    for (auto const& fact : policy.baseline_facts())
      if (auto const known = one.facts.find(fact); known != one.facts.end() && std::isfinite(known->second))
        kept.facts.insert(*known);
    result.push_back(std::move(kept));
  }
  return result;
}

auto baseline_value_of(fact_description const& fact, std::uint32_t count, std::span<baseline_release const> baselines)
    -> tl::expected<baseline_value, std::string> {
  if (baselines.size() < count)
    return tl::unexpected{
        baselines.empty() ? std::string{"no earlier release is known"}
                          : fmt::format("{} earlier releases are needed and {} known", count,
                                        baselines.size() == 1 ? "one is" : fmt::format("{} are", baselines.size()))};
  auto values = std::vector<double>{};
  auto names = std::vector<std::string>{};
  for (auto const& one : baselines.first(count)) {
    auto const known = one.facts.find(std::string{fact.name});
    if (known == one.facts.end()) return tl::unexpected{fmt::format("{} of {} is not known", fact.name, one.release)};
    values.push_back(known->second);
    names.push_back(one.release);
  }
  std::ranges::sort(values);
  auto const half = values.size() / 2;
  auto const median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  auto const shown = show(median, fact.unit);
  return baseline_value{median, count == 1 ? fmt::format("{} in {}", shown, names.front())
                                           : fmt::format("median {} of {}", shown, fmt::join(names, ", "))};
}

} // namespace nexus::readiness
