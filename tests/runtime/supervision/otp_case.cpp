#include "tests/runtime/supervision/otp_case.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::supervision::otp {
namespace {

using namespace std::chrono_literals;

// -- making one

class maker {
public:
  explicit maker(std::uint64_t seed) : random_(seed) {}

  auto make() -> supervision_case {
    auto c = supervision_case{.root = make_supervisor("s0", 0), .steps = {}};
    for (auto n = 1 + below(9); n > 0; --n) c.steps.push_back(make_step());
    c.steps.push_back({});
    return c;
  }

private:
  struct family {
    std::string supervisor;
    auto_shutdown automatic;
    std::vector<std::string> children;
  };

  /// Distributions of the standard library differ between implementations.
  auto below(std::uint64_t bound) -> std::uint64_t { return random_() % bound; }
  auto percent(std::uint64_t chance) -> bool { return below(100) < chance; }
  template <class T>
  auto one_of(std::vector<T> const& choices) -> T {
    return choices[below(choices.size())];
  }

  void make_rules(child_plan& child, auto_shutdown automatic) {
    using enum restart_type;
    child.rules.restart = one_of<restart_type>({permanent, permanent, permanent, transient, transient, temporary});
    child.rules.significant =
        automatic != auto_shutdown::never && child.rules.restart != restart_type::permanent && percent(50);
  }

  auto make_worker(auto_shutdown automatic) -> child_plan {
    auto child = child_plan{};
    child.rules.name = fmt::format("w{}", ++workers_);
    make_rules(child, automatic);
    child.stubborn = percent(8);
    child.rules.shutdown.patience =
        child.stubborn ? one_of<std::chrono::milliseconds>({0ms, 10ms})
                       : one_of<std::chrono::milliseconds>({0ms, 5000ms, 5000ms, std::chrono::milliseconds::max()});
    if (percent(25)) child.failing_starts = one_of<std::set<int>>({{2}, {2, 3}, {2, 3, 4}, {2, 4}, {3}, {3, 4}});
    if (percent(2)) child.failing_starts.insert(1);
    return child;
  }

  auto make_supervisor(std::string name, int depth) -> child_plan {
    using enum supervision_strategy;
    using enum auto_shutdown;
    auto child = child_plan{};
    child.is_supervisor = true;
    child.rules.name = name;
    child.rules.shutdown.patience = std::chrono::milliseconds::max();
    child.inner = {.strategy = one_of<supervision_strategy>({one_for_one, one_for_all, rest_for_one}),
                   .intensity = one_of<std::uint32_t>({0, 1, 2, 3, 4, 6, 20}),
                   .period = period,
                   .automatic = one_of<auto_shutdown>({never, never, never, any_significant, all_significant}),
                   // At once, as OTP restarts.
                   .delay = {.minimum = 0ms, .maximum = 0ms}};
    auto const self = families_.size();
    families_.push_back({std::move(name), child.inner.automatic, {}});
    for (auto n = depth == 0 ? 1 + below(5) : below(4); n > 0; --n) {
      if (depth < 2 && percent(25)) {
        child.children.push_back(make_supervisor(fmt::format("s{}", families_.size()), depth + 1));
        make_rules(child.children.back(), child.inner.automatic);
      } else {
        child.children.push_back(make_worker(child.inner.automatic));
      }
      families_[self].children.push_back(child.children.back().rules.name);
    }
    return child;
  }

  auto make_end(std::string name) -> std::pair<std::string, ending> {
    using enum ending;
    // Of supervisors nobody asks for anything else.
    auto const how = name.starts_with('s') ? kill : one_of<ending>({normal, shutdown, crash, crash, crash, kill});
    return {std::move(name), how};
  }

  auto make_step() -> step {
    auto& chosen = families_[below(families_.size())];
    auto const chance = below(100);
    if (chance >= 70 && chance < 82)
      return {.kind = step_kind::pass, .span = one_of<std::chrono::seconds>({300s, 600s, 1100s})};
    if (chance >= 97 || chosen.children.empty()) {
      auto added = make_worker(chosen.automatic);
      chosen.children.push_back(added.rules.name);
      return {.kind = step_kind::add, .supervisor = chosen.supervisor, .child = added.rules.name, .added = added};
    }
    if (chance >= 82) {
      using enum step_kind;
      return {.kind = one_of<step_kind>({terminate, terminate, restart, remove}),
              .supervisor = chosen.supervisor,
              .child = one_of(chosen.children)};
    }
    auto those = chosen.children;
    for (auto i = those.size(); i > 1; --i) std::swap(those[i - 1], those[below(i)]);
    those.resize(chance < 55 ? 1 : 1 + below(those.size()));
    auto happens = step{.kind = step_kind::ends};
    for (auto& name : those)
      if (!holds_supervisors(name)) happens.ends.push_back(make_end(std::move(name)));
    return happens;
  }

