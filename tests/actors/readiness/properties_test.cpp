#include "actors/readiness/render.hpp"
#include "fixture.hpp"

#include <rapidcheck.h>

#include <algorithm>

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

template <class Property>
void check(std::string const& name, Property property) {
  BOOST_TEST(rc::check(name, property));
}

auto const names = std::vector<std::string>{"tests.failed", "tickets.blocked", "vulnerabilities.high", "findings.high",
                                            "incidents.open"};

/// Any policy over a few counters. Without `lenient` no rule makes absence better than a bad value.
auto any_policy(bool lenient) -> readiness_policy {
  auto result = readiness_policy{};
  result.name = "any";
  result.version = "1";
  result.pass = *rc::gen::inRange(0, 101);
  result.warn = *rc::gen::inRange(0, static_cast<int>(result.pass) + 1);
  auto const count = *rc::gen::inRange<std::size_t>(1, names.size() + 1);
  for (std::size_t i = 0; i < count; ++i) {
    auto objective = policy_objective{};
    objective.name = fmt::format("o{}", i);
    objective.fact = names[i];
    auto const limit = *rc::gen::inRange(0, 3);
    objective.pass = fmt::format("<= {}", limit);
    if (*rc::gen::arbitrary<bool>()) objective.warn = fmt::format("<= {}", limit + 1);
    if (*rc::gen::inRange(0, 4) == 0) {
      objective.pass = *rc::gen::element<std::string>("<= previous + 1", "<= 1.5 x median(3)", "<= 2 and <= previous");
      objective.warn.clear();
    }
    if (*rc::gen::inRange(0, 3) == 0) objective.group = *rc::gen::element<std::string>("g", "h");
    objective.weight = *rc::gen::inRange(1, 10) / 2.0;
    switch (*rc::gen::inRange(0, 4)) {
    case 0:
      objective.key = true;
      break;
    case 1:
      objective.risk = true;
      break;
    case 2:
      objective.informational = i > 0;
      break;
    default:
      break;
    }
    if (*rc::gen::arbitrary<bool>()) objective.max_age = "1h";
    if (lenient) {
      auto const rule =
          rc::gen::element(absence_rule::inconclusive, absence_rule::fail, absence_rule::warn, absence_rule::skip);
      objective.on_missing = *rule;
      if (!objective.max_age.empty()) objective.on_stale = *rule;
    }
    result.objectives.push_back(objective);
    if (*rc::gen::inRange(0, 6) == 0)
      result.waivers.push_back({objective.name, "ada", "known", "",
                                *rc::gen::element<std::string>("2026-11-01", "2026-12-31", "2026-11-23T12:00:00Z"),
                                "bob"});
  }
  result.groups = {{"g", "", 3}, {"h", "", 0.5}};
  if (*rc::gen::inRange(0, 4) == 0) {
    auto freeze = policy_freeze{};
    freeze.name = "quiet";
    freeze.recurrence = *rc::gen::element<std::string>("daily from 11:00 to 13:00", "weekly from Fri to Sun");
    freeze.effect = *rc::gen::element(freeze_effect::no_go, freeze_effect::conditional);
    result.freezes.push_back(freeze);
  }
  return result;
}

auto any_evidence() -> std::vector<evidence_item> {
  auto items = std::vector<evidence_item>{};
  for (auto const& name : names) {
    auto const observed_at = now - std::chrono::minutes{*rc::gen::inRange(-10, 100)};
    switch (*rc::gen::inRange(0, 8)) {
    case 0:
      break;
    case 1:
      items.push_back(missing(name, *rc::gen::arbitrary<std::string>(), "x", observed_at));
      break;
    case 2:
      items.push_back(
          {name, {*rc::gen::arbitrary<std::string>()}, "", *rc::gen::arbitrary<std::string>(), observed_at, ""});
      break;
    default:
      items.push_back(measured(name, static_cast<double>(*rc::gen::inRange(0, 5)), "x", observed_at));
    }
  }
  return items;
}

