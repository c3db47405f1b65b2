#include "actors/llm/offline_planner.hpp"

#include "actors/llm/answer_text.hpp"
#include "actors/llm/name_matching.hpp"
#include "actors/llm/subject_finder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::llm {

namespace {

using nlohmann::json;

constexpr std::size_t bytes_per_token = 4;
// A build number without a job is looked for in so many jobs.
constexpr std::size_t most_probed = 8;

/// What to say; nothing while observations are missing.
struct reply {
  std::string text;
  bool refused = false;
};
using answer = std::optional<reply>;

constexpr answer waiting = std::nullopt;

// Examples name no real thing: what there is differs from place to place.
constexpr std::pair<std::string_view, std::string_view> examples[] = {
    {"assess_release_readiness", "Is release <version> ready?"},
    {"get_release_stats", "How many tickets are done in release <version>?"},
    {"get_jira_ticket", "What is the status of <ticket key>?"},
    {"get_ticket_hierarchy", "How far is epic <ticket key>?"},
    {"search_jira", "Which bugs are open in <project>?"},
    {"get_sprint_stats", "How is the sprint of <project> going?"},
    {"get_build_status", "Why did build <number> of <job> fail?"},
    {"get_pr_status", "Is PR <number> of <repository> approved?"},
    {"get_repo_health", "How healthy is <repository>?"},
    {"get_security_scan", "Are there vulnerabilities in <repository>?"},
};

/// Works on one question with what the notebook holds. Each method below answers one topic, written as if every tool
/// answered at once.
class inquiry {
public:
  inquiry(notebook& notes, question const& asked) : notes_(notes), asked_(asked), find_(asked, notes) {}

  auto answer_question() -> answer {
    switch (asked_.topic) {
    case topic::unknown:
      return refusal(asked_.foreign ? "I understand questions in English only."
                                    : "I cannot answer that from the tools I have.");
    case topic::action:
      return refusal("I only look things up; I do not change anything.");
    case topic::readiness:
      return readiness();
    case topic::release_figures:
      return release_figures();
    case topic::release_blockers:
      return release_blockers();
    case topic::releases:
      return releases();
    case topic::ticket:
      return tickets("get_jira_ticket", tell_ticket);
    case topic::hierarchy:
      return tickets("get_ticket_hierarchy", tell_hierarchy);
    case topic::search:
      return search();
    case topic::sprint:
      return sprint();
    case topic::build:
      return build();
    case topic::build_history:
      return build_history();
    case topic::pull_request:
    case topic::pull_requests:
    case topic::repository:
    case topic::security:
      return about_repository(asked_.topic);
    case topic::projects:
      return simple("list_projects", tell_projects);
    case topic::jobs:
      return simple("list_jobs", tell_jobs);
    case topic::repositories:
      return simple("list_repositories", tell_repositories);
    case topic::something:
      return something();
    }
    return refusal("I cannot answer that from the tools I have.");
  }

private:
  // -- shared ------------------------------------------------------------------

  auto refusal(std::string_view reason) const -> answer {
    std::vector<std::string> possible;
    for (auto const& [tool, example] : examples)
      if (notes_.offers(tool)) possible.push_back(fmt::format("\"{}\"", example));
    if (possible.empty()) return reply{fmt::format("{} No tools are available that I could use.", reason), true};
    return reply{fmt::format("{} You can ask, for example: {}.", reason, fmt::join(possible, ", ")), true};
  }

  // A tool that is not there cannot be made up for: refuse before anything is looked up.
  auto missing(std::string_view tool) const -> answer {
    return refusal(fmt::format("I cannot look this up: the tool {} is not available here.", tool));
  }

  static auto ask_back(subject const& open) -> answer {
    if (open.waiting()) return waiting;
    return reply{open.said.empty() ? "Please say more exactly what you mean." : open.said, false};
  }

  static auto with_rule(subject const& subject, std::string text) -> reply {
    return {subject.said.empty() ? std::move(text) : fmt::format("{} {}", subject.said, text), false};
  }

  template <class Tell>
  auto simple(std::string_view tool, Tell tell) -> answer {
    if (!notes_.offers(tool)) return missing(tool);
    auto const* seen = notes_.look(tool);
    if (!seen) return waiting;
    return reply{seen->ok() ? tell(*seen) : tell_failure(*seen)};
  }

  // -- releases ----------------------------------------------------------------

