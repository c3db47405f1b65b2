#include "messages/core/text.hpp"
#include "simulator/jenkins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace nexus::simulator::jenkins {
namespace {

auto not_found() { return problem(404, "Not Found"); }

auto is_api(std::span<std::string const> path) { return path.size() == 2 && path[0] == "api" && path[1] == "json"; }

auto filter_of(visit const& v) -> expected<std::optional<tree_filter>> {
  auto text = v.parameter("tree");
  if (!text || text->empty()) return std::optional<tree_filter>{};
  auto filter = tree_filter::parse(*text);
  if (!filter) return tl::unexpected{filter.error()};
  return std::optional{std::move(*filter)};
}

/// Renders with the request's filter, which `render` gets, or null, and applies.
template <class Render>
auto filtered(visit const& v, Render render) -> http::response {
  auto filter = filter_of(v);
  if (!filter) return problem(400, filter.error().message);
  auto const* wanted = *filter ? &**filter : nullptr;
  return json_answer(200, render(wanted));
}

/// Jobs and folders directly inside a folder ("" for the root).
auto children_of(data_set const& world, std::string_view base, std::string const& folder, tree_filter const* wanted)
    -> json {
  auto list = json::array();
  std::vector<std::string> folders;
  for (auto const& j : world.jobs) {
    if (!j.full_name.starts_with(folder)) continue;
    auto rest = j.full_name.substr(folder.size());
    auto slash = rest.find('/');
    if (slash == std::string::npos) {
      if (wanted != nullptr) {
        list.push_back(render_job(world, base, j, wanted));
      } else {
        auto color = j.last_completed().result == "SUCCESS"   ? "blue"
                     : j.last_completed().result == "ABORTED" ? "aborted"
                                                              : "red";
        list.push_back({{"_class", "org.jenkinsci.plugins.workflow.job.WorkflowJob"},
                        {"name", rest},
                        {"url", job_url(base, j.full_name)},
                        {"color", color}});
      }
      continue;
    }
    auto name = rest.substr(0, slash);
    if (std::find(folders.begin(), folders.end(), name) != folders.end()) continue;
    folders.push_back(name);
    auto inner = folder + name;
    json entry{{"_class", "com.cloudbees.hudson.plugins.folder.Folder"}, {"name", name}, {"url", job_url(base, inner)}};
    if (wanted != nullptr) {
      entry["fullName"] = inner;
      entry = wanted->apply(entry);
      if (auto const* below = wanted->find("jobs")) entry["jobs"] = children_of(world, base, inner + '/', below);
    }
    list.push_back(std::move(entry));
  }
  if (wanted == nullptr) return list;
  auto asked = json::array();
  auto [from, to] = wanted->rows(list.size());
  for (auto i = from; i < to; ++i) asked.push_back(std::move(list[i]));
  return asked;
}

/// A root or a folder: its own members, and `jobs` when asked for.
auto with_jobs(data_set const& world, visit const& v, json members, std::string const& folder,
               tree_filter const* wanted) -> json {
  auto const* below = wanted == nullptr ? nullptr : wanted->find("jobs");
  if (wanted != nullptr) members = wanted->apply(members);
  if (wanted == nullptr || below != nullptr) members["jobs"] = children_of(world, v.base, folder, below);
  return members;
}

auto answer_root(data_set const& world, visit const& v) -> http::response {
  return filtered(v, [&](tree_filter const* wanted) {
    json result{{"_class", "hudson.model.Hudson"},
                {"assignedLabels", json::array({json::object({{"name", "built-in"}})})},
                {"mode", "NORMAL"},
                {"nodeDescription", "the Jenkins controller's built-in node"},
                {"nodeName", ""},
                {"numExecutors", 0},
                {"description", nullptr},
                {"quietingDown", false},
                {"useCrumbs", true},
                {"useSecurity", true},
                {"url", v.base + "/"},
                {"primaryView", {{"_class", "hudson.model.AllView"}, {"name", "all"}, {"url", v.base + "/"}}},
                {"views", json::array({{{"_class", "hudson.model.AllView"}, {"name", "all"}, {"url", v.base + "/"}}})}};
    return with_jobs(world, v, std::move(result), "", wanted);
  });
}

auto answer_folder(data_set const& world, visit const& v, std::string const& name) -> http::response {
  return filtered(v, [&](tree_filter const* wanted) {
    auto slash = name.rfind('/');
    auto short_name = slash == std::string::npos ? name : name.substr(slash + 1);
    json result{{"_class", "com.cloudbees.hudson.plugins.folder.Folder"},
                {"actions", json::array()},
                {"description", nullptr},
                {"displayName", short_name},
                {"fullName", name},
                {"name", short_name},
                {"url", job_url(v.base, name)},
                {"healthReport", json::array()}};
    return with_jobs(world, v, std::move(result), name + '/', wanted);
  });
}

auto find_build(job const& j, std::string_view which) -> build const* {
  auto last = [&](auto matches) -> build const* {
    auto found = std::find_if(j.builds.rbegin(), j.builds.rend(), matches);
    return found == j.builds.rend() ? nullptr : &*found;
  };
  auto with = [&](std::string_view result) { return last([result](build const& b) { return b.result == result; }); };
  if (which == "lastBuild") return &j.builds.back();
  if (which == "lastCompletedBuild") return &j.last_completed();
  if (which == "lastFailedBuild") return with("FAILURE");
  if (which == "lastStableBuild") return with("SUCCESS");
  if (which == "lastUnstableBuild") return with("UNSTABLE");
  if (which == "lastSuccessfulBuild")
    return last([](build const& b) { return b.result == "SUCCESS" || b.result == "UNSTABLE"; });
  if (which == "lastUnsuccessfulBuild")
    return last([](build const& b) { return !b.building() && b.result != "SUCCESS"; });
  std::size_t number = 0;
  auto [end, bad] = std::from_chars(which.data(), which.data() + which.size(), number);
  if (bad != std::errc{} || end != which.data() + which.size() || number == 0 || number > j.builds.size())
    return nullptr;
  return &j.builds[number - 1];
}

auto answer_log(data_set const& world, visit const& v, job const& j, build const& b, bool progressive)
    -> http::response {
  auto text = console_text(world, j, b);
  auto size = text.size();
  if (progressive) text.erase(0, std::min(size, static_cast<std::size_t>(v.number("start", 0, 1 << 30, 0))));
  auto answer = text_answer(200, "text/plain; charset=utf-8", std::move(text));
  if (progressive) answer.fields.add("X-Text-Size", fmt::format("{}", size));
  return answer;
}

auto answer_build(data_set const& world, visit const& v, job const& j, std::span<std::string const> path)
    -> http::response {
  auto const* b = find_build(j, path[0]);
  if (b == nullptr) return not_found();
  auto rest = path.subspan(1);
  if (is_api(rest))
    return filtered(v, [&](tree_filter const* wanted) { return render_build(world, v.base, j, *b, wanted); });
  if (rest.size() == 1 && rest[0] == "consoleText") return answer_log(world, v, j, *b, false);
  if (rest.size() == 2 && rest[0] == "logText" && rest[1] == "progressiveText")
    return answer_log(world, v, j, *b, true);
  if (rest.size() == 3 && rest[0] == "testReport" && is_api(rest.subspan(1))) {
    if (b->tests == 0) return not_found();
    return filtered(v, [&](tree_filter const* wanted) {
      auto report = render_tests(world, j, *b);
      return wanted == nullptr ? report : wanted->apply(report);
    });
  }
  auto successor = rest.size() == 3 && rest[0] == "coverage" && is_api(rest.subspan(1));
  auto original = rest.size() == 4 && rest[0] == "coverage" && rest[1] == "result" && is_api(rest.subspan(2));
  if ((successor || original) && b->coverage) {
    // The statistics are a map, not a bean: a filter does not reach into them.
    return json_answer(200, render_coverage(j, *b, successor));
  }
  return not_found();
}

} // namespace

