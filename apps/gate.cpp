#include "apps/gate.hpp"

#include "actors/readiness/baseline.hpp"
#include "apps/policy_files.hpp"
#include "messages/core/digest.hpp"

namespace nexus::apps {
namespace {

constexpr auto bundle_limit = std::size_t{16} * 1024 * 1024;

auto read_baselines(std::vector<std::string> const& paths, std::string const& release)
    -> expected<std::vector<baseline_release>> {
  auto candidates = std::vector<baseline_release>{};
  for (auto const& path : paths) {
    auto const file = evidence::read_file(path, bundle_limit);
    if (!file) return tl::unexpected{file.error()};
    auto baseline = readiness::baseline_of(file->text);
    if (!baseline) {
      auto problem = std::move(baseline.error());
      problem.where = problem.where.empty() ? path : path + ": " + problem.where;
      return tl::unexpected{std::move(problem)};
    }
    candidates.push_back(std::move(*baseline));
  }
  return readiness::earlier_releases(release, std::move(candidates));
}

} // namespace

auto judge_files(file_gate const& what) -> expected<readiness::decision_outcome> {
  auto const family = load_policy(what.policy.value_or("ci"));
  if (!family) return tl::unexpected{family.error()};
  auto const policy = family->effective(what.project, what.environment);
  if (!policy) return tl::unexpected{policy.error()};
  auto const facts = evidence::read_release_facts(what.files);
  if (!facts) return tl::unexpected{facts.error()};
  auto const earlier = read_baselines(what.baselines, facts->release);
  if (!earlier) return tl::unexpected{earlier.error()};
  auto const decide_as = [&](std::string id) {
    auto const about = readiness::subject{.decision_id = std::move(id),
                                          .release = facts->release,
                                          .project = what.project,
                                          .commit = facts->commit,
                                          .environment = what.environment,
                                          .labels = what.labels,
                                          .baselines = *earlier};
    return readiness::decide(**policy, about, facts->items, what.files.repository.now, facts->degraded_reasons);
  };
  // The id is the beginning of the hash of the bundle that has none.
  return decide_as(sha256_hex(decide_as({}).bundle_json).substr(0, 28));
}

} // namespace nexus::apps