  auto readiness() -> answer {
    if (!notes_.offers("assess_release_readiness")) return missing("assess_release_readiness");
    if (!asked_.version) return discovered_readiness();
    json arguments{{"release", *asked_.version}};
    if (!asked_.names.empty() && notes_.offers("list_projects")) {
      auto const project = find_.named_project();
      if (project.waiting()) return waiting;
      if (project.found() && !project.name.empty()) arguments["project"] = project.name;
    }
    auto const* seen = notes_.look("assess_release_readiness", arguments);
    if (!seen) return waiting;
    if (seen->ok()) return reply{tell_decision(*seen)};
    // Written otherwise than it is named, or not there at all: see what there is.
    auto const meaning = seen->failed->code == "not_found" || seen->failed->code == "refused";
    if (!meaning || !notes_.offers("list_releases")) return reply{tell_failure(*seen)};
    return discovered_readiness();
  }

  auto discovered_readiness() -> answer {
    auto const release = find_.release();
    if (release.waiting()) return waiting;
    if (!release.found()) return ask_back(release);
    auto const* seen =
        notes_.look("assess_release_readiness", {{"release", release.name}, {"project", release.project}});
    if (!seen) return waiting;
    return with_rule(release, seen->ok() ? tell_decision(*seen) : tell_failure(*seen));
  }

  auto release_figures() -> answer {
    if (!notes_.offers("get_release_stats")) return missing("get_release_stats");
    auto const release = find_.release();
    if (release.waiting()) return waiting;
    if (!release.found()) return ask_back(release);
    auto const* seen = notes_.look("get_release_stats", {{"project_key", release.project}, {"release", release.name}});
    if (!seen) return waiting;
    return with_rule(release, seen->ok() ? tell_release_figures(*seen) : tell_failure(*seen));
  }

  auto release_blockers() -> answer {
    if (!notes_.offers("get_release_stats")) return readiness();
    auto const release = find_.release();
    if (release.waiting()) return waiting;
    if (!release.found()) return ask_back(release);
    auto const* figures =
        notes_.look("get_release_stats", {{"project_key", release.project}, {"release", release.name}});
    auto const* decision =
        notes_.offers("assess_release_readiness")
            ? notes_.look("assess_release_readiness", {{"release", release.name}, {"project", release.project}})
            : figures;
    if (!figures || !decision) return waiting;
    auto text = figures->ok() ? tell_release_blockers(*figures) : tell_failure(*figures);
    if (decision != figures) text += '\n' + (decision->ok() ? tell_decision(*decision) : tell_failure(*decision));
    return with_rule(release, std::move(text));
  }

  auto releases() -> answer {
    if (!notes_.offers("list_releases")) return missing("list_releases");
    auto const projects = find_.list("list_projects");
    if (!projects) return waiting;
    auto named = find_.match(*projects);
    if (named.empty() && !asked_.names.empty()) {
      auto const project = find_.project();
      if (!project.found()) return ask_back(project);
      named = {{.name = project.name, .also = {}}};
    }
    auto const& among = named.empty() ? *projects : named;
    if (among.empty()) return ask_back(find_.release());
    std::string text;
    auto pending = false;
    for (std::size_t i = 0; i < std::min(among.size(), most_probed); ++i) {
      auto const* seen = notes_.look("list_releases", {{"project_key", among[i].name}});
      pending = pending || !seen;
      if (seen) text += (text.empty() ? "" : "\n") + (seen->ok() ? tell_releases(*seen) : tell_failure(*seen));
    }
    if (pending) return waiting;
    return reply{std::move(text)};
  }

  // -- tickets -----------------------------------------------------------------

  template <class Tell>
  auto tickets(std::string_view tool, Tell tell) -> answer {
    if (!notes_.offers(tool)) return missing(tool);
    std::string text;
    auto pending = false;
    for (auto const& key : asked_.ticket_keys) {
      auto const* seen = notes_.look(tool, {{"ticket_key", key}});
      pending = pending || !seen;
      if (seen) text += (text.empty() ? "" : "\n") + (seen->ok() ? tell(*seen) : tell_failure(*seen));
    }
    if (pending) return waiting;
    return reply{std::move(text)};
  }

