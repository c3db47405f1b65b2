#include "simulator/jenkins.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator::jenkins {
namespace {

constexpr auto build_class = "org.jenkinsci.plugins.workflow.job.WorkflowRun";
constexpr std::size_t shown_builds = 100;

auto user_of(std::string_view base, person const& p) -> json {
  return {{"absoluteUrl", fmt::format("{}/user/{}", base, p.login)}, {"fullName", p.name}};
}

auto causes_of(data_set const& world, build const& b) -> json {
  auto cause = b.by_timer ? json{{"_class", "hudson.triggers.TimerTrigger$TimerTriggerCause"},
                                 {"shortDescription", "Started by timer"}}
               : !b.by_user && b.parameters.empty()
                   ? json{{"_class", "hudson.triggers.SCMTrigger$SCMTriggerCause"},
                          {"shortDescription", "Started by an SCM change"}}
                   : json{{"_class", "hudson.model.Cause$UserIdCause"},
                          {"shortDescription", "Started by user " + world.people[b.started_by].name},
                          {"userId", world.people[b.started_by].login},
                          {"userName", world.people[b.started_by].name}};
  return {{"_class", "hudson.model.CauseAction"}, {"causes", json::array({std::move(cause)})}};
}

auto git_data(repository const& repo, build const& b) -> json {
  json revision{{"SHA1", b.sha}, {"branch", json::array({{{"SHA1", b.sha}, {"name", b.branch}}})}};
  json by_branch{{b.branch,
                  {{"_class", "hudson.plugins.git.util.Build"},
                   {"buildNumber", b.number},
                   {"buildResult", nullptr},
                   {"marked", revision},
                   {"revision", revision}}}};
  return {{"_class", "hudson.plugins.git.util.BuildData"},
          {"buildsByBranchName", std::move(by_branch)},
          {"lastBuiltRevision", std::move(revision)},
          {"remoteUrls", json::array({fmt::format("https://github.com/{}.git", repo.full_name())})},
          {"scmName", ""}};
}

auto actions_of(data_set const& world, job const& j, build const& b) -> json {
  auto actions = json::array();
  if (!b.parameters.empty()) {
    auto parameters = json::array();
    for (auto const& [name, value] : b.parameters)
      parameters.push_back({{"_class", "hudson.model.StringParameterValue"}, {"name", name}, {"value", value}});
    actions.push_back({{"_class", "hudson.model.ParametersAction"}, {"parameters", std::move(parameters)}});
  }
  actions.push_back(causes_of(world, b));
  // Jenkins shows actions without exported members as empty objects.
  actions.push_back(json::object());
  actions.push_back(git_data(world.repositories[j.repository], b));
  if (b.tests > 0)
    actions.push_back({{"_class", "hudson.tasks.junit.TestResultAction"},
                       {"failCount", b.failed_tests},
                       {"skipCount", b.skipped_tests},
                       {"totalCount", b.tests},
                       {"urlName", "testReport"}});
  if (b.coverage) actions.push_back({{"_class", "io.jenkins.plugins.coverage.metrics.steps.CoverageBuildAction"}});
  return actions;
}

auto changes_of(data_set const& world, std::string_view base, job const& j, build const& b) -> json {
  if (b.changes.empty()) return json::array();
  auto const& repo = world.repositories[j.repository];
  auto items = json::array();
  for (auto i : b.changes) {
    auto const& c = repo.commits[i];
    auto const& author = world.people[c.author];
    items.push_back({{"_class", "hudson.plugins.git.GitChangeSet"},
                     {"affectedPaths", json::array()},
                     {"commitId", c.sha},
                     {"timestamp", epoch_ms(c.when)},
                     {"author", user_of(base, author)},
                     {"authorEmail", author.email},
                     {"comment", c.message + "\n"},
                     {"date", date_text(c.when) + ' ' + clock_text(c.when) + " +0000"},
                     {"id", c.sha},
                     {"msg", c.message.substr(0, c.message.find('\n'))},
                     {"paths", json::array()}});
  }
  return json::array(
      {{{"_class", "hudson.plugins.git.GitChangeSetList"}, {"items", std::move(items)}, {"kind", "git"}}});
}

auto culprits_of(data_set const& world, std::string_view base, job const& j, build const& b) -> json {
  auto list = json::array();
  std::vector<std::size_t> seen;
  for (auto i : b.changes) {
    auto who = world.repositories[j.repository].commits[i].author;
    if (std::find(seen.begin(), seen.end(), who) != seen.end()) continue;
    seen.push_back(who);
    list.push_back(user_of(base, world.people[who]));
  }
  return list;
}

auto build_url(std::string_view base, job const& j, build const& b) {
  return fmt::format("{}{}/", job_url(base, j.full_name), b.number);
}

auto estimated_duration(job const& j) -> std::int64_t {
  std::int64_t total = 0, count = 0;
  for (auto b = j.builds.rbegin(); b != j.builds.rend() && count < 3; ++b)
    if (b->result == "SUCCESS") total += b->duration_ms, ++count;
  return count == 0 ? -1 : total / count;
}

/// A build inside a job: number and address, or what the filter asks for.
auto build_reference(data_set const& world, std::string_view base, job const& j, build const* b,
                     tree_filter const* wanted) -> json {
  if (b == nullptr) return nullptr;
  if (wanted == nullptr) return {{"_class", build_class}, {"number", b->number}, {"url", build_url(base, j, *b)}};
  return render_build(world, base, j, *b, wanted);
}

template <class Matches>
auto last_build(job const& j, Matches matches) -> build const* {
  auto found = std::find_if(j.builds.rbegin(), j.builds.rend(), matches);
  return found == j.builds.rend() ? nullptr : &*found;
}

auto color_of(job const& j) -> std::string_view {
  auto const& result = j.last_completed().result;
  return result == "SUCCESS" ? "blue" : result == "UNSTABLE" ? "yellow" : result == "ABORTED" ? "aborted" : "red";
}

auto health_of(job const& j) -> json {
  auto failed = 0;
  for (auto b = j.builds.rbegin(); b != j.builds.rend() && b - j.builds.rbegin() < 5; ++b)
    failed += b->building() || b->result == "SUCCESS" ? 0 : 1;
  auto score = 100 - 20 * failed;
  return json::array(
      {{{"description", failed == 0 ? std::string{"Build stability: No recent builds failed."}
                                    : fmt::format("Build stability: {} out of the last 5 builds failed.", failed)},
        {"iconClassName", "icon-health"},
        {"iconUrl", "health.png"},
        {"score", score}}});
}

} // namespace

