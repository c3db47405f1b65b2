#pragma once

#include "messages/core/type_ids.hpp"
#include "runtime/supervision/ask.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/all.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace nexus::supervision {

using namespace std::chrono_literals;

/// Requests to the test's worker; local to the process.
struct echo {
  using reply = std::string;
  std::string text;
};
struct crash {
  using reply = std::string;
  std::string text;
};
struct answer_later {
  using reply = std::string;
};
struct block {
  using reply = std::string;
};

} // namespace nexus::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::echo)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::crash)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::answer_later)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::supervision::block)

namespace nexus::supervision {

/// Waits until something holds, for at most five seconds.
template <class Condition>
auto eventually(Condition condition) -> bool {
  for (auto const until = std::chrono::steady_clock::now() + 5s; std::chrono::steady_clock::now() < until;
       std::this_thread::sleep_for(1ms))
    if (condition()) return true;
  return condition();
}

/// What the workers of one test share with it.
struct test_world {
  std::mutex mutex;
  std::condition_variable changed;
  /// "start a", "stop a" in the order in which the state objects came and went.
  std::vector<std::string> events;
  bool gate_open = false;
  std::map<std::string, int> crashes_to_come;

  void note(std::string event) {
    auto const lock = std::lock_guard{mutex};
    events.push_back(std::move(event));
    changed.notify_all();
  }
  auto taken() -> std::vector<std::string> {
    auto const lock = std::lock_guard{mutex};
    return std::exchange(events, {});
  }
  void open_gate() {
    auto const lock = std::lock_guard{mutex};
    gate_open = true;
    changed.notify_all();
  }
  void wait_at_gate() {
    auto lock = std::unique_lock{mutex};
    changed.wait_for(lock, 10s, [&] { return gate_open; });
  }
};

using test_actor =
    interface_of<auto(call, echo)->caf::result<std::string>, auto(call, crash)->caf::result<std::string>,
                 auto(call, answer_later)->caf::result<std::string>, auto(call, block)->caf::result<std::string>>;

/// A worker that echoes, crashes, owes answers and blocks on order.
class test_worker {
public:
  test_worker(test_actor::base* self, std::shared_ptr<test_world> world, std::string name)
      : self_(self), world_(std::move(world)), name_(std::move(name)) {
    world_->note("start " + name_);
    auto lock = std::unique_lock{world_->mutex};
    if (auto& left = world_->crashes_to_come[name_]; left > 0) {
      --left;
      throw std::runtime_error{"no start today"};
    }
  }
  ~test_worker() { world_->note("stop " + name_); }
  test_worker(test_worker const&) = delete;
  auto operator=(test_worker const&) -> test_worker& = delete;

  auto make_behavior() -> test_actor::behavior_type {
    return {
        [](call const&, echo& request) -> caf::result<std::string> { return std::move(request.text); },
        [](call const&, crash& request) -> caf::result<std::string> { throw std::runtime_error{request.text}; },
        [this](call const& context, answer_later) -> caf::result<std::string> {
          if (context.recovering) {
            auto const lock = std::lock_guard{world_->mutex};
            if (world_->gate_open) return std::string{"done before"};
            return to_caf({errc::permission_denied, "not allowed any more", {}, {}, {}});
          }
          auto [reply, promise] = begin_reply<std::string>(self_);
          owed_.push_back(reply);
          return promise;
        },
        [this](call const&, block) -> caf::result<std::string> {
          world_->note("blocked " + name_);
          world_->wait_at_gate();
          return std::string{"free"};
        },
    };
  }

private:
  test_actor::base* self_;
  std::shared_ptr<test_world> world_;
  std::string name_;
  std::vector<pending_reply<std::string>> owed_;
};

/// An actor that runs functions of the test in its own context, to ask from there.
struct test_client {
  explicit test_client(caf::actor_system& system)
      : handle(system.spawn([](caf::event_based_actor* self) -> caf::behavior {
          return {[self](continuation& work) {
                    (void)self;
                    work.run();
                  },
                  [self](std::function<void(caf::event_based_actor*)>& work) { work(self); }};
        })) {}
  ~test_client() { caf::anon_send_exit(handle, caf::exit_reason::user_shutdown); }
  test_client(test_client const&) = delete;
  auto operator=(test_client const&) -> test_client& = delete;

  template <class Interface, class Request>
  auto ask(address<Interface> const& receiver, Request request, call context = {},
           repetition repeat = repetition::until_deadline) -> std::future<expected<typename Request::reply>> {
    using outcome = expected<typename Request::reply>;
    auto promise = std::make_shared<std::promise<outcome>>();
    auto future = promise->get_future();
    auto work = std::function<void(caf::event_based_actor*)>{[=](caf::event_based_actor* self) {
      supervision::ask(
          self, receiver, context, request, [promise](outcome answer) { promise->set_value(std::move(answer)); },
          repeat);
    }};
    caf::anon_send(handle, std::move(work));
    return future;
  }

  caf::actor handle;
};

/// The answer, or a failed test when it does not come in time.
template <class T>
auto await(std::future<expected<T>> future) -> expected<T> {
  if (future.wait_for(20s) != std::future_status::ready) throw std::runtime_error{"no answer within 20 s"};
  return future.get();
}

struct test_system {
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::nexus_core>();
      set("scheduler.max-threads", 2u);
    }
  } settings;
  caf::actor_system system{settings};
  std::shared_ptr<test_world> world = std::make_shared<test_world>();
  std::shared_ptr<name_registry> names = std::make_shared<name_registry>(system, 100);
  supervision_tree tree{system, names, [] { return 0.5; }};
  test_client client{system};

  static auto quick(supervision_strategy strategy = supervision_strategy::one_for_one, std::uint32_t intensity = 1000)
      -> supervisor_rules {
    return {.strategy = strategy, .intensity = intensity, .delay = {.minimum = 0ms, .maximum = 0ms}};
  }
  auto child(std::string name, restart_type restart = restart_type::permanent) const -> child_spec {
    auto spec = worker<test_actor, test_worker>(name, world, name);
    spec.rules.restart = restart;
    return spec;
  }
  auto at(std::string const& name) const -> address<test_actor> { return address<test_actor>{names->record(name)}; }
  auto supervisor(std::string const& name) const -> address<caf::actor> {
    return address<caf::actor>{names->record(name)};
  }
  void kill(std::string const& name) const {
    if (auto const live = names->record(name)->live())
      caf::anon_send_exit(caf::actor_cast<caf::actor>(live), caf::exit_reason::kill);
  }
  auto state(std::string const& name) const -> supervision_node { return names->record(name)->describe(); }
  auto runs(std::string const& name, std::uint64_t restarts = 0) const -> bool {
    auto const node = state(name);
    return node.state == child_state::running && node.restarts == restarts;
  }
};

} // namespace nexus::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::function<void(caf::event_based_actor*)>)
