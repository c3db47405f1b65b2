#include "actors/evidence/git_history.hpp"

#include "actors/evidence/conventional_commit.hpp"
#include "actors/evidence/git_repository.hpp"

#include <algorithm>
#include <cmath>

namespace nexus::evidence {

namespace {

constexpr std::size_t longest_text = 200;
constexpr std::size_t longest_note = 500;
constexpr std::size_t most_kept = 1000;
constexpr std::size_t most_types = 100;

auto id_of(git_point const& point) -> git_oid {
  git_oid id{};
  git_oid_fromstr(&id, point.sha.c_str());
  return id;
}

/// The highest version tag below `limit` (any, without one) among those that `accepts`.
template <class Predicate>
auto highest(std::vector<git_point> const& tags, std::optional<version> const& limit, Predicate accepts)
    -> std::optional<git_point> {
  auto best = std::optional<git_point>{};
  for (auto const& tag : tags) {
    if (!tag.spelled_version || (limit && *tag.spelled_version >= *limit) || !accepts(tag)) continue;
    if (!best || *tag.spelled_version > *best->spelled_version) best = tag;
  }
  return best;
}

auto lead_times_of(std::vector<double> hours) -> std::optional<lead_times> {
  if (hours.empty()) return std::nullopt;
  std::ranges::sort(hours);
  auto const middle = hours.size() / 2;
  auto const median = hours.size() % 2 == 1 ? hours[middle] : (hours[middle - 1] + hours[middle]) / 2;
  // The nearest rank: the smallest value that at least nine tenths do not exceed; in whole numbers, so that it is
  // exact.
  auto const rank = (hours.size() * 9 + 9) / 10;
  return lead_times{median, hours[rank - 1]};
}

/// Adds up what the commits of a range say.
class tally {
public:
  tally(git_history& result, git_query const& query) : result_(result), latest_(query.now + query.future_tolerance) {}

  void add(git_commit* commit, timestamp time) {
    auto const* signature = git_commit_author(commit);
    auto const* summary = git_commit_summary(commit);
    auto entry = summary_of(commit, time);
    entry.author = clip(signature == nullptr || signature->name == nullptr ? "" : signature->name, longest_text);
    entry.subject = clip(summary == nullptr ? "" : summary, longest_text);
    ++authors_[entry.author];
    if (time > latest_) ++result_.commits_in_future;
    if (entry.parents.size() < 2) add_change(entry, git_commit_message(commit));
    result_.commits.push_back(std::move(entry));
  }

  void finish() {
    result_.authors.assign(authors_.begin(), authors_.end());
    std::ranges::stable_sort(result_.authors, std::ranges::greater{}, &std::pair<std::string, std::size_t>::second);
    result_.lead_time = lead_times_of(std::move(hours_));
    if (result_.changes > 0)
      result_.conventional_share = static_cast<double>(result_.conventional) / static_cast<double>(result_.changes);
  }

private:
  static auto summary_of(git_commit* commit, timestamp time) -> release_commit {
    auto entry = release_commit{sha_of(*git_commit_id(commit)), {}, {}, time, {}};
    for (unsigned i = 0; i < git_commit_parentcount(commit); ++i)
      entry.parents.push_back(sha_of(*git_commit_parent_id(commit, i)));
    return entry;
  }

  void add_change(release_commit const& entry, char const* text) {
    auto const message = std::string_view{text == nullptr ? "" : text};
    ++result_.changes;
    // Clocks differ: a commit cannot be younger than its release.
    hours_.push_back(
        std::max(0.0, std::chrono::duration<double, std::ratio<3600>>(result_.release.time - entry.time).count()));
    auto const parsed = parse_conventional(message);
    auto const footer = breaking_footer(message);
    if (parsed) {
      ++result_.conventional;
      auto const known =
          result_.conventional_types.contains(parsed->type) || result_.conventional_types.size() < most_types;
      ++result_.conventional_types[known ? parsed->type : "other"];
      result_.implied = std::max(result_.implied.value_or(version_bump::none), implied_bump(*parsed));
    }
    if (footer || (parsed && parsed->breaking)) {
      ++result_.breaking_count;
      result_.implied = version_bump::major;
      if (result_.breaking_changes.size() < most_kept)
        result_.breaking_changes.push_back({entry.sha, clip(footer ? *footer : parsed->description, longest_note)});
    }
  }

  git_history& result_;
  timestamp latest_;
  std::map<std::string, std::size_t> authors_;
  std::vector<double> hours_;
};

} // namespace

auto to_string(since_origin origin) noexcept -> std::string_view {
  switch (origin) {
  case since_origin::given:
    return "given";
  case since_origin::previous_version:
    return "previous_version";
  case since_origin::whole_history:
    return "whole_history";
  }
  return "whole_history";
}

auto read_git_history(git_query const& query) -> expected<git_history> {
  auto const opened = repository::open(query.path);
  if (!opened) return tl::unexpected{opened.error()};
  auto release = opened->resolve(query.release_ref);
  if (!release) return tl::unexpected{release.error()};
  auto const tags = opened->tags();
  if (!release->spelled_version)
    if (auto const tag = highest(tags, {}, [&](auto const& t) { return t.sha == release->sha; }))
      release->spelled_version = tag->spelled_version;
  auto const reachable = opened->walk(id_of(*release), query.commit_limit);
  if (!reachable) return tl::unexpected{reachable.error()};

  auto result = git_history{};
  result.source = fmt::format("{}@{}", opened->path(), release->sha);
  result.release = *release;
  result.observed_at = reachable->commits.at(id_of(*release)).time;
  result.shallow = opened->shallow();
  if (query.since_ref) {
    auto since = opened->resolve(*query.since_ref);
    if (!since) return tl::unexpected{since.error()};
    result.since = std::move(*since);
    result.origin = since_origin::given;
  } else {
    result.since = highest(tags, release->spelled_version, [&](auto const& tag) {
      return tag.sha != release->sha && reachable->commits.contains(id_of(tag));
    });
    if (result.since) result.origin = since_origin::previous_version;
  }

  auto before = expected<ancestry>{};
  if (result.since) {
    before = opened->walk(id_of(*result.since), query.commit_limit);
    if (!before) return tl::unexpected{before.error()};
    if (reachable->commits.contains(id_of(*result.since)))
      result.since_is_ancestor = true;
    else if (!reachable->truncated && !result.shallow)
      result.since_is_ancestor = false;
  }

  auto totals = tally{result, query};
  auto in_range = std::set<std::string>{};
  for (auto const& id : reachable->order) {
    if (before->commits.contains(id)) continue;
    auto const commit = opened->commit(id);
    if (!commit) return tl::unexpected{commit.error()};
    totals.add(commit->get(), reachable->commits.at(id).time);
    in_range.insert(sha_of(id));
  }
  totals.finish();
  for (auto const& tag : tags)
    if (in_range.contains(tag.sha) && result.tags.size() < most_kept) result.tags.push_back(tag);

  // Commits that were met, not walked, and not excluded: the range goes on beyond the limit.
  result.truncated = std::ranges::any_of(reachable->commits, [&](auto const& entry) {
    return !before->commits.contains(entry.first) && !in_range.contains(sha_of(entry.first));
  });
  if (result.since && result.since->spelled_version && release->spelled_version) {
    result.made = bump_between(*result.since->spelled_version, *release->spelled_version);
    if (result.implied)
      result.bump_sufficient =
          bump_suffices(*result.since->spelled_version, *release->spelled_version, *result.implied);
  }
  return result;
}

} // namespace nexus::evidence
