#include "runtime/supervision/supervisor.hpp"

#include <condition_variable>

namespace nexus::supervision {
namespace detail {

void refuse_overload(std::string const& name, caf::mailbox_element const& element, caf::strong_actor_ptr self,
                     caf::execution_unit* unit) {
  if (!element.sender) return;
  auto refusal = to_caf({errc::overloaded,
                         fmt::format("'{}' has {} messages waiting", name, mailbox_limit),
                         {},
                         "try again later",
                         std::chrono::seconds{1}});
  element.sender->enqueue(caf::make_mailbox_element(std::move(self), element.mid.response_id(), {}, std::move(refusal)),
                          unit);
}

} // namespace detail

namespace {

struct timer_message {
  std::uint64_t token;
};

} // namespace
} // namespace nexus::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::timer_message)

namespace nexus::supervision {
namespace {

auto kind_of(caf::error const& reason) -> exit_kind {
  if (!reason || reason == caf::exit_reason::normal) return exit_kind::normal;
  return reason == caf::exit_reason::user_shutdown ? exit_kind::shutdown : exit_kind::abnormal;
}

auto describe_reason(caf::actor_system& system, caf::error const& reason) -> std::string {
  if (!reason || reason == caf::exit_reason::normal) return "normal";
  if (reason == caf::exit_reason::user_shutdown) return "shutdown";
  if (reason.category() == caf::atom("nexus")) return from_caf(reason).render();
  if (reason == caf::sec::runtime_error) return "exception: " + from_caf(reason).message;
  return system.render(reason);
}

struct runtime_context {
  std::shared_ptr<name_registry> names;
  std::function<double()> random;
};

auto full_name(std::string const& parent, std::string const& child) -> std::string { return parent + "/" + child; }

class supervisor_state final : public supervisor_effects {
public:
  supervisor_state(caf::event_based_actor* self, runtime_context context, child_record_ptr record,
                   std::shared_ptr<supervisor_spec const> spec)
      : self_(self),
        context_(std::move(context)),
        record_(std::move(record)),
        spec_(std::move(spec)),
        machine_(spec_->rules, *this) {}
  supervisor_state(supervisor_state const&) = delete;
  auto operator=(supervisor_state const&) -> supervisor_state& = delete;

  /// A supervisor that was killed, or failed itself, takes its children with it, as OTP's links do.
  ~supervisor_state() override {
    for (auto const& child : running_)
      if (child) self_->send_exit(child, caf::exit_reason::kill);
    leave_children("its supervisor ended", true);
  }

  auto make_behavior() -> caf::behavior {
    self_->set_down_handler([this](caf::down_msg& down) { child_down(down); });
    self_->set_exit_handler([this](caf::exit_msg& exit) {
      if (exit.reason == caf::exit_reason::kill)
        self_->quit(exit.reason);
      else
        machine_.shut_down();
    });
    auto rules = std::vector<child_rules>{};
    for (auto const& child : spec_->children) {
      rules.push_back(child.rules);
      specs_.push_back(child);
    }
    machine_.start(std::move(rules));
    if (finished_) return {};
    return {
        [this](timer_message timer) { machine_.timer_fired(timer.token); },
        [this](call const&, start_child_command& command) -> caf::result<std::string> {
          pending_ = std::move(command.child);
          auto name = pending_->rules.name;
          auto added = machine_.add_child(pending_->rules);
          pending_.reset();
          if (!added) return to_caf(added.error());
          return full_name(record_->name(), name);
        },
        [this](call const&, terminate_child_command& command) -> caf::result<std::string> {
          auto const child = machine_.find(command.name);
          if (!child)
            return to_caf(
                {errc::not_found, fmt::format("'{}' has no child '{}'", record_->name(), command.name), {}, {}, {}});
          if (auto done = machine_.terminate_child(*child); !done) return to_caf(done.error());
          return full_name(record_->name(), command.name);
        },
    };
  }

private:
  // -- effects
  // -------------------------------------------------------------------------------------------------------------------

