#include "tests/runtime/supervision/rules_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace nexus;
using namespace nexus::supervision;
using namespace std::chrono_literals;

namespace {

/// Watches every start and stop against what must always hold.
struct guarded_world : recorded_world {
  supervision_strategy strategy{};

  auto start_child(std::size_t child) -> expected<void> override {
    RC_ASSERT(!alive.contains(child));
    RC_ASSERT(!machine->ending());
    RC_ASSERT(!over);
    if (strategy == supervision_strategy::rest_for_one || strategy == supervision_strategy::one_for_all) {
      // Nobody starts while one before it waits to come back.
      for (auto other : machine->children()) {
        auto const state = machine->state_of(other);
        if (other < child) RC_ASSERT(state != child_state::waiting_to_restart);
      }
    }
    return recorded_world::start_child(child);
  }
  void stop_child(std::size_t child, bool kill) override {
    RC_ASSERT(alive.contains(child));
    recorded_world::stop_child(child, kill);
  }
  void finished(std::optional<error> why) override {
    RC_ASSERT(!over);
    RC_ASSERT(alive.empty());
    recorded_world::finished(std::move(why));
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(no_history_of_crashes_and_commands_breaks_the_rules) {
  auto const sound = rc::check([] {
    auto const strategy =
        *rc::gen::element(supervision_strategy::one_for_one, supervision_strategy::one_for_all,
                          supervision_strategy::rest_for_one, supervision_strategy::simple_one_for_one);
    auto const delayed = *rc::gen::arbitrary<bool>();
    auto rules = supervisor_rules{.strategy = strategy,
                                  .intensity = *rc::gen::inRange<std::uint32_t>(0, 30),
                                  .automatic = *rc::gen::element(auto_shutdown::never, auto_shutdown::any_significant,
                                                                 auto_shutdown::all_significant)};
    if (!delayed) rules.delay = {.minimum = 0ms, .maximum = 0ms};
    auto world = guarded_world{};
    world.strategy = strategy;
    auto machine = supervisor_machine{rules, world};
    world.machine = &machine;
    auto const make_child = [&](int number) {
      auto child = child_rules{
          .name = fmt::format("c{}", number),
          .restart = *rc::gen::element(restart_type::permanent, restart_type::transient, restart_type::temporary),
          .shutdown = {*rc::gen::element(0ms, 50ms, 5000ms, std::chrono::milliseconds::max())}};
      child.significant = rules.automatic != auto_shutdown::never && child.restart != restart_type::permanent &&
                          *rc::gen::inRange(0, 4) == 0;
      return child;
    };
    auto number = 0;
    auto children = std::vector<child_rules>{};
    if (strategy != supervision_strategy::simple_one_for_one)
      for (auto n = *rc::gen::inRange(0, 6); n > 0; --n) children.push_back(make_child(number++));
    machine.start(children);
    for (auto steps = *rc::gen::inRange(0, 60); steps > 0 && !world.over; --steps) {
      auto const all = machine.children();
      auto const any = all.empty() ? std::size_t{0} : all[*rc::gen::inRange<std::size_t>(0, all.size())];
      switch (*rc::gen::weightedElement<int>({{8, 0}, {6, 1}, {3, 2}, {2, 3}, {1, 4}, {1, 5}, {2, 6}})) {
      case 0: // somebody alive ends by itself, or as told
        if (!world.alive.empty()) {
          auto it = world.alive.begin();
          std::advance(it, *rc::gen::inRange<long>(0, static_cast<long>(world.alive.size())));
          world.ends(*it, *rc::gen::element(exit_kind::normal, exit_kind::shutdown, exit_kind::abnormal));
        }
        break;
      case 1:
        world.pass(*rc::gen::element(1ms, 49ms, 120ms, 5001ms));
        break;
      case 2:
        (void)machine.add_child(make_child(number++));
        break;
      case 3:
        (void)machine.terminate_child(any);
        break;
      case 4:
        (void)machine.restart_child(any);
        break;
      case 5:
        (void)machine.delete_child(any);
        break;
      case 6:
        if (!world.fails_to_start.erase(any) && *rc::gen::inRange(0, 2)) world.fails_to_start.insert(any);
        break;
      }
      // What the machine believes to run is what runs.
      for (auto child : machine.children()) {
        auto const state = machine.state_of(child);
        RC_ASSERT((state == child_state::running || state == child_state::stopping) == world.alive.contains(child));
      }
      // Something is under way for everybody who is to come back.
      auto const waits = std::ranges::any_of(
          machine.children(), [&](auto child) { return machine.state_of(child) == child_state::waiting_to_restart; });
      auto const stops = std::ranges::any_of(
          machine.children(), [&](auto child) { return machine.state_of(child) == child_state::stopping; });
      if (waits && !stops) RC_ASSERT(!world.timers.empty());
    }
    // Whatever happened, a shutdown ends with nothing alive.
    machine.shut_down();
    for (auto guard = 0; !world.over; ++guard) {
      RC_ASSERT(guard < 1000);
      RC_ASSERT(!world.alive.empty());
      auto const told = std::ranges::find_if(
          world.alive, [&](auto child) { return machine.state_of(child) == child_state::stopping; });
      RC_ASSERT(told != world.alive.end());
      world.ends(*told, exit_kind::shutdown);
    }
    RC_ASSERT(world.alive.empty());
    world.take_events();
    world.pass(1min);
    RC_ASSERT(world.events.empty());
  });
  BOOST_TEST(sound);
}

BOOST_AUTO_TEST_CASE(restarts_within_any_period_never_exceed_the_intensity) {
  auto const sound = rc::check([] {
    auto const intensity = *rc::gen::inRange<std::uint32_t>(0, 5);
    auto world = recorded_world{};
    auto machine =
        supervisor_machine{supervisor_rules{.intensity = intensity, .delay = {.minimum = 0ms, .maximum = 0ms}}, world};
    world.machine = &machine;
    machine.start({{.name = "a"}, {.name = "b"}});
    auto restarts = std::vector<instant>{};
    auto const pauses = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4000));
    for (auto pause : pauses) {
      world.pass(std::chrono::milliseconds{pause});
      world.take_events();
      world.ends(static_cast<std::size_t>(pause % 2), exit_kind::abnormal);
      if (machine.ending()) break;
      restarts.push_back(world.time);
    }
    for (std::size_t i = 0; i < restarts.size(); ++i) {
      auto const within = std::ranges::count_if(
          restarts, [&](auto at) { return at <= restarts[i] && restarts[i] - at <= std::chrono::seconds{5}; });
      RC_ASSERT(static_cast<std::uint32_t>(within) <= intensity);
    }
  });
  BOOST_TEST(sound);
}
