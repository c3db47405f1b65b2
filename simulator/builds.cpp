#include "simulator/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nexus::simulator {
namespace {

using namespace std::chrono;

/// Last build of the tag of the newest release; the two after it are of the release branch.
constexpr int last_good_build = 141;

auto main_line(repository const& repo) -> std::vector<std::size_t> {
  std::vector<std::size_t> line;
  for (std::optional<std::size_t> at = repo.branches.front().head; at; at = repo.commits[*at].parent)
    line.push_back(*at);
  std::reverse(line.begin(), line.end());
  return line;
}

class job_maker {
public:
  job_maker(data_set const& world, std::string_view purpose, std::string full_name, std::string description,
            std::size_t repository_index)
      : world_(world),
        repo_(world.repositories[repository_index]),
        line_(main_line(repo_)),
        roll_(world.seed, purpose) {
    job_.full_name = std::move(full_name);
    job_.description = std::move(description);
    job_.repository = repository_index;
  }

  /// How tests and coverage of this job look; no tests for 0.
  void measure(int tests, double coverage) {
    tests_ = tests;
    coverage_ = coverage;
  }

  /// A build of the newest commit of the main line at that time.
  void build_main(instant when, int failing_percent, std::vector<failure> const& causes) {
    auto at = last_on_main_;
    while (at + 1 < line_.size() && repo_.commits[line_[at + 1]].when <= when) ++at;
    auto next = start(when, "refs/remotes/origin/" + repo_.default_branch, line_[at]);
    for (auto i = std::max(last_on_main_ + 1, at > 5 ? at - 4 : 0); i <= at; ++i) next.changes.push_back(line_[i]);
    last_on_main_ = at;
    finish(std::move(next), roll_.chance(failing_percent) ? roll_.pick(causes) : failure::none);
  }

  void build_commit(instant when, std::string branch, std::size_t commit, failure cause,
                    std::optional<double> coverage = std::nullopt) {
    auto next = start(when, std::move(branch), commit);
    next.changes.push_back(commit);
    finish(std::move(next), cause, coverage);
  }

  auto current() -> build& { return job_.builds.back(); }
  auto roll() -> dice& { return roll_; }
  auto make() -> job { return std::move(job_); }
  void started_by_timer() { by_timer_ = true; }

private:
  auto start(instant when, std::string branch, std::size_t commit) -> build {
    build next;
    next.number = static_cast<int>(job_.builds.size()) + 1;
    next.start = when;
    next.branch = std::move(branch);
    next.sha = repo_.commits[commit].sha;
    next.started_by = repo_.commits[commit].author;
    next.by_timer = by_timer_;
    return next;
  }

  void finish(build next, failure cause, std::optional<double> coverage = std::nullopt) {
    next.cause = cause;
    next.result = cause == failure::none ? "SUCCESS" : cause == failure::timeout ? "ABORTED" : "FAILURE";
    next.duration_ms = std::int64_t{1000} * roll_.between(240, 1500) + roll_.between(0, 999);
    auto tested = cause == failure::none || cause == failure::python_tests || cause == failure::java_tests;
    if (tests_ > 0 && tested) {
      next.tests = tests_ + next.number / 8;
      next.skipped_tests = roll_.between(0, 3);
      if (cause != failure::none) next.failed_tests = roll_.between(2, 5);
      // Wanders slowly, as coverage does.
      coverage_ = std::clamp(coverage_ + roll_.between(-8, 8) / 10.0, 81.4, 89.6);
      next.coverage = std::round(coverage.value_or(coverage_) * 100) / 100;
    }
    job_.builds.push_back(std::move(next));
  }