  static auto quoted(std::string_view value) -> std::string {
    std::string text;
    for (auto c : value)
      if (c == '"' || c == '\\')
        text += fmt::format("\\{}", c);
      else if (static_cast<unsigned char>(c) >= ' ')
        text += c;
    return fmt::format("\"{}\"", text);
  }

  static auto any_of(std::string_view field, std::vector<std::string> const& values) -> std::string {
    std::vector<std::string> quotes;
    for (auto const& value : values) quotes.push_back(quoted(value));
    return quotes.size() == 1 ? fmt::format("{} = {}", field, quotes[0])
                              : fmt::format("{} in ({})", field, fmt::join(quotes, ", "));
  }

  auto search() -> answer {
    if (!notes_.offers("search_jira")) return missing("search_jira");
    auto const& filter = asked_.filter;
    subject release, project;
    auto const has_release = asked_.version.has_value();
    if (has_release) {
      release = find_.release();
      if (release.waiting()) return waiting;
      if (!release.found()) return ask_back(release);
    }
    std::string person;
    if (!asked_.names.empty() && notes_.offers("list_projects")) {
      project = find_.named_project();
      if (project.waiting()) return waiting;
      if (!project.found()) return ask_back(project);
    }
    if (filter.by_person) person = person_named(project.name);
    if (person.empty() && project.name.empty() && !asked_.names.empty() && !has_release) {
      project = find_.project();
      if (project.waiting()) return waiting;
      if (!project.found()) return ask_back(project);
    }
    return search_for(project.name, release, person);
  }

  // The first run of unknown words that does not name the project.
  auto person_named(std::string const& project) -> std::string {
    auto const projects = find_.list("list_projects");
    for (auto const& name : asked_.names) {
      std::vector<listed> own;
      for (auto const& p : projects.value_or(std::vector<listed>{}))
        if (p.name == project) own.push_back(p);
      std::vector<candidate> names;
      for (auto const& p : own) {
        names.push_back({{p.name}});
        names.back().names.insert(names.back().names.end(), p.also.begin(), p.also.end());
      }
      if (match_names(split_words(name), names).empty()) return name;
    }
    return {};
  }

  auto search_for(std::string const& project, subject const& release, std::string const& person) -> answer {
    auto const& filter = asked_.filter;
    auto const done = filter.done;
    std::vector<std::string> clauses;
    auto const in_project = !release.project.empty() ? release.project : project;
    if (!in_project.empty()) clauses.push_back("project = " + quoted(in_project));
    if (!release.name.empty()) clauses.push_back("fixVersion = " + quoted(release.name));
    if (!filter.types.empty()) clauses.push_back(any_of("issuetype", filter.types));
    if (!filter.priorities.empty()) clauses.push_back(any_of("priority", filter.priorities));
    if (!filter.status.empty()) clauses.push_back("status = " + quoted(filter.status));
    if (done) clauses.emplace_back(*done ? "statusCategory = Done" : "statusCategory != Done");
    if (filter.mine) clauses.emplace_back("assignee = currentUser()");
    if (filter.unassigned) clauses.emplace_back("assignee is EMPTY");
    auto const last = clauses.size();
    auto whose = person;
    if (!person.empty()) clauses.push_back("assignee = " + quoted(person));
    if (clauses.empty())
      return refusal("Please say which tickets: of which project, release or person, or of which kind.");
    auto const query = [&] { return fmt::format("{} ORDER BY updated DESC", fmt::join(clauses, " AND ")); };

    auto const* seen = notes_.look("search_jira", {{"jql", query()}});
    if (!seen) return waiting;
    auto const nothing = seen->ok() && list_at(seen->result, "issues").empty();
    if (!person.empty() && (nothing || (seen->failed && seen->failed->code != "unavailable"))) {
      // Jira knows people by their full names: look who has tickets, and match.
      auto const* assigned =
          notes_.look("search_jira", {{"jql", "assignee is not EMPTY ORDER BY updated DESC"}, {"max_results", 100}});
      if (!assigned) return waiting;
      auto const people = assignees(*assigned);
      std::vector<candidate> names;
      for (auto const& name : people) names.push_back({{name}});
      auto const matches = match_names(split_words(person), names);
      if (matches.size() > 1) {
        std::vector<std::string> shown;
        for (auto i : matches) shown.push_back(clean(people[i]));
        return reply{fmt::format("Whom do you mean: {}?", enumerate(shown))};
      }
      if (matches.size() == 1 && people[matches[0]] != person) {
        whose = people[matches[0]];
        clauses[last] = "assignee = " + quoted(whose);
        seen = notes_.look("search_jira", {{"jql", query()}});
        if (!seen) return waiting;
      } else if (matches.empty()) {
        std::vector<std::string> shown;
        for (auto const& name : people) shown.push_back(clean(name));
        return reply{
            fmt::format("I found no tickets of \"{}\". {}", clean(person),
                        shown.empty() ? "" : fmt::format("Lately tickets are assigned to: {}.", enumerate(shown, 20)))};
      }
    }
    if (!seen->ok()) return reply{tell_failure(*seen)};
    return reply{tell_search(*seen, description(in_project, release.name, whose))};
  }

