#include "runtime/supervision/child_record.hpp"

namespace nexus::supervision {
namespace {

/// Local messages from a record to its waiting room; they never leave the process.
struct room_opens {
  caf::strong_actor_ptr live;
};
struct room_waits {};
struct room_closes {
  std::string reason;
};

/// A request without CAF's promise, which refers to the room: what waits must not keep the room alive.
struct waiting_request {
  caf::strong_actor_ptr source;
  caf::response_promise::forwarding_stack stages;
  caf::message_id id;
  caf::message content;

  void forward(caf::actor const& receiver, caf::execution_unit* unit) {
    auto* const target = caf::actor_cast<caf::abstract_actor*>(receiver);
    target->enqueue(caf::make_mailbox_element(std::move(source), id, std::move(stages), std::move(content)), unit);
  }
  void refuse(caf::error const& problem, caf::execution_unit* unit) const {
    if (source && id.is_request()) source->enqueue(nullptr, id.response_id(), caf::make_message(problem), unit);
  }
};

struct waiting_room_state {
  std::vector<waiting_request> waiting;
  /// Where late requests go while the child lives.
  caf::actor live;
  /// Why nobody will come; empty while somebody may.
  std::string closed;
};

auto expired(caf::actor_system& system, caf::message const& content) -> bool {
  if (content.empty() || !content.match_element<call>(0)) return false;
  auto const deadline = content.get_as<call>(0).deadline;
  return deadline != timestamp{} && deadline <= now(system);
}

} // namespace
} // namespace nexus::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::room_opens)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::room_waits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::room_closes)

namespace nexus::supervision {
namespace {

auto down(std::string const& name, std::string const& reason) -> caf::error {
  return to_caf({errc::unavailable,
                 fmt::format("'{}' is down: {}", name, reason),
                 {},
                 "try again later",
                 std::chrono::seconds{1}});
}

/// Keeps requests for one name while no actor lives there, in order and bounded, and passes them on when one does.
auto waiting_room(caf::stateful_actor<waiting_room_state>* self, std::string name, std::size_t capacity)
    -> caf::behavior {
  self->set_default_handler(
      [self, name, capacity](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
        auto content = view.move_content_to_message();
        auto promise = self->make_response_promise();
        auto& state = self->state;
        if (state.waiting.size() >= capacity)
          std::erase_if(state.waiting, [&](auto const& entry) { return expired(self->system(), entry.content); });
        if (state.live)
          promise.delegate(state.live, std::move(content));
        else if (!state.closed.empty())
          promise.deliver(down(name, state.closed));
        else if (state.waiting.size() >= capacity)
          promise.deliver(
              to_caf({errc::overloaded,
                      fmt::format("'{}' is being restarted and {} requests wait for it already", name, capacity),
                      {},
                      "try again later",
                      std::chrono::seconds{1}}));
        else
          state.waiting.push_back({promise.source(), promise.stages(), promise.id(), std::move(content)});
        return caf::delegated<caf::message>{};
      });
  return {
      [self](room_opens& event) {
        self->state.closed.clear();
        self->state.live = caf::actor_cast<caf::actor>(event.live);
        for (auto& request : std::exchange(self->state.waiting, {}))
          if (!expired(self->system(), request.content)) request.forward(self->state.live, self->context());
      },
      [self](room_waits&) { self->state.live = nullptr; },
      [self, name](room_closes& event) {
        self->state.live = nullptr;
        self->state.closed = event.reason;
        for (auto& request : std::exchange(self->state.waiting, {}))
          request.refuse(down(name, event.reason), self->context());
      },
  };
}

} // namespace

auto child_record::target() -> caf::strong_actor_ptr {
  auto const lock = std::lock_guard{mutex_};
  if (live_) return live_;
  if (!waiting_room_) {
    waiting_room_ = system_.spawn<caf::hidden>(waiting_room, name_, capacity_);
    if (!closed_.empty()) caf::anon_send(waiting_room_, room_closes{closed_});
  }
  return caf::actor_cast<caf::strong_actor_ptr>(waiting_room_);
}

auto child_record::route(bool again) -> expected<route_target> {
  if (auto const routes = [this] {
        auto const lock = std::lock_guard{mutex_};
        return elsewhere_;
      }())
    return routes->choose(name_, again);
  return route_target{target(), nullptr};
}

void child_record::lives_elsewhere(std::shared_ptr<remote_routes> routes) {
  auto const lock = std::lock_guard{mutex_};
  elsewhere_ = std::move(routes);
}

auto child_record::live() const -> caf::strong_actor_ptr {
  auto const lock = std::lock_guard{mutex_};
  return live_;
}

auto child_record::state() const -> child_state {
  auto const lock = std::lock_guard{mutex_};
  return state_;
}

void child_record::started(caf::actor const& handle) {
  auto const lock = std::lock_guard{mutex_};
  live_ = caf::actor_cast<caf::strong_actor_ptr>(handle);
  ++starts_;
  started_at_ = std::chrono::steady_clock::now();
  closed_.clear();
  if (waiting_room_) caf::anon_send(waiting_room_, room_opens{live_});
}

void child_record::ended(std::string reason) {
  auto const lock = std::lock_guard{mutex_};
  last_reason_ = std::move(reason);
  figures_ = nullptr;
  if (std::exchange(live_, nullptr) && waiting_room_) caf::anon_send(waiting_room_, room_waits{});
}

void child_record::leaving(caf::actor_id actor) {
  auto const lock = std::lock_guard{mutex_};
  if (!live_ || live_->id() != actor) return;
  live_ = nullptr;
  if (waiting_room_) caf::anon_send(waiting_room_, room_waits{});
}

auto child_record::new_figures() -> std::shared_ptr<message_figures> {
  auto fresh = std::make_shared<message_figures>();
  auto const lock = std::lock_guard{mutex_};
  figures_ = fresh;
  return fresh;
}

void child_record::set_rules(restart_type restart, std::optional<supervision_strategy> strategy) {
  auto const lock = std::lock_guard{mutex_};
  restart_ = restart;
  strategy_ = strategy;
}

void child_record::closed(std::string reason) {
  auto const lock = std::lock_guard{mutex_};
  live_ = nullptr;
  closed_ = std::move(reason);
  if (waiting_room_) caf::anon_send(waiting_room_, room_closes{closed_});
}

void child_record::set_state(child_state state) {
  auto const lock = std::lock_guard{mutex_};
  state_ = state;
}

auto child_record::describe() const -> supervision_node {
  auto const lock = std::lock_guard{mutex_};
  auto node = supervision_node{};
  node.name = name_;
  node.kind = strategy_ ? "supervisor" : "worker";
  node.state = state_;
  node.restarts = starts_ > 0 ? starts_ - 1 : 0;
  if (!last_reason_.empty()) node.last_reason = last_reason_;
  if (figures_) {
    auto const handled = figures_->handled.load(std::memory_order_relaxed);
    auto const enqueued = figures_->enqueued.load(std::memory_order_relaxed);
    node.handled = handled;
    node.mailbox = enqueued > handled ? enqueued - handled : 0;
  }
  if (state_ == child_state::running)
    node.uptime_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_at_).count();
  node.restart = restart_;
  node.strategy = strategy_;
  node.child_count = children_.size();
  return node;
}

