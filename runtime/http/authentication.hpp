#pragma once

#include "messages/core/describe.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::http {

/// Who makes a request, and what it may do.
struct principal {
  std::string name;
  /// May call operations that change something; otherwise only those that read.
  bool may_write = false;
  /// May also see and do what concerns the installation: its settings.
  bool may_administer = false;
};

/// Where credentials come from.
struct authentication_options {
  /// A file of lines "<name> <read|write|admin> <token>"; '#' starts a comment. Tokens have at least 20 characters.
  /// Empty: no tokens.
  std::string tokens_file;
  /// Key for HS256 tokens (RFC 7519), at least 32 bytes. Empty: no such tokens.
  std::string jwt_secret;
  /// Requests over loopback without credentials are the built-in user "local", who may do everything.
  bool allow_local = false;
  std::function<timestamp()> now;
  /// Is told each token of the file, so that logs can hide it; may be empty.
  std::function<void(std::string const& token)> token_read = {};
};

/// Checks the credentials of requests. Immutable, so any thread may use it.
///
/// JSON Web Tokens must be HS256, with issuer "nexus-orchestrator", audience "nexus-agents", an expiry and a subject;
/// the claim "scope" is "read" (the default), "write" or "admin". Tokens are compared in constant time by their
/// SHA-256.
class authenticator {
public:
  static auto load(authentication_options options) -> expected<authenticator>;

  /// The principal behind an Authorization header. errc::unauthenticated says what is wrong, never what was sent.
  auto identify(std::optional<std::string_view> authorization, bool over_loopback) const -> expected<principal>;
  /// Whether there is any way to be identified from beyond loopback.
  auto has_credentials() const -> bool { return !tokens_.empty() || !options_.jwt_secret.empty(); }

private:
  using digest = std::array<unsigned char, 32>;
  explicit authenticator(authentication_options options) : options_(std::move(options)) {}
  auto read_jwt(std::string_view token) const -> expected<principal>;

  authentication_options options_;
  std::vector<std::pair<digest, principal>> tokens_;
};

} // namespace nexus::http
