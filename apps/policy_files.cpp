#include "apps/policy_files.hpp"

#include "embedded/ci_policy.hpp"
#include "embedded/default_policy.hpp"
#include "runtime/settings/settings.hpp"

#include <filesystem>

namespace nexus::apps {
namespace {

auto shipped(std::string const& name) -> std::optional<readiness::policy_text> {
  if (name == "default")
    return readiness::policy_text{"shipped policy default", std::string{embedded::default_policy()}};
  if (name == "ci") return readiness::policy_text{"shipped policy ci", std::string{embedded::ci_policy()}};
  return {};
}

auto read(std::string const& path) -> expected<readiness::policy_text> {
  auto text = read_text_file(path);
  if (!text) return tl::unexpected{std::move(text.error())};
  return readiness::policy_text{path, std::move(*text)};
}

} // namespace

auto read_policy_text(std::string const& name) -> expected<readiness::policy_text> {
  auto ignored = std::error_code{};
  if (auto known = shipped(name); known && !std::filesystem::exists(name, ignored)) return *known;
  return read(name);
}

auto find_extended_policy(std::string const& reference, std::string const& from) -> expected<readiness::policy_text> {
  if (auto known = shipped(reference)) return *known;
  auto const beside = std::filesystem::path{from}.parent_path() / reference;
  auto found = read(beside.lexically_normal().string());
  if (!found) found.error().remedy = "name a shipped policy (default, ci) or a file as seen from this one";
  return found;
}

auto load_policy_or_problems(std::string const& name) -> tl::expected<readiness::policy_family, std::vector<error>> {
  auto const text = read_policy_text(name);
  if (!text) return tl::unexpected{std::vector{text.error()}};
  return readiness::policy_family::load(*text, find_extended_policy);
}

auto load_policy(std::string const& name) -> expected<readiness::policy_family> {
  auto family = load_policy_or_problems(name);
  if (!family) return tl::unexpected{std::move(family.error().front())};
  return std::move(*family);
}

} // namespace nexus::apps
