#include "actors/git_ci/build_figures.hpp"

#include "messages/core/text.hpp"

#include <algorithm>

namespace nexus::git_ci {
namespace {

constexpr std::size_t shortest_abbreviation = 7;

auto same_commit(std::string_view a, std::string_view b) -> bool {
  auto const length = std::min(a.size(), b.size());
  return length >= shortest_abbreviation && same_word(a.substr(0, length), b.substr(0, length));
}

} // namespace

void add_build_figures(repository_health& to, std::span<build_status const> builds, timestamp now) {
  using namespace std::chrono;
  auto oldest = now;
  double minutes = 0;
  int completed = 0;
  for (auto const& each : builds) {
    oldest = std::min(oldest, each.timestamp);
    if (each.status == build_result::building) continue;
    ++completed;
    minutes += each.duration_seconds / 60;
    if (each.status == build_result::success &&
        (!to.last_successful_build || each.timestamp > *to.last_successful_build))
      to.last_successful_build = each.timestamp;
  }
  auto const weeks = duration<double, std::chrono::weeks::period>(now - oldest).count();
  auto const told = [&](char const* member, bool known, char const* why) {
    if (known)
      to.unavailable.erase(member);
    else
      to.unavailable[member] = why;
  };
  if (builds.size() >= 2 && weeks > 0) to.build_frequency_per_week = static_cast<double>(builds.size()) / weeks;
  if (completed > 0) to.average_build_duration_minutes = minutes / completed;
  told("last_successful_build", to.last_successful_build.has_value(), "none of the builds that were read succeeded");
  told("build_frequency_per_week", to.build_frequency_per_week.has_value(), "there are fewer than two builds");
  told("average_build_duration_minutes", to.average_build_duration_minutes.has_value(), "no build is completed");
}

auto newest_build_of(std::span<build_status const> builds, std::string_view commit, std::string_view ref)
    -> build_status const* {
  auto const first = [&](auto const& fits) -> build_status const* {
    auto const found = std::find_if(builds.begin(), builds.end(), [&](auto const& each) {
      return each.status != build_result::building && fits(each);
    });
    return found == builds.end() ? nullptr : &*found;
  };
  if (!commit.empty())
    if (auto const* found =
            first([&](auto const& each) { return each.commit_sha && same_commit(*each.commit_sha, commit); }))
      return found;
  if (ref.empty()) return nullptr;
  auto const wanted = short_ref(ref);
  return first([&](auto const& each) { return each.branch == wanted; });
}

auto short_ref(std::string_view ref) -> std::string {
  for (std::string_view const prefix :
       {"refs/remotes/origin/", "refs/heads/", "refs/tags/", "remotes/origin/", "origin/"})
    if (ref.starts_with(prefix)) return std::string{ref.substr(prefix.size())};
  return std::string{ref};
}

} // namespace nexus::git_ci
