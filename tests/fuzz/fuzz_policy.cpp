#include "actors/readiness/decide.hpp"
#include "actors/readiness/policy_file.hpp"
#include "messages/core/codec.hpp"

#include <cstdint>
#include <cstdlib>

/// A policy file, read and, when it is sound, decided by: with evidence for every fact, and replayed from its bundle.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace nexus;
  using namespace nexus::readiness;
  auto const text = std::string_view{reinterpret_cast<char const*>(data), size};
  auto const policy = parse_policy(text, "policy.yaml");
  if (!policy) {
    if (policy.error().message.empty()) std::abort();
    return 0;
  }
  auto const now = timestamp{std::chrono::hours{500'000}};
  auto items = std::vector<evidence_item>{};
  for (auto const& fact : facts()) {
    auto const value = fact.kind == fact_kind::number ? fact_value{static_cast<double>(size % 101)}
                       : fact.kind == fact_kind::flag ? fact_value{size % 2 == 0}
                                                      : fact_value{std::string{"SUCCESS"}};
    items.push_back(measured(fact.name, value, "fuzz", now - std::chrono::hours{size % 48}));
  }
  auto const outcome = decide(*policy, {"id", "v1", "", ""}, std::move(items), now);
  auto const again = replay(outcome.bundle_json);
  if (!again || encode_json(*again) != encode_json(outcome.result)) std::abort();
  // Without evidence it is never GO.
  if (decide(*policy, {"id", "v1", "", ""}, {}, now).result.verdict == release_decision::go) std::abort();
  return 0;
}
