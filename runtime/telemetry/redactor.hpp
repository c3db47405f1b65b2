#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus {

/// Takes secrets out of text: the values it was given, and whatever has the shape of a credential: tokens of GitHub,
/// GitLab, Slack, AWS, Google and OpenAI, JSON Web Tokens, PEM private keys, `Bearer` and `Basic` credentials, an
/// `Authorization` header, `password=...` and its kin (also as JSON members), and passwords in URLs. Copies hide the
/// same: what one is given, all hide from then on. Threads may use it at will.
class redactor {
public:
  /// What stands where a secret stood.
  static constexpr std::string_view replacement = "[redacted]";
  /// Registered values shorter than this are ignored: they would tear ordinary words apart.
  static constexpr std::size_t shortest_secret = 4;

  redactor() : redactor(std::vector<std::string>{}) {}
  explicit redactor(std::vector<std::string> secrets);

  /// Hides these too, and still all that was hidden.
  void hide(std::vector<std::string> secrets);

  /// True when nothing in the text must be hidden. Allocates nothing.
  auto is_clean(std::string_view text) const -> bool;
  auto redact(std::string_view text) const -> std::string;
  /// True for names whose values are secrets: those ending in "password", "token", "secret", "api_key" and the like.
  static auto names_secret(std::string_view name) -> bool;

private:
  struct registry;
  std::shared_ptr<registry> known_;
};

} // namespace nexus
