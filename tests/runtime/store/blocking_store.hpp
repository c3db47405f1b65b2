#pragma once

#include "runtime/store/store.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>

namespace nexus::store::testing {

/// How long a test waits for a callback before it gives up.
inline constexpr auto patience = std::chrono::seconds{30};

/// An outcome that arrives by callback.
template <class T>
class outcome {
public:
  /// To be passed to the store, once.
  auto receiver() -> callback<T> {
    return [promise = promise_](expected<T> result) { promise->set_value(std::move(result)); };
  }
  auto arrived() const -> bool { return future_.wait_for(std::chrono::seconds{0}) == std::future_status::ready; }
  /// Waits for it.
  auto get() -> expected<T> {
    if (future_.wait_for(patience) != std::future_status::ready) throw std::runtime_error{"no callback came"};
    return future_.get();
  }

private:
  std::shared_ptr<std::promise<expected<T>>> promise_ = std::make_shared<std::promise<expected<T>>>();
  std::future<expected<T>> future_ = promise_->get_future();
};

/// A store whose calls wait for their outcome.
class blocking_store {
public:
  explicit blocking_store(std::unique_ptr<store> inner) : inner_(std::move(inner)) {}

  auto commit(batch work) -> expected<void> {
    return wait<void>([&](auto done) { inner_->commit(std::move(work), std::move(done)); });
  }
  auto commit(std::vector<operation> operations, durability when = durability::durable) -> expected<void> {
    return commit(batch{std::move(operations), when});
  }
  auto read(std::string stream, std::uint64_t from = 1, std::size_t limit = limits::page) {
    return wait<std::vector<record>>([&](auto done) { inner_->read(std::move(stream), from, limit, std::move(done)); });
  }
  auto find(std::string collection, std::string key) {
    return wait<std::optional<document>>(
        [&](auto done) { inner_->find(std::move(collection), std::move(key), std::move(done)); });
  }
  auto list(listing query) {
    return wait<page>([&](auto done) { inner_->list(std::move(query), std::move(done)); });
  }
  auto acquire(std::string name, std::string holder, std::chrono::milliseconds ttl) {
    return wait<lease>([&](auto done) { inner_->acquire(std::move(name), std::move(holder), ttl, std::move(done)); });
  }
  auto renew(std::string name, std::uint64_t token, std::chrono::milliseconds ttl) {
    return wait<lease>([&](auto done) { inner_->renew(std::move(name), token, ttl, std::move(done)); });
  }
  auto release(std::string name, std::uint64_t token) {
    return wait<void>([&](auto done) { inner_->release(std::move(name), token, std::move(done)); });
  }
  auto prune(retention rule) {
    return wait<prune_report>([&](auto done) { inner_->prune(std::move(rule), std::move(done)); });
  }
  /// The bodies of a stream, read to its end in small steps.
  auto bodies(std::string const& stream) -> std::vector<std::string> {
    auto found = std::vector<std::string>{};
    while (true) {
      auto const records = read(stream, found.size() + 1, 500).value();
      if (records.empty()) return found;
      for (auto const& entry : records) {
        if (entry.sequence != found.size() + 1) throw std::runtime_error{"gap in stream " + stream};
        found.push_back(entry.body);
      }
    }
  }
  auto operator->() -> store* { return inner_.get(); }
  void close() { inner_.reset(); }

private:
  template <class T, class Start>
  static auto wait(Start start) -> expected<T> {
    auto result = outcome<T>{};
    start(result.receiver());
    return result.get();
  }

  std::unique_ptr<store> inner_;
};

/// A clock that stands still until it is moved.
class manual_clock {
public:
  auto now() const -> time_point { return time_point{std::chrono::microseconds{microseconds_->load()}}; }
  void advance(std::chrono::microseconds by) { *microseconds_ += by.count(); }
  /// For the store; stays valid when this object is gone.
  auto function() const -> clock {
    return [microseconds = microseconds_] { return time_point{std::chrono::microseconds{microseconds->load()}}; };
  }

private:
  std::shared_ptr<std::atomic<std::int64_t>> microseconds_ =
      std::make_shared<std::atomic<std::int64_t>>(1'700'000'000'000'000);
};

} // namespace nexus::store::testing
