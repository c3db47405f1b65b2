#pragma once

#include "runtime/store/redis_handshake.hpp"
#include "runtime/store/redis_link.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace nexus::store {

/// Takes the answer to a request, exactly once: on the client's thread, or at once when it is refused. Never empty.
using redis_taker = std::function<void(expected<redisReply const*>)>;

/// Something that changes the store: a kind and its arguments, as redis_write.lua takes them.
struct redis_write {
  std::vector<std::string> arguments;
  /// Takes the item's result, already known to be no refusal.
  redis_taker done;
  /// Removes only, and has to work while memory is full.
  bool frees = false;
};

/// Something that only asks.
struct redis_read {
  /// The command; with a script, what follows the number of keys.
  std::vector<std::string> command;
  std::optional<redis_script> script;
  redis_taker done;
};

/// Bits of the system's randomness, where the options bring none.
auto random_bits() -> std::uint64_t;

/// The thread that speaks to the server. Reads are sent at once. Writes are sent in groups: while one is under way,
/// what comes in is gathered for the next. More than one under way would bring nothing but longer waits: the server
/// carries them out one after another, each with an fsync.
///
/// Groups are numbered, and the server remembers the last number and its outcome (see redis_write.lua). So all that is
/// without an answer when the connection breaks is sent again, and nothing that was given up takes effect after
/// something later has.
class redis_client {
public:
  explicit redis_client(redis_options options);
  redis_client(redis_client const&) = delete;
  auto operator=(redis_client const&) -> redis_client& = delete;
  /// Sends what waits while the connection lasts, and completes the rest with errc::cancelled.
  ~redis_client();

  /// Waits for the first connection.
  auto opened() -> expected<void>;

  /// Queues a request, or completes it at once with errc::overloaded or errc::cancelled.
  void write(redis_write work);
  void read(redis_read work);

  /// Remembers damage for the status.
  void note(error const& problem);

  auto status() const -> store_status;
  auto server() const -> redis_status;
  auto options() const -> redis_options const& { return options_; }

private:
  using instant = std::chrono::steady_clock::time_point;

  template <class Work>
  struct request {
    Work work;
    std::size_t bytes = 0;
    instant deadline;
  };
  struct group {
    std::uint64_t number = 0;
    /// Those that were given up have no taker any more.
    std::vector<request<redis_write>> items;
    /// On this connection.
    bool sent = false;
  };
  enum class asked_for : std::uint8_t { handshake, group, read, info };
  /// What the next answer is to, and when it is too late for it.
  struct awaited {
    asked_for what;
    instant deadline;
  };
  enum class phase : std::uint8_t { away, connecting, greeting, ready };

  template <class Work>
  void push(Work work, std::size_t bytes, std::deque<request<Work>>& inbox);
  template <class Work>
  void complete(request<Work>& each, expected<redisReply const*> outcome);

  void run();
  auto take_inbox() -> bool;
  void expire(instant now);
  void expire_queue(auto& queue, instant now, error const& reason);
  void cancel_all();
  auto idle() const -> bool;
  auto next_event(instant now) const -> std::chrono::milliseconds;

  void connect(instant now);
  void greet();
  void lose(error problem);
  void welcome();

  void send(instant now);
  void send_group();
  void expect(asked_for what) { awaited_.push_back({what, std::chrono::steady_clock::now() + options_.patience}); }
  auto gather() -> group;
  void take_answers();
  auto take_answer(redisReply const& reply) -> expected<void>;
  auto take_group(redisReply const& reply) -> expected<void>;
  void take_item(request<redis_write>& item, redisReply const& reply);

  auto away() const -> error;
  auto busy() const -> error;
  auto unanswered() const -> error;

  redis_options const options_;
  std::string const prefix_;
  std::string const session_;
  int const wakeup_;

  // Shared, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<request<redis_write>> new_writes_;
  std::deque<request<redis_read>> new_reads_;
  std::size_t pending_ = 0;
  std::size_t pending_bytes_ = 0;
  bool stopping_ = false;
  redis_status server_;
  std::optional<error> last_error_;

  // The thread's own.
  phase phase_ = phase::away;
  std::optional<redis_link> link_;
  std::optional<redis_handshake> handshake_;
  std::array<std::string, 3> scripts_;
  /// Of the store that was opened: it must stay the same.
  std::string identity_;
  error trouble_{errc::unavailable, "not connected yet", {}, {}, {}};
  instant attempt_at_;
  instant attempt_ends_;
  instant info_at_;
  instant probe_at_;
  std::chrono::milliseconds backoff_{0};
  std::deque<awaited> awaited_;
  std::deque<request<redis_read>> asked_;
  std::deque<request<redis_read>> reads_;
  std::deque<request<redis_write>> writes_;
  /// The one under way.
  std::optional<group> group_;
  std::uint64_t last_number_ = 0;

  std::atomic<std::uint64_t> commits_ = 0;
  std::atomic<std::uint64_t> rounds_ = 0;
  std::atomic<std::uint64_t> bytes_on_disk_ = 0;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> writable_ = true;
  std::atomic<bool> damaged_ = false;

  std::thread thread_;
};

} // namespace nexus::store