  data_set const& world_;
  repository const& repo_;
  std::vector<std::size_t> line_;
  dice roll_;
  job job_;
  std::size_t last_on_main_ = 0;
  int tests_ = 0;
  double coverage_ = 85;
  bool by_timer_ = false;
};

auto find_release(std::vector<release_plan> const& releases, release_plan::stage_type stage) -> release_plan const& {
  // The last of a stage: the newest that is out, or the one that is due.
  return *std::find_if(releases.rbegin(), releases.rend(), [&](auto const& plan) { return plan.stage == stage; });
}

/// Main line, every tag when it is made, and at the end what the releases' facts demand.
auto make_main_job(data_set const& world, std::vector<release_plan> const& releases, names const& called) -> job {
  job_maker maker{world, "nexus-main", called.job("nexus-main"), "Builds and tests the platform", 0};
  maker.measure(160, 84.5);
  auto const& repo = world.repositories[0];
  auto tag_of = [&](release_plan const& plan) -> tag const& {
    return *std::find_if(repo.tags.begin(), repo.tags.end(), [&](auto const& t) { return t.name == plan.name; });
  };
  std::size_t next_release = 0;
  for (int number = 1; number < last_good_build; ++number) {
    auto when = working_hour(maker.roll(), world.anchor - days{362} + seconds{days{353}} * number / last_good_build);
    auto const& plan = releases[next_release];
    if (plan.stage == release_plan::stage_type::released && when > plan.date) {
      maker.build_commit(when, "refs/tags/" + plan.name, tag_of(plan).commit, failure::none);
      ++next_release;
    } else {
      maker.build_main(when, 18,
                       {failure::compile_error, failure::python_tests, failure::python_tests, failure::timeout,
                        failure::missing_package});
    }
  }
  auto const& out = find_release(releases, release_plan::stage_type::released);
  maker.build_commit(world.anchor - days{6} - hours{3}, "refs/tags/" + out.name, tag_of(out).commit, failure::none);

  auto const& due = find_release(releases, release_plan::stage_type::due);
  auto branch =
      std::find_if(repo.branches.begin(), repo.branches.end(), [&](auto const& b) { return b.name == due.branch; });
  auto ref = "refs/remotes/origin/" + due.branch;
  auto before_head = repo.commits[branch->head].parent.value_or(branch->head);
  maker.build_commit(world.anchor - days{2} - hours{1}, ref, before_head, failure::compile_error);
  maker.build_commit(world.anchor - hours{5}, ref, branch->head, failure::python_tests,
                     maker.roll().between(710, 785) / 10.0);
  return maker.make();
}

auto make_service_job(data_set const& world, std::string_view purpose, std::string name, std::string description,
                      std::size_t repository_index, int count, int tests, std::vector<failure> const& causes) -> job {
  job_maker maker{world, purpose, std::move(name), std::move(description), repository_index};
  maker.measure(tests, 83.5);
  auto const& pulls = world.repositories[repository_index].pulls;
  std::size_t next_pull = 0;
  for (int number = 1; number <= count; ++number) {
    auto when = working_hour(maker.roll(), world.anchor - days{362} + seconds{days{361}} * number / count);
    while (next_pull < pulls.size() && pulls[next_pull].created < when - days{3}) ++next_pull;
    // A third of the builds check a pull request.
    if (number % 3 == 0 && next_pull < pulls.size() && pulls[next_pull].created < when) {
      auto const& pull = pulls[next_pull];
      maker.build_commit(when, "refs/remotes/origin/" + pull.head_ref, pull.head,
                         maker.roll().chance(25) ? maker.roll().pick(causes) : failure::none);
    } else {
      maker.build_main(when, 14, causes);
    }
  }
  return maker.make();
}

auto make_deploy_job(data_set const& world, names const& called) -> job {
  job_maker maker{world, "deploy-prod", called.job("deploy-prod"), "Deploys a version to an environment", 0};
  auto deployments = world.repositories[0].deployments;
  std::reverse(deployments.begin(), deployments.end());
  for (auto const& d : deployments) {
    auto failed = d.states.back().first == "failure";
    auto cause = !failed ? failure::none : d.id % 3 == 0 ? failure::timeout : failure::permission_denied;
    maker.build_commit(d.created, "refs/remotes/origin/" + d.ref, d.commit, cause);
    auto& made = maker.current();
    if (std::any_of(world.repositories[0].tags.begin(), world.repositories[0].tags.end(),
                    [&](auto const& t) { return t.name == d.ref; }))
      made.branch = "refs/tags/" + d.ref;
    made.changes.clear();
    made.started_by = d.creator;
    made.duration_ms = (d.states.back().second - d.created).count() * 1000;
    made.parameters = {{"VERSION", d.ref}, {"ENVIRONMENT", d.environment}, {"DEPLOYMENT_ID", fmt::format("{}", d.id)}};
  }
  return maker.make();
}

auto make_nightly_job(data_set const& world, names const& called) -> job {
  job_maker maker{world, "nightly", called.job("platform/nightly"), "Long tests and load tests, every night", 0};
  maker.measure(420, 86);
  maker.started_by_timer();
  for (auto night = days{360}; night > days{0}; night -= days{2})
    maker.build_main(day_of(world.anchor - night) + hours{1} + minutes{maker.roll().between(0, 20)}, 15,
                     {failure::out_of_memory, failure::timeout, failure::missing_package, failure::python_tests});
  return maker.make();
}

/// The parameter by which clients find their builds again.
constexpr auto client_key = "NEXUS_IDEMPOTENCY_KEY";

} // namespace

void make_builds(data_set& world, std::vector<release_plan> const& releases, names const& called) {
  world.jobs.push_back(make_main_job(world, releases, called));
  world.jobs.push_back(make_service_job(world, "backend-ci", called.job("backend-ci"), "Checks changes to the services",
                                        0, 190, 120,
                                        {failure::java_tests, failure::compile_error, failure::missing_package}));
  world.jobs.push_back(make_service_job(world, "frontend-ci", called.job("frontend-ci"),
                                        "Checks changes to the clients", 1, 170, 0,
                                        {failure::npm_build, failure::npm_build, failure::out_of_memory}));
  world.jobs.push_back(make_deploy_job(world, called));
  world.jobs.push_back(make_nightly_job(world, called));
  for (std::size_t i = 0; i < 3; ++i)
    world.jobs[i].parameters = {{"BRANCH", world.repositories[world.jobs[i].repository].default_branch},
                                {"DRY_RUN", "false"},
                                {client_key, ""}};
  world.jobs[3].parameters = {{"VERSION", ""}, {"ENVIRONMENT", "staging"}, {"DEPLOYMENT_ID", ""}, {client_key, ""}};
}

} // namespace nexus::simulator
