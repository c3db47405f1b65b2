#include "actors/git_ci/jenkins_client.hpp"

#include "actors/git_ci/build_figures.hpp"
#include "actors/git_ci/build_mapping.hpp"
#include "messages/core/codec.hpp"
#include "runtime/rest/json_view.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::git_ci {
namespace {

using rest::continuation;
using rest::json_view;

constexpr std::size_t max_jobs = 1000;
// A release is mostly of one of the last builds, and Jenkins reads each build that it lists from its disk.
constexpr std::size_t first_look = 25;

auto service_of(jenkins_settings const& settings, std::function<timestamp()> now) -> rest::service_settings {
  return {.name = "Jenkins",
          .base_url = settings.url,
          .url_setting = "JENKINS_URL",
          .credentials_setting = "JENKINS_USERNAME and JENKINS_API_TOKEN",
          .fields = {{"Authorization", rest::basic_authorization(settings.username, settings.api_token)},
                     {"Accept", "application/json"}},
          // Jenkins words its errors in HTML pages only.
          .problem_text = {},
          .now = std::move(now)};
}

auto tree(std::string_view what) -> std::string { return "?tree=" + http::percent_encode(what); }

/// A job's name without slashes around it.
auto trimmed(std::string_view job_name) -> std::string_view {
  while (job_name.starts_with('/') || job_name.starts_with(' ')) job_name.remove_prefix(1);
  while (job_name.ends_with('/') || job_name.ends_with(' ')) job_name.remove_suffix(1);
  return job_name;
}

template <class Reply, class T>
auto failed(expected<T>& result, continuation<Reply> const& done) -> bool {
  if (result) return false;
  done(tl::unexpected{std::move(result.error())});
  return true;
}

} // namespace

auto job_path(std::string_view job_name) -> expected<std::string> {
  std::string result;
  for (auto rest = trimmed(job_name); !rest.empty();) {
    auto const slash = std::min(rest.find('/'), rest.size());
    auto const part = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    // Empty and dot segments would be resolved away and name something else.
    if (part.empty() || part == "." || part == "..") {
      result.clear();
      break;
    }
    result += "/job/" + http::percent_encode(part);
  }
  if (result.empty())
    return fail_at("$.job_name", errc::invalid_argument, "'{}' is no job name (such as platform/nightly)",
                   rest::one_line(job_name, 100));
  return result;
}

struct jenkins_client::core : std::enable_shared_from_this<core> {
  std::size_t look_back;
  rest::service jenkins;
  delayed_call after;

  core(jenkins_settings const& settings, http::exchange exchange, std::function<timestamp()> now, delayed_call later)
      : look_back(settings.look_back),
        jenkins(service_of(settings, std::move(now)), std::move(exchange)),
        after(std::move(later)) {}

  void jobs(call const& context, continuation<job_list> done) const {
    // One request for three levels of folders.
    constexpr std::string_view job = "_class,name,description,lastBuild[number,result,building,actions[remoteUrls]]";
    auto const nested = fmt::format("jobs[{0},jobs[{0},jobs[{0}]]]", job);
    jenkins.get(context, "/api/json" + tree(nested), [done = std::move(done)](expected<rest::answer> got) {
      if (failed(got, done)) return;
      job_list result;
      result.jobs = jobs_from_json(got->body, result.more);
      if (result.jobs.size() > max_jobs) {
        result.jobs.resize(max_jobs);
        result.more = true;
      }
      done(std::move(result));
    });
  }

  /// The error for something below a job that Jenkins does not know: the job itself, or its build.
  void explain_missing(call const& context, std::string const& job, std::string const& path,
                       std::optional<std::int32_t> build, std::function<void(error)> done) const {
    jenkins.get(context, path + "/api/json" + tree("name,lastBuild[number]"),
                [self = shared_from_this(), context, job, build, done = std::move(done)](expected<rest::answer> got) {
                  if (got) {
                    auto const newest = json_view{got->body}["lastBuild"]["number"].integer();
                    auto failure = error{errc::not_found, {}, {}, {}, {}};
                    failure.message =
                        !newest ? fmt::format("job {} has no builds yet", job)
                        : build ? fmt::format("job {} has no build {}; its newest is {}", job, *build, *newest)
                                : fmt::format("job {} has no such build; its newest is {}", job, *newest);
                    return done(std::move(failure));
                  }
                  if (got.error().code != errc::not_found) return done(std::move(got.error()));
                  self->jobs(context, [job, done](expected<job_list> known) {
                    auto failure = error{errc::not_found, fmt::format("Jenkins shows no job {}", job), {}, {}, {}};
                    if (known && !known->jobs.empty()) {
                      std::vector<std::string_view> names;
                      for (auto const& each : known->jobs) names.push_back(each.job_name);
                      if (auto const near = did_you_mean(job, names); !near.empty())
                        failure.message += fmt::format(" (did you mean {}?)", near);
                      names.resize(std::min<std::size_t>(names.size(), 20));
                      failure.remedy = fmt::format("there are: {}", fmt::join(names, ", "));
                    }
                    done(std::move(failure));
                  });
                });
  }