  // "Open bugs with status Blocked in X of release Y assigned to Z".
  auto description(std::string_view project, std::string_view release, std::string_view person) const -> std::string {
    auto const& filter = asked_.filter;
    std::string text = !filter.done ? "Tickets" : *filter.done ? "Done tickets" : "Open tickets";
    if (!filter.types.empty()) text += fmt::format(" of type {}", fmt::join(filter.types, " or "));
    if (!filter.priorities.empty()) text += fmt::format(" with priority {}", fmt::join(filter.priorities, " or "));
    if (!filter.status.empty()) text += fmt::format(" with status {}", filter.status);
    if (!project.empty()) text += fmt::format(" in {}", clean(project));
    if (!release.empty()) text += fmt::format(" for release {}", clean(release));
    if (filter.mine) text += " assigned to you";
    if (filter.unassigned) text += " that nobody is assigned to";
    if (!person.empty()) text += fmt::format(" assigned to {}", clean(person));
    return text;
  }

  static auto assignees(observation const& seen) -> std::vector<std::string> {
    std::vector<std::string> people;
    for (auto const& issue : list_at(seen.result, "issues")) {
      auto name = text_at(object_at(issue, "assignee"), "display_name");
      if (!name) name = text_at(issue, "assignee");
      if (name && std::find(people.begin(), people.end(), *name) == people.end()) people.push_back(*name);
    }
    return people;
  }

  auto sprint() -> answer {
    if (!notes_.offers("get_sprint_stats")) return missing("get_sprint_stats");
    auto const project = find_.project();
    if (project.waiting()) return waiting;
    if (!project.found()) return ask_back(project);
    json arguments{{"project_key", project.name}};
    if (asked_.sprint) arguments["sprint_name"] = *asked_.sprint;
    auto const* seen = notes_.look("get_sprint_stats", std::move(arguments));
    if (!seen) return waiting;
    return with_rule(project, seen->ok() ? tell_sprint(*seen, project.name) : tell_failure(*seen));
  }

  // -- builds ------------------------------------------------------------------

  auto build() -> answer {
    if (!notes_.offers("get_build_status")) return missing("get_build_status");
    auto job = find_.job();
    if (job.waiting()) return waiting;
    if (!job.found() && asked_.names.empty()) {
      if (asked_.number) return probed_build(job);
      if (auto branch = branch_word(); !branch.empty()) return branch_state(branch, job);
    }
    if (!job.found()) return ask_back(job);
    json arguments{{"job_name", job.name}};
    if (asked_.number) arguments["build_number"] = *asked_.number;
    auto const* seen = notes_.look("get_build_status", arguments);
    auto const explained = asked_.why && notes_.offers("get_build_history");
    auto const* history = explained ? notes_.look("get_build_history", {{"job_name", job.name}}) : nullptr;
    if (!seen || (explained && !history)) return waiting;
    if (seen->ok()) return with_rule(job, tell_build(*seen, history, asked_.why));
    return with_rule(job, tell_failure(*seen) + newest_build(job.name));
  }

  // When a build is not there: which is the newest.
  auto newest_build(std::string const& name) -> std::string {
    for (auto const& job : find_.list("list_jobs").value_or(std::vector<listed>{}))
      if (job.name == name)
        if (auto number = integer_at(*job.details, "last_build_number"))
          return fmt::format(" The newest build of {} is #{}.", clean(name), *number);
    return {};
  }

