#include "tests/actors/llm/fake_world.hpp"

#include "actors/evidence/version.hpp"
#include "actors/llm/offline_planner.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

namespace nexus::llm::tests {

using nlohmann::json;

namespace {

auto failure(std::string_view code, std::string const& message) -> json {
  return {{"error", {{"code", code}, {"message", message}}}};
}

auto split(std::string_view text, char separator) -> std::vector<std::string> {
  std::vector<std::string> parts;
  std::istringstream stream{std::string{text}};
  for (std::string part; std::getline(stream, part, separator);) {
    part.erase(0, part.find_first_not_of(' '));
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

} // namespace

auto first_world() -> world_names {
  return {.project = "ORCA",
          .project_name = "Orca Payments",
          .project_said = "Orca Payments",
          .other_project = "LYNX",
          .other_project_name = "Lynx Mobile",
          .release = "v3.4.0",
          .release_short = "3.4",
          .past_release = "v3.3.0",
          .other_release = "v7.1.0",
          .jobs = {"falcon-main", "otter-ci", "ship-prod", "tools/vole-scan"},
          .job_loose = "falcon main",
          .repositories = {"acme/kernel", "acme/portal", "acme/docs-site"},
          .person = "Mira Lind",
          .other_person = "Jonas Weber"};
}

auto second_world() -> world_names {
  return {.project = "ZED",
          .project_name = "Zeppelin",
          .project_said = "zeppelin",
          .other_project = "QUILL",
          .other_project_name = "Quill Writer",
          .release = "12.0.1",
          .release_short = "v12.0.1",
          .past_release = "11.9.0",
          .other_release = "4.2.0",
          .jobs = {"build_heron_trunk", "ibis/verify", "crane-deploy"},
          .job_loose = "heron trunk",
          .repositories = {"globex-corp/engine.core", "globex-corp/admin_ui"},
          .person = "Tao",
          .other_person = "Ines Duarte",
          .ticket = 1311,
          .epic = 900,
          .build = 77,
          .pr = 2048,
          .sprint = 27};
}

auto fake_world::fill_in(std::string_view text) const -> std::string {
  auto const& n = names_;
  auto const base = n.repositories[0].substr(n.repositories[0].find('/') + 1);
  std::pair<std::string_view, std::string> const values[] = {
      {"{project}", n.project},
      {"{project_name}", n.project_said},
      {"{release}", n.release},
      {"{release_short}", n.release_short},
      {"{release_loose}", "release " + n.release_short},
      {"{job}", n.jobs[0]},
      {"{job_loose}", n.job_loose},
      {"{build}", std::to_string(n.build)},
      {"{repository}", n.repositories[0]},
      {"{repository_short}", base},
      {"{pr}", std::to_string(n.pr)},
      {"{ticket}", fmt::format("{}-{}", n.project, n.ticket)},
      {"{epic}", fmt::format("{}-{}", n.project, n.epic)},
      {"{sprint}", fmt::format("Sprint {}", n.sprint)},
      {"{person}", n.person},
      {"{branch}", "main"},
  };
  std::string result{text};
  for (auto const& [name, value] : values)
    for (std::size_t at = 0; (at = result.find(name, at)) != std::string::npos; at += value.size())
      result.replace(at, name.size(), value);
  return result;
}

auto fake_world::release(std::string const& name) const -> std::string {
  for (auto const& candidate : {names_.release, names_.past_release, names_.other_release})
    if (evidence::matches(name, candidate) || candidate.starts_with("v" + name + ".")) return candidate;
  return {};
}

auto fake_world::build(std::string const& job, std::int64_t number) const -> json {
  auto const failed = job == names_.jobs[0] && number >= names_.build;
  return {{"job_name", job},
          {"build_number", number},
          {"status", failed ? "FAILURE" : "SUCCESS"},
          {"url", fmt::format("http://ci/{}/{}", job, number)},
          {"timestamp", "2031-05-04T03:02:01.000Z"},
          {"duration_seconds", 312.5},
          {"branch", "main"},
          {"commit_sha", "0123456789abcdef"},
          {"commit_message", "Tidy the ledger"},
          {"commit_author", names_.other_person},
          {"triggered_by", "Started by user " + names_.person},
          {"test_results",
           {{"total_tests", 812},
            {"passed", failed ? 809 : 812},
            {"failed", failed ? 3 : 0},
            {"skipped", 0},
            {"coverage_percentage", 81.25},
            {"failed_test_names", failed ? json{"ledger.rounds_half_even", "ledger.sums"} : json::array()}}},
          {"console_log_url", fmt::format("http://ci/{}/{}/console", job, number)},
          {"unavailable", json::object()}};
}

auto fake_world::ticket(std::string const& key) const -> json {
  return {{"key", key},
          {"summary", "Rounding is wrong in the ledger"},
          {"issue_type", "Bug"},
          {"status", "In Progress"},
          {"status_name", "Ready for QA"},
          {"priority", "High"},
          {"assignee", {{"account_id", "a1"}, {"display_name", names_.person}}},
          {"reporter", {{"account_id", "a2"}, {"display_name", names_.other_person}}},
          {"story_points", 5},
          {"sprint_name", fmt::format("Sprint {}", names_.sprint)},
          {"fix_versions", {names_.release}},
          {"linked_issues", {{{"key", names_.project + "-3"}, {"relation", "is blocked by"}, {"status", "To Do"}}}},
          {"updated_at", "2031-05-04T03:02:01.000Z"},
          {"subtasks", json::array()}};
}

auto fake_world::search(std::string const& jql) const -> json {
  std::smatch quoted;
  static std::regex const assignee{"assignee = \"([^\"]*)\""};
  if (std::regex_search(jql, quoted, assignee) && quoted[1] != names_.person && quoted[1] != names_.other_person)
    return failure("invalid_argument",
                   fmt::format("The value '{}' does not exist for the field 'assignee'.", quoted[1].str()));
  auto const key = fmt::format("{}-{}", names_.project, names_.ticket);
  return {{"total", 1}, {"start_at", 0}, {"max_results", 50}, {"issues", {ticket(key)}}, {"more", false}};
}

auto fake_world::call(std::string_view tool, json const& arguments) const -> json {
  auto const& n = names_;
  auto const text = [&](char const* name) { return arguments.value(name, std::string{}); };
  if (tool == "list_projects")
    return {{"projects",
             {{{"project_key", n.other_project}, {"name", n.other_project_name}},
              {{"project_key", n.project}, {"name", n.project_name}}}}};
  if (tool == "list_releases") {
    auto const project = text("project_key");
    auto releases = json::array();
    auto const add = [&](std::string const& version, bool released, char const* date) {
      releases.push_back({{"version", version},
                          {"project_key", project},
                          {"released", released},
                          {"archived", false},
                          {"release_date", date}});
    };
    if (project == n.project) {
      add(n.past_release, true, "2031-01-10");
      add(n.release, false, "2031-06-20");
    } else if (project == n.other_project) {
      add(n.other_release, true, "2030-11-11");
    } else {
      return failure("not_found", fmt::format("no project '{}'", project));
    }
    return {{"project_key", project}, {"releases", releases}};
  }
  if (tool == "list_jobs") {
    auto jobs = json::array();
    for (std::size_t i = 0; i < n.jobs.size(); ++i)
      jobs.push_back({{"job_name", n.jobs[i]},
                      {"last_build_number", n.build + 1},
                      {"last_build_status", i == 0 ? "FAILURE" : "SUCCESS"},
                      {"repo_name", n.repositories[i % n.repositories.size()]}});
    return {{"jobs", jobs}, {"more", false}};
  }
  if (tool == "list_repositories") {
    auto repositories = json::array();
    for (auto const& name : n.repositories)
      repositories.push_back({{"repo_name", name}, {"default_branch", "main"}, {"archived", false}});
    return {{"repositories", repositories}, {"more", false}};
  }
  if (tool == "get_jira_ticket") {
    auto const key = text("ticket_key");
    if (!key.starts_with(n.project + "-")) return failure("not_found", fmt::format("no ticket '{}'", key));
    return ticket(key);
  }
  if (tool == "get_ticket_hierarchy") {
    auto root = ticket(text("ticket_key"));
    for (auto const* status : {"Done", "Done", "Blocked"}) {
      auto child = ticket(fmt::format("{}-{}", n.project, 800 + root["subtasks"].size()));
      child["status"] = child["status_name"] = status;
      root["subtasks"].push_back(child);
    }
    return {{"hierarchy", root}, {"total_tickets", 4}, {"complete", true}, {"notes", json::array()}};
  }
  if (tool == "search_jira") return search(text("jql"));
  if (tool == "get_sprint_stats")
    return {{"sprint_id", 5},
            {"sprint_name", arguments.value("sprint_name", fmt::format("Sprint {}", n.sprint))},
            {"sprint_state", "active"},
            {"end_date", "2031-05-10T00:00:00.000Z"},
            {"total_issues", 31},
            {"completed_issues", 19},
            {"in_progress_issues", 8},
            {"blocked_issues", 1},
            {"total_story_points", 90.5},
            {"completed_story_points", 61},
            {"completion_percentage", 61.29},
            {"blockers", {n.project + "-3"}},
            {"notes", json::array()}};
  if (tool == "get_release_stats") {
    auto const name = release(text("release"));
    if (name.empty()) return failure("not_found", "no such release");
    auto const blocker = json{{"key", n.project + "-3"}, {"summary", "Ledger locks"}, {"status", "Blocked"}};
    return {{"release", name},
            {"project_key", text("project_key")},
            {"released", false},
            {"release_date", "2031-06-20"},
            {"total_tickets", 57},
            {"completed_tickets", 44},
            {"in_progress_tickets", 9},
            {"blocked_tickets", 1},
            {"ticket_completion_rate", 77.19},
            {"total_story_points", 130},
            {"completed_story_points", 101},
            {"open_tickets", {blocker}},
            {"blockers", {blocker}},
            {"notes", json::array()}};
  }
  if (tool == "assess_release_readiness") {
    auto const name = release(text("release"));
    if (name.empty()) return failure("not_found", fmt::format("no release matches '{}'", text("release")));
    return {{"decision_id", "d-1"},
            {"release", name},
            {"project", n.project},
            {"verdict", "NO_GO"},
            {"score", 63.4},
            {"rationale", "NO_GO because a key objective failed: failing-tests"},
            {"blockers", {"failing-tests"}},
            {"risks", json::array()},
            {"objectives",
             {{{"name", "failing-tests"},
               {"status", "fail"},
               {"observed", "3 tests"},
               {"pass", "== 0"},
               {"source", "http://ci/latest"},
               {"remedy", "make the 3 failing tests pass"}},
              {{"name", "test-coverage"}, {"status", "pass"}, {"observed", "81.25 %"}, {"pass", ">= 80 %"}},
              {{"name", "security"}, {"status", "missing"}, {"reason", "the scanner did not answer"}}}},
            {"degraded", true},
            {"degraded_reasons", {"the scanner did not answer"}}};
  }
  if (tool == "get_build_status") {
    auto const job = text("job_name");
    if (std::find(n.jobs.begin(), n.jobs.end(), job) == n.jobs.end())
      return failure("not_found", fmt::format("no job '{}'", job));
    auto const number = arguments.value("build_number", std::int64_t{n.build + 1});
    if (number > n.build + 1) return failure("not_found", fmt::format("{} has no build {}", job, number));
    return build(job, number);
  }
  if (tool == "get_build_history") {
    auto builds = json::array();
    for (auto i = 0; i < 5; ++i) builds.push_back(build(text("job_name"), n.build + 1 - i));
    return {{"job_name", text("job_name")}, {"builds", builds}};
  }
  auto const repository = text("repo_name");
  if (std::find(n.repositories.begin(), n.repositories.end(), repository) == n.repositories.end())
    return failure("not_found", fmt::format("no repository '{}'", repository));
  auto const pull = json{{"pr_number", arguments.value("pr_number", n.pr)},
                         {"title", "Round half to even"},
                         {"state", "open"},
                         {"author", n.person},
                         {"base_branch", "main"},
                         {"head_branch", "rounding"},
                         {"url", "http://git/pull"},
                         {"mergeable", true},
                         {"merged", false},
                         {"ci_status", "success"},
                         {"approvals", 2},
                         {"changes_requested", false},
                         {"additions", 41},
                         {"deletions", 12},
                         {"changed_files", 6}};
  if (tool == "get_pr_status") return pull;
  if (tool == "list_pull_requests") return {{"repo_name", repository}, {"prs", {pull}}, {"more", false}};
  if (tool == "get_repo_health")
    return {{"repo_name", repository},
            {"default_branch", "main"},
            {"latest_commit_sha", "fedcba9876543210"},
            {"latest_commit_status", "failure"},
            {"branch_protection_enabled", true},
            {"required_reviews", 2},
            {"open_prs", 4},
            {"stale_prs", 1},
            {"open_issues", 23}};
  if (tool == "get_security_scan")
    return {{"repo_name", repository},
            {"branch", arguments.value("branch", std::string{"main"})},
            {"risk_score", 45},
            {"risk_level", "medium"},
            {"critical_vulnerabilities", 0},
            {"high_vulnerabilities", 2},
            {"medium_vulnerabilities", 1},
            {"low_vulnerabilities", 0},
            {"vulnerabilities", {{{"id", "CVE-2031-0007"}, {"title", "Overflow"}, {"severity", "high"}}}},
            {"sources", {{{"name", "code_scanning"}, {"available", false}, {"reason", "not enabled"}}}},
            {"unavailable", {{"secrets_detected", "no scanner for secrets"}}}};
  return failure("not_found", fmt::format("no tool '{}'", tool));
}

auto all_tools() -> std::vector<tool_definition> {
  auto const tool = [](char const* name, std::initializer_list<char const*> members) {
    auto properties = json::object();
    for (auto const* member : members) properties[member] = {{"type", "string"}};
    return tool_definition{name, "A tool.", {json{{"type", "object"}, {"properties", properties}}.dump()}};
  };
  return {tool("get_jira_ticket", {"ticket_key"}),
          tool("get_ticket_hierarchy", {"ticket_key", "max_depth"}),
          tool("search_jira", {"jql", "start_at", "max_results"}),
          tool("get_sprint_stats", {"project_key", "sprint_name"}),
          tool("list_projects", {}),
          tool("list_releases", {"project_key"}),
          tool("get_release_stats", {"project_key", "release"}),
          tool("get_repo_health", {"repo_name"}),
          tool("get_pr_status", {"repo_name", "pr_number"}),
          tool("list_pull_requests", {"repo_name", "state"}),
          tool("get_build_status", {"job_name", "build_number"}),
          tool("get_build_history", {"job_name", "limit"}),
          tool("list_jobs", {}),
          tool("list_repositories", {}),
          tool("get_security_scan", {"repo_name", "branch"}),
          tool("assess_release_readiness", {"release", "project", "policy"})};
}

auto conversation::made(std::string_view tool) const -> made_call const* {
  auto const found = std::find_if(calls.begin(), calls.end(), [&](auto const& c) { return c.tool == tool; });
  return found == calls.end() ? nullptr : &*found;
}

auto converse(std::string const& question, tool_function const& tools, std::vector<tool_definition> definitions)
    -> conversation {
  conversation talk;
  complete_chat chat{.messages = {{.role = chat_role::system, .text = "You answer questions about releases."},
                                  {.role = chat_role::user, .text = question}},
                     .tools = std::move(definitions)};
  for (auto step = 0; step < 8; ++step) {
    talk.last = plan(chat);
    if (talk.last.finish_reason != finish_reason::tool_calls) {
      talk.ended = true;
      return talk;
    }
    talk.steps.push_back(talk.last.tool_calls.size());
    chat.messages.push_back({.role = chat_role::assistant, .text = {}, .tool_calls = talk.last.tool_calls});
    for (auto const& made : talk.last.tool_calls) {
      auto const arguments = json::parse(made.arguments.text);
      auto const said = tools(made.name, arguments);
      talk.calls.push_back({made.name, arguments, said});
      chat.messages.push_back({.role = chat_role::tool, .text = said, .tool_calls = {}, .tool_call_id = made.id});
    }
  }
  return talk;
}

auto converse(std::string const& question, fake_world const& world) -> conversation {
  return converse(question, [&](auto tool, auto const& arguments) { return dump_json(world.call(tool, arguments)); });
}

auto complaint(paraphrase const& expected, fake_world const& world) -> std::string {
  auto const question = world.fill_in(expected.question);
  auto const talk = converse(question, world);
  std::string did;
  for (auto const& c : talk.calls) did += fmt::format("\n    {} {}", c.tool, c.arguments.dump());
  did = fmt::format("\"{}\"{}\n    -> {} {}", question, did, name_of(talk.last.finish_reason), talk.last.text);
  if (!talk.ended) return "no end: " + did;
  if (expected.tool.empty()) {
    auto const looked =
        std::any_of(talk.calls.begin(), talk.calls.end(), [](auto const& c) { return !c.tool.starts_with("list_"); });
    return talk.last.finish_reason == finish_reason::refusal && !looked ? "" : "not refused: " + did;
  }
  if (talk.last.finish_reason != finish_reason::stop) return "not answered: " + did;
  if (auto unfounded = unfounded_numbers(talk, question); !unfounded.empty())
    return fmt::format("{} is from nowhere: {}", unfounded[0], did);

  for (auto const& tool : split(expected.tool, '|'))
    for (auto const& made : talk.calls) {
      if (made.tool != tool) continue;
      auto fits = true;
      for (auto const& demand : split(world.fill_in(expected.arguments), ';')) {
        auto const equals = demand.find('=');
        auto const name = demand.substr(0, equals), value = demand.substr(equals + 1);
        auto const member = made.arguments.find(name);
        if (member == made.arguments.end()) {
          fits = false;
          continue;
        }
        auto const actual = member->is_string() ? member->get<std::string>() : member->dump();
        if (name == "jql") {
          for (auto const& part : split(value, '&')) {
            // Values are quoted in JQL.
            auto bare = lower_case(actual);
            std::erase(bare, '"');
            fits = fits && bare.find(lower_case(part)) != std::string::npos;
          }
        } else if (name == "release") {
          fits = fits && (evidence::matches(actual, value) || value.starts_with("v" + actual + "."));
        } else {
          fits = fits && actual == value;
        }
      }
      if (fits) return {};
    }
  return "expected " + std::string{expected.tool} + " " + world.fill_in(expected.arguments) + ": " + did;
}

auto unfounded_numbers(conversation const& talk, std::string const& question) -> std::vector<std::string> {
  static std::regex const number{"[0-9]+"};
  std::set<std::string> known{"100"};
  auto const collect = [&](std::string const& text) {
    for (std::sregex_iterator it{text.begin(), text.end(), number}, end; it != end; ++it) known.insert(it->str());
  };
  std::function<void(json const&)> const count_lists = [&](json const& value) {
    // Parts of a list may be counted, for instance the tickets in it that are done.
    if (value.is_array())
      for (std::size_t i = 0; i <= value.size(); ++i) known.insert(std::to_string(i));
    if (value.is_structured())
      for (auto const& item : value) count_lists(item);
  };
  collect(question);
  for (auto const& made : talk.calls) {
    collect(made.observation);
    collect(made.arguments.dump());
    if (made.tool == "get_build_history") {
      // A share of the builds, in percent.
      auto const size = json::parse(made.observation).value("builds", json::array()).size();
      for (std::size_t i = 0; size > 0 && i <= size; ++i) known.insert(std::to_string(i * 100 / size));
    }
    if (auto const parsed = json::parse(made.observation, nullptr, false); !parsed.is_discarded()) count_lists(parsed);
  }
  std::vector<std::string> unfounded;
  auto const& text = talk.last.text;
  for (std::sregex_iterator it{text.begin(), text.end(), number}, end; it != end; ++it) {
    // Times are written otherwise, commits are cut off.
    auto const cut_off =
        std::any_of(known.begin(), known.end(), [&](auto const& k) { return k.find(it->str()) != k.npos; });
    if (!cut_off) unfounded.push_back(it->str());
  }
  return unfounded;
}

} // namespace nexus::llm::tests
