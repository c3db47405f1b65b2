#pragma once

#include "runtime/http/client.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace nexus::testing {

/// Brings answers back to the thread that asked, one at a time, as an actor's mailbox does.
class mailbox {
public:
  auto exchange(http::transport& over) -> http::exchange {
    return [this, &over](call const&, http::request outbound, http::response_callback done) {
      over.send(std::move(outbound), std::chrono::seconds{20},
                [this, done = std::move(done)](expected<http::response> got) mutable {
                  auto const lock = std::lock_guard{mutex_};
                  waiting_.push_back(
                      [done = std::move(done), got = std::move(got)]() mutable { done(std::move(got)); });
                  arrived_.notify_one();
                });
    };
  }

  template <class Client, class Request>
  auto ask(Client const& client, Request const& request) -> expected<typename Request::reply> {
    return wait<typename Request::reply>([&](auto done) { client.read(call{}, request, std::move(done)); });
  }

  template <class Client, class Request>
  auto write(Client const& client, call const& context, Request const& request) -> expected<typename Request::reply> {
    return wait<typename Request::reply>([&](auto done) { client.write(context, request, std::move(done)); });
  }

private:
  template <class Reply>
  auto wait(std::function<void(std::function<void(expected<Reply>)>)> const& start) -> expected<Reply> {
    std::optional<expected<Reply>> result;
    start([&](expected<Reply> got) { result = std::move(got); });
    while (!result) {
      auto lock = std::unique_lock{mutex_};
      BOOST_REQUIRE(arrived_.wait_for(lock, std::chrono::seconds{30}, [&] { return !waiting_.empty(); }));
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      next();
    }
    return std::move(*result);
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> waiting_;
};

} // namespace nexus::testing
