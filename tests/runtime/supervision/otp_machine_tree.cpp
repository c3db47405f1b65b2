#include "tests/runtime/supervision/otp_trees.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

namespace nexus::supervision::otp {
namespace {

class machine_tree final : public supervised_tree {
public:
  void start(child_plan const& root) override {
    note("start", root.rules.name);
    root_ = std::make_unique<node>(*this, nullptr, 0, root);
    if (!root_->begin()) note("fail", root.rules.name);
    settle();
  }

  void end(std::vector<std::pair<std::string, ending>> const& ends) override {
    for (auto const& [name, how] : ends) {
      auto const found = root_->find_alive(name);
      if (!found) continue;
      auto const [supervisor, child] = *found;
      auto const kind = how == ending::normal     ? exit_kind::normal
                        : how == ending::shutdown ? exit_kind::shutdown
                                                  : exit_kind::abnormal;
      supervisor->nested.erase(child);
      supervisor->alive.erase(child);
      unheard_.push_back({supervisor, child, kind});
    }
    settle();
  }

  void pass(std::chrono::seconds span) override {
    auto const until = time_ + span;
    while (!timers_.empty() && timers_.begin()->first.first <= until) fire_timer();
    time_ = until;
    settle();
  }

  auto command(step const& s) -> std::optional<bool> override {
    auto* const supervisor = root_->find_supervisor(s.supervisor);
    if (!supervisor) return std::nullopt;
    auto const done = supervisor->command(s);
    settle();
    return done;
  }

  void stop() override {
    root_->machine.shut_down();
    settle();
  }

  auto over() const -> bool override { return root_->over; }
  auto alive() const -> std::set<std::string> override {
    auto names = std::set<std::string>{};
    if (!root_->over) root_->collect_alive(names);
    return names;
  }
  auto take_events() -> lines override { return std::exchange(events_, {}); }

private:
  struct node;
  struct end_of_child {
    node* supervisor;
    std::size_t child;
    exit_kind kind;
  };

  /// One supervisor.
  struct node final : supervisor_effects {
    node(machine_tree& owner, node* above, std::size_t place, child_plan const& child)
        : tree(owner), parent(above), index(place), plan(child), machine(child.inner, *this) {}
    ~node() override {
      std::erase_if(tree.timers_, [this](auto const& timer) { return timer.second.first == this; });
    }
    node(node const&) = delete;
    auto operator=(node const&) -> node& = delete;

    /// Starts the children; false when one failed and the others are stopped again.
    auto begin() -> bool {
      children = plan.children;
      auto rules = std::vector<child_rules>{};
      for (auto const& child : children) rules.push_back(child.rules);
      machine.start(std::move(rules));
      while (machine.ending() && !over) tree.go_on();
      begun = true;
      return !over;
    }

    auto command(step const& s) -> bool {
      if (s.kind == step_kind::add) {
        added = s.added;
        auto const done = machine.add_child(s.added.rules).has_value();
        added.reset();
        return done;
      }
      auto const child = machine.find(s.child);
      if (!child) return false;
      if (s.kind == step_kind::terminate) return machine.terminate_child(*child).has_value();
      if (s.kind == step_kind::restart) return machine.restart_child(*child).has_value();
      return machine.delete_child(*child).has_value();
    }

    // -- effects

    auto start_child(std::size_t child) -> expected<void> override {
      if (added) {
        children.resize(std::max(children.size(), child + 1));
        children[child] = *added;
      }
      auto const& what = children[child];
      if (what.is_supervisor) {
        tree.note("start", what.rules.name);
        auto supervisor = std::make_unique<node>(tree, this, child, what);
        if (!supervisor->begin()) return failed(what.rules.name);
        nested[child] = std::move(supervisor);
      } else {
        if (what.failing_starts.contains(++tree.starts_[what.rules.name])) return failed(what.rules.name);
        tree.note("start", what.rules.name);
      }
      alive.insert(child);
      return {};
    }

    auto failed(std::string const& name) -> expected<void> {
      tree.note("fail", name);
      return fail(errc::unavailable, "'{}' does not start", name);
    }

    void stop_child(std::size_t child, bool kill) override {
      if (!alive.contains(child)) return tree.hear_of(*this, child);
      auto const& what = children[child];
      tree.note(kill ? "kill" : "stop", what.rules.name);
      if (what.is_supervisor)
        tree.next_.push_back([supervisor = nested[child].get()] { supervisor->machine.shut_down(); });
      else if (kill || !what.stubborn)
        tree.next_.push_back([this, child, kill] { ended(child, kill ? exit_kind::abnormal : exit_kind::shutdown); });
    }

    void ended(std::size_t child, exit_kind kind) {
      nested.erase(child);
      alive.erase(child);
      machine.child_ended(child, kind);
    }

