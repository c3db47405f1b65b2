#pragma once

#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/sqlite_writer.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace nexus::store {

/// The thread that reads. Before each request it has the deferred work written that was queued before the request and
/// changes what it reads.
class sqlite_reader {
public:
  /// Gets the connection to read from, or the error that prevents it.
  using request = std::function<void(expected<sqlite_connection*>)>;

  /// Connection and writer must outlive the reader.
  sqlite_reader(sqlite_connection& connection, sqlite_writer& writer, std::size_t max_queue);
  sqlite_reader(sqlite_reader const&) = delete;
  auto operator=(sqlite_reader const&) -> sqlite_reader& = delete;
  ~sqlite_reader() { stop(); }

  /// Queues a request, or calls it at once with errc::overloaded or errc::cancelled.
  void push(content kind, request work);

  /// Ends the thread; requests that wait, and later ones, are cancelled. The writer must still run.
  void stop();

private:
  struct entry {
    std::uint64_t after;
    request work;
  };

  void run();

  sqlite_connection& connection_;
  sqlite_writer& writer_;
  std::size_t const max_queue_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<entry> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace nexus::store
