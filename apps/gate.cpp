#include "apps/gate.hpp"

#include "actors/readiness/policy_file.hpp"
#include "actors/readiness/sha256.hpp"
#include "embedded/ci_policy.hpp"

namespace nexus::apps {
namespace {

constexpr auto policy_limit = std::size_t{1024} * 1024;

auto read_policy(std::optional<std::string> const& path) -> expected<readiness::policy> {
  if (!path) return readiness::parse_policy(embedded::ci_policy(), "the built-in policy");
  auto const file = evidence::read_file(*path, policy_limit);
  if (!file) return tl::unexpected{file.error()};
  return readiness::parse_policy(file->text, *path);
}

} // namespace

auto judge_files(file_gate const& what) -> expected<readiness::decision_outcome> {
  auto const policy = read_policy(what.policy);
  if (!policy) return tl::unexpected{policy.error()};
  auto const facts = evidence::read_release_facts(what.files);
  if (!facts) return tl::unexpected{facts.error()};
  auto const decide_as = [&](std::string id) {
    auto const about = readiness::subject{
        .decision_id = std::move(id), .release = facts->release, .project = {}, .commit = facts->commit};
    return readiness::decide(*policy, about, facts->items, what.files.repository.now, facts->degraded_reasons);
  };
  // The id is the beginning of the hash of the bundle that has none.
  return decide_as(readiness::sha256_hex(decide_as({}).bundle_json).substr(0, 28));
}

} // namespace nexus::apps
