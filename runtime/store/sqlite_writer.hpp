#pragma once

#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/store.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace nexus::store {

/// What a read is about. It waits for deferred work that changes the same and for no other: while the disk is full,
/// what is on it can be read.
enum class content : std::uint8_t { records, documents };

/// One unit of work for the writer.
struct sqlite_job {
  durability when = durability::durable;
  /// What it weighs in the queue.
  std::size_t bytes = 0;
  /// Does the work inside a transaction. Undone when it fails, and possibly repeated when the disk fails.
  std::function<expected<void>(sqlite_connection&)> apply;
  /// May be empty.
  callback<void> done;
  /// Of the content that it changes; needed of deferred work alone.
  std::array<bool, 2> changes = {};

  // The writer's own notes.
  std::uint64_t ticket = 0;
  bool acknowledged = false;
};

/// The thread that writes: it takes everything queued, applies it in order in one transaction and pays one fsync for
/// all (group commit). A job that fails is undone alone, by its savepoint. When disk or database fail, the transaction
/// is taken back and its jobs are tried one by one, so that each gets its own outcome; those that were acknowledged
/// before (deferred ones) are kept and tried again until they are on the disk, and nothing overtakes them.
class sqlite_writer {
public:
  struct bounds {
    std::size_t max_queue;
    std::size_t max_bytes;
    /// How long a transaction with deferred work alone stays open for more.
    std::chrono::milliseconds deferred_delay;
  };

  /// The connection must outlive the writer.
  sqlite_writer(sqlite_connection& connection, bounds limits);
  sqlite_writer(sqlite_writer const&) = delete;
  auto operator=(sqlite_writer const&) -> sqlite_writer& = delete;
  ~sqlite_writer() { stop(); }

  /// Queues a job, or completes it at once with errc::overloaded or errc::cancelled.
  void push(sqlite_job job);

  /// The last deferred job queued that changes this: what a read that starts now must wait for.
  auto last_deferred(content kind) const -> std::uint64_t;

  /// Has everything up to that job written, and waits for it. The error says why it cannot be written now.
  auto flush(std::uint64_t ticket) -> expected<void>;

  /// Writes what is queued and ends the thread; later jobs are cancelled.
  void stop();

  /// Remembers a failure of disk or database for the status.
  void note(error const& problem);

  auto status() const -> store_status;

private:
  using work = std::function<expected<void>(sqlite_connection&)>;

  void run();
  /// The next jobs, and whether the store is closing.
  auto take() -> std::pair<std::deque<sqlite_job>, bool>;
  void process(std::deque<sqlite_job> jobs);
  auto apply_group(std::deque<sqlite_job>& jobs) -> expected<void>;
  auto apply_alone(sqlite_job const& job) -> expected<void>;
  auto must_commit() const -> bool;
  auto commit_group() -> expected<void>;
  void apply_one_by_one(std::deque<sqlite_job> jobs);
  auto write_single(work const& apply) -> expected<void>;
  void probe();
  void roll_back();
  void finish(sqlite_job& job, expected<void> outcome);
  void count_commit(std::size_t jobs);
  void settle();
  void tidy();

  sqlite_connection& connection_;
  bounds const bounds_;

  // Shared, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable settled_;
  std::deque<sqlite_job> queue_;
  std::uint64_t last_ticket_ = 0;
  /// By content.
  std::array<std::uint64_t, 2> last_deferred_ = {};
  std::uint64_t written_ = 0;
  std::uint64_t flush_wanted_ = 0;
  std::uint64_t failures_ = 0;
  bool stopping_ = false;
  std::optional<error> last_error_;

  // The writer thread's own.
  std::deque<sqlite_job> group_;
  std::deque<sqlite_job> stuck_;
  std::chrono::steady_clock::time_point group_deadline_;
  std::uint64_t taken_ = 0;

  std::atomic<std::size_t> pending_ = 0;
  std::atomic<std::size_t> pending_bytes_ = 0;
  std::atomic<std::uint64_t> commits_ = 0;
  std::atomic<std::uint64_t> fsyncs_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
  std::atomic<std::uint64_t> bytes_on_disk_ = 0;
  std::atomic<bool> writable_ = true;
  std::atomic<bool> damaged_ = false;

  std::thread thread_;
};

} // namespace nexus::store