void child_record::add_child(std::string const& name) {
  auto const lock = std::lock_guard{mutex_};
  if (child_order_.emplace(name, next_child_).second) children_.emplace(next_child_++, name);
}

void child_record::remove_child(std::string const& name) {
  auto const lock = std::lock_guard{mutex_};
  auto const found = child_order_.find(name);
  if (found == child_order_.end()) return;
  children_.erase(found->second);
  child_order_.erase(found);
}

auto child_record::child_names(std::size_t most) const -> std::vector<std::string> {
  auto const lock = std::lock_guard{mutex_};
  auto names = std::vector<std::string>{};
  for (auto const& [order, name] : children_) {
    if (names.size() >= most) break;
    names.push_back(name);
  }
  return names;
}

auto name_registry::record(std::string const& name) -> child_record_ptr {
  if (auto known = find(name)) return known;
  auto const lock = std::unique_lock{mutex_};
  auto& slot = records_[name];
  if (!slot) slot = std::make_shared<child_record>(system_, name, capacity_);
  return slot;
}

auto name_registry::find(std::string const& name) const -> child_record_ptr {
  auto const lock = std::shared_lock{mutex_};
  auto const found = records_.find(name);
  return found == records_.end() ? nullptr : found->second;
}

void name_registry::forget(std::string const& name) {
  auto const lock = std::unique_lock{mutex_};
  records_.erase(name);
}

auto name_registry::tree(std::string const& root, std::size_t most) const -> supervision_node {
  auto const record = find(root);
  if (!record) return {.name = root, .kind = "unknown", .state = child_state::stopped};
  auto node = record->describe();
  for (auto const& name : record->child_names(most)) node.children.push_back(tree(name, most));
  return node;
}

} // namespace nexus::supervision
