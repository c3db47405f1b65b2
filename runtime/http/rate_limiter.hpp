#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nexus::http {

/// How much one principal may ask.
struct rate_limit {
  /// Requests per period; so many may come at once. 0 for no limit.
  std::uint32_t requests = 0;
  std::chrono::milliseconds period{60'000};
  /// Principals that are remembered; beyond, the one that was quiet the longest starts afresh.
  std::size_t max_principals = 10'000;
  friend auto operator==(rate_limit const&, rate_limit const&) -> bool = default;
};

/// What a limiter says to one request.
struct rate_verdict {
  bool allowed = true;
  /// Requests that may follow at once.
  std::uint32_t remaining = 0;
  /// Until the whole quota is there again.
  std::chrono::milliseconds reset{0};
  /// Until the next request is allowed; zero for an allowed one.
  std::chrono::milliseconds retry_after{0};
};

/// One token bucket for each principal, which starts full and fills evenly. Kept as the moment at which it will be full
/// (the generic cell rate algorithm, ITU-T I.371), so that nothing has to be refilled. Threads may use it at will.
class rate_limiter {
public:
  using clock = std::chrono::steady_clock;
  explicit rate_limiter(rate_limit limit, std::function<clock::time_point()> now = clock::now);

  /// Takes one token of the principal's bucket if there is one.
  auto take(std::string_view principal) -> rate_verdict;
  /// Goes on with another limit; buckets keep how far they are from full, up to the new size.
  void change(rate_limit limit);
  auto limit() const -> rate_limit;
  /// Principals remembered now.
  auto size() const -> std::size_t;

private:
  struct bucket {
    std::string principal;
    clock::time_point full_at;
  };
  auto bucket_of(std::string_view principal, clock::time_point time) -> bucket&;

  mutable std::mutex mutex_;
  rate_limit limit_;
  std::function<clock::time_point()> now_;
  /// The one that asked last comes first.
  std::list<bucket> buckets_;
  /// By the principals' names, which stand in `buckets_`.
  std::unordered_map<std::string_view, std::list<bucket>::iterator> known_;
};

} // namespace nexus::http
