#include "actors/readiness/judge.hpp"

#include "actors/readiness/baseline.hpp"
#include "actors/readiness/explain.hpp"

#include <algorithm>
#include <ranges>

namespace nexus::readiness {
namespace {

/// What the evidence says about one fact.
struct observation {
  /// The item it stands on; null without evidence.
  evidence_item const* item = nullptr;
  /// The value, when it is usable.
  std::optional<fact_value> value;
  /// Why there is no usable value.
  std::string reason;
};

auto items_about(std::span<evidence_item const> items, std::string_view fact) {
  auto const by_fact = [](evidence_item const& item) -> std::string_view { return item.fact; };
  return std::ranges::equal_range(items, fact, {}, by_fact);
}

auto observe(std::span<evidence_item const> items, fact_description const& fact, timestamp now) -> observation {
  auto result = observation{nullptr, {}, "nobody collected evidence for it"};
  auto agreed = true;
  // Oldest first: what stays is the newest usable item, or the newest of all.
  for (auto const& item : items_about(items, fact.name)) {
    auto value = usable_value(item, fact);
    if (value && item.observed_at > now + clock_tolerance)
      value = tl::unexpected<std::string>{"it was observed in the future; a clock is wrong"};
    if (!value) {
      if (!result.value) result = {&item, {}, value.error()};
      continue;
    }
    if (result.value && *result.value != *value) {
      agreed = false;
      result.reason = fmt::format("sources disagree: {} from {}, {} from {}", show(*result.value, fact.unit, {}),
                                  result.item->source, show(*value, fact.unit, {}), item.source);
    }
    result.item = &item;
    result.value = std::move(*value);
  }
  if (!agreed) result.value.reset();
  return result;
}

auto age_of(evidence_item const& item, timestamp now) -> std::optional<std::chrono::seconds> {
  if (item.observed_at == timestamp{}) return {};
  return std::max(std::chrono::seconds{0}, std::chrono::floor<std::chrono::seconds>(now - item.observed_at));
}

auto is_stale(evidence_item const& item, policy::objective const& objective, timestamp now) -> bool {
  return objective.max_age && (item.observed_at == timestamp{} || now - item.observed_at > *objective.max_age);
}

auto status_of(absence_rule rule, objective_status otherwise) -> objective_status {
  switch (rule) {
  case absence_rule::fail:
    return objective_status::fail;
  case absence_rule::warn:
    return objective_status::warn;
  case absence_rule::skip:
    return objective_status::skipped;
  case absence_rule::inconclusive:
    break;
  }
  return otherwise;
}

auto rule_text(absence_rule rule) -> std::string_view {
  switch (rule) {
  case absence_rule::fail:
    return "; the policy counts that as a failure";
  case absence_rule::warn:
    return "; the policy counts that as a warning";
  case absence_rule::skip:
    return "; the policy leaves it out";
  case absence_rule::inconclusive:
    break;
  }
  return {};
}

/// The criteria of an objective with the numbers that its earlier releases give.
struct wanted {
  criteria pass;
  std::optional<criteria> warn;
  /// Why they cannot be told; empty when they can.
  std::string problem;
};

auto resolve(objective_result& result, policy::objective const& objective, std::span<baseline_release const> baselines)
    -> wanted {
  auto const releases = std::max(objective.pass.releases(), objective.warn ? objective.warn->releases() : 0);
  if (releases == 0) return {objective.pass, objective.warn, {}};
  auto unresolved = wanted{};
  auto told = std::vector<std::string>{};
  auto const median = [&](std::uint32_t count) -> std::optional<double> {
    auto const value = baseline_value_of(*objective.fact, count, baselines);
    if (!value) {
      unresolved.problem = value.error();
      return {};
    }
    if (std::ranges::find(told, value->text) == told.end()) told.push_back(value->text);
    return value->median;
  };
  auto pass = objective.pass.resolved(median);
  auto warn = objective.warn ? objective.warn->resolved(median) : std::nullopt;
  if (!pass || (objective.warn && !warn)) {
    if (unresolved.problem.empty()) unresolved.problem = "the limit is out of range";
    return unresolved;
  }
  result.wanted = pass->text(*objective.fact);
  result.baseline = fmt::format("{}", fmt::join(told, "; "));
  return {std::move(*pass), std::move(warn), {}};
}

/// Status and reason from value and criteria.
void compare(objective_result& result, wanted const& objective, fact_description const& fact, fact_value const& value) {
  auto const passes = objective.pass.holds(value);
  auto const warns = !passes && objective.warn && objective.warn->holds(value);
  // A value is never rounded over the line that it is measured by.
  if (auto const* number = std::get_if<double>(&value)) {
    auto const rounded = fact_value{std::strtod(show_number(*number).c_str(), nullptr)};
    if (objective.pass.holds(rounded) != passes ||
        (objective.warn && objective.warn->holds(rounded) != objective.warn->holds(value)))
      result.observed = show(value, fact.unit, {});
  }
  result.status = passes ? objective_status::pass : warns ? objective_status::warn : objective_status::fail;
  result.reason = fmt::format("{}, wanted {}", result.observed, result.wanted);
  if (warns)
    result.reason += fmt::format(", tolerated {}", result.baseline.empty() ? result.warn : objective.warn->text(fact));
  if (!result.baseline.empty()) result.reason += fmt::format(" (earlier: {})", result.baseline);
}

void apply_waiver(objective_result& result, policy_waiver const& waiver, bool expired) {
  auto const ticket = waiver.ticket.empty() ? std::string{} : fmt::format(", {}", waiver.ticket);
  if (expired) {
    result.reason += fmt::format("; the waiver of {}{} expired {}", waiver.owner, ticket, waiver.expires);
  } else {
    result.status = objective_status::waived;
    auto const second = waiver.approved_by.empty() ? std::string{} : fmt::format(" with {}", waiver.approved_by);
    result.reason +=
        fmt::format("; waived by {}{} until {}{}: {}", waiver.owner, second, waiver.expires, ticket, waiver.reason);
  }
}

auto share_earned(objective_status status) -> double {
  switch (status) {
  case objective_status::pass:
    return 1;
  case objective_status::warn:
  case objective_status::waived:
    return 0.5;
  default:
    return 0;
  }
}

auto judge_one(policy_objective const& written, policy::objective const& objective, policy const& policy,
               std::span<evidence_item const> items, timestamp now, std::span<baseline_release const> baselines)
    -> objective_result {
  auto result = objective_result{};
  result.name = written.name;
  result.description = written.description;
  result.fact = written.fact;
  result.key = written.key;
  result.risk = written.risk;
  result.informational = written.informational;
  result.unit = objective.fact->unit;
  result.pass = written.pass;
  result.warn = written.warn;
  result.wanted = written.pass;
  result.weight = written.weight;
  result.group = written.group;

  auto const goals = resolve(result, objective, baselines);
  auto const seen = observe(items, *objective.fact, now);
  if (seen.item) {
    result.source = seen.item->source;
    if (seen.item->observed_at != timestamp{}) result.observed_at = seen.item->observed_at;
    if (auto const age = age_of(*seen.item, now)) result.age_seconds = age->count();
  }
  if (seen.item && seen.value) {
    result.value = seen.item->value;
    result.observed = show(*seen.value, objective.fact->unit);
  }
  auto stale = false;
  if (!seen.item || !seen.value) {
    result.status = status_of(written.on_missing, objective_status::missing);
    result.reason = fmt::format("no usable evidence: {}{}", seen.reason, rule_text(written.on_missing));
  } else if (is_stale(*seen.item, objective, now)) {
    stale = true;
    result.status = status_of(written.on_stale, objective_status::stale);
    auto const age = age_of(*seen.item, now);
    result.reason = fmt::format("the value ({}) is {} older than {}{}", result.observed,
                                age ? show_age(*age) + " old," : std::string{"of unknown age and may be"},
                                written.max_age, rule_text(written.on_stale));
  } else if (!goals.problem.empty()) {
    result.status = status_of(written.on_missing, objective_status::missing);
    result.reason =
        fmt::format("nothing to hold {} against: {}{}", result.observed, goals.problem, rule_text(written.on_missing));
  } else {
    result.usable = true;
    compare(result, goals, *objective.fact, *seen.value);
  }

  auto const waivable = result.status != objective_status::pass && result.status != objective_status::skipped;
  if (waivable && !written.informational && objective.waiver)
    apply_waiver(result, policy.source().waivers[*objective.waiver], now >= policy.waivers_end()[*objective.waiver]);
  if (!written.informational && result.status != objective_status::skipped) {
    result.max_points = written.weight;
    result.points = written.weight * share_earned(result.status);
  }
  if (waivable) {
    auto const* usable = result.usable ? &*seen.value : nullptr;
    auto const whole =
        usable && !objective.fact->whole.empty() ? number_of(items, objective.fact->whole, now) : std::nullopt;
    auto const unheard = !goals.problem.empty() && seen.value && !stale;
    result.remedy = !written.remedy.empty() ? written.remedy
                    : unheard               ? fmt::format("supply the bundles of earlier releases ({})", goals.problem)
                              : remedy_for(written, *objective.fact, goals.pass, result.wanted, usable, stale, whole);
  }
  return result;
}

/// Divides the weight of each group between its objectives that count.
void share_weights(std::vector<objective_result>& results, policy const& policy) {
  auto total = std::vector<double>(policy.source().groups.size(), 0.0);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (auto const group = policy.objectives()[i].group) total[*group] += results[i].max_points;
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto const group = policy.objectives()[i].group;
    if (!group || results[i].max_points == 0) continue;
    results[i].max_points = policy.source().groups[*group].weight * results[i].max_points / total[*group];
    results[i].points = results[i].max_points * share_earned(results[i].status);
  }
}

} // namespace