  auto start_child(std::size_t child) -> expected<void> override {
    if (pending_) {
      // add_child: the machine has just chosen the slot.
      if (specs_.size() <= child) specs_.resize(child + 1);
      specs_[child] = *pending_;
    }
    if (running_.size() <= child) running_.resize(specs_.size());
    auto const& spec = specs_[child];
    auto record = context_.names->record(full_name(record_->name(), spec.rules.name));
    record->set_rules(spec.rules.restart,
                      spec.supervisor ? std::optional{spec.supervisor->rules.strategy} : std::nullopt);
    record_->add_child(record->name());
    auto started = spec.supervisor ? start_supervisor(record, spec.supervisor) : spec.start(self_, record);
    if (!started) return tl::unexpected{started.error()};
    running_[child] = *started;
    indices_[started->id()] = child;
    self_->monitor(*started);
    record->started(*started);
    return {};
  }

  auto start_supervisor(child_record_ptr record, std::shared_ptr<supervisor_spec const> spec) -> expected<caf::actor> {
    return caf::actor_cast<caf::actor>(
        self_->spawn<component<caf::actor, supervisor_state>>(record, context_, record, std::move(spec)));
  }

  void stop_child(std::size_t child, bool kill) override {
    self_->send_exit(running_[child], kill ? caf::exit_reason::kill : caf::exit_reason::user_shutdown);
  }

  void arm_timer(std::chrono::milliseconds delay, std::uint64_t token) override {
    caf::delayed_anon_send(caf::actor_cast<caf::actor>(self_), delay, timer_message{token});
  }

  void forget_child(std::size_t child) override {
    auto const name = full_name(record_->name(), specs_[child].rules.name);
    if (auto const record = context_.names->find(name)) record->closed("it was removed");
    record_->remove_child(name);
    context_.names->forget(name);
    specs_[child] = {};
  }

  void finished(std::optional<error> reason) override {
    finished_ = true;
    leave_children(reason ? "its supervisor gave up" : "it was stopped", false);
    if (reason)
      self_->quit(to_caf(*reason));
    else
      self_->quit(caf::exit_reason::user_shutdown);
  }

  void state_changed(std::size_t child, child_state state) override {
    auto const record = record_of(child);
    if (!record) return;
    record->set_state(state);
    if (state == child_state::stopped) record->closed("it is stopped");
  }

  auto random() -> double override { return context_.random(); }
  auto now() -> instant override { return self_->clock().now(); }

  // -- events
  // --------------------------------------------------------------------------------------------------------------------

  void child_down(caf::down_msg const& down) {
    auto const found = indices_.find(down.source.id());
    if (found == indices_.end()) return;
    auto const child = found->second;
    indices_.erase(found);
    running_[child] = nullptr;
    if (auto const record = record_of(child)) record->ended(describe_reason(self_->system(), down.reason));
    machine_.child_ended(child, kind_of(down.reason));
  }

  auto record_of(std::size_t child) const -> child_record_ptr {
    if (child >= specs_.size() || specs_[child].rules.name.empty()) return nullptr;
    return context_.names->find(full_name(record_->name(), specs_[child].rules.name));
  }

  /// Nobody comes back under these names unless a successor of this supervisor starts them. Children that were added at
  /// run time are not known to it and are forgotten.
  /// A supervisor that will be started again brings its first children back, and requests may wait for them.
  void leave_children(std::string const& reason, bool returns) {
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      auto const record = record_of(i);
      if (!record) continue;
      auto const first = i < spec_->children.size() && spec_->children[i].rules.name == specs_[i].rules.name;
      if (first && returns) {
        record->ended(reason);
        record->set_state(child_state::waiting_to_restart);
        continue;
      }
      record->closed(reason);
      record->set_state(child_state::stopped);
      if (first) continue;
      record_->remove_child(record->name());
      context_.names->forget(record->name());
    }
    specs_.clear();
  }

