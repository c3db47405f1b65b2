#pragma once

#include "runtime/http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <mutex>
#include <thread>

/// Inside the server: what its handles share with it across threads.
namespace nexus::http::detail {

/// The figures behind server_statistics.
struct counters {
  std::atomic<std::uint64_t> connections_open{0}, connections_accepted{0}, requests{0}, in_flight{0}, streams_open{0},
      bytes_received{0}, bytes_sent{0}, rejected_connections{0}, rejected_in_flight{0}, rejected_malformed{0},
      rejected_too_large{0}, rejected_timeout{0}, dropped{0}, slow_readers{0}, slow_streams{0};
};

/// Changes a figure; nobody draws conclusions from the order of such changes.
inline void count(std::atomic<std::uint64_t>& figure, std::uint64_t by = 1) {
  figure.fetch_add(by, std::memory_order_relaxed);
}
inline void uncount(std::atomic<std::uint64_t>& figure) { figure.fetch_sub(1, std::memory_order_relaxed); }

/// The way onto the server's thread for handles that may outlive the server.
class gate {
public:
  explicit gate(boost::asio::io_context& io) : io_(&io) {}

  counters figures;

  /// Runs `task` on the server's thread, soon. False when the server is gone.
  template <class Task>
  auto post(Task&& task) -> bool {
    std::lock_guard lock{mutex_};
    if (!io_) return false;
    boost::asio::post(*io_, std::forward<Task>(task));
    return true;
  }
  /// Called by the server's thread, before it does anything else.
  void enter() { thread_.store(std::this_thread::get_id(), std::memory_order_relaxed); }
  auto on_server_thread() const -> bool {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  /// From here on nothing is posted.
  void shut() {
    std::lock_guard lock{mutex_};
    io_ = nullptr;
  }

private:
  std::mutex mutex_;
  boost::asio::io_context* io_;
  std::atomic<std::thread::id> thread_{};
};

/// What waits to be sent of an event stream, shared by its handles and its connection.
class stream_state : public std::enable_shared_from_this<stream_state> {
public:
  stream_state(std::shared_ptr<gate> way, std::weak_ptr<connection> peer, std::size_t limit)
      : way_(std::move(way)), peer_(std::move(peer)), limit_(limit) {}

  auto send(std::string_view event, std::string_view id, std::string_view data) -> bool;
  void close();
  void on_closed(std::function<void()> callback);
  /// The same for whoever watches over the request; gets the size of all events. To be called before the first one.
  void on_over(std::function<void(std::uint64_t bytes)> callback) { on_over_ = std::move(callback); }

  /// What the connection is to do next.
  enum class next { nothing, write, finish };
  /// Hands the waiting text over to the connection in exchange for an empty string.
  auto take(std::string& out) -> next;
  /// The connection is gone or was never there: the stream is over.
  void ended();

private:
  void wake();

  std::shared_ptr<gate> way_;
  std::weak_ptr<connection> peer_;
  std::size_t limit_;
  std::mutex mutex_;
  std::string waiting_;
  bool woken_ = false, closing_ = false, over_ = false;
  std::uint64_t bytes_ = 0;
  std::function<void()> on_closed_;
  std::function<void(std::uint64_t bytes)> on_over_;
};

/// What goes back to a client.
struct answer {
  response reply;
  std::chrono::milliseconds delay{0};
  std::optional<std::size_t> cut_off_after;
  /// The stream that follows the head; whoever drops this last ends the stream.
  std::shared_ptr<stream_state> stream;
  /// The responder was dropped: the connection makes up the answer.
  bool dropped = false;
};

/// One request under way; the responders hold it.
struct exchange {
  std::shared_ptr<gate> way;
  std::weak_ptr<connection> peer;
  std::size_t stream_limit;
  /// What every answer carries beside its own fields.
  headers common;
  std::atomic<bool> answered{false};
  std::function<void(int status, std::uint64_t bytes)> on_over;

  exchange(std::shared_ptr<gate> w, std::weak_ptr<connection> p, std::size_t limit);
  ~exchange();
  /// The first answer is delivered, inline when the handler of this very request is running.
  auto deliver(answer what) -> bool;
};

} // namespace nexus::http::detail
