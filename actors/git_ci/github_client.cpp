#include "actors/git_ci/github_client.hpp"

#include "actors/git_ci/github_core.hpp"
#include "actors/git_ci/pull_request_mapping.hpp"
#include "messages/core/codec.hpp"
#include "runtime/rest/rate_pause.hpp"
#include "runtime/rest/validated_reads.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::git_ci {
namespace {

using rest::continuation;
using rest::json_view;

constexpr std::size_t max_list_pages = 10;
constexpr std::size_t max_check_pages = 5;

/// {"message": "...", "errors": [{"message": "..."}]}.
auto problem_text(nlohmann::json const& body) -> std::string {
  auto result = json_view{body}["message"].text().value_or("");
  for (auto const& each : json_view{body}["errors"].items()) {
    auto const text = json_view{each}["message"].words();
    if (auto const words = text ? text : json_view{each}.words()) result += "; " + *words;
  }
  return result;
}

auto service_of(github_settings const& settings, std::function<timestamp()> now) -> rest::service_settings {
  return {.name = "GitHub",
          .base_url = settings.url,
          .url_setting = "GITHUB_URL",
          .credentials_setting = "GITHUB_TOKEN",
          .fields = {{"Authorization", "Bearer " + settings.token},
                     {"Accept", "application/vnd.github+json"},
                     // GitHub refuses requests without one.
                     {"User-Agent", "nexus"},
                     {"X-GitHub-Api-Version", "2022-11-28"}},
          .problem_text = problem_text,
          .now = std::move(now)};
}

} // namespace

auto full_repository_name(std::string_view written, std::string_view organisation) -> expected<std::string> {
  auto const acceptable = [](std::string_view part) {
    return !part.empty() && part.size() <= 100 && part != "." && part != ".." &&
           std::all_of(part.begin(), part.end(), [](char c) {
             return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                    c == '_' || c == '.';
           });
  };
  auto const slash = written.find('/');
  auto const owner = slash == std::string_view::npos ? organisation : written.substr(0, slash);
  auto const name = slash == std::string_view::npos ? written : written.substr(slash + 1);
  if (!acceptable(name) || (!owner.empty() && !acceptable(owner)))
    return fail_at("$.repo_name", errc::invalid_argument, "'{}' is no repository name (such as nexus/backend)",
                   rest::one_line(written, 100));
  if (owner.empty())
    return fail_at("$.repo_name", errc::invalid_argument, "'{}' names no owner: write owner/name, or set GITHUB_ORG",
                   written);
  return fmt::format("{}/{}", owner, name);
}

github_client::core::core(github_settings given, http::exchange exchange, std::function<timestamp()> now)
    : settings(std::move(given)),
      github(service_of(settings, now), rest::validated_reads(rest::rate_pause("GitHub", std::move(exchange), now))) {
  // Only the Authorization field needs it from here on.
  settings.token.clear();
}

void github_client::core::repository(call const& context, std::string const& name,
                                     continuation<nlohmann::json> done) const {
  github.get(context, "/repos/" + name,
             [self = shared_from_this(), context, name, done = std::move(done)](expected<rest::answer> got) {
               if (got) return done(std::move(got->body));
               if (got.error().code != errc::not_found) return done(tl::unexpected{std::move(got.error())});
               self->repositories(context, [name, done](expected<repository_list> known) {
                 auto failure = error{errc::not_found,
                                      fmt::format("GitHub shows no repository {} to this token", name),
                                      {},
                                      "check the name, and the permissions of GITHUB_TOKEN",
                                      {}};
                 if (known && !known->repositories.empty()) {
                   std::vector<std::string_view> names;
                   for (auto const& each : known->repositories) names.push_back(each.repo_name);
                   if (auto const near = did_you_mean(name, names); !near.empty())
                     failure.message += fmt::format(" (did you mean {}?)", near);
                   names.resize(std::min<std::size_t>(names.size(), 20));
                   failure.remedy = fmt::format("there are: {}", fmt::join(names, ", "));
                 }
                 done(tl::unexpected{std::move(failure)});
               });
             });
}