auto number_of(std::span<evidence_item const> items, std::string_view fact, timestamp now) -> std::optional<double> {
  auto const* known = find_fact(fact);
  if (!known) return {};
  auto const observed = observe(items, *known, now).value;
  auto const* number = observed ? std::get_if<double>(&*observed) : nullptr;
  return number ? std::optional{*number} : std::nullopt;
}

auto judge(policy const& policy, std::span<evidence_item const> items, timestamp now,
           std::span<baseline_release const> baselines) -> std::vector<objective_result> {
  auto results = std::vector<objective_result>{};
  for (std::size_t i = 0; i < policy.objectives().size(); ++i)
    results.push_back(judge_one(policy.source().objectives[i], policy.objectives()[i], policy, items, now, baselines));
  share_weights(results, policy);
  return results;
}

auto judge_waivers(policy const& policy, std::span<objective_result const> objectives, timestamp now)
    -> std::vector<waiver_result> {
  auto results = std::vector<waiver_result>{};
  for (std::size_t i = 0; i < policy.source().waivers.size(); ++i) {
    auto const& waiver = policy.source().waivers[i];
    auto const target = std::ranges::find(objectives, waiver.objective, &objective_result::name);
    auto const used = target != objectives.end() && target->status == objective_status::waived;
    auto const state = used                             ? waiver_state::active
                       : now >= policy.waivers_end()[i] ? waiver_state::expired
                                                        : waiver_state::unneeded;
    results.push_back(
        {waiver.objective, state, waiver.owner, waiver.reason, waiver.ticket, waiver.expires, waiver.approved_by});
  }
  return results;
}

} // namespace nexus::readiness
