#include "messages/core/timeout.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace nexus {

/// Holds the timeouts of this process in order of time. It lasts as long as the process: an actor system that is a
/// static object may have been made before it, and takes timeouts back when it ends.
class timeout_thread {
public:
  using clock = std::chrono::steady_clock;
  using key = decltype(timeout::key_);

  static auto instance() -> timeout_thread& {
    static auto* const thread = new timeout_thread;
    return *thread;
  }

  auto add(clock::time_point due, caf::weak_actor_ptr receiver, caf::message_id response) -> key {
    auto const lock = std::lock_guard{mutex_};
    auto const added = key{due, ++last_};
    waiting_.emplace(added, entry{std::move(receiver), response});
    // Most are due later than what the thread waits for already, and are taken back before.
    if (due < wakes_at_) changed_.notify_one();
    return added;
  }

  void remove(key const& which) {
    auto const lock = std::lock_guard{mutex_};
    waiting_.erase(which);
  }

private:
  struct entry {
    caf::weak_actor_ptr receiver;
    caf::message_id response;
  };

  timeout_thread() {
    std::thread{[this] { run(); }}.detach();
  }

  [[noreturn]] void run() {
    auto due = std::vector<entry>{};
    auto lock = std::unique_lock{mutex_};
    for (;;) {
      for (auto const time = clock::now(); !waiting_.empty() && waiting_.begin()->first.first <= time;)
        due.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
      if (!due.empty()) {
        // The last reference to an actor may end here, and its timeouts with it.
        lock.unlock();
        for (auto const& one : due)
          if (auto receiver = one.receiver.lock())
            receiver->enqueue(nullptr, one.response, caf::make_message(caf::make_error(caf::sec::request_timeout)),
                              nullptr);
        due.clear();
        lock.lock();
        continue;
      }
      wakes_at_ = waiting_.empty() ? clock::time_point::max() : waiting_.begin()->first.first;
      if (waiting_.empty())
        changed_.wait(lock);
      else
        changed_.wait_until(lock, wakes_at_);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<key, entry> waiting_;
  clock::time_point wakes_at_ = clock::time_point::max();
  std::uint64_t last_ = 0;
};

timeout::timeout(caf::actor_control_block* self, caf::message_id response, std::chrono::nanoseconds delay)
    : key_(timeout_thread::instance().add(timeout_thread::clock::now() + delay, caf::weak_actor_ptr{self}, response)) {}

timeout::~timeout() {
  if (key_.second != 0) timeout_thread::instance().remove(key_);
}

} // namespace nexus