  // "Why did build 142 fail?" without a job: every job has a build with that number, but perhaps one failed.
  auto probed_build(subject const& open) -> answer {
    auto const jobs = *find_.list("list_jobs");
    if (jobs.empty() || jobs.size() > most_probed) return ask_back(open);
    auto const* chosen = static_cast<observation const*>(nullptr);
    std::size_t there = 0, broken = 0;
    auto pending = false;
    for (auto const& job : jobs) {
      auto const* seen = notes_.look("get_build_status", {{"job_name", job.name}, {"build_number", *asked_.number}});
      pending = pending || !seen;
      if (!seen || !seen->ok()) continue;
      auto const status = text_at(seen->result, "status").value_or("");
      auto const failed = status == "FAILURE" || status == "UNSTABLE";
      ++there;
      if (failed) ++broken;
      if (!chosen || (failed && broken == 1)) chosen = seen;
    }
    if (pending) return waiting;
    auto const job = chosen ? text_at(chosen->result, "job_name").value_or("") : std::string{};
    if (there == 1)
      return reply{fmt::format("You named no job; {} is the only one with a build {}. {}", job, *asked_.number,
                               tell_build(*chosen, nullptr, asked_.why))};
    if (broken == 1)
      return reply{fmt::format("You named no job; {} is the only one whose build {} did not succeed. {}", job,
                               *asked_.number, tell_build(*chosen, nullptr, asked_.why))};
    return ask_back(open);
  }

  auto branch_word() const -> std::string {
    if (asked_.branch) return *asked_.branch;
    for (auto const& w : asked_.words)
      if (w.lower == "main" || w.lower == "master" || w.lower == "trunk") return w.lower;
    return {};
  }

  // "Is main green?": the job that carries the branch's name, else what the repositories say of that branch.
  auto branch_state(std::string const& branch, subject const& open) -> answer {
    auto const jobs = *find_.list("list_jobs");
    std::vector<std::string> named;
    for (auto const& job : jobs) {
      auto const parts = name_parts(job.name);
      if (std::find(parts.begin(), parts.end(), lower_case(branch)) != parts.end()) named.push_back(job.name);
    }
    if (named.size() == 1) {
      auto const* seen = notes_.look("get_build_status", {{"job_name", named[0]}});
      if (!seen) return waiting;
      return reply{fmt::format("You named no job; {} is the only one named after {}. {}", clean(named[0]), branch,
                               seen->ok() ? tell_build(*seen, nullptr, asked_.why) : tell_failure(*seen))};
    }
    if (!notes_.offers("list_repositories") || !notes_.offers("get_repo_health")) return ask_back(open);
    auto const repositories = find_.list("list_repositories");
    if (!repositories) return waiting;
    std::string text;
    auto pending = false;
    std::size_t asked = 0;
    for (auto const& repo : *repositories) {
      if (text_at(*repo.details, "default_branch") != branch || flag_at(*repo.details, "archived").value_or(false))
        continue;
      if (asked++ == most_probed) break;
      auto const* seen = notes_.look("get_repo_health", {{"repo_name", repo.name}});
      pending = pending || !seen;
      if (seen) text += (text.empty() ? "" : "\n") + (seen->ok() ? tell_repository(*seen) : tell_failure(*seen));
    }
    if (pending) return waiting;
    return text.empty() ? ask_back(open) : reply{std::move(text)};
  }

  auto build_history() -> answer {
    if (!notes_.offers("get_build_history")) return missing("get_build_history");
    auto const job = find_.job();
    if (job.waiting()) return waiting;
    if (!job.found()) return ask_back(job);
    json arguments{{"job_name", job.name}};
    if (asked_.count) arguments["limit"] = std::clamp<std::int64_t>(*asked_.count, 1, 50);
    auto const* seen = notes_.look("get_build_history", std::move(arguments));
    if (!seen) return waiting;
    return with_rule(job, seen->ok() ? tell_build_history(*seen) : tell_failure(*seen));
  }

  // -- repositories ------------------------------------------------------------

  auto about_repository(topic what) -> answer {
    auto const* tool = what == topic::pull_request    ? "get_pr_status"
                       : what == topic::pull_requests ? "list_pull_requests"
                       : what == topic::security      ? "get_security_scan"
                                                      : "get_repo_health";
    if (!notes_.offers(tool)) return missing(tool);
    auto const repository = find_.repository();
    if (repository.waiting()) return waiting;
    if (!repository.found()) return ask_back(repository);
    json arguments{{"repo_name", repository.name}};
    if (what == topic::pull_request) arguments["pr_number"] = *asked_.number;
    if (what == topic::security && asked_.branch) arguments["branch"] = *asked_.branch;
    auto const* seen = notes_.look(tool, std::move(arguments));
    if (!seen) return waiting;
    if (!seen->ok()) return with_rule(repository, tell_failure(*seen));
    auto const name = clean(repository.name);
    return with_rule(repository, what == topic::pull_request    ? tell_pull_request(*seen, name)
                                 : what == topic::pull_requests ? tell_pull_requests(*seen, name)
                                 : what == topic::security      ? tell_security(*seen)
                                                                : tell_repository(*seen));
  }

