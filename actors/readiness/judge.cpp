#include "actors/readiness/judge.hpp"

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

auto number_of(std::span<evidence_item const> items, std::string_view fact, timestamp now) -> std::optional<double> {
  auto const* known = find_fact(fact);
  if (!known) return {};
  auto const observed = observe(items, *known, now).value;
  auto const* number = observed ? std::get_if<double>(&*observed) : nullptr;
  return number ? std::optional{*number} : std::nullopt;
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

/// Status and reason from value and criteria.
void compare(objective_result& result, policy::objective const& objective, fact_value const& value) {
  auto const passes = objective.pass.holds(value);
  auto const warns = !passes && objective.warn && objective.warn->holds(value);
  // A value is never rounded over the line that it is measured by.
  if (auto const* number = std::get_if<double>(&value)) {
    auto const rounded = fact_value{std::strtod(show_number(*number).c_str(), nullptr)};
    if (objective.pass.holds(rounded) != passes ||
        (objective.warn && objective.warn->holds(rounded) != objective.warn->holds(value)))
      result.observed = show(value, objective.fact->unit, {});
  }
  if (passes) {
    result.status = objective_status::pass;
    result.reason = fmt::format("{}, wanted {}", result.observed, result.pass);
  } else if (warns) {
    result.status = objective_status::warn;
    result.reason = fmt::format("{}, wanted {}, tolerated {}", result.observed, result.pass, result.warn);
  } else {
    result.status = objective_status::fail;
    result.reason = fmt::format("{}, wanted {}", result.observed, result.pass);
  }
}

void apply_waiver(objective_result& result, policy_waiver const& waiver, bool expired) {
  auto const ticket = waiver.ticket.empty() ? std::string{} : fmt::format(", {}", waiver.ticket);
  if (expired) {
    result.reason += fmt::format("; the waiver of {}{} expired {}", waiver.owner, ticket, waiver.expires);
  } else {
    result.status = objective_status::waived;
    result.reason += fmt::format("; waived by {} until {}{}: {}", waiver.owner, waiver.expires, ticket, waiver.reason);
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

auto judge_one(policy_objective const& written, policy::objective const& objective, readiness_policy const& source,
               std::vector<timestamp> const& waivers_end, std::span<evidence_item const> items, timestamp now)
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
  result.weight = written.weight;

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
  if (!seen.value) {
    result.status = status_of(written.on_missing, objective_status::missing);
    result.reason = fmt::format("no usable evidence: {}{}", seen.reason, rule_text(written.on_missing));
  } else if (is_stale(*seen.item, objective, now)) {
    stale = true;
    result.status = status_of(written.on_stale, objective_status::stale);
    auto const age = age_of(*seen.item, now);
    result.reason = fmt::format("the value ({}) is {} older than {}{}", result.observed,
                                age ? show_age(*age) + " old," : std::string{"of unknown age and may be"},
                                written.max_age, rule_text(written.on_stale));
  } else {
    result.usable = true;
    compare(result, objective, *seen.value);
  }

  auto const waivable = result.status != objective_status::pass && result.status != objective_status::skipped;
  if (waivable && !written.informational && objective.waiver)
    apply_waiver(result, source.waivers[*objective.waiver], now >= waivers_end[*objective.waiver]);
  if (!written.informational && result.status != objective_status::skipped) {
    result.max_points = written.weight;
    result.points = written.weight * share_earned(result.status);
  }
  if (waivable) {
    auto const* usable = result.usable ? &*seen.value : nullptr;
    auto const whole =
        usable && !objective.fact->whole.empty() ? number_of(items, objective.fact->whole, now) : std::nullopt;
    result.remedy = !written.remedy.empty() ? written.remedy : remedy_for(written, objective, usable, stale, whole);
  }
  return result;
}

} // namespace

auto judge(policy const& policy, std::span<evidence_item const> items, timestamp now) -> std::vector<objective_result> {
  auto results = std::vector<objective_result>{};
  auto const& source = policy.source();
  for (std::size_t i = 0; i < source.objectives.size(); ++i)
    results.push_back(
        judge_one(source.objectives[i], policy.objectives()[i], source, policy.waivers_end(), items, now));
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
    results.push_back({waiver.objective, state, waiver.owner, waiver.reason, waiver.ticket, waiver.expires});
  }
  return results;
}

} // namespace nexus::readiness