void github_client::core::repositories(call const& context, continuation<repository_list> done) const {
  auto const map = [](rest::page_sequence const& read) {
    auto result = repository_list{.repositories = {}, .more = read.more};
    for (auto const& page : read.pages)
      for (auto const& each : json_view{page}.items())
        if (auto name = json_view{each}["full_name"].words())
          result.repositories.push_back({.repo_name = std::move(*name),
                                         .default_branch = json_view{each}["default_branch"].text().value_or(""),
                                         .description = json_view{each}["description"].words(),
                                         .archived = json_view{each}["archived"].boolean().value_or(false)});
    return result;
  };
  constexpr std::string_view page = "repos?per_page=100";
  auto const finish = [map, done](expected<rest::page_sequence> read) {
    if (!failed(read, done)) done(map(*read));
  };
  if (settings.organisation.empty())
    return github.get_pages(context, fmt::format("/user/{}", page), max_list_pages, finish);
  github.get_pages(context, fmt::format("/orgs/{}/{}", http::percent_encode(settings.organisation), page),
                   max_list_pages,
                   [self = shared_from_this(), context, page, finish](expected<rest::page_sequence> read) {
                     if (read || read.error().code != errc::not_found) return finish(std::move(read));
                     // The owner may be a user.
                     self->github.get_pages(
                         context, fmt::format("/users/{}/{}", http::percent_encode(self->settings.organisation), page),
                         max_list_pages, finish);
                   });
}

void github_client::core::checks(call const& context, std::string const& name, std::string const& sha,
                                 continuation<check_results> done) const {
  auto const commit = fmt::format("/repos/{}/commits/{}", name, http::percent_encode(sha));
  std::vector<std::string> const targets{commit + "/status?per_page=100", commit + "/check-runs?per_page=100"};
  rest::gather<rest::page_sequence>(
      targets.size(), targets.size(),
      [github = github, context, targets](std::size_t i, continuation<rest::page_sequence> next) {
        github.get_pages(context, targets[i], max_check_pages, std::move(next));
      },
      [done = std::move(done)](std::vector<expected<rest::page_sequence>> got) {
        for (auto& each : got)
          if (failed(each, done)) return;
        check_results result;
        for (auto const& page : got[0]->pages) add_statuses(result, page);
        for (auto const& page : got[1]->pages) add_check_runs(result, page);
        done(std::move(result));
      });
}

void github_client::core::pull_request(call const& context, std::string const& name, std::int32_t number,
                                       continuation<pr_status> done) const {
  struct reading {
    pr_status pull_request;
    std::optional<expected<rest::page_sequence>> reviews;
    std::optional<expected<check_results>> checks;
    std::optional<expected<rest::answer>> base;
  };
  github.get(context, fmt::format("/repos/{}/pulls/{}", name, number),
             [self = shared_from_this(), context, name, number, done = std::move(done)](expected<rest::answer> got) {
               if (!got && got.error().code == errc::not_found)
                 got.error().message = fmt::format("repository {} shows no pull request {}", name, number);
               if (failed(got, done)) return;
               auto mapped = pull_request_from_json(got->body);
               if (failed(mapped, done)) return;
               auto const state = std::make_shared<reading>();
               state->pull_request = std::move(*mapped);
               auto const sha = head_commit(got->body);
               auto const base = http::percent_encode(state->pull_request.base_branch);
               rest::join({[=](std::function<void()> next) {
                             self->github.get_pages(
                                 context, fmt::format("/repos/{}/pulls/{}/reviews?per_page=100", name, number),
                                 max_list_pages, [=](expected<rest::page_sequence> read) {
                                   state->reviews = std::move(read);
                                   next();
                                 });
                           },
                           [=](std::function<void()> next) {
                             self->checks(context, name, sha, [=](expected<check_results> read) {
                               state->checks = std::move(read);
                               next();
                             });
                           },
                           [=](std::function<void()> next) {
                             self->github.get(context, fmt::format("/repos/{}/branches/{}", name, base),
                                              [=](expected<rest::answer> read) {
                                                state->base = std::move(read);
                                                next();
                                              });
                           }},
                          [state, done] {
                            auto& result = state->pull_request;
                            if (failed(*state->reviews, done) || failed(*state->checks, done)) return;
                            add_reviews(result, (*state->reviews)->pages);
                            result.ci_status = combined_state(**state->checks);
                            if (!result.ci_status)
                              result.unavailable["ci_status"] = "the head commit has neither checks nor statuses";
                            if (!*state->base) {
                              result.unavailable["required_checks_passed"] = state->base->error().render();
                            } else if (auto const required = required_checks((*state->base)->body); required.empty()) {
                              result.unavailable["required_checks_passed"] = "the base branch requires no checks";
                            } else {
                              result.required_checks_passed = all_passed(**state->checks, required);
                            }
                            done(std::move(result));
                          });
             });
}