  // -- a name alone ------------------------------------------------------------

  // "How is X doing?": whatever is named X.
  auto something() -> answer {
    struct kind {
      std::string_view tool;
      topic meaning;
    };
    static constexpr kind kinds[] = {
        {"list_jobs", topic::build}, {"list_repositories", topic::repository}, {"list_projects", topic::sprint}};
    std::vector<candidate> candidates;
    std::vector<topic> meanings;
    std::vector<std::string> names;
    auto pending = false;
    for (auto const& [tool, meaning] : kinds) {
      if (!notes_.offers(tool)) continue;
      auto const things = find_.list(tool);
      pending = pending || !things;
      for (auto const& thing : things.value_or(std::vector<listed>{})) {
        candidates.push_back({{thing.name}});
        candidates.back().names.insert(candidates.back().names.end(), thing.also.begin(), thing.also.end());
        meanings.push_back(meaning);
        names.push_back(clean(thing.name));
      }
    }
    if (pending) return waiting;
    auto const matches = match_names(asked_.words, candidates);
    if (matches.empty()) return refusal("I do not know what you mean by that.");
    auto const meaning = meanings[matches[0]];
    if (std::any_of(matches.begin(), matches.end(), [&](auto i) { return meanings[i] != meaning; })) {
      std::vector<std::string> shown;
      for (auto i : matches) shown.push_back(names[i]);
      return reply{fmt::format("Which do you mean: {}?", enumerate(shown))};
    }
    if (meaning == topic::build) return build();
    if (meaning == topic::sprint) return sprint();
    return about_repository(asked_.number ? topic::pull_request : topic::repository);
  }

  notebook& notes_;
  question const& asked_;
  subject_finder find_;
};

auto estimated_tokens(std::size_t bytes) -> std::uint32_t {
  return static_cast<std::uint32_t>((bytes + bytes_per_token - 1) / bytes_per_token);
}

auto size_of(complete_chat const& chat) -> std::size_t {
  std::size_t bytes = 0;
  for (auto const& message : chat.messages) {
    bytes += message.text.size();
    for (auto const& made : message.tool_calls) bytes += made.name.size() + made.arguments.text.size();
  }
  for (auto const& tool : chat.tools) bytes += tool.name.size() + tool.description.size() + tool.parameters.text.size();
  return bytes;
}

} // namespace

auto plan(complete_chat const& chat) -> chat_completion {
  notebook notes{chat};
  auto const asked = parse_question(notes.question());
  auto said = inquiry{notes, asked}.answer_question();
  if (!said && notes.wanted().empty()) said = reply{"I could not find that out with the tools I have.", true};

  chat_completion completion;
  completion.model = "offline-planner";
  completion.input_tokens = estimated_tokens(size_of(chat));
  std::size_t written = 0;
  if (!said) {
    completion.finish_reason = finish_reason::tool_calls;
    completion.tool_calls = notes.wanted();
    for (auto const& made : completion.tool_calls) written += made.name.size() + made.arguments.text.size();
  } else {
    completion.text = said->text;
    completion.finish_reason = said->refused ? finish_reason::refusal : finish_reason::stop;
    if (!said->refused)
      if (auto sources = tell_sources(notes.used()); !sources.empty()) completion.text += "\n" + sources;
    auto const longest = static_cast<std::size_t>(chat.max_output_tokens) * bytes_per_token;
    if (completion.text.size() > longest) {
      while (completion.text.size() > longest ||
             (!completion.text.empty() && (static_cast<unsigned char>(completion.text.back()) & 0x80) != 0))
        completion.text.pop_back();
      completion.finish_reason = finish_reason::length;
    }
    written = completion.text.size();
  }
  completion.output_tokens = estimated_tokens(written);
  return completion;
}

} // namespace nexus::llm
