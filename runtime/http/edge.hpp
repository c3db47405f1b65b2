#pragma once

#include "runtime/http/address_range.hpp"
#include "runtime/http/authentication.hpp"
#include "runtime/http/cross_origin.hpp"
#include "runtime/http/rate_limiter.hpp"

#include <memory>

namespace nexus::http {

/// What stands between the network and the operations, and may change while a node runs.
struct edge_rules {
  std::shared_ptr<authenticator const> identities;
  /// Proxies of ours, whose word on the client counts.
  std::vector<address_range> trusted_proxies;
  cross_origin_rules cross_origin;
  rate_limit limit;
};

/// The edge of a node, shared by all its roles: one quota for each principal, wherever it asks. Threads may use it at
/// will.
class edge {
public:
  explicit edge(edge_rules rules, std::function<rate_limiter::clock::time_point()> now = rate_limiter::clock::now)
      : limiter_(rules.limit, std::move(now)), rules_(std::make_shared<edge_rules const>(std::move(rules))) {}

  /// The rules for one request, from its beginning to its end.
  auto rules() const -> std::shared_ptr<edge_rules const> {
    auto const lock = std::lock_guard{mutex_};
    return rules_;
  }
  /// What comes in from now on is treated by these.
  void change(edge_rules rules) {
    limiter_.change(rules.limit);
    auto const lock = std::lock_guard{mutex_};
    rules_ = std::make_shared<edge_rules const>(std::move(rules));
  }
  auto limiter() -> rate_limiter& { return limiter_; }

private:
  rate_limiter limiter_;
  mutable std::mutex mutex_;
  std::shared_ptr<edge_rules const> rules_;
};

/// The fields that tell a client about its quota (draft-ietf-httpapi-ratelimit-headers-10): RateLimit-Policy and
/// RateLimit, and Retry-After for a refused request.
auto quota_fields(rate_limit const& limit, rate_verdict const& verdict) -> headers;

} // namespace nexus::http
