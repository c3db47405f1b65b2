#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace nexus {

/// A value that may change while others use it. Copies are handles of the same value: whoever holds one reads what was
/// set last. Threads may use it at will.
template <class T>
class live {
public:
  live(T value = {}) : state_(std::make_shared<state>(std::move(value))) {} // NOLINT: a fixed value is a live one too

  auto get() const -> T {
    auto const lock = std::lock_guard{state_->mutex};
    return state_->value;
  }
  void set(T value) {
    auto const lock = std::lock_guard{state_->mutex};
    state_->value = std::move(value);
  }

private:
  struct state {
    explicit state(T first) : value(std::move(first)) {}
    std::mutex mutex;
    T value;
  };
  std::shared_ptr<state> state_;
};

} // namespace nexus