  /// A supervisor below one that is killed lives on for a while: OTP's stops its children in order, ours is killed,
  /// too. In both nobody waits for it, so that its last deeds come at any time.
  auto holds_supervisors(std::string const& name) const -> bool {
    auto const found = std::ranges::find(families_, name, &family::supervisor);
    return found != families_.end() && std::ranges::any_of(found->children, [](auto const& c) { return c[0] == 's'; });
  }

  std::mt19937_64 random_;
  std::vector<family> families_;
  int workers_ = 0;
};

// -- making one simpler

/// Applies the simplification of that number below a supervisor; counts it down, and true when it was found.
auto simplify(std::vector<child_plan>& children, int& number) -> bool {
  auto const chosen = [&] { return number-- == 0; };
  for (std::size_t i = 0; i < children.size(); ++i) {
    auto& child = children[i];
    if (chosen()) {
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    if (child.stubborn && chosen()) return child.stubborn = false, true;
    if (!child.failing_starts.empty() && chosen()) return child.failing_starts.clear(), true;
    if (child.rules.significant && chosen()) return child.rules.significant = false, true;
    if (child.rules.restart != restart_type::permanent && !child.rules.significant && chosen())
      return child.rules.restart = restart_type::permanent, true;
    if (simplify(child.children, number)) return true;
  }
  return false;
}

auto simplify(supervision_case& c, int number) -> bool {
  auto const chosen = [&] { return number-- == 0; };
  // The last step stops everything.
  for (std::size_t i = 0; i + 1 < c.steps.size(); ++i) {
    if (chosen()) {
      c.steps.erase(c.steps.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    auto& ends = c.steps[i].ends;
    for (std::size_t k = 0; ends.size() > 1 && k < ends.size(); ++k) {
      if (!chosen()) continue;
      ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(k));
      return true;
    }
  }
  return simplify(c.root.children, number);
}

// -- as an Erlang term

auto text(std::chrono::milliseconds patience) -> std::string {
  if (patience == 0ms) return "brutal_kill";
  return patience == std::chrono::milliseconds::max() ? "infinity" : std::to_string(patience.count());
}

auto text(child_plan const& child) -> std::string {
  if (!child.is_supervisor)
    return fmt::format("{{worker,{},{},{},{},{},[{}]}}", child.rules.name, name_of(child.rules.restart),
                       text(child.rules.shutdown.patience), child.rules.significant, child.stubborn,
                       fmt::join(child.failing_starts, ","));
  auto children = std::vector<std::string>{};
  for (auto const& grandchild : child.children) children.push_back(text(grandchild));
  static constexpr auto automatic = std::array{"never", "any_significant", "all_significant"};
  return fmt::format("{{supervisor,{},{},{},{},{},{},{},[{}]}}", child.rules.name, name_of(child.rules.restart),
                     child.rules.significant, name_of(child.inner.strategy), child.inner.intensity, period.count(),
                     automatic.at(static_cast<std::size_t>(child.inner.automatic)), fmt::join(children, ","));
}

auto text(step const& s) -> std::string {
  switch (s.kind) {
  case step_kind::ends: {
    static constexpr auto endings = std::array{"normal", "shutdown", "crash", "kill"};
    auto ends = std::vector<std::string>{};
    for (auto const& [name, how] : s.ends)
      ends.push_back(fmt::format("{{{},{}}}", name, endings.at(static_cast<std::size_t>(how))));
    return fmt::format("{{ends,[{}]}}", fmt::join(ends, ","));
  }
  case step_kind::pass:
    return fmt::format("{{pass,{}}}", s.span.count());
  case step_kind::terminate:
    return fmt::format("{{terminate,{},{}}}", s.supervisor, s.child);
  case step_kind::restart:
    return fmt::format("{{restart,{},{}}}", s.supervisor, s.child);
  case step_kind::remove:
    return fmt::format("{{delete,{},{}}}", s.supervisor, s.child);
  case step_kind::add:
    return fmt::format("{{add,{},{}}}", s.supervisor, text(s.added));
  case step_kind::stop:
    break;
  }
  return "stop";
}

} // namespace

auto make_case(std::uint64_t seed) -> supervision_case { return maker{seed}.make(); }

auto simpler(supervision_case const& c) -> std::vector<supervision_case> {
  auto all = std::vector<supervision_case>{};
  for (auto number = 0;; ++number) {
    auto copy = c;
    if (!simplify(copy, number)) return all;
    all.push_back(std::move(copy));
  }
}

auto to_erlang(supervision_case const& c, std::size_t number) -> std::string {
  auto steps = std::vector<std::string>{};
  for (auto const& s : c.steps) steps.push_back(text(s));
  return fmt::format("{{{},{},\n [{}]}}.\n", number, text(c.root), fmt::join(steps, ",\n  "));
}

} // namespace nexus::supervision::otp