/// Any earlier releases, each of which lacks some facts.
auto any_baselines() -> std::vector<baseline_release> {
  auto result = std::vector<baseline_release>{};
  auto const count = *rc::gen::inRange(0, 5);
  for (auto i = 0; i < count; ++i) {
    auto one = baseline_release{.release = fmt::format("v1.{}.0", 9 - i),
                                .decision_id = fmt::format("d{}", i),
                                .decided_at = now - std::chrono::days{i + 1},
                                .verdict = *rc::gen::element(release_decision::go, release_decision::no_go),
                                .facts = {}};
    for (auto const& name : names)
      if (*rc::gen::inRange(0, 5) > 0) one.facts[name] = *rc::gen::inRange(0, 4);
    result.push_back(std::move(one));
  }
  return result;
}

auto ask_with(policy const& policy, std::vector<evidence_item> items, std::vector<baseline_release> baselines)
    -> decision_outcome {
  return decide(
      policy,
      {.decision_id = "dec-1", .release = "v2.0.0", .project = {}, .commit = {}, .baselines = std::move(baselines)},
      std::move(items), now);
}

/// Better verdicts are greater; INCONCLUSIVE is no better than NO_GO.
auto rank(release_decision verdict) -> int {
  return verdict == release_decision::go ? 2 : verdict == release_decision::conditional ? 1 : 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(properties)

BOOST_AUTO_TEST_CASE(dropping_evidence_never_helps) {
  check("dropping evidence never gives GO or CONDITIONAL where all of it did not", [] {
    auto const policy = *policy::check(any_policy(false));
    auto items = any_evidence();
    auto baselines = any_baselines();
    auto const before = ask_with(policy, items, baselines).result.verdict;
    std::erase_if(items, [](auto const&) { return *rc::gen::inRange(0, 4) == 0; });
    switch (*rc::gen::inRange(0, 3)) {
    case 0:
      for (auto& one : baselines) std::erase_if(one.facts, [](auto const&) { return *rc::gen::inRange(0, 3) == 0; });
      break;
    case 1:
      baselines.clear();
      break;
    default:
      break;
    }
    RC_ASSERT(rank(ask_with(policy, items, baselines).result.verdict) <= rank(before));
  });
}

BOOST_AUTO_TEST_CASE(a_waiver_never_turns_anything_into_go) {
  check("adding a waiver never gives GO where there was none", [] {
    auto source = any_policy(true);
    source.waivers.clear();
    auto const items = any_evidence();
    auto const baselines = any_baselines();
    auto const before = ask_with(*policy::check(source), items, baselines).result.verdict;
    source.waivers.push_back({(*rc::gen::elementOf(source.objectives)).name, "ada", "known", "", "2026-12-31", "bob"});
    auto const after = ask_with(*policy::check(source), items, baselines).result.verdict;
    RC_ASSERT(after != release_decision::go || before == release_decision::go);
  });
}

BOOST_AUTO_TEST_CASE(laying_an_overlay_twice_is_laying_it_once) {
  auto const any_layer = [] {
    auto layer = nlohmann::json::object();
    if (*rc::gen::arbitrary<bool>()) layer["pass"] = *rc::gen::inRange(0, 100);
    for (auto const& [list, key] :
         {std::pair{"objectives", "name"}, {"waivers", "objective"}, {"groups", "name"}, {"freezes", "name"}}) {
      if (*rc::gen::arbitrary<bool>()) continue;
      auto items = nlohmann::json::array();
      for (auto const* name : {"a", "b", "c"}) {
        if (*rc::gen::arbitrary<bool>()) continue;
        auto item = nlohmann::json{{key, name}};
        for (auto const* member : {"x", "y"})
          if (*rc::gen::arbitrary<bool>()) item[member] = *rc::gen::inRange(0, 3);
        items.push_back(std::move(item));
      }
      layer[list] = std::move(items);
    }
    if (*rc::gen::inRange(0, 3) == 0) layer["drop"] = nlohmann::json::array({"a"});
    return layer;
  };
  check("merge(merge(a, b), b) == merge(a, b)", [&] {
    auto const below = any_layer(), above = any_layer();
    auto const once = merge_layers(below, above);
    RC_ASSERT(merge_layers(once, above).dump() == once.dump());
  });
}

BOOST_AUTO_TEST_CASE(a_better_value_never_hurts) {
  check("lowering a counter that should be low never makes the verdict worse", [] {
    auto const policy = *policy::check(any_policy(true));
    auto facts = fact_map{};
    for (auto const& name : names) facts[name] = static_cast<double>(*rc::gen::inRange(0, 5));
    auto const before = ask(policy, facts);
    facts[*rc::gen::elementOf(names)] = 0.0;
    auto const after = ask(policy, facts);
    RC_ASSERT(rank(after.verdict) >= rank(before.verdict));
    RC_ASSERT(after.score >= before.score);
  });
}

BOOST_AUTO_TEST_CASE(scores_stay_within_their_range) {
  check("0 <= score <= 100, and points never exceed what is possible", [] {
    auto const decision = ask(*policy::check(any_policy(true)), any_evidence()).result;
    RC_ASSERT(decision.score >= 0 && decision.score <= 100);
    for (auto const& o : decision.objectives) RC_ASSERT(o.points >= 0 && o.points <= o.max_points);
    RC_ASSERT(decision.verdict != release_decision::pending);
    if (decision.verdict == release_decision::go) RC_ASSERT(decision.blockers.empty() && decision.unknowns.empty());
    if (decision.verdict == release_decision::no_go) RC_ASSERT(!decision.blockers.empty());
  });
}

BOOST_AUTO_TEST_CASE(the_order_of_evidence_leaves_no_trace) {
  check("permuting the evidence changes no byte", [] {
    auto const policy = *policy::check(any_policy(true));
    auto items = any_evidence();
    auto more = any_evidence();
    items.insert(items.end(), more.begin(), more.end());
    auto const first = ask(policy, items);
    for (auto i = items.size(); i > 1; --i) std::swap(items[i - 1], items[*rc::gen::inRange<std::size_t>(0, i)]);
    auto const second = ask(policy, items);
    RC_ASSERT(first.bundle_json == second.bundle_json);
    RC_ASSERT(encode_json(first.result) == encode_json(second.result));
  });
}

BOOST_AUTO_TEST_CASE(replaying_a_bundle_gives_the_same_bytes) {
  check("replay(bundle) is the decision", [] {
    auto const outcome = ask_with(*policy::check(any_policy(true)), any_evidence(), any_baselines());
    auto const replayed = replay_bundle(outcome.bundle_json);
    RC_ASSERT(replayed.has_value());
    auto const* again = &replayed->result;
    RC_ASSERT(encode_json(*again) == encode_json(outcome.result));
    RC_ASSERT(replayed->differences.empty());
    auto const decoded = decode_json_text<decision>(encode_json(outcome.result), decode_mode::closed);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(encode_json(*decoded) == encode_json(outcome.result));
  });
}

BOOST_AUTO_TEST_CASE(criteria_never_crash_and_accepted_ones_are_stable) {
  check("any text is read or refused", [] {
    auto const text = *rc::gen::container<std::string>(rc::gen::element(
        '>', '<', '=', '!', ' ', '0', '9', '.', '-', '%', 'a', 'n', 'd', 'i', '[', ']', ',', '"', '\xff'));
    for (auto const& fact : facts()) {
      auto const result = parse_criteria(text, fact);
      if (result)
        RC_ASSERT(!result->all.empty());
      else
        RC_ASSERT(result.error().code == errc::invalid_argument);
    }
  });
}

BOOST_AUTO_TEST_CASE(what_is_shown_carries_no_control_characters) {
  check("renderers drop control characters", [] {
    auto items = any_evidence();
    items.push_back(measured("build.last_result", *rc::gen::arbitrary<std::string>(), "\x1b[2J\xc2\x9b", now));
    auto const decision =
        decide(default_policy(), {"id\x1b", "\x1b]0;x\a", "\r", "\b"}, items, now, {"\x1b[31m"}).result;
    for (auto const& text : {render_text(decision, {.width = *rc::gen::inRange(-5, 300)}), render_markdown(decision)})
      RC_ASSERT(std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
  });
}

BOOST_AUTO_TEST_SUITE_END()
