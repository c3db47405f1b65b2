#include "actors/llm/answer_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::llm {

namespace {

using nlohmann::json;

constexpr std::size_t most_objectives = 12;

// "tickets done: 74 % (needs >= 90 %; source ...): what to do".
auto tell_objective(json const& objective) -> std::string {
  auto text = text_at(objective, "name").value_or("an objective without a name");
  auto const observed = text_at(objective, "observed");
  auto const needed = text_at(objective, "pass");
  if (observed) text += fmt::format(" is {}", *observed);
  if (needed) text += fmt::format(" (needs {})", *needed);
  if (!observed)
    if (auto reason = text_at(objective, "reason")) text += fmt::format(": {}", *reason);
  if (auto source = text_at(objective, "source")) text += fmt::format(", source {}", *source);
  if (auto remedy = text_at(objective, "remedy")) text += fmt::format("; to do: {}", *remedy);
  return text;
}

auto date_of(json const& release) -> std::string {
  auto const released = flag_at(release, "released").value_or(false);
  auto const date = text_at(release, "release_date");
  if (released) return date ? fmt::format("released on {}", *date) : "released";
  return date ? fmt::format("open, planned for {}", *date) : "open, no date planned";
}

auto tell_tickets(std::vector<json> const& tickets, std::size_t most) -> std::string {
  std::vector<std::string> lines;
  for (auto const& ticket : tickets) {
    auto const key = text_at(ticket, "key");
    if (!key) continue;
    auto line = *key;
    if (auto summary = text_at(ticket, "summary")) line += fmt::format(" \"{}\"", *summary);
    line += fmt::format(" ({}{})", text_at(ticket, "status").value_or("status unknown"),
                        text_at(ticket, "assignee") ? ", " + *text_at(ticket, "assignee") : ", nobody assigned");
    lines.push_back(std::move(line));
  }
  return enumerate(lines, most);
}

} // namespace

auto tell_decision(observation const& seen) -> std::string {
  auto const& decision = seen.result;
  auto const verdict = text_at(decision, "verdict");
  if (!verdict) return fmt::format("{} gave no verdict, so I cannot say whether the release is ready.", seen.tool);
  auto text = fmt::format("Release {}", text_at(decision, "release").value_or("(not named)"));
  if (auto project = text_at(decision, "project")) text += fmt::format(" of {}", *project);
  text += fmt::format(": {}", *verdict);
  if (auto score = figure_at(decision, "score")) text += fmt::format(", score {} of 100", *score);
  text += '.';
  if (auto why = text_at(decision, "rationale"))
    text += fmt::format(" {}.", why->ends_with('.') ? why->substr(0, why->size() - 1) : *why);

  struct group {
    std::string_view title;
    std::initializer_list<std::string_view> statuses;
  };
  static group const groups[] = {{"Failed", {"fail"}},
                                 {"Warnings", {"warn"}},
                                 {"Without usable evidence", {"missing", "stale"}},
                                 {"Waived", {"waived"}}};
  auto const total = list_at(decision, "objectives").size();
  for (auto const& [title, statuses] : groups) {
    std::vector<std::string> lines;
    for (auto const& objective : list_at(decision, "objectives")) {
      auto const status = text_at(objective, "status").value_or("");
      if (std::find(statuses.begin(), statuses.end(), status) != statuses.end())
        lines.push_back(tell_objective(objective));
    }
    if (lines.empty()) continue;
    text += fmt::format("\n{}:", title);
    for (std::size_t i = 0; i < std::min(lines.size(), most_objectives); ++i) text += fmt::format("\n- {}", lines[i]);
    if (lines.size() > most_objectives) text += fmt::format("\n- and {} more", lines.size() - most_objectives);
  }
  std::vector<std::string> passing;
  for (auto const& objective : list_at(decision, "objectives"))
    if (text_at(objective, "status") == "pass")
      passing.push_back(fmt::format("{}{}", text_at(objective, "name").value_or("(no name)"),
                                    text_at(objective, "observed") ? " " + *text_at(objective, "observed") : ""));
  if (!passing.empty()) text += fmt::format("\nPassed: {}.", enumerate(passing, most_objectives));
  // Without objectives the decision's own lists are all there is.
  if (total == 0) {
    if (auto blockers = texts_at(decision, "blockers"); !blockers.empty())
      text += fmt::format(" Blockers: {}.", enumerate(blockers));
    if (auto risks = texts_at(decision, "risks"); !risks.empty()) text += fmt::format(" Risks: {}.", enumerate(risks));
  }
  if (flag_at(decision, "degraded").value_or(false)) {
    auto const reasons = texts_at(decision, "degraded_reasons");
    text += fmt::format("\nThis decision is degraded{}.", reasons.empty() ? "" : ": " + enumerate(reasons));
  }
  return text;
}

