#include "messages/core/type_ids.hpp"
#include "runtime/supervision/ask.hpp"
#include "runtime/supervision/supervisor.hpp"
#include "tests/runtime/supervision/otp_trees.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <map>
#include <stdexcept>

namespace nexus::supervision::otp {
namespace {

/// Tells a worker to end by itself.
struct finish {
  ending how;
};

} // namespace
} // namespace nexus::supervision::otp

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::otp::finish)

namespace nexus::supervision::otp {
namespace {

/// What the workers share with the test.
struct shared_notes {
  lines events;
  std::map<std::string, int> starts;
  /// Whose kill is the test's doing, not a supervisor's.
  std::set<std::string> killed;
};

class test_worker {
public:
  test_worker(caf::event_based_actor* self, std::shared_ptr<shared_notes> notes, std::string name, bool stubborn)
      : self_(self), notes_(std::move(notes)), name_(std::move(name)), stubborn_(stubborn) {}

  auto make_behavior() -> caf::behavior {
    self_->set_exit_handler([this](caf::exit_msg& exit) {
      notes_->events.push_back("stop " + name_);
      if (!stubborn_) self_->quit(std::move(exit.reason));
    });
    return {[this](finish order) {
      if (order.how == ending::crash) throw std::runtime_error{"crash"};
      self_->quit(order.how == ending::normal ? caf::exit_reason::normal : caf::exit_reason::user_shutdown);
    }};
  }

private:
  caf::event_based_actor* self_;
  std::shared_ptr<shared_notes> notes_;
  std::string name_;
  bool stubborn_;
};

auto make_spec(std::shared_ptr<shared_notes> const& notes, child_plan const& plan) -> child_spec;

auto make_supervisor(std::shared_ptr<shared_notes> const& notes, child_plan const& plan) -> supervisor_spec {
  auto spec = supervisor_spec{plan.inner, {}};
  for (auto const& child : plan.children) spec.children.push_back(make_spec(notes, child));
  return spec;
}

auto make_spec(std::shared_ptr<shared_notes> const& notes, child_plan const& plan) -> child_spec {
  auto const& name = plan.rules.name;
  auto spec = plan.is_supervisor ? nested(name, make_supervisor(notes, plan))
                                 : worker<caf::actor, test_worker>(name, notes, name, plan.stubborn);
  spec.rules = plan.rules;
  if (plan.is_supervisor) return spec;
  spec.start = [notes, name, failing = plan.failing_starts,
                start = spec.start](caf::local_actor* supervisor, child_record_ptr record) -> expected<caf::actor> {
    auto const fails = failing.contains(++notes->starts[name]);
    notes->events.push_back((fails ? "fail " : "start ") + name);
    if (fails) return fail(errc::unavailable, "'{}' does not start", name);
    auto started = start(supervisor, std::move(record));
    if (started)
      (*started)->attach_functor([notes, name](caf::error const& reason) {
        if (reason == caf::exit_reason::kill && notes->killed.erase(name) == 0) notes->events.push_back("kill " + name);
      });
    return started;
  };
  return spec;
}

class actor_tree final : public supervised_tree {
public:
  void start(child_plan const& root) override {
    auto const started = tree_.start(root.rules.name, make_supervisor(notes_, root));
    if (!started) throw std::runtime_error{started.error().render()};
    settle();
  }

  void end(std::vector<std::pair<std::string, ending>> const& ends) override {
    auto const top = tree_.snapshot();
    auto dying = std::vector<std::pair<caf::actor, ending>>{};
    for (auto const& [name, how] : ends) {
      auto const* const node = find(top, name);
      if (!node) continue;
      if (how == ending::kill) note_killed(*node);
      dying.emplace_back(caf::actor_cast<caf::actor>(names_->find(node->name)->live()), how);
    }
    for (auto const& [handle, how] : dying) {
      if (how == ending::kill)
        caf::anon_send_exit(handle, caf::exit_reason::kill);
      else
        caf::anon_send(handle, finish{how});
    }
    settle();
  }

  void pass(std::chrono::seconds span) override {
    coordinator_.advance_time(span);
    settle();
  }

  auto command(step const& s) -> std::optional<bool> override {
    auto const top = tree_.snapshot();
    auto const* const node = find(top, s.supervisor);
    if (!node) return std::nullopt;
    auto const supervisor = address<caf::actor>{names_->find(node->name)};
    auto answer = std::make_shared<std::optional<bool>>();
    system_.spawn([&](caf::event_based_actor* self) {
      auto const done = [answer](expected<std::string> const& reply) { *answer = reply.has_value(); };
      if (s.kind == step_kind::add)
        ask(self, supervisor, call{}, start_child_command{make_spec(notes_, s.added)}, done);
      else
        ask(self, supervisor, call{}, terminate_child_command{s.child}, done);
    });
    settle();
    return *answer;
  }

  void stop() override {
    caf::anon_send_exit(names_->find(tree_.snapshot().name)->live(), caf::exit_reason::user_shutdown);
    settle();
  }

  auto over() const -> bool override { return tree_.snapshot().state == child_state::stopped; }
  auto alive() const -> std::set<std::string> override {
    auto names = std::set<std::string>{};
    collect_alive(tree_.snapshot(), names);
    return names;
  }
  auto take_events() -> lines override { return std::exchange(notes_->events, {}); }

private:
  static auto last_of(std::string const& path) -> std::string { return path.substr(path.rfind('/') + 1); }

  /// The living child of that name.
  static auto find(supervision_node const& node, std::string const& name) -> supervision_node const* {
    if (node.state != child_state::running) return nullptr;
    if (last_of(node.name) == name) return &node;
    for (auto const& child : node.children)
      if (auto const* const found = find(child, name)) return found;
    return nullptr;
  }
  static void collect_alive(supervision_node const& node, std::set<std::string>& names) {
    for (auto const& child : node.children) {
      if (child.state != child_state::running) continue;
      names.insert(last_of(child.name));
      collect_alive(child, names);
    }
  }
  static auto at_rest(supervision_node const& node) -> bool {
    return node.state != child_state::waiting_to_restart && node.state != child_state::stopping &&
           std::ranges::all_of(node.children, at_rest);
  }
  /// A supervisor that is killed takes all that is below it with it.
  void note_killed(supervision_node const& node) {
    if (node.state != child_state::running) return;
    if (!node.strategy) notes_->killed.insert(last_of(node.name));
    for (auto const& child : node.children) note_killed(child);
  }

  void settle() {
    do {
      while (coordinator_.try_run_once()) {
      }
    } while (!at_rest(tree_.snapshot()) && coordinator_.trigger_timeout());
  }

  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::nexus_core>();
      set("scheduler.policy", caf::atom("testing"));
    }
  } settings_;
  caf::actor_system system_{settings_};
  caf::scheduler::test_coordinator& coordinator_ = dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  std::shared_ptr<shared_notes> notes_ = std::make_shared<shared_notes>();
  std::shared_ptr<name_registry> names_ = std::make_shared<name_registry>(system_, 100);
  supervision_tree tree_{system_, names_, [] { return 0.5; }};
};

} // namespace

auto make_actor_tree() -> std::unique_ptr<supervised_tree> { return std::make_unique<actor_tree>(); }

} // namespace nexus::supervision::otp
