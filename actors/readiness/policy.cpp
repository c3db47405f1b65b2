#include "actors/readiness/policy.hpp"

#include "actors/readiness/sha256.hpp"
#include "messages/core/codec.hpp"
#include "runtime/settings/yaml.hpp"

#include <algorithm>
#include <unordered_map>

namespace nexus::readiness {
namespace {

auto at(std::string path, error problem) -> tl::unexpected<error> {
  problem.where = std::move(path);
  return tl::unexpected{std::move(problem)};
}

auto check_objective(policy_objective const& source, std::string const& path) -> expected<policy::objective> {
  auto const* fact = find_fact(source.fact);
  if (!fact) {
    auto problem = fail_at(path + ".fact", errc::invalid_argument, "no fact is named '{}'", source.fact);
    auto const near = nearest_fact(source.fact);
    problem.value().remedy = near.empty() ? "the facts are listed in the documentation of policies"
                                          : fmt::format("did you mean '{}'?", near);
    return problem;
  }
  auto result = policy::objective{fact, {}, {}, {}, {}};
  auto pass = parse_criteria(source.pass, *fact);
  if (!pass) return at(path + ".pass", pass.error());
  result.pass = std::move(*pass);
  if (!source.warn.empty()) {
    auto warn = parse_criteria(source.warn, *fact);
    if (!warn) return at(path + ".warn", warn.error());
    result.warn = std::move(*warn);
  }
  if (!source.max_age.empty()) {
    auto age = parse_age(source.max_age);
    if (!age) return at(path + ".max_age", age.error());
    result.max_age = *age;
  } else if (source.on_stale != absence_rule::inconclusive) {
    return fail_at(path + ".on_stale", errc::invalid_argument, "evidence is never stale without max_age");
  }
  if (!(source.weight > 0)) {
    auto problem = fail_at(path + ".weight", errc::invalid_argument, "the weight must be above 0");
    problem.value().remedy = "write 'informational: true' for an objective without influence";
    return problem;
  }
  if (source.informational && (source.key || source.risk))
    return fail_at(path + ".informational", errc::invalid_argument,
                   "an informational objective has no influence and can be neither key nor risk");
  if (source.key && source.risk)
    return fail_at(path + ".risk", errc::invalid_argument, "a key objective blocks; it cannot be only a risk");
  return result;
}

/// The first moment at which a waiver no longer holds.
auto waiver_end(std::string const& text) -> expected<timestamp> {
  auto const is_date = text.size() == 10 && text[4] == '-' && text[7] == '-';
  auto end = parse_timestamp(is_date ? text + "T00:00:00Z" : text);
  if (!end) return fail(errc::invalid_argument, "'{}' is neither a date (2026-12-31) nor an RFC 3339 moment", text);
  return is_date ? *end + std::chrono::days{1} : *end;
}

} // namespace

auto policy::check(readiness_policy source) -> expected<policy> {
  auto result = policy{};
  auto indices = std::unordered_map<std::string_view, std::size_t>{};
  auto names = std::vector<std::string_view>{};
  for (std::size_t i = 0; i < source.objectives.size(); ++i) {
    auto const path = fmt::format("$.objectives[{}]", i);
    auto const& written = source.objectives[i];
    auto objective = check_objective(written, path);
    if (!objective) return tl::unexpected{objective.error()};
    result.objectives_.push_back(std::move(*objective));
    if (!indices.emplace(written.name, i).second)
      return fail_at(path + ".name", errc::invalid_argument, "two objectives are named '{}'", written.name);
    names.push_back(written.name);
  }
  if (std::ranges::all_of(source.objectives, &policy_objective::informational))
    return fail_at("$.objectives", errc::invalid_argument, "no objective counts: all are informational");
  if (!(source.warn <= source.pass))
    return fail_at("$.warn", errc::invalid_argument, "the warn score {} is above the pass score {}", source.warn,
                   source.pass);
  for (std::size_t i = 0; i < source.waivers.size(); ++i) {
    auto const path = fmt::format("$.waivers[{}]", i);
    auto const& waiver = source.waivers[i];
    auto const target = indices.find(waiver.objective);
    if (target == indices.end()) {
      auto problem =
          fail_at(path + ".objective", errc::invalid_argument, "no objective is named '{}'", waiver.objective);
      auto const near = did_you_mean(waiver.objective, names);
      problem.value().remedy = near.empty() ? fmt::format("objectives: {}", fmt::join(names, ", "))
                                            : fmt::format("did you mean '{}'?", near);
      return problem;
    }
    auto& objective = result.objectives_[target->second];
    if (objective.waiver)
      return fail_at(path + ".objective", errc::invalid_argument, "'{}' is waived twice", waiver.objective);
    objective.waiver = i;
    auto end = waiver_end(waiver.expires);
    if (!end) return at(path + ".expires", end.error());
    result.waivers_end_.push_back(*end);
  }
  auto const json = parse_json(encode_json(source), {.bytes = 64 * 1024 * 1024});
  if (!json) return tl::unexpected{json.error()};
  result.canonical_ = canonical_json(*json);
  result.sha256_ = sha256_hex(result.canonical_);
  result.source_ = std::move(source);
  return result;
}

auto parse_policy(std::string_view text, std::string const& source) -> expected<policy> {
  auto document = parse_yaml(text, source);
  if (!document) return tl::unexpected{document.error()};
  auto decoded = decode_json<readiness_policy>(document->value, decode_mode::closed);
  auto result = decoded.and_then([](auto& written) { return policy::check(std::move(written)); });
  if (!result) return tl::unexpected{document->locate(result.error())};
  return result;
}

auto policy_schema() -> std::string {
  auto const schema =
      schema_document(descriptor_of<readiness_policy>(), "policy.schema.json", "Nexus readiness policy");
  return schema.dump(2) + "\n";
}

} // namespace nexus::readiness