auto tell_release_figures(observation const& seen) -> std::string {
  auto const& figures = seen.result;
  auto text = fmt::format("Release {}", text_at(figures, "release").value_or("(not named)"));
  if (auto project = text_at(figures, "project_key")) text += fmt::format(" of {}", *project);
  text += fmt::format(" ({})", date_of(figures));
  if (auto total = figure_at(figures, "total_tickets")) {
    text += fmt::format(": {}", counted(*total, "ticket", "tickets"));
    if (auto done = figure_at(figures, "completed_tickets")) text += fmt::format(", {} done", *done);
    if (auto busy = figure_at(figures, "in_progress_tickets")) text += fmt::format(", {} in progress", *busy);
    if (auto blocked = figure_at(figures, "blocked_tickets")) text += fmt::format(", {} blocked", *blocked);
    if (auto rate = figure_at(figures, "ticket_completion_rate")) text += fmt::format("; {} % complete", *rate);
  } else {
    text += ": the number of its tickets is not known";
  }
  text += '.';
  auto const points = figure_at(figures, "total_story_points");
  auto const done_points = figure_at(figures, "completed_story_points");
  if (points && done_points) text += fmt::format(" {} of {} story points are done.", *done_points, *points);
  if (auto open = tell_tickets(list_at(figures, "open_tickets"), 5); !open.empty())
    text += fmt::format(" Still open: {}.", open);
  if (auto notes = texts_at(figures, "notes"); !notes.empty()) text += fmt::format(" Note: {}.", enumerate(notes));
  return text;
}

auto tell_release_blockers(observation const& figures) -> std::string {
  auto const release = text_at(figures.result, "release").value_or("(not named)");
  auto const blockers = tell_tickets(list_at(figures.result, "blockers"), 10);
  auto const blocked = figure_at(figures.result, "blocked_tickets");
  if (blockers.empty())
    return blocked && *blocked != "0"
               ? fmt::format("Release {} has {}.", release, counted(*blocked, "blocked ticket", "blocked tickets"))
               : fmt::format("Release {} has no blocked tickets.", release);
  return fmt::format("Release {} has {}: {}.", release,
                     blocked ? counted(*blocked, "blocked ticket", "blocked tickets") : "blocked tickets", blockers);
}

auto tell_releases(observation const& seen) -> std::string {
  std::vector<std::string> open, released;
  for (auto const& release : list_at(seen.result, "releases")) {
    auto const version = text_at(release, "version");
    if (!version) continue;
    auto& list = flag_at(release, "released").value_or(false) ? released : open;
    list.push_back(fmt::format("{} ({})", *version, date_of(release)));
  }
  auto const project = text_at(seen.result, "project_key").value_or("The project");
  if (open.empty() && released.empty()) return fmt::format("{} has no releases.", project);
  // The newest ones are of interest, and lists are told from their beginning.
  std::reverse(released.begin(), released.end());
  return fmt::format("Releases of {}: {}.", project,
                     open.empty()       ? enumerate(released)
                     : released.empty() ? enumerate(open)
                                        : enumerate(open) + "; " + enumerate(released));
}

} // namespace nexus::llm
