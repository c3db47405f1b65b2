#include "actors/readiness/policy_text.hpp"

#include "actors/readiness/evidence.hpp"
#include "messages/core/codec.hpp"

namespace nexus::readiness {
namespace {

auto points_of(policy const& policy, std::size_t index) -> double {
  auto const& source = policy.source();
  auto const counts = [&](std::size_t i) {
    return source.objectives[i].informational ? 0.0 : source.objectives[i].weight;
  };
  auto const group = policy.objectives()[index].group;
  if (!group) return counts(index);
  auto total = 0.0;
  for (std::size_t i = 0; i < source.objectives.size(); ++i)
    if (policy.objectives()[i].group == group) total += counts(i);
  return total > 0 ? source.groups[*group].weight * counts(index) / total : 0;
}

auto rule_text(absence_rule rule) -> std::string_view {
  switch (rule) {
  case absence_rule::fail:
    return "it counts as failed";
  case absence_rule::warn:
    return "it counts as a warning";
  case absence_rule::skip:
    return "it is left out";
  case absence_rule::inconclusive:
    break;
  }
  return "the decision is INCONCLUSIVE";
}

auto sentence_of(policy const& policy, std::size_t index) -> std::string {
  auto const& written = policy.source().objectives[index];
  auto const& checked = policy.objectives()[index];
  auto text = fmt::format("{}: {} ({}) has to be {}.", written.name, written.fact, checked.fact->meaning, written.pass);
  if (written.informational) return text + " It is shown and has no influence.";
  if (!written.warn.empty()) text += fmt::format(" With {} it is a warning.", written.warn);
  if (written.key)
    text += " If it fails, the decision is NO_GO.";
  else if (written.risk || !written.warn.empty())
    text += " If it fails, the decision is at best CONDITIONAL.";
  text += fmt::format(" It is {} % of the score", show_number(share_of(policy, index), 1));
  if (!written.group.empty()) text += fmt::format(", within the group {}", written.group);
  text += fmt::format(". Without evidence {}", rule_text(written.on_missing));
  if (!written.max_age.empty())
    text += fmt::format("; with evidence older than {} {}", written.max_age, rule_text(written.on_stale));
  text += ".";
  if (auto const releases =
          std::max(checked.pass.releases(), checked.warn ? checked.warn->releases() : std::uint32_t{0});
      releases > 0)
    text +=
        fmt::format(" It is held against {}{}, without which it counts as without evidence.",
                    releases == 1 ? std::string{"the release before"} : fmt::format("the last {} releases", releases),
                    policy.source().baseline == baseline_rule::accepted ? " (accepted ones)" : "");
  return text;
}

auto sentence_of(policy_freeze const& freeze) -> std::string {
  auto text =
      fmt::format("Freeze {}: {}, {}", freeze.name,
                  freeze.recurrence.empty() ? fmt::format("{} to {}", freeze.starts, freeze.ends) : freeze.recurrence,
                  freeze.time_zone);
  text += freeze.effect == freeze_effect::no_go ? ", makes a release NO_GO" : ", makes a release at best CONDITIONAL";
  if (!freeze.reason.empty()) text += fmt::format(" ({})", freeze.reason);
  if (!freeze.notice.empty()) text += fmt::format("; it is announced {} before", freeze.notice);
  auto exempt = freeze.exempt_releases;
  for (auto const& label : freeze.exempt_labels) exempt.push_back("label " + label);
  if (!exempt.empty()) text += fmt::format("; exempt: {}", fmt::join(exempt, ", "));
  return text + ".";
}

} // namespace

auto share_of(policy const& policy, std::size_t objective) -> double {
  auto total = 0.0;
  for (std::size_t i = 0; i < policy.objectives().size(); ++i) total += points_of(policy, i);
  return total > 0 ? points_of(policy, objective) / total * 100 : 0;
}

auto sentences_of(policy const& policy) -> std::vector<std::string> {
  auto const& source = policy.source();
  auto result = std::vector<std::string>{
      fmt::format("GO needs a score of {}, no warning and no risk. Below {} the decision is NO_GO. A pass earns the "
                  "whole weight of an objective, a warning or a waiver half of it.",
                  show_number(source.pass), show_number(source.warn))};
  for (std::size_t i = 0; i < source.objectives.size(); ++i) result.push_back(sentence_of(policy, i));
  for (auto const& waiver : source.waivers)
    result.push_back(
        fmt::format("Waiver: {} answers for {} until {}{}: {}.", waiver.owner, waiver.objective, waiver.expires,
                    waiver.approved_by.empty() ? "" : ", approved by " + waiver.approved_by, waiver.reason));
  for (auto const& freeze : source.freezes) result.push_back(sentence_of(freeze));
  return result;
}

} // namespace nexus::readiness
