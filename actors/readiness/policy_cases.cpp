#include "actors/readiness/policy_cases.hpp"

#include "actors/readiness/decide.hpp"
#include "messages/core/codec.hpp"
#include "runtime/settings/yaml.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(case_release, case_evidence, case_expectation, policy_case, policy_case_file, policy_case_result)

} // namespace nexus

namespace nexus::readiness {
namespace {

using namespace std::chrono_literals;

constexpr auto usual_now = timestamp{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 12h};

auto evidence_from(std::string const& fact, json_text const& written, timestamp now) -> expected<evidence_item> {
  if (!find_fact(fact)) {
    auto problem = fail(errc::invalid_argument, "no fact is named '{}'", fact);
    if (auto const near = nearest_fact(fact); !near.empty())
      problem.value().remedy = fmt::format("did you mean '{}'?", near);
    return problem;
  }
  auto const value = parse_json(written.text.empty() ? "null" : written.text);
  if (!value) return tl::unexpected{value.error()};
  if (!value->is_object()) {
    auto item = missing(fact, "null", "the case", now);
    item.missing_reason.clear();
    item.value = written;
    if (value->is_null()) item.missing_reason = "there is no value";
    return item;
  }
  auto const given = decode_json<case_evidence>(*value, decode_mode::closed);
  if (!given) return tl::unexpected{given.error()};
  auto observed_at = now;
  if (!given->age.empty()) {
    auto const age = parse_age(given->age);
    if (!age) return tl::unexpected{age.error()};
    observed_at -= *age;
  }
  auto item = missing(fact, given->missing.empty() ? "there is no value" : given->missing, "the case", observed_at);
  if (given->missing.empty() && !given->value.text.empty()) {
    item.missing_reason.clear();
    item.value = given->value;
  }
  return item;
}

auto run_case(policy_family const& family, policy_case const& one, timestamp otherwise) -> policy_case_result {
  auto result = policy_case_result{one.name, {}, 0, {}};
  auto const policy = family.effective(one.project, one.environment);
  if (!policy) {
    result.differences.push_back(policy.error().render());
    return result;
  }
  auto const now = one.now.value_or(otherwise);
  auto about = subject{.decision_id = "case",
                       .release = one.release,
                       .project = one.project,
                       .commit = {},
                       .environment = one.environment,
                       .labels = one.labels,
                       .baselines = {}};
  for (auto const& earlier : one.baselines)
    about.baselines.push_back({earlier.release, "case", now, earlier.verdict, earlier.evidence});
  auto items = std::vector<evidence_item>{};
  for (auto const& [fact, written] : one.evidence)
    if (auto item = evidence_from(fact, written, now)) items.push_back(std::move(*item));
  auto const decided = decide(**policy, std::move(about), std::move(items), now).result;
  result.verdict = decided.verdict;
  result.score = decided.score;

  auto const differ = [&](std::string const& what, auto const& wanted, auto const& got, std::string const& why) {
    result.differences.push_back(
        fmt::format("{}: {} expected, {} decided{}", what, wanted, got, why.empty() ? "" : " (" + why + ")"));
  };
  if (one.expect.verdict && *one.expect.verdict != decided.verdict)
    differ("verdict", name_of(*one.expect.verdict), name_of(decided.verdict), decided.rationale);
  if (one.expect.score && *one.expect.score != decided.score) differ("score", *one.expect.score, decided.score, {});
  for (auto const& [name, wanted] : one.expect.objectives) {
    auto const found = std::ranges::find(decided.objectives, name, &objective_result::name);
    if (found == decided.objectives.end())
      differ("objective " + name, name_of(wanted), "nothing", "the policy has no such objective");
    else if (found->status != wanted)
      differ("objective " + name, name_of(wanted), name_of(found->status), found->reason);
  }
  for (auto const& [name, wanted] : one.expect.freezes) {
    auto const found = std::ranges::find(decided.freezes, name, &freeze_result::name);
    if (found == decided.freezes.end())
      differ("freeze " + name, name_of(wanted), "nothing", "it neither holds nor is announced");
    else if (found->state != wanted)
      differ("freeze " + name, name_of(wanted), name_of(found->state), found->finding);
  }
  return result;
}

} // namespace

auto parse_policy_cases(std::string_view text, std::string const& source) -> expected<policy_case_file> {
  auto const document = parse_yaml(text, source);
  if (!document) return tl::unexpected{document.error()};
  auto file = decode_json<policy_case_file>(document->value, decode_mode::closed);
  if (!file) return tl::unexpected{document->locate(file.error())};
  for (std::size_t i = 0; i < file->cases.size(); ++i)
    for (auto const& [fact, written] : file->cases[i].evidence)
      if (auto item = evidence_from(fact, written, usual_now); !item) {
        auto problem = std::move(item.error());
        problem.where = fmt::format("$.cases[{}].evidence.{}", i, fact);
        return tl::unexpected{document->locate(std::move(problem))};
      }
  return file;
}

auto run_policy_cases(policy_family const& family, policy_case_file const& file) -> std::vector<policy_case_result> {
  auto results = std::vector<policy_case_result>{};
  for (auto const& one : file.cases) results.push_back(run_case(family, one, file.now.value_or(usual_now)));
  return results;
}

auto policy_case_schema() -> std::string {
  auto const schema =
      schema_document(descriptor_of<policy_case_file>(), "policy-test.schema.json", "Cases for a readiness policy");
  return schema.dump(2) + "\n";
}

} // namespace nexus::readiness
