#include "runtime/http/rate_limiter.hpp"

#include <algorithm>

namespace nexus::http {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

rate_limiter::rate_limiter(rate_limit limit, std::function<clock::time_point()> now)
    : limit_(limit), now_(std::move(now)) {}

auto rate_limiter::take(std::string_view principal) -> rate_verdict {
  auto const lock = std::lock_guard{mutex_};
  if (limit_.requests == 0) return {};
  auto const time = now_();
  auto const period = nanoseconds{limit_.period};
  auto const each = std::max(period / limit_.requests, nanoseconds{1});
  auto& found = bucket_of(principal, time);
  auto const full_at = std::max(found.full_at, time) + each;
  auto result = rate_verdict{};
  if (full_at - time > period) {
    result.allowed = false;
    result.reset = ceil<milliseconds>(found.full_at - time);
    result.retry_after = ceil<milliseconds>(full_at - period - time);
    return result;
  }
  found.full_at = full_at;
  result.remaining = static_cast<std::uint32_t>((period - (full_at - time)) / each);
  result.reset = ceil<milliseconds>(full_at - time);
  return result;
}

auto rate_limiter::bucket_of(std::string_view principal, clock::time_point time) -> bucket& {
  if (auto const known = known_.find(principal); known != known_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, known->second);
    return buckets_.front();
  }
  while (!buckets_.empty() && buckets_.size() >= std::max<std::size_t>(limit_.max_principals, 1)) {
    known_.erase(buckets_.back().principal);
    buckets_.pop_back();
  }
  buckets_.push_front({std::string{principal}, time});
  known_.emplace(buckets_.front().principal, buckets_.begin());
  return buckets_.front();
}

void rate_limiter::change(rate_limit limit) {
  auto const lock = std::lock_guard{mutex_};
  limit_ = limit;
  auto const latest = now_() + limit.period;
  for (auto& each : buckets_) each.full_at = std::min(each.full_at, latest);
}

auto rate_limiter::limit() const -> rate_limit {
  auto const lock = std::lock_guard{mutex_};
  return limit_;
}

auto rate_limiter::size() const -> std::size_t {
  auto const lock = std::lock_guard{mutex_};
  return buckets_.size();
}

} // namespace nexus::http
