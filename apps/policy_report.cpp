#include "apps/policy_report.hpp"

#include "actors/readiness/evidence.hpp"
#include "actors/readiness/policy_text.hpp"
#include "apps/table.hpp"
#include "messages/core/codec.hpp"

namespace nexus::apps {
namespace {

auto kind_of(policy_objective const& objective) -> std::string {
  return objective.key ? "key" : objective.risk ? "risk" : objective.informational ? "informational" : "";
}

auto or_none(std::string const& status) -> std::string { return status.empty() ? "not demanded" : status; }

} // namespace

auto render_policy(readiness::policy const& policy, terminal const& where) -> std::string {
  auto const& source = policy.source();
  auto out =
      styled(where, "1", fmt::format("Policy {} {}", plain_line(source.name), plain_line(source.version))) + "\n";
  if (!source.description.empty()) out += plain_line(source.description) + "\n";
  out += "\n";
  auto rows = std::vector<std::vector<cell>>{};
  for (std::size_t i = 0; i < source.objectives.size(); ++i) {
    auto const& o = source.objectives[i];
    rows.push_back({{o.name},
                    {o.fact},
                    {o.pass},
                    {o.warn},
                    {kind_of(o)},
                    {fmt::format("{} %", readiness::show_number(readiness::share_of(policy, i), 1))},
                    {o.group},
                    {std::string{name_of(o.on_missing)}},
                    {o.max_age}});
  }
  out +=
      render_table({"Objective", "Fact", "Pass", "Warn", "Kind", "Share", "Group", "Missing", "Max age"}, rows, where);
  out += "\n";
  for (auto const& sentence : readiness::sentences_of(policy)) out += "- " + plain_line(sentence) + "\n";
  return out + fmt::format("\nsha256 {}\n", policy.sha256());
}

auto render_difference(policy_difference const& difference, terminal const& where) -> std::string {
  if (difference.empty()) return "The policies mean the same.\n";
  auto out = std::string{};
  for (auto const& line : difference.general) out += plain_line(line) + "\n";
  for (auto const& change : difference.objectives) {
    auto const sign = change.kind == "added" ? "+" : change.kind == "removed" ? "-" : "~";
    auto const colour = change.kind == "added" ? "32" : change.kind == "removed" ? "31" : "33";
    if (!out.empty()) out += "\n";
    out +=
        styled(where, colour, fmt::format("{} {} ({})", sign, plain_line(change.name), plain_line(change.fact))) + "\n";
    for (auto const& member : change.members) out += "    " + plain_line(member) + "\n";
    for (auto const& effect : change.effects) {
      out += fmt::format("  {}: {} -> {}", plain_line(effect.when), or_none(effect.status_before),
                         or_none(effect.status_after));
      if (effect.verdict_before != effect.verdict_after)
        out += fmt::format("; alone that makes {} {}", name_of(effect.verdict_before), name_of(effect.verdict_after));
      out += "\n";
    }
    if (change.effects.empty()) out += "  no value of it alone changes status or verdict\n";
  }
  return out;
}

auto render_cases(std::string const& file, std::vector<policy_case_result> const& results, terminal const& where)
    -> std::string {
  auto out = styled(where, "1", plain_line(file)) + "\n";
  for (auto const& one : results) {
    auto const good = one.differences.empty();
    out += fmt::format("  {}  {} ({})\n", styled(where, good ? "32" : "31", good ? "ok  " : "FAIL"),
                       plain_line(one.name), name_of(one.verdict));
    for (auto const& difference : one.differences) out += "        " + plain_line(difference) + "\n";
  }
  return out;
}

} // namespace nexus::apps
