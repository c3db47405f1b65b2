#include "apps/edge_settings.hpp"

#include "apps/wall_clock.hpp"

namespace nexus::apps {

auto serves_local_user(node_settings const& settings) -> bool {
  return settings.environment != node_environment::production && is_loopback(settings.bind);
}

auto edge_rules_of(node_settings const& settings, std::function<void(std::string const& token)> token_read)
    -> expected<http::edge_rules> {
  auto const local = serves_local_user(settings);
  auto known = http::authenticator::load({.tokens_file = settings.auth.tokens_file,
                                          .jwt_secret = settings.auth.jwt_secret.reveal(),
                                          .allow_local = local,
                                          .now = wall_clock,
                                          .token_read = std::move(token_read)});
  if (!known) return tl::unexpected{known.error()};
  if (!local && !known->has_credentials())
    return fail_at("bind", errc::invalid_argument, "'{}' is reachable from outside and no credentials are configured",
                   settings.bind);
  auto const& chosen = settings.http;
  auto rules = http::edge_rules{};
  rules.identities = std::make_shared<http::authenticator const>(std::move(*known));
  rules.cross_origin = {chosen.cors.origins, chosen.cors.credentials};
  rules.limit = {chosen.rate_limit.requests, chosen.rate_limit.period.value(), chosen.rate_limit.max_principals};
  for (auto const& text : chosen.trusted_proxies) {
    auto range = http::address_range::parse(text);
    if (!range) return tl::unexpected{range.error()};
    rules.trusted_proxies.push_back(*range);
  }
  return rules;
}

} // namespace nexus::apps
