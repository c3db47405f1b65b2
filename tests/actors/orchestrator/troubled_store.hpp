#pragma once

#include "runtime/store/store.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace nexus::orchestrator::testing {

/// A store in front of another one, whose troubles the test makes. The hooks are set before it is used, and are called
/// on the threads of its callers.
class troubled_store : public store::store {
public:
  explicit troubled_store(std::shared_ptr<nexus::store::store> behind) : behind_(std::move(behind)) {}

  /// Sees each commit first; with true it has taken it, and says what becomes of it.
  std::function<bool(nexus::store::batch const&, nexus::store::callback<void> const& done)> take_commit =
      [](auto const&, auto const&) { return false; };
  /// Why a document cannot be read.
  std::function<std::optional<error>(std::string const& key)> refuse_find = [](auto const&) { return std::nullopt; };

  /// Streams are not read until release_reads().
  void hold_reads() {
    auto const lock = std::lock_guard{mutex_};
    holding_ = true;
  }
  auto held_reads() const -> std::size_t {
    auto const lock = std::lock_guard{mutex_};
    return held_.size();
  }
  void release_reads() {
    auto released = std::vector<std::function<void()>>{};
    {
      auto const lock = std::lock_guard{mutex_};
      holding_ = false;
      released.swap(held_);
    }
    for (auto const& next : released) next();
  }

  void commit(nexus::store::batch work, nexus::store::callback<void> done) override {
    if (!take_commit(work, done)) behind_->commit(std::move(work), std::move(done));
  }
  void read(std::string stream, std::uint64_t from, std::size_t limit,
            nexus::store::callback<std::vector<nexus::store::record>> done) override {
    {
      auto const lock = std::lock_guard{mutex_};
      if (holding_) return held_.push_back([=, this] { behind_->read(stream, from, limit, done); });
    }
    behind_->read(std::move(stream), from, limit, std::move(done));
  }
  void find(std::string collection, std::string key,
            nexus::store::callback<std::optional<nexus::store::document>> done) override {
    if (auto problem = refuse_find(key)) return done(tl::unexpected{std::move(*problem)});
    behind_->find(std::move(collection), std::move(key), std::move(done));
  }
  void list(nexus::store::listing query, nexus::store::callback<nexus::store::page> done) override {
    behind_->list(std::move(query), std::move(done));
  }
  void acquire(std::string name, std::string holder, std::chrono::milliseconds ttl,
               nexus::store::callback<nexus::store::lease> done) override {
    behind_->acquire(std::move(name), std::move(holder), ttl, std::move(done));
  }
  void renew(std::string name, std::uint64_t token, std::chrono::milliseconds ttl,
             nexus::store::callback<nexus::store::lease> done) override {
    behind_->renew(std::move(name), token, ttl, std::move(done));
  }
  void release(std::string name, std::uint64_t token, nexus::store::callback<void> done) override {
    behind_->release(std::move(name), token, std::move(done));
  }
  void prune(nexus::store::retention rule, nexus::store::callback<nexus::store::prune_report> done) override {
    behind_->prune(rule, std::move(done));
  }
  auto status() const -> nexus::store::store_status override { return behind_->status(); }

private:
  std::shared_ptr<nexus::store::store> behind_;
  mutable std::mutex mutex_;
  bool holding_ = false;
  std::vector<std::function<void()>> held_;
};

} // namespace nexus::orchestrator::testing
