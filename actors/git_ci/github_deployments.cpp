#include "actors/git_ci/deployment_mapping.hpp"
#include "actors/git_ci/github_core.hpp"

#include <algorithm>

// Deployments: GET /repos/{owner}/{repo}/deployments, and /deployments/{id}/statuses of each.

namespace nexus::git_ci {
namespace {

using rest::continuation;
using rest::json_view;

constexpr std::int32_t most_listed = 50;

auto query_of(list_deployments const& wanted) -> std::string {
  auto query = fmt::format("?per_page={}", std::clamp<std::int32_t>(wanted.limit, 1, most_listed));
  auto const only = [&](std::string_view parameter, std::optional<std::string> const& value) {
    if (value) query += fmt::format("&{}={}", parameter, http::percent_encode(*value));
  };
  only("environment", wanted.environment);
  only("ref", wanted.ref);
  only("sha", wanted.commit);
  return query;
}

auto read_list(rest::answer const& got, std::string const& name, bool more) -> expected<deployment_list> {
  if (!got.body.is_array()) return fail(errc::upstream, "GitHub sent no list of the deployments of {}", name);
  auto result = deployment_list{.repo_name = name, .deployments = {}, .more = more};
  for (auto const& each : json_view{got.body}.items()) {
    auto entry = deployment_from_json(each);
    if (!entry) return tl::unexpected{std::move(entry.error())};
    result.deployments.push_back(std::move(*entry));
  }
  return result;
}

/// Adds each deployment's newest status.
void add_statuses(rest::service const& github, call const& context, deployment_list list,
                  continuation<deployment_list> done) {
  auto targets = std::vector<std::string>{};
  for (auto const& each : list.deployments)
    targets.push_back(
        fmt::format("/repos/{}/deployments/{}/statuses?per_page=100", list.repo_name, each.deployment_id));
  github.get_all(
      context, std::move(targets),
      [list = std::move(list), done = std::move(done)](std::vector<expected<rest::answer>> statuses) mutable {
        for (std::size_t i = 0; i < statuses.size(); ++i) {
          if (statuses[i])
            add_newest_status(list.deployments[i], statuses[i]->body);
          else if (not_available(statuses[i].error()))
            add_no_status(list.deployments[i], statuses[i].error().render());
          else
            return void(failed(statuses[i], done));
        }
        done(std::move(list));
      });
}

} // namespace

void github_client::read(call const& context, list_deployments const& wanted,
                         continuation<deployment_list> done) const {
  auto name = full_repository_name(wanted.repo_name, core_->settings.organisation);
  if (failed(name, done)) return;
  if (wanted.commit && !is_sha(*wanted.commit))
    return done(fail_at("$.commit", errc::invalid_argument, "'{}' is no full SHA", rest::one_line(*wanted.commit, 64)));
  core_->repository(context, *name,
                    [self = core_, context, name = *name, query = query_of(wanted),
                     done = std::move(done)](expected<nlohmann::json> repository) {
                      if (failed(repository, done)) return;
                      auto const full_name = json_view{*repository}["full_name"].words().value_or(name);
                      self->github.get(context, fmt::format("/repos/{}/deployments{}", name, query),
                                       [self, context, full_name, done](expected<rest::answer> got) {
                                         if (!got && not_available(got.error())) {
                                           got.error().message =
                                               fmt::format("GitHub shows this token no deployments of {}: {}",
                                                           full_name, got.error().message);
                                           got.error().remedy = "give GITHUB_TOKEN the permission Deployments: read";
                                         }
                                         if (failed(got, done)) return;
                                         auto const more =
                                             !rest::next_page(self->github.settings(), got->fields).empty();
                                         auto list = read_list(*got, full_name, more);
                                         if (failed(list, done)) return;
                                         add_statuses(self->github, context, std::move(*list), done);
                                       });
                    });
}

} // namespace nexus::git_ci