github_client::github_client(github_settings settings, http::exchange exchange, std::function<timestamp()> now)
    : core_(std::make_shared<core const>(std::move(settings), std::move(exchange), std::move(now))) {}

void github_client::read(call const& context, get_repo_health const& wanted,
                         rest::continuation<repository_health> done) const {
  auto name = full_repository_name(wanted.repo_name, core_->settings.organisation);
  if (failed(name, done)) return;
  core_->health(context, *name, std::move(done));
}

void github_client::read(call const& context, get_pr_status const& wanted, rest::continuation<pr_status> done) const {
  auto name = full_repository_name(wanted.repo_name, core_->settings.organisation);
  if (failed(name, done)) return;
  core_->pull_request(context, *name, wanted.pr_number, std::move(done));
}

void github_client::read(call const& context, list_pull_requests const& wanted,
                         rest::continuation<pr_list> done) const {
  auto name = full_repository_name(wanted.repo_name, core_->settings.organisation);
  if (failed(name, done)) return;
  auto const state = wanted.state.value_or("open");
  if (state != "open" && state != "closed" && state != "all")
    return done(
        fail_at("$.state", errc::invalid_argument, "'{}' is none of open, closed, all", rest::one_line(state, 40)));
  auto const limit = std::clamp<std::size_t>(core_->settings.max_listed, 1, 100);
  core_->repository(context, *name, [=, self = core_, name = *name](expected<nlohmann::json> repository) {
    if (failed(repository, done)) return;
    self->github.get(
        context, fmt::format("/repos/{}/pulls?state={}&sort=created&direction=desc&per_page={}", name, state, limit),
        [=](expected<rest::answer> got) {
          if (failed(got, done)) return;
          std::vector<std::int32_t> numbers;
          for (auto const& each : json_view{got->body}.items())
            if (auto const number = json_view{each}["number"].count()) numbers.push_back(*number);
          auto const more = !rest::next_page(self->github.settings(), got->fields).empty();
          rest::gather<pr_status>(
              numbers.size(), 4,
              [=](std::size_t i, continuation<pr_status> next) {
                self->pull_request(context, name, numbers[i], std::move(next));
              },
              [=](std::vector<expected<pr_status>> results) {
                auto list = pr_list{.repo_name = name, .prs = {}, .more = more};
                for (auto& each : results) {
                  if (failed(each, done)) return;
                  list.prs.push_back(std::move(*each));
                }
                done(std::move(list));
              });
        });
  });
}

void github_client::read(call const& context, get_security_scan const& wanted,
                         rest::continuation<security_scan_result> done) const {
  auto name = full_repository_name(wanted.repo_name, core_->settings.organisation);
  if (failed(name, done)) return;
  core_->security(context, *name, wanted.branch, std::move(done));
}

void github_client::read(call const& context, find_release_candidate const& wanted,
                         rest::continuation<release_candidate> done) const {
  auto name = full_repository_name(wanted.repo_name, core_->settings.organisation);
  if (failed(name, done)) return;
  core_->candidate(context, *name, wanted.release, std::move(done));
}

void github_client::read(call const& context, list_repositories const&,
                         rest::continuation<repository_list> done) const {
  core_->repositories(context, std::move(done));
}

} // namespace nexus::git_ci
