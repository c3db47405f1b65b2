#include "apps/doctor.hpp"
#include "messages/core/codec.hpp"
#include "runtime/rest/service.hpp"

#include <boost/beast/core/string.hpp>

#include <ctime>

namespace nexus::apps {
namespace {

/// Below this, the time of the answer's way and the whole seconds of the field count for more.
constexpr auto noticeable_skew = std::chrono::seconds{2};
constexpr auto bearable_skew = std::chrono::seconds{30};
constexpr auto worst_skew = std::chrono::minutes{5};

/// A Date field (RFC 9110, section 5.6.7, the only form that is still sent).
auto read_date(std::string_view text) -> std::optional<timestamp> {
  auto parts = std::tm{};
  // The names of days and months are English wherever we run: the program sets no locale.
  if (::strptime(std::string{text}.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return std::chrono::time_point_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

auto joined(std::string_view base, std::string_view path) -> std::string {
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string{base} + std::string{path};
}

/// Asks services, and compares their clocks with ours by the way.
class examiner {
public:
  examiner(http::transport& network, std::function<timestamp()> const& now) : network_(network), now_(now) {}

  auto ask(std::string const& name, std::string url, std::string const& authorization) -> expected<http::response> {
    auto const before = now_();
    auto answer = fetch(
        network_, {"GET",
                   std::move(url),
                   {{"Authorization", authorization}, {"Accept", "application/json"}, {"User-Agent", "nexus-doctor"}},
                   {}});
    auto const after = now_();
    if (answer)
      if (auto const date = answer->fields.find("Date"))
        if (auto const theirs = read_date(*date)) {
          // The field has whole seconds, so that half of one is the least error.
          auto const ours = before + (after - before) / 2;
          auto const skew = *theirs + std::chrono::milliseconds{500} - ours;
          if (auto const known = skew_.find(name); known == skew_.end() || abs(skew) < abs(known->second))
            skew_[name] = skew;
        }
    return answer;
  }

  auto clock() const -> finding {
    auto result = finding{"clock", finding_state::pass, {}, {}};
    for (auto const& [name, skew] : skew_) {
      auto const seconds = std::chrono::duration<double>(skew).count();
      auto const apart = abs(skew);
      auto const state = apart > worst_skew      ? finding_state::fail
                         : apart > bearable_skew ? finding_state::warn
                                                 : finding_state::pass;
      result.state = std::max(result.state, state);
      auto const told = apart < noticeable_skew ? fmt::format("{} agrees", name)
                                                : fmt::format("{} is {:.0f} s {}", name, std::abs(seconds),
                                                              seconds < 0 ? "behind us" : "ahead of us");
      result.detail += (result.detail.empty() ? "" : ", ") + told;
    }
    if (skew_.empty()) return {"clock", finding_state::skipped, "no service told its time", {}};
    if (result.state != finding_state::pass)
      result.remedy = "let this machine keep its time by NTP (timedatectl set-ntp true): tokens, ages of evidence and "
                      "freeze windows go by the clock";
    return result;
  }

private:
  http::transport& network_;
  std::function<timestamp()> const& now_;
  std::map<std::string, std::chrono::milliseconds> skew_;
};

/// What an answer means that is no success; nothing for a success.
auto objection(std::string const& check, expected<http::response> const& answer, std::string_view credentials,
               std::string_view url_setting) -> std::optional<finding> {
  auto result = finding{check, finding_state::fail, {}, {}};
  if (!answer) {
    result.detail = fmt::format("{}: {}", answer.error().where, answer.error().message);
    result.remedy = fmt::format("check {}, and that this machine may reach it", url_setting);
    return result;
  }
  if (answer->status < 300) return std::nullopt;
  result.detail = fmt::format("answered {} {}", answer->status, http::reason_phrase(answer->status));
  if (answer->status == 401)
    result.remedy = fmt::format("it does not know the credentials: renew {}", credentials);
  else if (answer->status == 403 || answer->status == 404)
    result.remedy = fmt::format("give the account behind {} what it lacks", credentials);
  else if (answer->status == 429)
    result.remedy = "wait: it has had enough requests from this account";
  else if (answer->status < 400)
    result.remedy = fmt::format("it points elsewhere: correct {}", url_setting);
  return result;
}

auto check_jira(node_settings const& settings, examiner& examiner) -> findings {
  auto const& jira = settings.jira;
  auto const authorization = rest::basic_authorization(jira.username, jira.api_token.reveal());
  constexpr auto credentials = "JIRA_USERNAME and JIRA_API_TOKEN";
  auto const myself = examiner.ask("jira", joined(jira.url, "/rest/api/3/myself"), authorization);
  if (auto wrong = objection("jira", myself, credentials, "jira.url (JIRA_URL)")) return {*wrong};
  auto const said = parse_json(myself->body);
  if (!said || !said->is_object() || !said->contains("accountId"))
    return {{"jira", finding_state::fail, "what answers is no Jira Cloud", "correct jira.url (JIRA_URL)"}};
  auto result = findings{
      {"jira", finding_state::pass, fmt::format("signed in as {}", said->value("displayName", jira.username)), {}}};
  // What the agents need: reading, and for write operations the rest.
  constexpr auto wanted = "BROWSE_PROJECTS,ADD_COMMENTS,EDIT_ISSUES,TRANSITION_ISSUES";
  for (auto const& project : settings.projects) {
    auto const check = "jira " + project.key;
    auto const answer =
        examiner.ask("jira",
                     joined(jira.url, fmt::format("/rest/api/3/mypermissions?projectKey={}&permissions={}",
                                                  http::percent_encode(project.key), wanted)),
                     authorization);
    if (auto wrong = objection(check, answer, credentials, "projects")) {
      result.push_back(*wrong);
      continue;
    }
    auto const held = parse_json(answer->body).value_or(nlohmann::json::object());
    auto missing = std::vector<std::string>{};
    auto readable = false;
    auto const permissions = held.is_object() ? held.value("permissions", nlohmann::json::object()) : nlohmann::json{};
    for (auto const& [name, permission] : permissions.items()) {
      auto const has = permission.is_object() && permission.value("havePermission", false);
      if (name == "BROWSE_PROJECTS") readable = has;
      if (!has) missing.push_back(name);
    }
    if (!readable)
      result.push_back({check, finding_state::fail, "the project cannot be read",
                        fmt::format("give the account behind {} the permission BROWSE_PROJECTS", credentials)});
    else if (!missing.empty())
      result.push_back({check, finding_state::warn, fmt::format("readable; missing: {}", fmt::join(missing, ", ")),
                        "needed only by operations that write"});
    else
      result.push_back({check, finding_state::pass, "readable and writable", {}});
  }
  return result;
}

/// A read of GitHub and the permission of a fine-grained token that it needs.
struct github_read {
  std::string_view path;
  std::string_view permission;
};

auto check_github(node_settings const& settings, examiner& examiner) -> findings {
  auto const authorization = "Bearer " + settings.github.token.reveal();
  constexpr auto credentials = "GITHUB_TOKEN";
  auto result = findings{};
  for (auto const& project : settings.projects) {
    auto const check = "github " + project.repository;
    auto const base = "/repos/" + project.repository;
    auto const repository = examiner.ask("github", joined(settings.github.url, base), authorization);
    if (auto wrong = objection(check, repository, credentials, "github.url (GITHUB_URL)")) {
      if (repository && repository->status == 404) {
        wrong->detail = "the token does not see the repository, or there is none of that name";
        wrong->remedy =
            "add it to the token's repositories (permission 'Metadata: read'; a classic token: scope 'repo')";
      }
      result.push_back(*wrong);
      if (!repository || repository->status == 401) return result; // no other answer is to be had
      continue;
    }
    auto refused = std::vector<std::string>{}, off = std::vector<std::string>{};
    for (auto const& each :
         {github_read{"/commits?per_page=1", "Contents: read"}, github_read{"/pulls?per_page=1", "Pull requests: read"},
          github_read{"/deployments?per_page=1", "Deployments: read"},
          github_read{"/dependabot/alerts?per_page=1", "Dependabot alerts: read"},
          github_read{"/code-scanning/alerts?per_page=1", "Code scanning alerts: read"}}) {
      auto const answer =
          examiner.ask("github", joined(settings.github.url, base + std::string{each.path}), authorization);
      if (!answer || answer->status < 300) continue;
      // GitHub says which permission would do.
      auto const named = answer->fields.find("X-Accepted-GitHub-Permissions");
      if (answer->status == 403)
        refused.push_back(named ? std::string{*named} : std::string{each.permission});
      else if (answer->status == 404)
        off.push_back(std::string{each.permission});
    }
    if (refused.empty() && off.empty())
      result.push_back({check, finding_state::pass, "readable with all that is asked of it", {}});
    else
      result.push_back(
          {check, finding_state::warn,
           fmt::format("readable, but not: {}{}{}", fmt::join(refused, ", "),
                       refused.empty() || off.empty() ? "" : ", ", fmt::join(off, ", ")),
           "give the token these permissions, or switch the feature on; until then the evidence is missing"});
  }
  return result;
}

auto job_path(std::string_view name) -> std::string {
  auto path = std::string{};
  while (!name.empty()) {
    auto const slash = std::min(name.find('/'), name.size());
    path += "/job/" + http::percent_encode(name.substr(0, slash));
    name.remove_prefix(std::min(slash + 1, name.size()));
  }
  return path;
}

auto check_jenkins(node_settings const& settings, examiner& examiner) -> findings {
  auto const& jenkins = settings.jenkins;
  auto const authorization = rest::basic_authorization(jenkins.username, jenkins.api_token.reveal());
  constexpr auto credentials = "JENKINS_USERNAME and JENKINS_API_TOKEN";
  auto const root = examiner.ask("jenkins", joined(jenkins.url, "/api/json?tree=nodeName"), authorization);
  if (auto wrong = objection("jenkins", root, credentials, "jenkins.url (JENKINS_URL)")) {
    if (root && root->status == 403)
      wrong->remedy = fmt::format("give {} the permission Overall/Read", jenkins.username);
    return {*wrong};
  }
  auto const version = root->fields.find("X-Jenkins");
  auto result = findings{
      {"jenkins", finding_state::pass, version ? fmt::format("Jenkins {}", *version) : std::string{"answers"}, {}}};
  for (auto const& project : settings.projects)
    for (auto const& job : {project.job, project.deploy_job.value_or("")}) {
      if (job.empty()) continue;
      auto const answer =
          examiner.ask("jenkins", joined(jenkins.url, job_path(job) + "/api/json?tree=name,buildable"), authorization);
      auto wrong = objection("jenkins " + job, answer, credentials, "projects");
      if (wrong && answer && answer->status == 404) {
        wrong->detail = "there is no such job, or it is not seen";
        wrong->remedy = fmt::format("correct projects, or give {} the permission Job/Read", jenkins.username);
      }
      result.push_back(wrong ? *wrong : finding{"jenkins " + job, finding_state::pass, "readable", {}});
    }
  return result;
}

auto check_confluence(node_settings const& settings, examiner& examiner) -> findings {
  auto const& confluence = settings.confluence;
  if (confluence.url.empty()) return {{"confluence", finding_state::skipped, "nothing is published", {}}};
  auto site = confluence.url; // which people write with /wiki and without
  while (site.ends_with('/')) site.pop_back();
  if (site.ends_with("/wiki")) site.resize(site.size() - 5);
  auto const answer = examiner.ask("confluence", site + "/wiki/api/v2/spaces?limit=1",
                                   rest::basic_authorization(confluence.username, confluence.api_token.reveal()));
  if (auto wrong = objection("confluence", answer, "CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN",
                             "confluence.url (CONFLUENCE_URL)"))
    return {*wrong};
  auto const said = parse_json(answer->body).value_or(nlohmann::json{});
  if (!said.is_object() || !said.contains("results"))
    return {{"confluence", finding_state::fail, "what answers is no Confluence Cloud",
             "correct confluence.url (CONFLUENCE_URL)"}};
  if (said["results"].empty())
    return {{"confluence", finding_state::warn, "the account sees no space",
             "give it the permissions to view a space and to add pages there"}};
  return {{"confluence", finding_state::pass, "signed in, and sees spaces", {}}};
}

} // namespace

auto check_services(node_settings const& settings, http::transport& network, std::function<timestamp()> const& now)
    -> findings {
  if (settings.mode == node_mode::mock)
    return {{"services", finding_state::skipped, "mock mode asks the simulator alone", {}},
            {"clock", finding_state::skipped, "no service to compare with in mock mode", {}}};
  auto asking = examiner{network, now};
  auto result = findings{};
  auto const add = [&](findings more) { result.insert(result.end(), more.begin(), more.end()); };
  if (has_role(settings, node_role::jira)) add(check_jira(settings, asking));
  if (has_role(settings, node_role::git_ci)) {
    add(check_github(settings, asking));
    add(check_jenkins(settings, asking));
  }
  if (has_role(settings, node_role::reporting) && !mocks_confluence(settings)) add(check_confluence(settings, asking));
  result.push_back(asking.clock());
  return result;
}

} // namespace nexus::apps
