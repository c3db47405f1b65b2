#pragma once

#include "tests/runtime/supervision/rules_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace nexus::supervision::test {

using namespace std::chrono_literals;

using names = std::vector<std::string>;

struct bench : recorded_world {
  supervisor_machine under_test;
  explicit bench(supervisor_rules rules) : under_test(rules, *this) { machine = &under_test; }
  bench(supervision_strategy strategy, names const& children, std::uint32_t intensity = 3)
      : bench(quick(strategy, intensity)) {
    start(children);
  }

  static auto quick(supervision_strategy strategy, std::uint32_t intensity = 3) -> supervisor_rules {
    // Without backoff, as OTP restarts.
    return {.strategy = strategy, .intensity = intensity, .delay = {.minimum = 0ms, .maximum = 0ms}};
  }
  void start(names const& children, restart_type restart = restart_type::permanent) {
    auto rules = std::vector<child_rules>{};
    for (auto const& child : children) rules.push_back({.name = child, .restart = restart});
    start_with(std::move(rules));
  }
  void start_with(std::vector<child_rules> rules) {
    BOOST_TEST_REQUIRE(
        supervisor_machine::check(
            {.strategy = supervision_strategy::one_for_one, .automatic = auto_shutdown::any_significant}, rules)
            .has_value());
    under_test.start(std::move(rules));
    take_events();
  }
  void saw(names const& wanted) {
    auto const seen = take_events();
    BOOST_TEST_INFO(fmt::format("seen: {}", fmt::join(seen, ", ")));
    BOOST_CHECK(seen == wanted);
  }
};

inline auto const one_for_one = supervision_strategy::one_for_one;
inline auto const one_for_all = supervision_strategy::one_for_all;
inline auto const rest_for_one = supervision_strategy::rest_for_one;
inline auto const simple_one_for_one = supervision_strategy::simple_one_for_one;

} // namespace nexus::supervision::test
