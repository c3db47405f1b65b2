#include "actors/llm/inquiry.hpp"

#include "actors/llm/name_matching.hpp"
#include "actors/llm/report_request.hpp"
#include "actors/llm/write_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::llm {

using nlohmann::json;

namespace {

// Examples name no real thing: what there is differs from place to place.
constexpr std::pair<std::string_view, std::string_view> examples[] = {
    {"assess_release_readiness", "Is release <version> ready?"},
    {"generate_report", "Generate a report for <version>"},
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

} // namespace

auto inquiry::answer_question() -> answer {
  // Only the question itself can demand a change: what tools say is never read for one.
  if (auto const demanded = read_write_request(notes_.question())) return carry_out(*demanded);
  if (auto const demanded = read_report_request(notes_.question())) {
    if (!notes_.offers(demanded->tool)) return missing(demanded->tool);
    auto const* seen = notes_.look(demanded->tool, demanded->arguments);
    if (!seen) return waiting;
    return reply{seen->ok() ? tell_report(*seen) : tell_failure(*seen)};
  }
  switch (asked_.topic) {
  case topic::unknown:
    return refusal(asked_.foreign ? "I understand questions in English only."
                                  : "I cannot answer that from the tools I have.");
  case topic::action:
    return not_understood();
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

auto inquiry::refusal(std::string_view reason) const -> answer {
  std::vector<std::string> possible;
  for (auto const& [tool, example] : examples)
    if (notes_.offers(tool)) possible.push_back(fmt::format("\"{}\"", example));
  if (possible.empty()) return reply{fmt::format("{} No tools are available that I could use.", reason), true};
  return reply{fmt::format("{} You can ask, for example: {}.", reason, fmt::join(possible, ", ")), true};
}

// A tool that is not there cannot be made up for: refuse before anything is looked up.
auto inquiry::missing(std::string_view tool) const -> answer {
  return refusal(fmt::format("I cannot look this up: the tool {} is not available here.", tool));
}

auto inquiry::carry_out(write_request const& demanded) -> answer {
  if (!notes_.offers(demanded.tool)) return not_understood();
  auto const* seen = notes_.look(demanded.tool, demanded.arguments);
  if (!seen) return waiting;
  if (!seen->ok()) {
    auto const& [code, message, remedy] = *seen->failed;
    return reply{remedy.empty() ? fmt::format("It was not done: {}.", clean(message, 400))
                                : fmt::format("It was not done: {} ({}).", clean(message, 400), clean(remedy, 400))};
  }
  return reply{text_at(seen->result, "message").value_or("It was done.") + "."};
}

// A change is never guessed.
auto inquiry::not_understood() const -> answer {
  std::vector<std::string> possible;
  if (notes_.offers("update_jira_ticket")) {
    possible.emplace_back("\"move <ticket key> to <status>\"");
    possible.emplace_back("\"comment on <ticket key>: <text>\"");
  }
  if (notes_.offers("update_jira_ticket_fields")) possible.emplace_back("\"set <field> of <ticket key> to <value>\"");
  if (notes_.offers("trigger_build")) possible.emplace_back("\"trigger <job> with <NAME>=<value>\"");
  if (notes_.offers("publish_report")) possible.emplace_back("\"publish the report of <version> to space <key>\"");
  if (possible.empty()) return refusal("I only look things up here; I do not change anything.");
  return reply{
      fmt::format("I change nothing that I do not understand exactly. You can say: {}.", fmt::join(possible, ", ")),
      true};
}

auto inquiry::ask_back(subject const& open) -> answer {
  if (open.waiting()) return waiting;
  return reply{open.said.empty() ? "Please say more exactly what you mean." : open.said, false};
}

auto inquiry::with_rule(subject const& subject, std::string text) -> reply {
  return {subject.said.empty() ? std::move(text) : fmt::format("{} {}", subject.said, text), false};
}

auto inquiry::simple(std::string_view tool, teller tell) -> answer {
  if (!notes_.offers(tool)) return missing(tool);
  auto const* seen = notes_.look(tool);
  if (!seen) return waiting;
  return reply{seen->ok() ? tell(*seen) : tell_failure(*seen)};
}

// "How is X doing?": whatever is named X.
auto inquiry::something() -> answer {
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

} // namespace nexus::llm