auto job_url(std::string_view base, std::string_view full_name) -> std::string {
  auto url = std::string{base} + '/';
  for (auto const& part : split(full_name, '/')) url += fmt::format("job/{}/", http::percent_encode(part));
  return url;
}

auto render_build(data_set const& world, std::string_view base, job const& j, build const& b, tree_filter const* wanted)
    -> json {
  json result{{"_class", build_class}};
  auto show = [&](char const* name, auto&& render) {
    if (wanted == nullptr)
      result[name] = render();
    else if (auto const* inner = wanted->find(name))
      result[name] = inner->apply(render());
  };
  show("actions", [&] { return actions_of(world, j, b); });
  show("artifacts", [] { return json::array(); });
  show("building", [&] { return json(b.building()); });
  show("changeSets", [&] { return changes_of(world, base, j, b); });
  show("culprits", [&] { return culprits_of(world, base, j, b); });
  show("description", [] { return json(nullptr); });
  show("displayName", [&] { return json(fmt::format("#{}", b.number)); });
  show("duration", [&] { return json(b.building() ? 0 : b.duration_ms); });
  show("estimatedDuration", [&] { return json(estimated_duration(j)); });
  show("executor", [] { return json(nullptr); });
  show("fullDisplayName",
       [&] { return json(fmt::format("{} #{}", fmt::join(split(j.full_name, '/'), " » "), b.number)); });
  show("id", [&] { return json(fmt::format("{}", b.number)); });
  show("inProgress", [&] { return json(b.building()); });
  show("keepLog", [] { return json(false); });
  show("nextBuild", [&] {
    return b.number < j.builds.back().number
               ? build_reference(world, base, j, &j.builds[static_cast<std::size_t>(b.number)], nullptr)
               : json(nullptr);
  });
  show("number", [&] { return json(b.number); });
  show("previousBuild", [&] {
    return b.number > 1 ? build_reference(world, base, j, &j.builds[static_cast<std::size_t>(b.number) - 2], nullptr)
                        : json(nullptr);
  });
  show("queueId", [&] { return json(b.queue_id != 0 ? b.queue_id : 1000 + b.number); });
  show("result", [&] { return b.building() ? json(nullptr) : json(b.result); });
  show("timestamp", [&] { return json(epoch_ms(b.start)); });
  show("url", [&] { return json(build_url(base, j, b)); });
  return result;
}

