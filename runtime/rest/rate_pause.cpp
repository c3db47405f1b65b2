#include "runtime/rest/rate_pause.hpp"

#include "messages/core/codec.hpp"

#include <fmt/format.h>

namespace nexus::rest {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest = 1h;
constexpr std::chrono::milliseconds unnamed = 1min;

auto limited(http::response const& answer) -> bool { return answer.status == 429 || answer.status == 403; }

/// How long the service is to be left alone after this answer.
auto pause_after(http::response const& answer, timestamp now) -> std::chrono::milliseconds {
  if (!limited(answer)) return {};
  return http::retry_after(answer, now).value_or(std::chrono::milliseconds{0});
}

} // namespace

auto rate_pause(std::string name, http::exchange exchange, std::function<timestamp()> now) -> http::exchange {
  return [name = std::move(name), exchange = std::move(exchange), now = std::move(now),
          until = std::make_shared<timestamp>()](call const& context, http::request outbound,
                                                 http::response_callback done) {
    if (auto const left = *until - now(); left > 0ms)
      return done(tl::unexpected{error{
          errc::overloaded,
          fmt::format("{} limits the rate of requests and is not asked before {}", name, format_timestamp(*until)),
          {},
          "try again then",
          left}});
    exchange(context, std::move(outbound), [now, until, done = std::move(done)](expected<http::response> got) {
      if (!got) return done(std::move(got));
      if (limited(*got) && !got->fields.find("Retry-After") &&
          got->body.find("secondary rate limit") != std::string::npos)
        got->fields.set("Retry-After",
                        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(unnamed).count()));
      auto const time = now();
      if (auto const pause = std::min(pause_after(*got, time), longest); pause > 0ms)
        *until = std::max(*until, time + pause);
      done(std::move(got));
    });
  };
}

} // namespace nexus::rest
