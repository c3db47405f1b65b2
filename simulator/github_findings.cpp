#include "simulator/github.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>

// Security alerts and deployments.
namespace nexus::simulator::github {
namespace {

auto time_or_null(bool shown, std::optional<instant> when) -> json {
  return shown && when ? json(iso_time(*when)) : json(nullptr);
}

/// True when the parameter is absent or lists the value, parted by commas.
auto asks_for(visit const& v, char const* parameter, std::string_view value) -> bool {
  auto wanted = v.parameter(parameter);
  if (!wanted) return true;
  auto list = split(*wanted, ',');
  return std::find(list.begin(), list.end(), value) != list.end();
}

auto render_dependency_alert(visit const& v, repository const& repo, dependency_alert const& a) -> json {
  json package{{"ecosystem", a.ecosystem}, {"name", a.package}};
  json patched{{"identifier", a.first_patched}};
  json vulnerability{{"package", package},
                     {"severity", a.severity},
                     {"vulnerable_version_range", a.vulnerable_range},
                     {"first_patched_version", patched}};
  auto dismissed = a.state == "dismissed";
  auto vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
  return {{"number", a.number},
          {"state", a.state},
          {"dependency",
           {{"package", package}, {"manifest_path", a.manifest}, {"scope", "runtime"}, {"relationship", "direct"}}},
          {"security_advisory",
           {{"ghsa_id", a.ghsa},
            {"cve_id", a.cve},
            {"summary", a.summary},
            {"description", a.summary + "."},
            {"severity", a.severity},
            {"identifiers", json::array({{{"type", "GHSA"}, {"value", a.ghsa}}, {{"type", "CVE"}, {"value", a.cve}}})},
            {"references", json::array({{{"url", "https://github.com/advisories/" + a.ghsa}}})},
            {"published_at", iso_time(a.created)},
            {"updated_at", iso_time(a.created)},
            {"withdrawn_at", nullptr},
            {"vulnerabilities", json::array({vulnerability})},
            {"cvss", {{"vector_string", vector}, {"score", a.cvss}}},
            {"cwes", json::array()}}},
          {"security_vulnerability", vulnerability},
          {"url", fmt::format("{}/dependabot/alerts/{}", repository_url(v.base, repo), a.number)},
          {"html_url", fmt::format("https://github.com/{}/security/dependabot/{}", repo.full_name(), a.number)},
          {"created_at", iso_time(a.created)},
          {"updated_at", iso_time(a.ended.value_or(a.created))},
          {"dismissed_at", time_or_null(dismissed, a.ended)},
          {"dismissed_by", nullptr},
          {"dismissed_reason", dismissed ? json("tolerable_risk") : json(nullptr)},
          {"dismissed_comment", nullptr},
          {"fixed_at", time_or_null(a.state == "fixed", a.ended)},
          {"auto_dismissed_at", nullptr}};
}

auto answer_dependency_alerts(visit const& v, repository const& repo) -> http::response {
  std::vector<dependency_alert const*> alerts;
  for (auto const& a : repo.dependency_alerts)
    if (asks_for(v, "state", a.state) && asks_for(v, "severity", a.severity) && asks_for(v, "ecosystem", a.ecosystem))
      alerts.push_back(&a);
  std::reverse(alerts.begin(), alerts.end());
  return cursor_page(v, alerts.size(), [&](auto i) { return render_dependency_alert(v, repo, *alerts[i]); });
}

auto commit_of(repository const& repo, std::string_view ref) -> std::string {
  auto index = find_commit(repo, ref);
  return index ? repo.commits[*index].sha : std::string{};
}

auto render_code_alert(visit const& v, repository const& repo, code_alert const& a) -> json {
  auto url = fmt::format("{}/code-scanning/alerts/{}", repository_url(v.base, repo), a.number);
  auto dismissed = a.state == "dismissed";
  auto level = a.severity == "critical" || a.severity == "high" ? "error" : a.severity == "medium" ? "warning" : "note";
  return {{"number", a.number},
          {"created_at", iso_time(a.created)},
          {"updated_at", iso_time(a.ended.value_or(a.created))},
          {"url", url},
          {"html_url", fmt::format("https://github.com/{}/security/code-scanning/{}", repo.full_name(), a.number)},
          {"state", a.state},
          {"fixed_at", time_or_null(a.state == "fixed", a.ended)},
          {"dismissed_by", nullptr},
          {"dismissed_at", time_or_null(dismissed, a.ended)},
          {"dismissed_reason", dismissed ? json("won't fix") : json(nullptr)},
          {"dismissed_comment", nullptr},
          {"rule",
           {{"id", a.rule},
            {"severity", level},
            {"security_severity_level", a.severity},
            {"description", a.rule_description},
            {"name", a.rule},
            {"tags", json::array({"security"})}}},
          {"tool", {{"name", "CodeQL"}, {"guid", nullptr}, {"version", "2.20.1"}}},
          {"most_recent_instance",
           {{"ref", a.ref},
            {"analysis_key", ".github/workflows/codeql.yml:analyze"},
            {"environment", "{}"},
            {"category", "/language:cpp"},
            {"state", a.state},
            {"commit_sha", commit_of(repo, a.ref)},
            {"message", {{"text", a.rule_description + "."}}},
            {"location",
             {{"path", a.path}, {"start_line", a.line}, {"end_line", a.line}, {"start_column", 5}, {"end_column", 40}}},
            {"classifications", json::array()}}},
          {"instances_url", url + "/instances"}};
}

auto answer_code_alerts(visit const& v, repository const& repo) -> http::response {
  auto ref = std::string{v.parameter("ref").value_or("refs/heads/" + repo.default_branch)};
  // A branch may be given by its short name.
  if (!ref.starts_with("refs/")) ref = "refs/heads/" + ref;
  if (std::find(repo.analysed.begin(), repo.analysed.end(), ref) == repo.analysed.end())
    return problem(404, "no analysis found");
  auto state = v.parameter("state");
  if (state && *state != "open" && *state != "closed" && *state != "dismissed" && *state != "fixed")
    return problem(422, "Validation Failed");
  std::vector<code_alert const*> alerts;
  for (auto const& a : repo.code_alerts) {
    auto state_fits = !state || a.state == *state || (*state == "closed" && a.state != "open");
    if (a.ref == ref && state_fits && asks_for(v, "severity", a.severity)) alerts.push_back(&a);
  }
  std::reverse(alerts.begin(), alerts.end());
  return page(v, alerts.size(), [&](auto i) { return render_code_alert(v, repo, *alerts[i]); });
}

/// One analysis for each ref that was analysed, of the commit at its head.
auto answer_analyses(visit const& v, repository const& repo) -> http::response {
  auto wanted = std::string{v.parameter("ref").value_or("")};
  if (!wanted.empty() && !wanted.starts_with("refs/")) wanted = "refs/heads/" + wanted;
  std::vector<std::string> refs;
  for (auto const& ref : repo.analysed)
    if (wanted.empty() || wanted == ref) refs.push_back(ref);
  if (refs.empty()) return problem(404, "no analysis found");
  return page(v, refs.size(), [&](auto i) -> json {
    auto const head = find_commit(repo, refs[i]);
    auto results = std::count_if(repo.code_alerts.begin(), repo.code_alerts.end(),
                                 [&](auto const& a) { return a.ref == refs[i]; });
    auto id = 201 + static_cast<std::int64_t>(i);
    return {{"ref", refs[i]},
            {"commit_sha", commit_of(repo, refs[i])},
            {"analysis_key", ".github/workflows/codeql.yml:analyze"},
            {"environment", "{}"},
            {"category", "/language:cpp"},
            {"error", ""},
            {"created_at", head ? json(iso_time(repo.commits[*head].when)) : json(nullptr)},
            {"results_count", results},
            {"rules_count", 67},
            {"id", id},
            {"url", fmt::format("{}/code-scanning/analyses/{}", repository_url(v.base, repo), id)},
            {"sarif_id", fmt::format("6c81cd8e-b078-4ac3-a3be-{:012x}", id)},
            {"tool", {{"name", "CodeQL"}, {"guid", nullptr}, {"version", "2.20.1"}}},
            {"deletable", true},
            {"warning", ""}};
  });
}

auto render_deployment(data_set const& world, visit const& v, repository const& repo, deployment const& d) -> json {
  auto url = fmt::format("{}/deployments/{}", repository_url(v.base, repo), d.id);
  return {{"url", url},
          {"id", d.id},
          {"node_id", node_id("DE", url)},
          {"task", "deploy"},
          {"original_environment", d.environment},
          {"environment", d.environment},
          {"description", fmt::format("Deploy {} to {}", d.ref, d.environment)},
          {"created_at", iso_time(d.created)},
          {"updated_at", iso_time(d.states.back().second)},
          {"statuses_url", url + "/statuses"},
          {"repository_url", repository_url(v.base, repo)},
          {"creator", render_user(v.base, world.people[d.creator])},
          {"sha", repo.commits[d.commit].sha},
          {"ref", d.ref},
          {"payload", json::object()},
          {"transient_environment", false},
          {"production_environment", d.environment == "production"},
          {"performed_via_github_app", nullptr}};
}

auto render_deployment_status(data_set const& world, visit const& v, repository const& repo, deployment const& d,
                              std::size_t index) -> json {
  auto const& [state, when] = d.states[index];
  auto deployment_url = fmt::format("{}/deployments/{}", repository_url(v.base, repo), d.id);
  auto id = d.id * 10 + static_cast<std::int64_t>(index);
  return {{"url", fmt::format("{}/statuses/{}", deployment_url, id)},
          {"id", id},
          {"node_id", node_id("DES", fmt::format("{}", id))},
          {"state", state},
          {"creator", render_user(v.base, world.people[d.creator])},
          {"description", state == "failure"   ? "The deployment failed."
                          : state == "success" ? "The deployment was successful."
                                               : ""},
          {"environment", d.environment},
          {"target_url", ""},
          {"created_at", iso_time(when)},
          {"updated_at", iso_time(when)},
          {"deployment_url", deployment_url},
          {"repository_url", repository_url(v.base, repo)},
          {"environment_url", fmt::format("https://{}.example.com", d.environment)},
          {"log_url", ""}};
}

} // namespace

auto answer_alerts(visit const& v, repository const& repo, path_view path) -> http::response {
  if (path.size() == 2 && path[0] == "code-scanning" && path[1] == "analyses") return answer_analyses(v, repo);
  if (path.size() < 2 || path.size() > 3 || path[1] != "alerts") return not_found();
  auto dependencies = path[0] == "dependabot";
  if (path.size() == 2) return dependencies ? answer_dependency_alerts(v, repo) : answer_code_alerts(v, repo);
  if (dependencies) {
    for (auto const& a : repo.dependency_alerts)
      if (fmt::format("{}", a.number) == path[2]) return json_answer(200, render_dependency_alert(v, repo, a));
  } else {
    for (auto const& a : repo.code_alerts)
      if (fmt::format("{}", a.number) == path[2]) return json_answer(200, render_code_alert(v, repo, a));
  }
  return not_found();
}

auto answer_deployments(data_set const& world, visit const& v, repository const& repo, path_view path)
    -> http::response {
  if (path.empty()) {
    auto sha = v.parameter("sha"), ref = v.parameter("ref"), environment = v.parameter("environment");
    std::vector<deployment const*> found;
    for (auto const& d : repo.deployments)
      if ((!sha || repo.commits[d.commit].sha == *sha) && (!ref || d.ref == *ref) &&
          (!environment || d.environment == *environment))
        found.push_back(&d);
    return page(v, found.size(), [&](auto i) { return render_deployment(world, v, repo, *found[i]); });
  }
  auto at = std::find_if(repo.deployments.begin(), repo.deployments.end(),
                         [&](auto const& d) { return fmt::format("{}", d.id) == path[0]; });
  if (at == repo.deployments.end()) return not_found();
  if (path.size() == 1) return json_answer(200, render_deployment(world, v, repo, *at));
  if (path.size() != 2 || path[1] != "statuses") return not_found();
  // Newest first.
  return page(v, at->states.size(),
              [&](auto i) { return render_deployment_status(world, v, repo, *at, at->states.size() - 1 - i); });
}

} // namespace nexus::simulator::github