  void build(call const& context, std::string const& job_name, std::optional<std::int32_t> number,
             continuation<build_status> done) const {
    auto path = job_path(job_name);
    if (failed(path, done)) return;
    auto const job = std::string{trimmed(job_name)};
    auto const which = number ? fmt::format("{}", *number) : std::string{"lastBuild"};
    jenkins.get(context, fmt::format("{}/{}/api/json{}", *path, which, tree(build_tree)),
                [self = shared_from_this(), context, job, path = *path, number,
                 done = std::move(done)](expected<rest::answer> got) {
                  if (!got && got.error().code == errc::not_found)
                    return self->explain_missing(context, job, path, number,
                                                 [done](error e) { done(tl::unexpected{std::move(e)}); });
                  if (failed(got, done)) return;
                  auto build = build_from_json(got->body, job, self->jenkins.now());
                  if (failed(build, done)) return;
                  self->add_reports(context, path, std::make_shared<build_status>(std::move(*build)),
                                    coverage_targets(got->body), done);
                });
  }

  /// Reads what plugins know about a build: the test report, and coverage from the places given.
  void add_reports(call const& context, std::string const& path, std::shared_ptr<build_status> build,
                   std::vector<std::string> const& coverage, continuation<build_status> done) const {
    auto const base = fmt::format("{}/{}", path, build->build_number);
    constexpr std::string_view suites = "suites[cases[className,name,status]]";
    // Only failing builds need the names of their tests, which are by far the largest part of a report.
    auto const failures = !build->test_results || build->test_results->failed > 0;
    auto const report =
        failures
            ? fmt::format("passCount,failCount,skipCount,totalCount,duration,{0},childReports[result[{0}]]", suites)
            : std::string{"passCount,failCount,skipCount,totalCount,duration"};
    std::vector<std::string> targets{base + "/testReport/api/json" + tree(report)};
    for (auto const& each : coverage) targets.push_back(base + each);
    jenkins.get_all(context, std::move(targets),
                    [build = std::move(build), done = std::move(done)](std::vector<expected<rest::answer>> got) {
                      auto const reason = [&](expected<rest::answer> const& answer, std::string_view none) {
                        if (!answer && answer.error().code != errc::not_found) return answer.error().render();
                        return build->status == build_result::building ? std::string{"the build is still running"}
                                                                       : std::string{none};
                      };
                      if (got[0]) add_test_report(*build, got[0]->body);
                      if (!build->test_results)
                        build->unavailable["test_results"] = reason(got[0], "the build published no test report");
                      for (std::size_t i = 1; i < got.size() && !build->coverage_percentage; ++i)
                        if (got[i]) build->coverage_percentage = coverage_from_json(got[i]->body);
                      if (!build->coverage_percentage) {
                        // A place that failed tells more than one that is not there.
                        auto const broken = std::find_if(got.begin() + 1, got.end(), [](auto const& each) {
                          return !each && each.error().code != errc::not_found;
                        });
                        build->unavailable["coverage_percentage"] =
                            reason(broken == got.end() ? got[1] : *broken, "the build published no line coverage");
                      }
                      if (build->test_results) build->test_results->coverage_percentage = build->coverage_percentage;
                      done(std::move(*build));
                    });
  }