  caf::event_based_actor* self_;
  runtime_context context_;
  child_record_ptr record_;
  std::shared_ptr<supervisor_spec const> spec_;
  supervisor_machine machine_;
  std::vector<child_spec> specs_;
  std::vector<caf::actor> running_;
  std::unordered_map<caf::actor_id, std::size_t> indices_;
  std::optional<child_spec> pending_;
  bool finished_ = false;
};

} // namespace

auto nested(std::string name, supervisor_spec spec) -> child_spec {
  auto child = child_spec{};
  child.rules.name = std::move(name);
  child.rules.shutdown.patience = std::chrono::milliseconds::max();
  child.supervisor = std::make_shared<supervisor_spec const>(std::move(spec));
  return child;
}

// -- the tree
// -----------------------------------------------------------------------------------------------------------------------

/// How the root ended, for those who wait.
struct supervision_tree::ending {
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  bool asked = false;
  std::string reason;
  std::function<void(std::string)> given_up;
};

supervision_tree::supervision_tree(caf::actor_system& system, std::shared_ptr<name_registry> names,
                                   std::function<double()> random)
    : system_(system), names_(std::move(names)), random_(std::move(random)), ending_(std::make_shared<ending>()) {}

supervision_tree::~supervision_tree() { stop(std::chrono::seconds{10}); }

namespace {

auto check_tree(std::string const& name, supervisor_spec const& spec) -> expected<void> {
  auto rules = std::vector<child_rules>{};
  for (auto const& child : spec.children) rules.push_back(child.rules);
  if (auto valid = supervisor_machine::check(spec.rules, rules); !valid) {
    valid.error().where = name;
    return valid;
  }
  for (auto const& child : spec.children)
    if (child.supervisor)
      if (auto valid = check_tree(full_name(name, child.rules.name), *child.supervisor); !valid) return valid;
  return {};
}

} // namespace

auto supervision_tree::start(std::string name, supervisor_spec root) -> expected<void> {
  if (auto valid = check_tree(name, root); !valid) return valid;
  root_name_ = name;
  auto record = names_->record(name);
  record->set_rules(restart_type::temporary, root.rules.strategy);
  auto spec = std::make_shared<supervisor_spec const>(std::move(root));
  root_ = caf::actor_cast<caf::actor>(system_.spawn<component<caf::actor, supervisor_state>>(
      record, runtime_context{names_, random_}, record, std::move(spec)));
  record->set_state(child_state::running);
  record->started(root_);
  root_->attach_functor([&system = system_, shared = ending_, record](caf::error const& reason) {
    auto const text = describe_reason(system, reason);
    record->ended(text);
    record->closed("the tree ended");
    record->set_state(child_state::stopped);
    auto callback = std::function<void(std::string)>{};
    {
      auto const lock = std::lock_guard{shared->mutex};
      shared->over = true;
      shared->reason = text;
      if (!shared->asked) callback = std::exchange(shared->given_up, nullptr);
    }
    shared->changed.notify_all();
    if (callback) callback(shared->reason);
  });
  return {};
}

auto supervision_tree::stop(std::chrono::milliseconds patience) -> bool {
  if (!root_) return true;
  auto lock = std::unique_lock{ending_->mutex};
  ending_->asked = true;
  lock.unlock();
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  lock.lock();
  auto const orderly = ending_->changed.wait_for(lock, patience, [&] { return ending_->over; });
  lock.unlock();
  // Supervisors that are killed kill their children.
  if (!orderly) caf::anon_send_exit(root_, caf::exit_reason::kill);
  root_ = nullptr;
  return orderly;
}

void supervision_tree::when_given_up(std::function<void(std::string)> callback) {
  auto lock = std::unique_lock{ending_->mutex};
  if (ending_->over && !ending_->asked) {
    lock.unlock();
    callback(ending_->reason);
  } else {
    ending_->given_up = std::move(callback);
  }
}

auto supervision_tree::snapshot() const -> supervision_node { return names_->tree(root_name_); }

} // namespace nexus::supervision
