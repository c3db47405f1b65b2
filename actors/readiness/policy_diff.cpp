#include "actors/readiness/policy_diff.hpp"

#include "actors/readiness/decide.hpp"
#include "messages/core/codec.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace nexus {

NEXUS_DEFINE_CODECS(policy_effect, objective_change, policy_difference)

} // namespace nexus

namespace nexus::readiness {
namespace {

constexpr auto moment = timestamp{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

auto usual_baseline(fact_description const& fact) -> double { return fact.unit == "percent" ? 50 : 10; }

/// A value to try, and the values that it stands for.
struct sample {
  fact_value value;
  /// Of numbers: the bounds of what it stands for; equal for a single value.
  double low = 0;
  double high = 0;
  bool with_low = true;
  bool with_high = true;
  /// There is no end above.
  bool endless = false;
  /// Nothing is known, or the value is so old.
  bool absent = false;
  std::optional<std::chrono::seconds> age = {};
  std::string label = {};
};

/// The policy without what depends on the day.
auto timeless(policy const& from) -> policy {
  auto source = from.source();
  source.waivers.clear();
  source.freezes.clear();
  return policy::check(std::move(source)).value();
}

class comparison_of_policies {
public:
  comparison_of_policies(policy const& before, policy const& after)
      : before_(timeless(before)), after_(timeless(after)) {
    for (auto const* one : {&before_, &after_})
      for (auto const& objective : one->objectives()) facts_.insert(objective.fact);
    for (auto const* fact : facts_) sound_.emplace(fact, sound_value(*fact));
  }

  auto effects_on(std::string const& name, fact_description const& fact) const -> std::vector<policy_effect> {
    auto effects = std::vector<policy_effect>{};
    auto merged = std::vector<sample>{};
    for (auto const& one : samples_of(fact)) {
      auto effect = effect_of(name, fact, one);
      auto const same = [&](policy_effect const& other) {
        return std::tie(other.status_before, other.status_after, other.verdict_before, other.verdict_after) ==
               std::tie(effect.status_before, effect.status_after, effect.verdict_before, effect.verdict_after);
      };
      auto const is_range = fact.kind == fact_kind::number && one.label.empty();
      if (is_range && !effects.empty() && same(effects.back())) {
        merged.back().high = one.high;
        merged.back().with_high = one.with_high;
        merged.back().endless = one.endless;
      } else {
        effects.push_back(std::move(effect));
        merged.push_back(one);
      }
    }
    auto result = std::vector<policy_effect>{};
    for (std::size_t i = 0; i < effects.size(); ++i) {
      auto& effect = effects[i];
      if (effect.status_before == effect.status_after && effect.verdict_before == effect.verdict_after) continue;
      effect.when = text_of(merged[i], fact);
      result.push_back(std::move(effect));
    }
    return result;
  }

private:
  auto objectives_on(fact_description const& fact) const -> std::vector<policy::objective const*> {
    auto result = std::vector<policy::objective const*>{};
    for (auto const* one : {&before_, &after_})
      for (auto const& objective : one->objectives())
        if (objective.fact == &fact) result.push_back(&objective);
    return result;
  }

  static auto resolved(criteria const& written, fact_description const& fact) -> criteria {
    auto const known = [&](std::uint32_t) { return std::optional{usual_baseline(fact)}; };
    return written.resolved(known).value_or(criteria{});
  }

  /// The values at which something may change, and one between each two of them.
  auto values_of(fact_description const& fact) const -> std::vector<sample> {
    auto result = std::vector<sample>{};
    auto limits = std::set<double>{0};
    auto texts = std::set<std::string>(fact.values.begin(), fact.values.end());
    for (auto const* objective : objectives_on(fact))
      for (auto const* written : {&objective->pass, objective->warn ? &*objective->warn : nullptr}) {
        if (!written) continue;
        for (auto const& one : resolved(*written, fact).all)
          for (auto const& operand : one.operands) {
            if (auto const* number = std::get_if<double>(&operand); number && *number >= 0) limits.insert(*number);
            if (auto const* text = std::get_if<std::string>(&operand); text && fact.values.empty()) texts.insert(*text);
          }
      }
    switch (fact.kind) {
    case fact_kind::flag:
      return {{.value = true, .label = "yes"}, {.value = false, .label = "no"}};
    case fact_kind::text:
      if (fact.values.empty()) texts.insert("something else");
      for (auto const& text : texts) result.push_back({.value = text, .label = text});
      return result;
    case fact_kind::number:
      break;
    }
    auto const highest = fact.unit == "percent" ? 100.0 : *limits.rbegin() + 1;
    limits.insert(highest);
    auto last = std::optional<double>{};
    for (auto const limit : limits) {
      if (limit > highest) break;
      if (last)
        result.push_back(
            {.value = (*last + limit) / 2, .low = *last, .high = limit, .with_low = false, .with_high = false});
      result.push_back({.value = limit, .low = limit, .high = limit});
      last = limit;
    }
    result.back().endless = fact.unit != "percent";
    return result;
  }

  auto samples_of(fact_description const& fact) const -> std::vector<sample> {
    auto result = values_of(fact);
    auto ages = std::set<std::chrono::seconds>{};
    for (auto const* objective : objectives_on(fact))
      if (objective->max_age) ages.insert(*objective->max_age);
    for (auto const age : ages) {
      auto const hours = std::chrono::duration_cast<std::chrono::hours>(age).count();
      result.push_back({.value = sound_.at(&fact),
                        .age = age + std::chrono::seconds{1},
                        .label = hours % 24 == 0 ? fmt::format("older than {} d", hours / 24)
                                                 : fmt::format("older than {} s", age.count())});
    }
    result.push_back({.value = {}, .absent = true, .label = "without evidence"});
    return result;
  }

  /// A value with which as many objectives of both policies pass as can be.
  auto sound_value(fact_description const& fact) const -> fact_value {
    auto best = std::pair<int, fact_value>{-1, {}};
    for (auto const& one : values_of(fact)) {
      auto passes = 0;
      for (auto const* objective : objectives_on(fact)) passes += resolved(objective->pass, fact).holds(one.value);
      if (passes > best.first) best = {passes, one.value};
    }
    return best.second;
  }

  auto decide_by(policy const& policy, fact_description const& fact, sample const& tried) const -> decision {
    auto items = std::vector<evidence_item>{};
    for (auto const* one : facts_)
      if (one != &fact)
        items.push_back(measured(one->name, sound_.at(one), "", moment));
      else if (!tried.absent)
        items.push_back(measured(one->name, tried.value, "", moment - tried.age.value_or(std::chrono::seconds{0})));
    auto about = subject{.decision_id = {}, .release = "v2.0.0", .project = {}, .commit = {}};
    auto earlier = baseline_release{"v1.0.0", {}, moment, release_decision::go, {}};
    for (auto const* one : facts_)
      if (one->kind == fact_kind::number) earlier.facts.emplace(one->name, usual_baseline(*one));
    about.baselines.assign(policy.baseline_releases(), earlier);
    return decide(policy, std::move(about), std::move(items), moment).result;
  }

  auto effect_of(std::string const& name, fact_description const& fact, sample const& tried) const -> policy_effect {
    auto const first = decide_by(before_, fact, tried), second = decide_by(after_, fact, tried);
    auto const status = [&](decision const& decided) {
      auto const found = std::ranges::find(decided.objectives, name, &objective_result::name);
      return found == decided.objectives.end() ? std::string{} : std::string{name_of(found->status)};
    };
    return {{}, status(first), status(second), first.verdict, second.verdict};
  }

  static auto text_of(sample const& range, fact_description const& fact) -> std::string {
    if (!range.label.empty()) return range.label;
    auto const shown = [&](double number) { return show(number, fact.unit, {}); };
    if (range.low == range.high && !range.endless) return shown(range.low);
    auto const low = fmt::format("{} {}", range.with_low ? "from" : "above", shown(range.low));
    if (range.endless) return low + (range.with_low ? " up" : "");
    return fmt::format("{} to {}{}", low, range.with_high ? "" : "below ", shown(range.high));
  }

  policy before_;
  policy after_;
  std::set<fact_description const*> facts_;
  std::map<fact_description const*, fact_value> sound_;
};

/// "weight: 1 -> 2" for every member that is not the same.
auto changed_members(nlohmann::json const& before, nlohmann::json const& after) -> std::vector<std::string> {
  auto result = std::vector<std::string>{};
  for (auto const& [member, value] : after.items())
    if (auto const old = before.value(member, nlohmann::json{}); old != value)
      result.push_back(fmt::format("{}: {} -> {}", member, dump_json(old), dump_json(value)));
  return result;
}

auto json_of(auto const& value) -> nlohmann::json { return nlohmann::json::parse(encode_json(value)); }

/// What is different between two lists whose items have a name each.
void compare_lists(std::string_view what, auto const& before, auto const& after, auto name_of_item,
                   std::vector<std::string>& into) {
  auto const find = [&](auto const& list, std::string const& name) {
    auto const found = std::ranges::find(list, name, name_of_item);
    return found == list.end() ? nullptr : &*found;
  };
  for (auto const& item : before)
    if (!find(after, std::invoke(name_of_item, item)))
      into.push_back(fmt::format("{} {} removed", what, std::invoke(name_of_item, item)));
  for (auto const& item : after) {
    auto const& name = std::invoke(name_of_item, item);
    auto const* old = find(before, name);
    if (!old)
      into.push_back(fmt::format("{} {} added", what, name));
    else if (auto const members = changed_members(json_of(*old), json_of(item)); !members.empty())
      into.push_back(fmt::format("{} {} changed: {}", what, name, fmt::join(members, ", ")));
  }
}

} // namespace

auto difference_between(policy const& before, policy const& after) -> policy_difference {
  auto result = policy_difference{};
  auto const& old = before.source();
  auto const& now = after.source();
  if (old.pass != now.pass)
    result.general.push_back(
        fmt::format("GO needs a score of {} instead of {}", show_number(now.pass), show_number(old.pass)));
  if (old.warn != now.warn)
    result.general.push_back(
        fmt::format("NO_GO below a score of {} instead of {}", show_number(now.warn), show_number(old.warn)));
  if (old.waiver_approval != now.waiver_approval)
    result.general.push_back(fmt::format("a second person for waivers is {} instead of {}",
                                         name_of(now.waiver_approval), name_of(old.waiver_approval)));
  if (old.baseline != now.baseline)
    result.general.push_back(
        fmt::format("earlier releases looked at: {} instead of {}", name_of(now.baseline), name_of(old.baseline)));
  compare_lists("group", old.groups, now.groups, &policy_group::name, result.general);
  compare_lists("waiver of", old.waivers, now.waivers, &policy_waiver::objective, result.general);
  compare_lists("freeze", old.freezes, now.freezes, &policy_freeze::name, result.general);

  auto const compared = comparison_of_policies{before, after};
  auto const add = [&](std::string const& name, std::string const& fact, std::string kind,
                       std::vector<std::string> members) {
    result.objectives.push_back(
        {name, fact, std::move(kind), std::move(members), compared.effects_on(name, *find_fact(fact))});
  };
  for (auto const& objective : old.objectives)
    if (std::ranges::find(now.objectives, objective.name, &policy_objective::name) == now.objectives.end())
      add(objective.name, objective.fact, "removed", {});
  for (auto const& objective : now.objectives) {
    auto const found = std::ranges::find(old.objectives, objective.name, &policy_objective::name);
    if (found == old.objectives.end())
      add(objective.name, objective.fact, "added", {});
    else if (auto members = changed_members(json_of(*found), json_of(objective)); !members.empty())
      add(objective.name, objective.fact, "changed", std::move(members));
  }
  return result;
}

} // namespace nexus::readiness
