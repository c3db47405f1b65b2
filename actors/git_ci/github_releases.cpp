#include "actors/evidence/version.hpp"
#include "actors/git_ci/github_core.hpp"
#include "actors/git_ci/release_refs.hpp"

#include <fmt/ranges.h>

#include <map>

namespace nexus::git_ci {
namespace {

using rest::continuation;
using rest::json_view;

constexpr std::size_t max_tag_pages = 10;
constexpr std::size_t max_named = 10;

/// What a search for a release has found so far.
struct reading {
  call context;
  std::string name, release;
  continuation<release_candidate> done;
  /// Commits by tag.
  std::map<std::string, std::string> tags;
  std::vector<std::string> tag_names;
};

/// The error that names the tags and release branches there are.
auto nothing_found(reading const& state, expected<rest::answer> const& branches) -> error {
  std::vector<std::string> names;
  if (branches)
    for (auto const& each : json_view{branches->body}.items())
      if (auto const branch = json_view{each}["name"].words(); branch && branch->starts_with("release/"))
        names.push_back(*branch);
  auto const shown = [](std::vector<std::string> all) {
    all.resize(std::min(all.size(), max_named));
    return all.empty() ? std::string{"none"} : fmt::format("{}", fmt::join(all, ", "));
  };
  return {errc::not_found,
          fmt::format("repository {} has neither a tag nor a release branch for {}", state.name,
                      rest::one_line(state.release, 100)),
          {},
          fmt::format("tags: {}; release branches: {}", shown(state.tag_names), shown(names)),
          {}};
}

} // namespace

void github_client::core::candidate(call const& context, std::string const& name, std::string const& release,
                                    continuation<release_candidate> done) const {
  auto const state = std::make_shared<reading>(reading{context, name, release, std::move(done), {}, {}});
  auto const self = shared_from_this();

  /// Answers with a commit and, if it can be had, its time.
  auto const answer = [=](std::string const& ref, ref_kind kind, std::string const& sha) {
    self->github.get(state->context, fmt::format("/repos/{}/commits/{}", name, http::percent_encode(sha)),
                     [=](expected<rest::answer> got) {
                       auto result = release_candidate{.repo_name = name,
                                                       .release = state->release,
                                                       .commit = sha,
                                                       .ref = ref,
                                                       .kind = kind,
                                                       .committed_at = {}};
                       if (got) result.committed_at = json_view{got->body}["commit"]["committer"]["date"].time();
                       state->done(std::move(result));
                     });
  };

  auto const try_branches = [=] {
    auto const wanted = release_branches(state->release);
    std::vector<std::string> targets;
    targets.reserve(wanted.size());
    for (auto const& each : wanted)
      targets.push_back(fmt::format("/repos/{}/branches/{}", name, http::percent_encode(each)));
    self->github.get_all(state->context, std::move(targets), [=](std::vector<expected<rest::answer>> got) {
      for (std::size_t i = 0; i < got.size(); ++i) {
        if (!got[i] && got[i].error().code != errc::not_found) return void(failed(got[i], state->done));
        if (!got[i]) continue;
        if (auto const sha = json_view{got[i]->body}["commit"]["sha"].words())
          return answer(wanted[i], ref_kind::branch, *sha);
      }
      self->github.get(
          state->context, fmt::format("/repos/{}/branches?per_page=100", name),
          [=](expected<rest::answer> branches) { state->done(tl::unexpected{nothing_found(*state, branches)}); });
    });
  };

  repository(context, name, [=](expected<nlohmann::json> known) {
    if (failed(known, state->done)) return;
    self->github.get_pages(state->context, fmt::format("/repos/{}/tags?per_page=100", name), max_tag_pages,
                           [=](expected<rest::page_sequence> read) {
                             if (failed(read, state->done)) return;
                             for (auto const& page : read->pages)
                               for (auto const& each : json_view{page}.items()) {
                                 auto const tag = json_view{each}["name"].words();
                                 auto const sha = json_view{each}["commit"]["sha"].words();
                                 if (!tag || !sha || !state->tags.emplace(*tag, *sha).second) continue;
                                 state->tag_names.push_back(*tag);
                               }
                             auto tag = evidence::find_version(state->release, state->tag_names);
                             if (tag) return answer(*tag, ref_kind::tag, state->tags.at(*tag));
                             if (tag.error().code != errc::not_found) return void(failed(tag, state->done));
                             try_branches();
                           });
  });
}

} // namespace nexus::git_ci