auto problem(int status, std::string_view reason) -> http::response {
  auto const text = xml_escaped(reason);
  return text_answer(
      status, "text/html;charset=iso-8859-1",
      fmt::format("<html>\n<head>\n<meta http-equiv=\"Content-Type\" "
                  "content=\"text/html;charset=ISO-8859-1\"/>\n<title>Error {0} {1}</title>\n"
                  "</head>\n<body><h2>HTTP ERROR {0} {1}</h2>\n<table>\n<tr><th>STATUS:</th><td>{0}</td></tr>\n"
                  "<tr><th>MESSAGE:</th><td>{1}</td></tr>\n</table>\n<hr/><a href=\"https://jetty.org/\">Powered by "
                  "Jetty:// 12.0.16</a><hr/>\n</body>\n</html>\n",
                  status, text));
}

auto unauthenticated(bool had_credentials) -> http::response {
  if (had_credentials) {
    auto answer = problem(401, "Invalid password/token for user");
    answer.fields.add("WWW-Authenticate", "Basic realm=\"Jenkins\"");
    return answer;
  }
  auto answer = text_answer(403, "text/html;charset=utf-8",
                            "<html><head><meta http-equiv='refresh' content='1;url=login'/></head><body>Authentication "
                            "required\n<!--\n-->\n</body></html>\n");
  answer.fields.add("X-You-Are-Authenticated-As", "anonymous");
  return answer;
}

auto answer(data_set& world, visit const& v) -> http::response {
  if (v.raw.method != "GET" && v.raw.method != "POST") return problem(405, "Method Not Allowed");
  auto path = v.path;
  std::string name;
  while (path.size() >= 2 && path[0] == "job") {
    if (!name.empty()) name += '/';
    name += path[1];
    path = path.subspan(2);
  }
  if (name.empty() && !path.empty() && path[0] == "queue") return answer_queue(world, v, path.subspan(1));
  if (name.empty()) return is_api(path) ? answer_root(world, v) : not_found();
  if (auto const* j = world.find_job(name)) {
    if (auto asked = answer_trigger(world, v, static_cast<std::size_t>(j - world.jobs.data()), path))
      return std::move(*asked);
    if (is_api(path))
      return filtered(v, [&](tree_filter const* wanted) { return render_job(world, v.base, *j, wanted); });
    return path.empty() ? not_found() : answer_build(world, v, *j, path);
  }
  auto is_folder = std::any_of(world.jobs.begin(), world.jobs.end(),
                               [&](auto const& j) { return j.full_name.starts_with(name + '/'); });
  return is_folder && is_api(path) ? answer_folder(world, v, name) : not_found();
}

} // namespace nexus::simulator::jenkins
