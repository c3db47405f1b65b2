#include "runtime/store/sqlite_reader.hpp"

#include <pthread.h>

namespace nexus::store {

sqlite_reader::sqlite_reader(sqlite_connection& connection, sqlite_writer& writer, std::size_t max_queue)
    : connection_(connection), writer_(writer), max_queue_(max_queue), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-reader");
}

void sqlite_reader::push(content kind, request work) {
  auto const after = writer_.last_deferred(kind);
  auto refusal = error{};
  {
    auto const lock = std::scoped_lock{mutex_};
    if (stopping_) {
      refusal = error{errc::cancelled, "the store is closing", {}, {}, {}};
    } else if (queue_.size() >= max_queue_) {
      refusal = error{errc::overloaded,
                      fmt::format("{} reads are waiting", queue_.size()),
                      {},
                      "try again later",
                      std::chrono::seconds{1}};
    } else {
      queue_.push_back({after, std::move(work)});
      wake_.notify_one();
      return;
    }
  }
  work(tl::unexpected{std::move(refusal)});
}

void sqlite_reader::stop() {
  {
    auto const lock = std::scoped_lock{mutex_};
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void sqlite_reader::run() {
  auto lock = std::unique_lock{mutex_};
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto next = std::move(queue_.front());
    queue_.pop_front();
    auto const cancelled = stopping_;
    lock.unlock();
    if (cancelled) {
      next.work(fail(errc::cancelled, "the store is closing"));
    } else if (auto const written = writer_.flush(next.after); !written) {
      next.work(tl::unexpected{written.error()});
    } else {
      auto const access = connection_.access();
      next.work(&connection_);
    }
    lock.lock();
  }
}

} // namespace nexus::store
