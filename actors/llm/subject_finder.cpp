#include "actors/llm/subject_finder.hpp"

#include "actors/evidence/version.hpp"
#include "actors/llm/answer_text.hpp"
#include "actors/llm/name_matching.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace nexus::llm {

namespace {

using nlohmann::json;

constexpr std::size_t most_listed = 500;
constexpr std::size_t longest_name = 200;
// Releases are looked up project by project.
constexpr std::size_t most_projects = 8;

auto found(std::string name, std::string rule = {}) -> subject {
  return {.state = subject::state::found, .name = std::move(name), .project = {}, .said = std::move(rule)};
}

auto left_open(std::string said) -> subject {
  return {.state = subject::state::open, .name = {}, .project = {}, .said = std::move(said)};
}

struct open_release {
  std::string version, project, date;
  bool is_open = false;
};

} // namespace

auto tell_candidates(std::vector<listed> const& candidates, std::string_view kinds) -> std::string {
  if (candidates.empty()) return fmt::format("I can see no {}.", kinds);
  std::vector<std::string> names;
  for (auto const& c : candidates) names.push_back(clean(c.name));
  return fmt::format("The {} that I can see: {}.", kinds, enumerate(names, 20));
}

auto subject_finder::list(std::string_view tool, json arguments) -> std::optional<std::vector<listed>> {
  auto const* seen = notes_.look(tool, std::move(arguments));
  if (!seen) return {};
  std::vector<listed> things;
  if (!seen->ok()) return things;
  static constexpr std::array lists{"projects", "jobs", "repositories", "releases"};
  static constexpr std::array names{"project_key", "key", "job_name", "repo_name", "version", "name"};
  for (auto const* name : lists)
    for (auto const& item : list_at(seen->result, name)) {
      if (things.size() == most_listed) return things;
      listed thing{.name = {}, .also = {}, .details = &item};
      // A release carries its project's key, which is not its own name.
      for (auto const* member : names) {
        if (tool == "list_releases" && std::string_view{member} == "project_key") continue;
        auto const value = item.is_object() ? item.find(member) : item.end();
        if (value == item.end() || !value->is_string()) continue;
        auto text = value->get<std::string>();
        if (text.empty() || text.size() > longest_name ||
            (tool == "list_jobs" && std::string_view{member} == "repo_name"))
          continue;
        if (thing.name.empty())
          thing.name = std::move(text);
        else
          thing.also.push_back(std::move(text));
      }
      if (!thing.name.empty()) things.push_back(std::move(thing));
    }
  return things;
}

auto subject_finder::match(std::vector<listed> const& candidates) const -> std::vector<listed> {
  std::vector<candidate> names;
  for (auto const& c : candidates) {
    names.push_back({{c.name}});
    names.back().names.insert(names.back().names.end(), c.also.begin(), c.also.end());
  }
  std::vector<listed> matches;
  for (auto i : match_names(asked_.words, names)) matches.push_back(candidates[i]);
  return matches;
}

auto subject_finder::written_name() const -> std::string {
  for (auto const& name : asked_.names)
    if (name.find(' ') == std::string::npos) return name;
  return {};
}

// The common part: ask what there is, and take what is named or the only one.
auto subject_finder::choose(std::string_view tool, std::string_view kind, std::string_view plural) -> subject {
  auto const* seen = notes_.look(tool);
  if (!seen) return {};
  auto const candidates = *list(tool);
  if (!seen->ok() || candidates.empty()) {
    // Without a list the name is taken as it is written; the next tool will say if it is wrong.
    if (auto name = written_name(); !name.empty()) return found(std::move(name));
    return left_open(fmt::format("{} Please name the {}.",
                                 seen->ok() ? fmt::format("I can see no {}.", plural) : tell_failure(*seen), kind));
  }
  auto const matches = match(candidates);
  if (matches.size() == 1) return found(matches[0].name);
  if (matches.size() > 1)
    return left_open(
        fmt::format("Which {} do you mean? {}", kind, tell_candidates(matches, fmt::format("{} that match", plural))));
  if (!asked_.names.empty()) {
    if (flag_at(seen->result, "more").value_or(false))
      if (auto name = written_name(); !name.empty()) return found(std::move(name));
    return left_open(fmt::format("I found no {} named \"{}\". {}", kind,
                                 clean(fmt::format("{}", fmt::join(asked_.names, "\", \""))),
                                 tell_candidates(candidates, plural)));
  }
  if (candidates.size() == 1)
    return found(candidates[0].name, fmt::format("You named no {}; this is the only one.", kind));
  return left_open(fmt::format("Which {} do you mean? {}", kind, tell_candidates(candidates, plural)));
}

auto subject_finder::job() -> subject {
  auto chosen = choose("list_jobs", "job", "jobs");
  if (chosen.state != subject::state::open) return chosen;
  // A repository's name means the jobs that build it.
  auto const jobs = *list("list_jobs");
  std::vector<candidate> repositories;
  for (auto const& job : jobs) repositories.push_back({{text_at(*job.details, "repo_name").value_or("")}});
  std::vector<listed> builders;
  if (match(jobs).empty())
    for (auto i : match_names(asked_.words, repositories)) builders.push_back(jobs[i]);
  if (builders.size() == 1)
    return found(builders[0].name, fmt::format("{} is the job that builds it.", clean(builders[0].name)));
  if (builders.size() > 1)
    return left_open(fmt::format("Which job do you mean? {}", tell_candidates(builders, "jobs that build it")));
  return chosen;
}

auto subject_finder::repository() -> subject { return choose("list_repositories", "repository", "repositories"); }

