#include "runtime/http/cross_origin.hpp"

#include "runtime/http/outbound.hpp"
#include "runtime/http/problem.hpp"

#include <algorithm>

namespace nexus::http {
namespace {

constexpr auto any = "*";
constexpr auto methods = "GET, HEAD, POST, PUT, PATCH, DELETE";
constexpr auto accepted_fields =
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-ID, traceparent";
constexpr auto readable_fields =
    "Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID, traceparent";
/// How long a browser need not ask again.
constexpr auto preflight_seconds = "600";

/// The list's own text for the origin of a request; nothing when it is not listed.
auto listed(cross_origin_rules const& rules, headers const& fields) -> std::optional<std::string_view> {
  auto const origin = fields.find("Origin");
  if (!origin) return std::nullopt;
  for (auto const& each : rules.origins)
    if (each == any || each == *origin) return each;
  return std::nullopt;
}

} // namespace

auto check_origin(std::string_view text) -> expected<void> {
  if (text == any) return {};
  auto const refuse = [](std::string_view what) -> expected<void> {
    return tl::unexpected{error{
        errc::invalid_argument, std::string{what}, {}, "write it like https://dashboard.example.com, or '*'", {}}};
  };
  if (text.size() > 300) return refuse("too long for an origin");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    return refuse("browsers send origins in lower case");
  auto const url = parse_url(text);
  if (!url || text != url->scheme + "://" + url->authority)
    return refuse("not an origin: it has a scheme (http or https), a host and no more than a port");
  if (url->scheme == "https" && url->authority.ends_with(":443")) return refuse("browsers leave :443 out");
  if (url->scheme == "http" && url->authority.ends_with(":80")) return refuse("browsers leave :80 out");
  return {};
}

auto cross_origin_fields(cross_origin_rules const& rules, headers const& fields) -> headers {
  auto result = headers{};
  if (rules.origins.empty()) return result;
  auto const for_all = rules.origins.size() == 1 && rules.origins.front() == any;
  // Caches must not give one origin's answer to another.
  if (!for_all) result.add("Vary", "Origin");
  auto const origin = listed(rules, fields);
  if (!origin) return result;
  result.add("Access-Control-Allow-Origin", std::string{*origin});
  if (rules.credentials && *origin != any) result.add("Access-Control-Allow-Credentials", "true");
  result.add("Access-Control-Expose-Headers", readable_fields);
  return result;
}

auto answer_preflight(cross_origin_rules const& rules, request const& received) -> std::optional<response> {
  if (rules.origins.empty() || received.method != "OPTIONS" || !received.fields.find("Origin") ||
      !received.fields.find("Access-Control-Request-Method"))
    return std::nullopt;
  if (!listed(rules, received.fields)) return problem(403, "this origin is not listed in http.cors.origins");
  return response{204,
                  {{"Access-Control-Allow-Methods", methods},
                   {"Access-Control-Allow-Headers", accepted_fields},
                   {"Access-Control-Max-Age", preflight_seconds}},
                  {}};
}

} // namespace nexus::http
