#include "runtime/http/authentication.hpp"

#include "messages/core/codec.hpp"
#include "messages/core/digest.hpp"
#include "messages/core/text.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fstream>
#include <sstream>

namespace nexus::http {
namespace {

constexpr std::size_t shortest_token = 20;
constexpr std::size_t shortest_key = 32;
constexpr std::size_t longest_header = 8 * 1024;
/// How far the issuer's clock may differ from ours.
constexpr std::chrono::seconds leeway{30};

auto base64url(std::string_view text) -> std::optional<std::string> {
  auto out = std::string{};
  unsigned bits = 0;
  int count = 0;
  for (unsigned char c : text) {
    auto const value = c >= 'A' && c <= 'Z'   ? c - 'A'
                       : c >= 'a' && c <= 'z' ? c - 'a' + 26
                       : c >= '0' && c <= '9' ? c - '0' + 52
                       : c == '-'             ? 62
                       : c == '_'             ? 63
                                              : -1;
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

auto refuse(std::string_view why) -> tl::unexpected<error> {
  return tl::unexpected{
      error{errc::unauthenticated, std::string{why}, {}, "send a valid token as 'Authorization: Bearer <token>'", {}}};
}

/// What a scope allows; each includes the one before it. Nothing for an unknown one.
auto principal_of(std::string name, std::string_view scope) -> std::optional<principal> {
  auto const level = scope == "read" ? 0 : scope == "write" ? 1 : scope == "admin" ? 2 : -1;
  if (level < 0) return std::nullopt;
  return principal{std::move(name), level >= 1, level >= 2};
}

/// A member of the expected kind, or nothing.
auto text_of(nlohmann::json const& claims, char const* name) -> std::string {
  auto const found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

} // namespace

auto authenticator::load(authentication_options options) -> expected<authenticator> {
  auto result = authenticator{std::move(options)};
  auto const& chosen = result.options_;
  if (!chosen.jwt_secret.empty() && chosen.jwt_secret.size() < shortest_key)
    return fail_at("NEXUS_JWT_SECRET", errc::invalid_argument, "the key has {} bytes, at least {} are needed",
                   chosen.jwt_secret.size(), shortest_key);
  if (chosen.tokens_file.empty()) return result;
  auto file = std::ifstream{chosen.tokens_file};
  if (!file) return fail_at(chosen.tokens_file, errc::invalid_argument, "the tokens file cannot be read");
  auto line = std::string{};
  for (auto number = 1; std::getline(file, line); ++number) {
    auto const where = fmt::format("{}:{}", chosen.tokens_file, number);
    auto words = std::istringstream{line.substr(0, line.find('#'))};
    std::string name, scope, token, rest;
    if (!(words >> name)) continue;
    auto const complete = (words >> scope >> token) && !(words >> rest);
    auto owner = principal_of(name, scope);
    if (!complete || !owner)
      return fail_at(where, errc::invalid_argument, "expected '<name> <read|write|admin> <token>'");
    if (token.size() < shortest_token)
      return fail_at(where, errc::invalid_argument, "the token is shorter than {} characters", shortest_token);
    result.tokens_.emplace_back(sha256(token), std::move(*owner));
    if (chosen.token_read) chosen.token_read(token);
  }
  if (result.tokens_.empty())
    return fail_at(chosen.tokens_file, errc::invalid_argument, "the tokens file holds no token");
  return result;
}

auto authenticator::identify(std::optional<std::string_view> authorization, bool over_loopback) const
    -> expected<principal> {
  if (!authorization) {
    if (options_.allow_local && over_loopback) return principal{"local", true, true};
    return refuse("no credentials were sent");
  }
  if (authorization->size() > longest_header) return refuse("the Authorization header is too long");
  constexpr std::string_view scheme = "bearer ";
  auto const shaped =
      authorization->size() > scheme.size() && same_word(authorization->substr(0, scheme.size()), scheme);
  if (!shaped) return refuse("only bearer tokens are accepted");
  auto const token = authorization->substr(scheme.size());
  auto const hash = sha256(token);
  auto known = std::optional<principal>{};
  // All are looked at, so that time does not tell which one came close.
  for (auto const& [stored, owner] : tokens_)
    if (CRYPTO_memcmp(stored.data(), hash.data(), hash.size()) == 0) known = owner;
  if (known) return *known;
  if (!options_.jwt_secret.empty() && std::count(token.begin(), token.end(), '.') == 2) return read_jwt(token);
  return refuse("the token is not known");
}

auto authenticator::read_jwt(std::string_view token) const -> expected<principal> {
  auto const first = token.find('.'), second = token.find('.', first + 1);
  auto const header = base64url(token.substr(0, first));
  auto const payload = base64url(token.substr(first + 1, second - first - 1));
  auto const signature = base64url(token.substr(second + 1));
  if (!header || !payload || !signature) return refuse("the token is malformed");
  auto wanted = std::array<unsigned char, EVP_MAX_MD_SIZE>{};
  unsigned size = 0;
  auto const signed_part = token.substr(0, second);
  HMAC(EVP_sha256(), options_.jwt_secret.data(), static_cast<int>(options_.jwt_secret.size()),
       reinterpret_cast<unsigned char const*>(signed_part.data()), signed_part.size(), wanted.data(), &size);
  if (signature->size() != size || CRYPTO_memcmp(signature->data(), wanted.data(), size) != 0)
    return refuse("the token's signature is wrong");
  auto const limits = json_limits{.bytes = longest_header, .depth = 8};
  auto const head = parse_json(*header, limits);
  auto const claims = parse_json(*payload, limits);
  if (!head || !claims || !head->is_object() || !claims->is_object()) return refuse("the token is malformed");
  if (text_of(*head, "alg") != "HS256") return refuse("the token's algorithm is not HS256");
  if (text_of(*claims, "iss") != "nexus-orchestrator") return refuse("the token's issuer is not nexus-orchestrator");
  auto const audience = claims->find("aud");
  auto const addressed =
      audience != claims->end() &&
      (*audience == "nexus-agents" ||
       (audience->is_array() && std::find(audience->begin(), audience->end(), "nexus-agents") != audience->end()));
  if (!addressed) return refuse("the token's audience is not nexus-agents");
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.now().time_since_epoch());
  auto const expiry = claims->find("exp");
  if (expiry == claims->end() || !expiry->is_number() ||
      expiry->get<double>() < static_cast<double>((seconds - leeway).count()))
    return refuse("the token has expired");
  auto const start = claims->find("nbf");
  if (start != claims->end() &&
      (!start->is_number() || start->get<double>() > static_cast<double>((seconds + leeway).count())))
    return refuse("the token is not valid yet");
  auto const subject = text_of(*claims, "sub");
  if (subject.empty() || subject.size() > 200) return refuse("the token names no subject");
  // A scope that we do not know gives no more than reading.
  return principal_of(subject, text_of(*claims, "scope")).value_or(principal{subject, false, false});
}

} // namespace nexus::http