  /// Newest first.
  void builds(call const& context, std::string const& job_name, std::string_view what, std::size_t limit,
              continuation<std::vector<build_status>> done) const {
    auto path = job_path(job_name);
    if (failed(path, done)) return;
    auto const job = std::string{trimmed(job_name)};
    // "builds" ends after the newest 100, "allBuilds" does not.
    auto const list = limit > 100 ? "allBuilds" : "builds";
    jenkins.get(context, fmt::format("{}/api/json{}", *path, tree(fmt::format("{}[{}]{{0,{}}}", list, what, limit))),
                [self = shared_from_this(), context, job, path = *path, list, limit,
                 done = std::move(done)](expected<rest::answer> got) {
                  if (!got && got.error().code == errc::not_found)
                    return self->explain_missing(context, job, path, {},
                                                 [done](error e) { done(tl::unexpected{std::move(e)}); });
                  if (failed(got, done)) return;
                  std::vector<build_status> builds;
                  for (auto const& each : json_view{got->body}[list].items()) {
                    if (builds.size() == limit) break;
                    auto build = build_from_json(each, job, self->jenkins.now());
                    if (failed(build, done)) return;
                    builds.push_back(std::move(*build));
                  }
                  done(std::move(builds));
                });
  }

  /// Looks among the newest `limit` builds, then among all that are looked back at.
  void find_build(call const& context, get_release_build const& wanted, std::size_t limit,
                  continuation<build_status> done) const {
    builds(context, wanted.job_name, build_search_tree, limit,
           [self = shared_from_this(), context, wanted, limit,
            done = std::move(done)](expected<std::vector<build_status>> builds) {
             if (failed(builds, done)) return;
             auto const all = limit >= self->look_back || builds->size() < limit;
             // A build of the commit goes before any of the ref, however old it is.
             auto const ref = all || wanted.commit.empty() ? std::string_view{wanted.ref} : std::string_view{};
             if (auto const* found = newest_build_of(*builds, wanted.commit, ref))
               return self->build(context, wanted.job_name, found->build_number, done);
             if (!all) return self->find_build(context, wanted, self->look_back, done);
             done(fail(errc::not_found, "none of the newest {} builds of {} is completed and of commit {} or ref {}",
                       builds->size(), trimmed(wanted.job_name), wanted.commit.empty() ? "(none)" : wanted.commit,
                       wanted.ref.empty() ? "(none)" : wanted.ref));
           });
  }
};

jenkins_client::jenkins_client(jenkins_settings settings, http::exchange exchange, std::function<timestamp()> now,
                               delayed_call after)
    : core_(std::make_shared<core const>(settings, std::move(exchange), std::move(now), std::move(after))) {}

void jenkins_client::read(call const& context, get_build_status const& wanted,
                          rest::continuation<build_status> done) const {
  core_->build(context, wanted.job_name, wanted.build_number, std::move(done));
}

void jenkins_client::read(call const& context, get_build_history const& wanted,
                          rest::continuation<build_history> done) const {
  auto const limit = static_cast<std::size_t>(std::clamp(wanted.limit, 1, 50));
  core_->builds(context, wanted.job_name, build_tree, limit,
                [job = std::string{trimmed(wanted.job_name)},
                 done = std::move(done)](expected<std::vector<build_status>> builds) {
                  if (failed(builds, done)) return;
                  for (auto& each : *builds)
                    each.unavailable["coverage_percentage"] = "lists of builds do not show it; read the build";
                  done(build_history{.job_name = job, .builds = std::move(*builds)});
                });
}

void jenkins_client::read(call const& context, get_release_build const& wanted,
                          rest::continuation<build_status> done) const {
  if (wanted.commit.empty() && wanted.ref.empty())
    return done(fail_at("$.commit", errc::invalid_argument, "give a commit, or a branch or tag in 'ref'"));
  core_->find_build(context, wanted, std::min(first_look, core_->look_back), std::move(done));
}

void jenkins_client::read(call const& context, list_jobs const&, rest::continuation<job_list> done) const {
  core_->jobs(context, std::move(done));
}

void jenkins_client::write(call const& context, trigger_build const& wanted,
                           rest::continuation<build_trigger> done) const {
  auto path = job_path(wanted.job_name);
  if (failed(path, done)) return;
  auto named = wanted;
  named.job_name = trimmed(wanted.job_name);
  start_build(core_->jenkins, core_->after, context, *path, named,
              [self = core_, context, job = named.job_name, path = *path,
               done = std::move(done)](expected<build_trigger> started) {
                if (started || started.error().code != errc::not_found) return done(std::move(started));
                self->explain_missing(context, job, path, {}, [done](error e) { done(tl::unexpected{std::move(e)}); });
              });
}

} // namespace nexus::git_ci