auto subject_finder::named_project() -> subject {
  auto const projects = list("list_projects");
  if (!projects) return {};
  auto const matches = match(*projects);
  if (matches.size() > 1)
    return left_open(fmt::format("Which project do you mean? {}", tell_candidates(matches, "projects that match")));
  return found(matches.empty() ? std::string{} : matches[0].name);
}

auto subject_finder::project() -> subject {
  auto chosen = choose("list_projects", "project", "projects");
  if (chosen.state != subject::state::open || !asked_.names.empty()) return chosen;
  auto const projects = *list("list_projects");
  if (projects.empty() || !match(projects).empty()) return chosen;
  auto by_rule = with_open_release(projects);
  return by_rule.state == subject::state::open ? chosen : by_rule;
}

auto subject_finder::with_open_release(std::vector<listed> const& projects) -> subject {
  if (!notes_.offers("list_releases") || projects.size() > most_projects) return left_open({});
  auto waiting = false;
  std::vector<std::string> with_open;
  for (auto const& project : projects) {
    auto const releases = list("list_releases", {{"project_key", project.name}});
    if (!releases) {
      waiting = true;
      continue;
    }
    if (std::any_of(releases->begin(), releases->end(), [](listed const& r) {
          return !flag_at(*r.details, "released").value_or(false) && !flag_at(*r.details, "archived").value_or(false);
        }))
      with_open.push_back(project.name);
  }
  if (waiting) return {};
  if (with_open.size() != 1) return left_open({});
  return found(with_open[0],
               fmt::format("You named no project; {} is the only one with an open release.", with_open[0]));
}

auto subject_finder::release() -> subject {
  auto const* listing = notes_.look("list_projects");
  if (!listing) return {};
  auto projects = *list("list_projects");
  if (!listing->ok())
    // Without the list a project's name is taken as it is written.
    if (auto name = written_name(); !name.empty()) projects.push_back({.name = name, .also = {}});
  auto named = match(projects);
  auto const& among = named.empty() ? projects : named;
  if (among.empty())
    return left_open(fmt::format("{} Please name the release's project.",
                                 listing->ok() ? "I can see no projects." : tell_failure(*listing)));

  std::vector<open_release> releases;
  std::vector<listed> all;
  auto waiting = false;
  std::string failures;
  for (std::size_t i = 0; i < std::min(among.size(), most_projects); ++i) {
    auto const* seen = notes_.look("list_releases", {{"project_key", among[i].name}});
    if (!seen) {
      waiting = true;
      continue;
    }
    if (!seen->ok()) failures += tell_failure(*seen) + ' ';
    auto const listing_of_project = *list("list_releases", {{"project_key", among[i].name}});
    for (auto const& r : listing_of_project) {
      auto const closed =
          flag_at(*r.details, "released").value_or(false) || flag_at(*r.details, "archived").value_or(false);
      releases.push_back({r.name, among[i].name, text_at(*r.details, "release_date").value_or(""), !closed});
      all.push_back(r);
    }
  }
  if (waiting) return {};
  auto const pick = [](open_release const& r, std::string rule) {
    auto result = found(r.version, std::move(rule));
    result.project = r.project;
    return result;
  };
  if (releases.empty()) return left_open(failures.empty() ? "I can see no releases." : failures);

  std::vector<open_release> matches;
  if (asked_.version) {
    for (auto const& project : among) {
      std::vector<std::string> versions;
      for (auto const& r : releases)
        if (r.project == project.name) versions.push_back(r.version);
      auto const one = evidence::find_version(*asked_.version, versions);
      if (one)
        matches.push_back(*std::find_if(releases.begin(), releases.end(),
                                        [&](auto const& r) { return r.project == project.name && r.version == *one; }));
      else if (one.error().code == errc::refused)
        return left_open(fmt::format("Which release do you mean? {}.", clean(one.error().message, 400)));
    }
    if (matches.empty())
      return left_open(
          fmt::format("{}There is no release {}. {}", failures, *asked_.version, tell_candidates(all, "releases")));
  } else {
    // A release may have a name that is no version; the project's name is not the release's.
    std::vector<candidate> names;
    for (auto const& r : releases) names.push_back({{r.version}});
    for (auto i : match_names(asked_.words, names)) matches.push_back(releases[i]);
  }
  if (matches.size() == 1) return pick(matches[0], {});
  if (matches.size() > 1) {
    std::vector<std::string> shown;
    for (auto const& r : matches) shown.push_back(fmt::format("{} of {}", clean(r.version), clean(r.project)));
    return left_open(fmt::format("Which release do you mean: {}?", enumerate(shown)));
  }

  std::erase_if(releases, [](auto const& r) { return !r.is_open; });
  if (releases.empty()) return left_open(fmt::format("There is no open release. {}", tell_candidates(all, "releases")));
  if (releases.size() == 1)
    return pick(releases[0], fmt::format("You named no release; {} is the only open one.", releases[0].version));
  auto const one_project =
      std::all_of(releases.begin(), releases.end(), [&](auto const& r) { return r.project == releases[0].project; });
  // Releases without a date come last.
  auto const next = std::min_element(releases.begin(), releases.end(), [](auto const& a, auto const& b) {
    return std::pair{a.date.empty(), a.date} < std::pair{b.date.empty(), b.date};
  });
  if (one_project && !next->date.empty())
    return pick(*next,
                fmt::format("You named no release; {} is the next open one of {}.", next->version, next->project));
  std::vector<std::string> shown;
  for (auto const& r : releases) shown.push_back(fmt::format("{} of {}", clean(r.version), clean(r.project)));
  return left_open(fmt::format("Which release do you mean: {}?", enumerate(shown)));
}

} // namespace nexus::llm