    void arm_timer(std::chrono::milliseconds delay, std::uint64_t token) override {
      tree.timers_[{tree.time_ + delay, ++tree.timers_armed_}] = {this, token};
    }
    void forget_child(std::size_t) override {}
    void finished(std::optional<error>) override {
      over = true;
      if (!begun) return;
      tree.note("end", plan.rules.name);
      if (parent) tree.next_.push_back([this] { parent->ended(index, exit_kind::shutdown); });
    }
    void state_changed(std::size_t, child_state) override {}
    auto random() -> double override { return 0.5; }
    auto now() -> instant override { return tree.time_; }

    // -- views

    auto find_alive(std::string const& name) -> std::optional<std::pair<node*, std::size_t>> {
      for (auto child : alive)
        if (children[child].rules.name == name) return std::pair{this, child};
      for (auto& [child, supervisor] : nested)
        if (auto found = supervisor->find_alive(name)) return found;
      return std::nullopt;
    }
    auto find_supervisor(std::string const& name) -> node* {
      if (plan.rules.name == name) return this;
      for (auto& [child, supervisor] : nested)
        if (auto* const found = supervisor->find_supervisor(name)) return found;
      return nullptr;
    }
    void collect_alive(std::set<std::string>& names) const {
      for (auto child : alive) names.insert(children[child].rules.name);
      for (auto const& [child, supervisor] : nested) supervisor->collect_alive(names);
    }
    /// Whether anybody in the tree is in that state.
    auto any(child_state state) const -> bool {
      return std::ranges::any_of(machine.children(), [&](auto child) { return machine.state_of(child) == state; }) ||
             std::ranges::any_of(nested, [&](auto const& entry) { return entry.second->any(state); });
    }

    machine_tree& tree;
    node* parent;
    std::size_t index;
    child_plan plan;
    std::vector<child_plan> children;
    std::map<std::size_t, std::unique_ptr<node>> nested;
    std::set<std::size_t> alive;
    std::optional<child_plan> added;
    bool begun = false;
    bool over = false;
    supervisor_machine machine;
  };

  void note(std::string_view what, std::string const& name) { events_.push_back(fmt::format("{} {}", what, name)); }

  /// A supervisor that waits for a child hears of that child before all else.
  void hear_of(node& supervisor, std::size_t child) {
    auto const found = std::ranges::find_if(
        unheard_, [&](auto const& end) { return end.supervisor == &supervisor && end.child == child; });
    next_.push_back([end = *found] { end.supervisor->ended(end.child, end.kind); });
    unheard_.erase(found);
  }

  void fire_timer() {
    auto const first = timers_.begin();
    auto const [supervisor, token] = first->second;
    time_ = std::max(time_, first->first.first);
    timers_.erase(first);
    supervisor->machine.timer_fired(token);
  }

  /// The next thing that a supervisor waits for.
  void go_on() {
    if (next_.empty()) return fire_timer();
    auto const work = std::move(next_.front());
    next_.pop_front();
    work();
  }

  void settle() {
    for (;;) {
      if (!next_.empty()) {
        go_on();
      } else if (root_->over) {
        return;
      } else if (root_->any(child_state::stopping)) {
        // OTP's supervisor does nothing else while it waits for a child to stop.
        fire_timer();
      } else if (!unheard_.empty()) {
        auto const end = unheard_.front();
        unheard_.pop_front();
        end.supervisor->ended(end.child, end.kind);
      } else if (root_->any(child_state::waiting_to_restart)) {
        fire_timer();
      } else {
        return;
      }
    }
  }

  instant time_{std::chrono::hours{1}};
  lines events_;
  std::map<std::string, int> starts_;
  /// By when they are due and the order in which they were armed.
  std::map<std::pair<instant, std::uint64_t>, std::pair<node*, std::uint64_t>> timers_;
  std::uint64_t timers_armed_ = 0;
  /// What children that were told to stop do.
  std::deque<std::function<void()>> next_;
  /// Children that ended by themselves and whose supervisor has not heard of it.
  std::deque<end_of_child> unheard_;
  std::unique_ptr<node> root_;
};

} // namespace

auto make_machine_tree() -> std::unique_ptr<supervised_tree> { return std::make_unique<machine_tree>(); }

auto run(supervision_case const& c, supervised_tree& tree) -> lines {
  auto all = lines{};
  auto const take = [&] {
    for (auto& event : tree.take_events()) all.push_back(std::move(event));
  };
  auto const conclude = [&] {
    if (tree.over()) return all.emplace_back("over");
    auto line = std::string{"alive"};
    for (auto const& name : tree.alive()) line += " " + name;
    return all.emplace_back(std::move(line));
  };
  tree.start(c.root);
  take();
  conclude();
  for (auto const& s : c.steps) {
    auto answer = std::optional<bool>{};
    if (!tree.over()) {
      if (s.kind == step_kind::ends)
        tree.end(s.ends);
      else if (s.kind == step_kind::pass)
        tree.pass(s.span);
      else if (s.kind == step_kind::stop)
        tree.stop();
      else
        answer = tree.command(s);
    }
    take();
    if (answer) all.push_back(*answer ? "done" : "refused");
    conclude();
  }
  return all;
}

} // namespace nexus::supervision::otp
