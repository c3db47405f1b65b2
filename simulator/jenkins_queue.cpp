#include "simulator/jenkins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace nexus::simulator::jenkins {
namespace {

using namespace std::chrono_literals;

constexpr auto wait_for_executor = 2s;
constexpr auto duration = 30s;
/// Jenkins forgets items that left its queue after about five minutes.
constexpr auto remembered = 300s;

auto find_parameter(queue_item const& item, std::string_view name) -> std::string {
  auto found =
      std::find_if(item.parameters.begin(), item.parameters.end(), [&](auto const& p) { return p.first == name; });
  return found == item.parameters.end() ? std::string{} : found->second;
}

/// The build that a queued item becomes: of the branch that was asked for, else of the last build's.
auto begin_build(data_set const& world, job const& j, queue_item const& item) -> build {
  auto const& before = j.last_completed();
  build next;
  next.number = j.builds.back().number + 1;
  next.queue_id = item.id;
  next.start = item.since + wait_for_executor;
  next.branch = before.branch;
  next.sha = before.sha;
  next.by_user = true;
  next.parameters = item.parameters;
  if (auto wanted = find_parameter(item, "BRANCH"); !wanted.empty()) {
    auto const& branches = world.repositories[j.repository].branches;
    auto known = std::find_if(branches.begin(), branches.end(), [&](auto const& b) { return b.name == wanted; });
    if (known != branches.end()) next.sha = world.repositories[j.repository].commits[known->head].sha;
    next.branch = "refs/remotes/origin/" + wanted;
  }
  return next;
}

void end_build(job const& j, build& b) {
  auto const& before = j.last_completed();
  b.result = "SUCCESS";
  b.duration_ms = std::chrono::milliseconds{duration}.count();
  b.tests = before.tests;
  b.skipped_tests = before.skipped_tests;
  b.coverage = before.coverage;
}

auto render_item(data_set const& world, std::string_view base, queue_item const& item) -> json {
  auto const& j = world.jobs[item.job];
  auto parameters = json::array();
  for (auto const& [name, value] : item.parameters)
    parameters.push_back({{"_class", "hudson.model.StringParameterValue"}, {"name", name}, {"value", value}});
  json result{{"_class", item.build == 0 ? "hudson.model.Queue$WaitingItem" : "hudson.model.Queue$LeftItem"},
              {"actions", json::array({{{"_class", "hudson.model.ParametersAction"}, {"parameters", parameters}}})},
              {"blocked", false},
              {"buildable", false},
              {"id", item.id},
              {"inQueueSince", epoch_ms(item.since)},
              {"params", ""},
              {"stuck", false},
              {"task", {{"name", j.full_name}, {"url", job_url(base, j.full_name)}}},
              {"url", fmt::format("queue/item/{}/", item.id)},
              {"why", nullptr}};
  if (item.build == 0) {
    result["why"] = "In the quiet period. Expires in 2 sec";
    return result;
  }
  result["cancelled"] = false;
  result["executable"] = {{"_class", "org.jenkinsci.plugins.workflow.job.WorkflowRun"},
                          {"number", item.build},
                          {"url", fmt::format("{}{}/", job_url(base, j.full_name), item.build)}};
  return result;
}

auto shown(visit const& v, json const& whole) -> http::response {
  auto text = v.parameter("tree");
  if (!text || text->empty()) return json_answer(200, whole);
  auto filter = tree_filter::parse(*text);
  return filter ? json_answer(200, filter->apply(whole)) : problem(400, filter.error().message);
}

} // namespace

void go_on(data_set& world, instant now) {
  for (auto& item : world.queue) {
    auto& j = world.jobs[item.job];
    if (item.build == 0 && item.since + wait_for_executor <= now) {
      j.builds.push_back(begin_build(world, j, item));
      item.build = j.builds.back().number;
      ++world.edition;
    }
    if (item.build == 0) continue;
    auto& b = j.builds[static_cast<std::size_t>(item.build) - 1];
    if (b.building() && b.start + duration <= now) {
      end_build(j, b);
      ++world.edition;
    }
  }
  std::erase_if(world.queue, [&](auto const& item) { return item.build != 0 && item.since + remembered <= now; });
}

auto answer_trigger(data_set& world, visit const& v, std::size_t job, std::span<std::string const> rest)
    -> std::optional<http::response> {
  if (rest.size() != 1 || (rest[0] != "build" && rest[0] != "buildWithParameters")) return std::nullopt;
  if (v.raw.method != "POST") return problem(405, "Method Not Allowed");
  auto const& known = world.jobs[job].parameters;
  if (rest[0] == "build" && !known.empty()) return problem(400, "Nothing is submitted");
  if (rest[0] == "buildWithParameters" && known.empty())
    return problem(500, world.jobs[job].full_name + " is not parameterized");
  auto form = http::parse_target("/?" + v.raw.body);
  if (!form) return problem(400, form.error().message);
  queue_item item;
  item.id = ++world.next_id;
  item.job = job;
  item.since = v.now;
  // What the job does not define is dropped in silence.
  for (auto const& [name, value] : known)
    item.parameters.emplace_back(name, form->parameter(name).value_or(v.parameter(name).value_or(value)));
  world.queue.push_back(item);
  ++world.edition;
  auto answer = text_answer(201, "text/plain; charset=utf-8", {});
  answer.fields.add("Location", fmt::format("{}/queue/item/{}/", v.base, item.id));
  return answer;
}

auto answer_queue(data_set const& world, visit const& v, std::span<std::string const> rest) -> http::response {
  auto is_api = [](std::span<std::string const> path) {
    return path.size() == 2 && path[0] == "api" && path[1] == "json";
  };
  if (is_api(rest)) {
    auto items = json::array();
    for (auto const& item : world.queue)
      if (item.build == 0) items.push_back(render_item(world, v.base, item));
    return shown(v,
                 {{"_class", "hudson.model.Queue"}, {"discoverableItems", json::array()}, {"items", std::move(items)}});
  }
  if (rest.size() != 4 || rest[0] != "item" || !is_api(rest.subspan(2))) return problem(404, "Not Found");
  auto found = std::find_if(world.queue.begin(), world.queue.end(),
                            [&](auto const& item) { return fmt::format("{}", item.id) == rest[1]; });
  if (found == world.queue.end()) return problem(404, "Not Found");
  return shown(v, render_item(world, v.base, *found));
}

} // namespace nexus::simulator::jenkins
