#include "runtime/telemetry/redactor.hpp"

#include "messages/core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

namespace nexus {
namespace {

using range = std::pair<std::size_t, std::size_t>;

auto is_digit(char c) -> bool { return c >= '0' && c <= '9'; }
auto is_lower(char c) -> bool { return c >= 'a' && c <= 'z'; }
auto is_upper(char c) -> bool { return c >= 'A' && c <= 'Z'; }
auto is_alphanumeric(char c) -> bool { return is_digit(c) || is_lower(c) || is_upper(c); }
auto is_word(char c) -> bool { return is_alphanumeric(c) || c == '_' || c == '-'; }
/// token68 of RFC 9110, section 11.2.
auto is_token68(char c) -> bool { return is_word(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '='; }
auto is_blank(char c) -> bool { return c == ' ' || c == '\t'; }
auto ends_value(char c) -> bool {
  return is_blank(c) || c == '\n' || c == '\r' || c == '"' || c == '\'' || c == ';' || c == '&';
}

template <class Predicate>
auto run_of(std::string_view text, std::size_t from, Predicate const& predicate) -> std::size_t {
  while (from < text.size() && predicate(text[from])) ++from;
  return from;
}

auto starts_ignoring_case(std::string_view text, std::size_t at, std::string_view lower) -> bool {
  return same_word(text.substr(at, lower.size()), lower);
}

struct token_shape {
  std::string_view prefix;
  std::size_t shortest_rest;
  /// The prefix is common inside words, so it counts only at the start of one.
  bool at_start_of_word;
};

constexpr auto token_shapes = std::to_array<token_shape>({
    {"ghp_", 16, false},
    {"gho_", 16, false},
    {"ghu_", 16, false},
    {"ghs_", 16, false},
    {"ghr_", 16, false},
    {"github_pat_", 16, false},
    {"glpat-", 16, false},
    {"xoxa-", 8, false},
    {"xoxb-", 8, false},
    {"xoxe-", 8, false},
    {"xoxp-", 8, false},
    {"xoxr-", 8, false},
    {"xoxs-", 8, false},
    {"xapp-", 8, false},
    {"AKIA", 16, false},
    {"ASIA", 16, false},
    {"AIza", 30, false},
    {"sk-", 20, true},
});

auto match_token(std::string_view text, std::size_t at) -> std::optional<range> {
  for (auto const& shape : token_shapes) {
    if (!text.substr(at).starts_with(shape.prefix)) continue;
    if (shape.at_start_of_word && at > 0 && is_word(text[at - 1])) continue;
    auto const end = run_of(text, at + shape.prefix.size(), is_word);
    if (end - at - shape.prefix.size() >= shape.shortest_rest) return range{at, end};
  }
  return std::nullopt;
}

/// header.payload.signature, RFC 7519; a header starts with {" which is eyJ in base64.
auto match_jwt(std::string_view text, std::size_t at) -> std::optional<range> {
  if (!text.substr(at).starts_with("eyJ")) return std::nullopt;
  // Inside a longer word only a short header is looked for, so that hostile text costs no quadratic time.
  auto const inside = at > 0 && is_word(text[at - 1]);
  auto const header = run_of(inside ? text.substr(0, at + 256) : text, at, is_word);
  if (header - at < 8 || header >= text.size() || text[header] != '.') return std::nullopt;
  auto const payload = run_of(text, header + 1, is_word);
  if (payload == header + 1 || payload >= text.size() || text[payload] != '.') return std::nullopt;
  return range{at, run_of(text, payload + 1, is_word)};
}

auto match_private_key(std::string_view text, std::size_t at) -> std::optional<range> {
  constexpr auto begin = std::string_view{"-----BEGIN "}, end = std::string_view{"-----END "};
  if (!text.substr(at).starts_with(begin)) return std::nullopt;
  auto const label = run_of(text, at + begin.size(), [](char c) { return is_upper(c) || is_digit(c) || c == ' '; });
  if (text.substr(at, label - at).find("PRIVATE KEY") == std::string_view::npos) return std::nullopt;
  auto const footer = text.find(end, label);
  if (footer == std::string_view::npos) return range{at, text.size()};
  auto const close = text.find("-----", footer + end.size());
  return range{at, close == std::string_view::npos ? text.size() : close + 5};
}

/// Distinguishes "Bearer 5f2aX9..." from "bearer token" in a sentence.
auto looks_random(std::string_view text) -> bool {
  if (text.size() < 8) return false;
  auto const has = [&](auto const& predicate) { return std::any_of(text.begin() + 1, text.end(), predicate); };
  return has(is_digit) || has(is_upper) || text.ends_with('=');
}

/// "Bearer TOKEN", "Basic BASE64", "Authorization: anything".
auto match_scheme(std::string_view text, std::size_t at) -> std::optional<range> {
  for (auto const scheme : {std::string_view{"bearer"}, std::string_view{"basic"}, std::string_view{"token"}}) {
    if (!starts_ignoring_case(text, at, scheme)) continue;
    auto const begin = run_of(text, at + scheme.size(), is_blank);
    auto const end = run_of(text, begin, is_token68);
    if (begin > at + scheme.size() && looks_random(text.substr(begin, end - begin))) return range{begin, end};
  }
  constexpr auto header = std::string_view{"authorization"};
  if (!starts_ignoring_case(text, at, header)) return std::nullopt;
  auto begin = run_of(text, at + header.size(), [](char c) { return c == '"' || c == '\'' || is_blank(c); });
  if (begin >= text.size() || (text[begin] != ':' && text[begin] != '=')) return std::nullopt;
  begin = run_of(text, begin + 1, [](char c) { return c == '"' || c == '\'' || is_blank(c); });
  auto const end = run_of(
      text, begin, [](char c) { return c != '\n' && c != '\r' && c != '"' && c != '\'' && c != '}' && c != ','; });
  if (end == begin || text.substr(begin, end - begin) == redactor::replacement) return std::nullopt;
  return range{begin, end};
}

auto ends_ignoring_case(std::string_view text, std::string_view lower) -> bool {
  return text.size() >= lower.size() && same_word(text.substr(text.size() - lower.size()), lower);
}

auto names_password(std::string_view name) -> bool {
  return ends_ignoring_case(name, "password") || ends_ignoring_case(name, "passwd") ||
         ends_ignoring_case(name, "passphrase");
}

/// `password=VALUE`, `api_token='VALUE'`, `"client_secret": "VALUE"`, `password: VALUE`; found at the sign between.
auto match_assignment(std::string_view text, std::size_t sign) -> std::optional<range> {
  auto key_end = sign;
  while (key_end > 0 && is_blank(text[key_end - 1])) --key_end;
  auto const quoted = key_end > 0 && (text[key_end - 1] == '"' || text[key_end - 1] == '\'');
  if (quoted) --key_end;
  if (quoted && key_end > 0 && text[key_end - 1] == '\\') --key_end; // JSON within JSON
  auto key_begin = key_end;
  while (key_begin > 0 && key_end - key_begin < 64 && is_word(text[key_begin - 1])) --key_begin;
  auto const key = text.substr(key_begin, key_end - key_begin);
  // "api_token: expected string" is a message, "api_token": "abc" is a leak.
  if (!(text[sign] == ':' && !quoted ? names_password(key) : redactor::names_secret(key))) return std::nullopt;
  auto begin = run_of(text, sign + 1, is_blank);
  auto const nested = text.substr(begin).starts_with("\\\""); // JSON within JSON: the value ends at \" again
  if (nested) ++begin;
  std::size_t end{};
  if (begin < text.size() && (text[begin] == '"' || text[begin] == '\'')) {
    auto const quote = text[begin++];
    auto const closing = nested ? '\\' : quote;
    for (end = begin; end < text.size() && text[end] != closing && text[end] != '\n'; ++end)
      if (text[end] == '\\') ++end;
    end = std::min(end, text.size());
  } else {
    end = run_of(text, begin, [](char c) { return !ends_value(c); });
  }
  auto const value = text.substr(begin, end - begin);
  if (value.empty() || value == "null" || value == redactor::replacement) return std::nullopt;
  return range{begin, end};
}

/// The password in "scheme://user:password@host"; found at "://".
auto match_userinfo(std::string_view text, std::size_t at) -> std::optional<range> {
  if (!text.substr(at).starts_with("://")) return std::nullopt;
  auto const begin = at + 3;
  auto const end = run_of(text, begin, [](char c) { return c != '/' && c != '?' && c != '#' && !ends_value(c); });
  auto const authority = text.substr(begin, end - begin);
  auto const host = authority.rfind('@');
  if (host == std::string_view::npos) return std::nullopt;
  auto const colon = authority.find(':');
  auto const start = colon < host ? colon + 1 : 0;
  auto const value = authority.substr(start, host - start);
  // A name alone is "git", or a token.
  if (value.empty() || value == redactor::replacement || (start == 0 && !looks_random(value))) return std::nullopt;
  return range{begin + start, begin + host};
}

constexpr auto starts_shape = [] {
  auto table = std::array<bool, 256>{};
  for (auto const c : std::string_view{"gxAsebBaTt-=:"}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

auto match_shape(std::string_view text, std::size_t at) -> std::optional<range> {
  switch (text[at]) {
  case 'g':
  case 'x':
  case 's':
    return match_token(text, at);
  case 'e':
    return match_jwt(text, at);
  case '-':
    return match_private_key(text, at);
  case 'A':
    if (auto found = match_token(text, at)) return found;
    return match_scheme(text, at);
  case 'a':
  case 'b':
  case 'B':
  case 't':
  case 'T':
    return match_scheme(text, at);
  case ':':
    if (auto found = match_userinfo(text, at)) return found;
    return match_assignment(text, at);
  case '=':
    return match_assignment(text, at);
  default:
    return std::nullopt;
  }
}

/// The next credential-like piece of the text; ends after `from`.
auto next_shape(std::string_view text, std::size_t from) -> std::optional<range> {
  for (auto at = from; at < text.size(); ++at) {
    if (!starts_shape[static_cast<unsigned char>(text[at])]) continue;
    if (auto const found = match_shape(text, at); found && found->second > from) return found;
  }
  return std::nullopt;
}

auto percent_encoded(std::string_view text) -> std::string {
  auto result = std::string{};
  for (auto const c : text)
    if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~')
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return result;
}

} // namespace

struct redactor::registry {
  mutable std::shared_mutex mutex;
  /// With their percent-encoded forms.
  std::vector<std::string> secrets;
};

redactor::redactor(std::vector<std::string> secrets) : known_(std::make_shared<registry>()) {
  hide(std::move(secrets));
}

void redactor::hide(std::vector<std::string> secrets) {
  auto const lock = std::unique_lock{known_->mutex};
  auto const add = [&all = known_->secrets](std::string secret) {
    if (std::find(all.begin(), all.end(), secret) == all.end()) all.push_back(std::move(secret));
  };
  for (auto& secret : secrets) {
    if (secret.size() < shortest_secret) continue;
    add(percent_encoded(secret));
    add(std::move(secret));
  }
}

auto redactor::names_secret(std::string_view name) -> bool {
  constexpr auto endings = std::to_array<std::string_view>(
      {"pwd", "secret", "token", "api_key", "api-key", "apikey", "access_key", "private_key", "secret_key"});
  return names_password(name) || same_word(name, "authorization") ||
         std::any_of(endings.begin(), endings.end(), [&](auto ending) { return ends_ignoring_case(name, ending); });
}

auto redactor::is_clean(std::string_view text) const -> bool {
  auto const lock = std::shared_lock{known_->mutex};
  for (auto const& secret : known_->secrets)
    if (text.find(secret) != std::string_view::npos) return false;
  return !next_shape(text, 0);
}

auto redactor::redact(std::string_view text) const -> std::string {
  if (is_clean(text)) return std::string{text};
  auto ranges = std::vector<range>{};
  {
    auto const lock = std::shared_lock{known_->mutex};
    for (auto const& secret : known_->secrets)
      for (auto at = text.find(secret); at != std::string_view::npos; at = text.find(secret, at + 1))
        ranges.emplace_back(at, at + secret.size());
  }
  for (auto shape = next_shape(text, 0); shape; shape = next_shape(text, shape->second)) ranges.push_back(*shape);
  std::sort(ranges.begin(), ranges.end());
  auto result = std::string{};
  auto written = std::size_t{0};
  for (auto const& [begin, end] : ranges) {
    if (begin >= written || written == 0) {
      result += text.substr(written, begin - written);
      result += replacement;
    }
    written = std::max(written, end);
  }
  result += text.substr(written);
  return result;
}

} // namespace nexus
