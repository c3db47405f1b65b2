#include "runtime/http/edge.hpp"

namespace nexus::http {
namespace {

auto whole_seconds(std::chrono::milliseconds time) -> std::int64_t {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

} // namespace

auto quota_fields(rate_limit const& limit, rate_verdict const& verdict) -> headers {
  auto result = headers{
      {"RateLimit-Policy", fmt::format(R"("principal";q={};w={})", limit.requests, whole_seconds(limit.period))},
      {"RateLimit", fmt::format(R"("principal";r={};t={})", verdict.remaining, whole_seconds(verdict.reset))}};
  if (!verdict.allowed)
    result.add("Retry-After", std::to_string(std::max<std::int64_t>(1, whole_seconds(verdict.retry_after))));
  return result;
}

} // namespace nexus::http
