#pragma once

#include "messages/core/error.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace nexus::rest {

/// Receives the outcome of an operation, exactly once.
template <class T>
using continuation = std::function<void(expected<T>)>;

namespace detail {

template <class T>
struct gathering {
  std::vector<expected<T>> results;
  std::size_t width, next = 0, running = 0, finished = 0;
  std::function<void(std::size_t, continuation<T>)> start;
  std::function<void(std::vector<expected<T>>)> finish;
  bool starting = false;

  static void advance(std::shared_ptr<gathering> const& self) {
    // Operations may complete inside start(): the outermost call goes on with the next ones, so that the stack does not
    // grow with their number.
    if (self->starting) return;
    self->starting = true;
    while (self->next < self->results.size() && self->running < self->width) {
      auto const index = self->next++;
      ++self->running;
      self->start(index, [self, index](expected<T> result) {
        self->results[index] = std::move(result);
        --self->running;
        ++self->finished;
        advance(self);
      });
    }
    self->starting = false;
    if (self->finished == self->results.size() && self->finish) {
      // The operations' closures may own whoever owns this.
      self->start = nullptr;
      std::exchange(self->finish, nullptr)(std::move(self->results));
    }
  }
};

} // namespace detail

/// Runs `start(0)` to `start(count - 1)`, at most `width` at a time, and then calls `finish` with their results in
/// order. For continuations that run one at a time (an actor's, a synchronous caller's); not thread-safe.
template <class T>
void gather(std::size_t count, std::size_t width, std::function<void(std::size_t, continuation<T>)> start,
            std::function<void(std::vector<expected<T>>)> finish) {
  auto state = std::make_shared<detail::gathering<T>>();
  state->results.assign(count, tl::unexpected{error{errc::internal, "not answered", {}, {}, {}}});
  state->width = width == 0 ? 1 : width;
  state->start = std::move(start);
  state->finish = std::move(finish);
  detail::gathering<T>::advance(state);
}

/// A part of an operation: keeps its own result and then calls `done`, exactly once.
using task = std::function<void(std::function<void()> done)>;

/// Runs tasks side by side and calls `finish` once all are done.
inline void join(std::vector<task> tasks, std::function<void()> finish) {
  auto const count = tasks.size();
  gather<bool>(
      count, count,
      [tasks = std::move(tasks)](std::size_t i, continuation<bool> next) {
        tasks[i]([next = std::move(next)] { next(true); });
      },
      [finish = std::move(finish)](std::vector<expected<bool>>) { finish(); });
}

} // namespace nexus::rest
