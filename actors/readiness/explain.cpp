#include "actors/readiness/explain.hpp"

#include "actors/readiness/evidence.hpp"
#include "messages/core/codec.hpp"

#include <algorithm>
#include <cmath>

namespace nexus::readiness {
namespace {

auto replace_all(std::string text, std::string_view from, std::string_view to) -> std::string {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Absorbs the error of a quotient, so that 90 % of 40 is 36 and not 37.
constexpr double tolerance = 1e-9;

/// The goal of a criterion as a sentence names it: "SUCCESS", "SUCCESS or UNSTABLE".
auto goal_of(criterion const& goal) -> std::string {
  auto names = std::vector<std::string>{};
  for (auto const& operand : goal.operands) names.push_back(show(operand, {}));
  auto const joined = fmt::format("{}", fmt::join(names, " or "));
  return goal.compare == comparison::not_equal ? "other than " + joined : joined;
}

/// How far a number is from a criterion: above zero when it has to rise.
struct distance {
  double gap;
  /// Strictly beyond the limit, not onto it.
  bool beyond;
};

auto distance_to(criterion const& goal, double value) -> std::optional<distance> {
  auto const* limit = goal.operands.size() == 1 ? std::get_if<double>(&goal.operands.front()) : nullptr;
  if (!limit || goal.compare == comparison::not_equal) return {};
  return distance{*limit - value, goal.compare == comparison::greater || goal.compare == comparison::less};
}

auto number_remedy(std::string const& wanted, fact_description const& fact, criterion const& goal, double value,
                   std::optional<double> whole) -> std::string {
  auto const generic = [&](std::string_view how) {
    return fmt::format("bring {} ({}) {} {}", fact.name, fact.meaning, how, wanted);
  };
  auto const away = distance_to(goal, value);
  if (!away) return generic("to");
  auto const rises = away->gap > 0 || (away->gap == 0 && goal.compare == comparison::greater);
  if (fact.unit == "percent") {
    if (rises && whole && *whole >= 1 && !fact.whole_remedy.empty()) {
      auto const limit = (value + away->gap) / 100 * *whole;
      auto const needed = away->beyond ? std::floor(limit + tolerance) + 1 : std::ceil(limit - tolerance);
      auto const more = std::max(1.0, needed - std::round(value / 100 * *whole));
      if (needed <= *whole) {
        auto const* unit = find_fact(fact.whole);
        auto text = replace_all(std::string{fact.whole_remedy}, "{n}", show_number(more, 0));
        text = replace_all(std::move(text), "{total}", show_number(*whole, 0));
        return replace_all(std::move(text), "{unit}", unit_for(unit ? unit->unit : "", *whole));
      }
    }
    auto const points = std::ceil(std::abs(away->gap) * 100 - tolerance) / 100;
    return generic(fmt::format("{} by {}{} percentage points to", rises ? "up" : "down",
                               away->beyond ? "more than " : "", show_number(points)));
  }
  if (rises || fact.remedy.empty()) return generic(fmt::format("from {} to", show_number(value)));
  auto const exact = std::abs(away->gap);
  auto const count = away->beyond ? std::floor(exact + tolerance) + 1 : std::ceil(exact - tolerance);
  auto text = replace_all(std::string{fact.remedy}, "{n}", show_number(count, 0));
  return replace_all(std::move(text), "{unit}", unit_for(fact.unit, count));
}

auto plural(std::size_t count, std::string_view noun) -> std::string {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

auto counts(objective_result const& objective) -> bool { return objective.max_points > 0; }

template <class Predicate>
auto names_where(decision const& decision, Predicate holds) -> std::vector<std::string_view> {
  auto names = std::vector<std::string_view>{};
  for (auto const& objective : decision.objectives)
    if (counts(objective) && holds(objective)) names.push_back(objective.name);
  return names;
}

} // namespace

auto remedy_for(policy_objective const& written, fact_description const& fact, criteria const& pass,
                std::string const& wanted, fact_value const* value, bool stale, std::optional<double> whole)
    -> std::string {
  if (stale) return fmt::format("observe {} again: it may be at most {} old", fact.name, written.max_age);
  if (!value) return fmt::format("supply {} ({})", fact.name, fact.meaning);
  auto const unmet = std::ranges::find_if(pass.all, [&](auto const& goal) { return !goal.holds(*value); });
  if (unmet == pass.all.end()) return {};
  if (auto const* number = std::get_if<double>(value)) return number_remedy(wanted, fact, *unmet, *number, whole);
  if (fact.remedy.empty()) return fmt::format("bring {} ({}) to {}", fact.name, fact.meaning, wanted);
  return replace_all(std::string{fact.remedy}, "{goal}", goal_of(*unmet));
}

auto title_of(objective_result const& objective) -> std::string const& {
  return objective.description.empty() ? objective.name : objective.description;
}

auto show_age(std::chrono::seconds age) -> std::string {
  auto const seconds = age.count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3'600) return fmt::format("{} min", seconds / 60);
  if (seconds < 86'400)
    return seconds % 3'600 < 60 ? fmt::format("{} h", seconds / 3'600)
                                : fmt::format("{} h {} min", seconds / 3'600, seconds % 3'600 / 60);
  return seconds % 86'400 < 3'600 ? fmt::format("{} d", seconds / 86'400)
                                  : fmt::format("{} d {} h", seconds / 86'400, seconds % 86'400 / 3'600);
}

auto rationale_of(decision const& decision) -> std::string {
  using enum objective_status;
  auto const total = names_where(decision, [](auto const&) { return true; }).size();
  auto const score = show_number(decision.score, 1);
  auto const blocking = names_where(decision, [](auto const& o) { return o.key && o.status == fail; });
  auto const not_met = names_where(decision, [](auto const& o) { return o.status != pass; });
  auto const freeze = [&](auto holds) {
    auto const found = std::ranges::find_if(decision.freezes, holds);
    return found == decision.freezes.end() ? nullptr : &*found;
  };
  switch (decision.verdict) {
  case release_decision::go:
    return not_met.empty()
               ? fmt::format("GO: all {} that count are met", plural(total, "objective"))
               : fmt::format("GO: {} of {} are met, and the score of {} allows for {}", total - not_met.size(),
                             plural(total, "objective"), score, fmt::join(not_met, ", "));
  case release_decision::conditional: {
    auto text = std::string{"CONDITIONAL: nothing blocks, but "};
    auto const* active = freeze([](auto const& f) { return f.state == freeze_state::active; });
    if (active) text += active->finding;
    if (active && !not_met.empty()) text += ", and ";
    if (!active || !not_met.empty())
      text += fmt::format("{} of {} {} attention ({})", not_met.size(), plural(total, "objective"),
                          not_met.size() == 1 ? "needs" : "need", fmt::join(not_met, ", "));
    if (decision.score < decision.pass_score)
      text += fmt::format("; the score of {} is below the {} that GO needs", score, show_number(decision.pass_score));
    return text;
  }
  case release_decision::no_go:
    if (!blocking.empty())
      return fmt::format("NO_GO: {} not met ({})",
                         blocking.size() == 1 ? std::string{"a key objective is"}
                                              : fmt::format("{} key objectives are", blocking.size()),
                         fmt::join(blocking, ", "));
    if (auto const* active =
            freeze([](auto const& f) { return f.state == freeze_state::active && f.effect == freeze_effect::no_go; }))
      return fmt::format("NO_GO: {}", active->finding);
    return fmt::format("NO_GO: the score of {} is below the policy's minimum of {}", score,
                       show_number(decision.warn_score));
  case release_decision::inconclusive: {
    auto const unknown = names_where(decision, [](auto const& o) { return o.status == missing || o.status == stale; });
    if (auto const* open = freeze([](auto const& f) { return f.state == freeze_state::unknown; });
        open && unknown.empty())
      return fmt::format("INCONCLUSIVE: {}", open->finding);
    if (unknown.empty()) return "INCONCLUSIVE: there is no usable evidence for any objective that counts";
    return fmt::format("INCONCLUSIVE: {} of {} cannot be judged for want of usable evidence ({})", unknown.size(),
                       plural(total, "objective"), fmt::join(unknown, ", "));
  }
  case release_decision::pending:
    break;
  }
  return "PENDING: no decision was made yet";
}

} // namespace nexus::readiness
