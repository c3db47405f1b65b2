#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus {

/// Takes secrets out of text: the values it was given, and whatever has the shape of a credential: tokens of GitHub,
/// GitLab, Slack, AWS, Google and OpenAI, JSON Web Tokens, PEM private keys, `Bearer` and `Basic` credentials, an
/// `Authorization` header, `password=...` and its kin (also as JSON members), and passwords in URLs. Immutable, so any
/// thread may use it.
class redactor {
public:
  /// What stands where a secret stood.
  static constexpr std::string_view replacement = "[redacted]";
  /// Registered values shorter than this are ignored: they would tear ordinary words apart.
  static constexpr std::size_t shortest_secret = 4;

  redactor() = default;
  explicit redactor(std::vector<std::string> secrets);

  /// True when nothing in the text must be hidden. Allocates nothing.
  auto is_clean(std::string_view text) const -> bool;
  auto redact(std::string_view text) const -> std::string;
  /// True for names whose values are secrets: those ending in "password", "token", "secret", "api_key" and the like.
  static auto names_secret(std::string_view name) -> bool;

private:
  /// With their percent-encoded forms.
  std::vector<std::string> secrets_;
};

} // namespace nexus