auto render_job(data_set const& world, std::string_view base, job const& j, tree_filter const* wanted) -> json {
  json result{{"_class", "org.jenkinsci.plugins.workflow.job.WorkflowJob"}};
  auto inner = [&](char const* name) { return wanted == nullptr ? nullptr : wanted->find(name); };
  auto show = [&](char const* name, auto&& render) {
    if (wanted == nullptr)
      result[name] = render();
    else if (auto const* filter = inner(name))
      result[name] = filter->apply(render());
  };
  // Builds apply their part of the filter while they are rendered, so that nothing is made that is not asked for.
  auto show_builds = [&](char const* name, auto&& render) {
    if (wanted == nullptr || inner(name) != nullptr) result[name] = render();
  };
  auto slash = j.full_name.rfind('/');
  auto short_name = slash == std::string::npos ? j.full_name : j.full_name.substr(slash + 1);
  show("description", [&] { return json(j.description); });
  show("name", [&] { return json(short_name); });
  show("displayName", [&] { return json(short_name); });
  show("fullName", [&] { return json(j.full_name); });
  show("fullDisplayName", [&] { return json(fmt::format("{}", fmt::join(split(j.full_name, '/'), " » "))); });
  show("url", [&] { return json(job_url(base, j.full_name)); });
  show("buildable", [] { return json(true); });
  show("color", [&] { return json(color_of(j)); });
  show("healthReport", [&] { return health_of(j); });
  show("inQueue", [] { return json(false); });
  show("keepDependencies", [] { return json(false); });
  show("concurrentBuild", [] { return json(false); });
  show("nextBuildNumber", [&] { return json(j.builds.back().number + 1); });
  show("actions", [] { return json::array(); });
  show("property", [&] {
    auto definitions = json::array();
    for (auto const& [name, value] : j.parameters)
      definitions.push_back({{"_class", "hudson.model.StringParameterDefinition"},
                             {"name", name},
                             {"type", "StringParameterDefinition"},
                             {"defaultParameterValue",
                              {{"_class", "hudson.model.StringParameterValue"}, {"name", name}, {"value", value}}}});
    if (definitions.empty()) return json::array();
    return json::array(
        {{{"_class", "hudson.model.ParametersDefinitionProperty"}, {"parameterDefinitions", std::move(definitions)}}});
  });
  auto list = [&](char const* name, std::size_t limit) {
    auto builds = json::array();
    auto const* filter = inner(name);
    auto total = std::min(limit, j.builds.size());
    auto [from, to] = filter == nullptr ? std::pair{std::size_t{0}, total} : filter->rows(total);
    for (auto i = from; i < to; ++i)
      builds.push_back(build_reference(world, base, j, &j.builds[j.builds.size() - 1 - i], filter));
    return builds;
  };
  show_builds("builds", [&] { return list("builds", shown_builds); });
  // Jenkins leaves this one out unless it is asked for by name.
  if (wanted != nullptr) show_builds("allBuilds", [&] { return list("allBuilds", j.builds.size()); });
  auto link = [&](char const* name, auto matches) {
    show_builds(name, [&] { return build_reference(world, base, j, last_build(j, matches), inner(name)); });
  };
  link("lastBuild", [](build const&) { return true; });
  link("lastCompletedBuild", [](build const& b) { return !b.building(); });
  link("lastFailedBuild", [](build const& b) { return b.result == "FAILURE"; });
  link("lastStableBuild", [](build const& b) { return b.result == "SUCCESS"; });
  link("lastSuccessfulBuild", [](build const& b) { return b.result == "SUCCESS" || b.result == "UNSTABLE"; });
  link("lastUnstableBuild", [](build const& b) { return b.result == "UNSTABLE"; });
  link("lastUnsuccessfulBuild", [](build const& b) { return !b.building() && b.result != "SUCCESS"; });
  show_builds("firstBuild", [&] { return build_reference(world, base, j, &j.builds.front(), inner("firstBuild")); });
  return result;
}

} // namespace nexus::simulator::jenkins
