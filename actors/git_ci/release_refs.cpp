#include "actors/git_ci/release_refs.hpp"

#include "actors/evidence/version.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::git_ci {

auto release_branches(std::string_view release) -> std::vector<std::string> {
  constexpr std::string_view prefix = "release/";
  std::vector<std::string> result;
  auto const add = [&](std::string name) {
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(std::move(name));
  };
  if (release.starts_with(prefix)) {
    add(std::string{release});
    release.remove_prefix(prefix.size());
  }
  if (auto const read = evidence::read_version(release); read && read->value.pre_release.empty()) {
    auto const& v = read->value;
    for (auto const& number :
         {fmt::format("{}.{}.{}", v.major, v.minor, v.patch), fmt::format("{}.{}", v.major, v.minor)})
      for (auto const* letter : {"", "v"}) add(fmt::format("{}{}{}", prefix, letter, number));
  } else if (!release.empty()) {
    add(fmt::format("{}{}", prefix, release));
  }
  return result;
}

} // namespace nexus::git_ci
