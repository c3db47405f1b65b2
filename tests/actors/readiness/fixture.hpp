#pragma once

#include "actors/readiness/decide.hpp"
#include "actors/readiness/policy_file.hpp"
#include "messages/core/codec.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace nexus::readiness::testing {

inline auto const now = *parse_timestamp("2026-11-23T12:00:00Z");

inline auto read_source(std::string const& path) -> std::string {
  auto file = std::ifstream{std::string{NEXUS_SOURCE_DIR "/"} + path};
  BOOST_REQUIRE_MESSAGE(file.good(), "cannot read " << path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline auto policy_from(std::string const& yaml) -> policy {
  auto result = parse_policy(yaml, "test.yaml");
  BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().render()));
  return *result;
}

inline auto default_policy() -> policy { return policy_from(read_source("config/policies/default.yaml")); }
inline auto ci_policy() -> policy { return policy_from(read_source("config/policies/ci.yaml")); }

using fact_map = std::map<std::string, fact_value>;

inline auto evidence_of(fact_map const& facts, timestamp observed_at = now) -> std::vector<evidence_item> {
  auto items = std::vector<evidence_item>{};
  for (auto const& [name, value] : facts) items.push_back(measured(name, value, "http://source/" + name, observed_at));
  return items;
}

/// A release on which the default policy has nothing to say.
inline auto sound_release() -> fact_map {
  return {{"tickets.completion_rate", 95.0},
          {"tickets.total", 40.0},
          {"tickets.blocked", 0.0},
          {"coverage.line_percentage", 85.0},
          {"tests.failed", 0.0},
          {"vulnerabilities.critical", 0.0},
          {"vulnerabilities.high", 0.0},
          {"build.last_result", std::string{"SUCCESS"}}};
}

inline auto with(fact_map facts, std::string const& name, fact_value value) -> fact_map {
  facts[name] = std::move(value);
  return facts;
}

inline auto without(fact_map facts, std::string const& name) -> fact_map {
  facts.erase(name);
  return facts;
}

inline auto ask(policy const& policy, std::vector<evidence_item> items, timestamp at = now) -> decision_outcome {
  return decide(policy, {"dec-1", "v2.0.0", "PROJ", "4f2a9c1be0d5"}, std::move(items), at);
}

inline auto ask(policy const& policy, fact_map const& facts) -> decision {
  return ask(policy, evidence_of(facts)).result;
}

inline auto result_of(decision const& decision, std::string const& name) -> objective_result {
  for (auto const& objective : decision.objectives)
    if (objective.name == name) return objective;
  BOOST_FAIL("no objective " << name);
  return {};
}

/// A policy of one objective about tests.failed (and one about blocked tickets that passes in `one_fact`).
inline auto one_objective(std::string const& more, std::string const& top = "") -> policy {
  return policy_from("name: one\nversion: \"1\"\n" + top +
                     "objectives:\n"
                     "  - {name: steady, fact: tickets.blocked, pass: \"== 0\"}\n"
                     "  - name: probe\n    fact: tests.failed\n    pass: \"== 0\"\n" +
                     more);
}

inline auto one_fact(double failed) -> fact_map { return {{"tickets.blocked", 0.0}, {"tests.failed", failed}}; }

} // namespace nexus::readiness::testing

namespace nexus {
inline auto operator<<(std::ostream& out, release_decision value) -> std::ostream& { return out << name_of(value); }
inline auto operator<<(std::ostream& out, objective_status value) -> std::ostream& { return out << name_of(value); }
inline auto operator<<(std::ostream& out, freeze_state value) -> std::ostream& { return out << name_of(value); }
inline auto operator<<(std::ostream& out, waiver_state value) -> std::ostream& { return out << name_of(value); }
} // namespace nexus
