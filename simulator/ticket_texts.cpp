#include "simulator/generate.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <array>

namespace nexus::simulator {
namespace {

using words = std::array<std::string_view, 24>;

constexpr words platform_subjects{"release calendar",     "approval workflow", "audit trail",     "deployment history",
                                  "build log viewer",     "webhook delivery",  "rate limiter",    "token rotation",
                                  "change-freeze window", "policy editor",     "release notes",   "ticket importer",
                                  "pull-request list",    "coverage trend",    "alert inbox",     "session store",
                                  "search index",         "nightly report",    "role management", "retry queue",
                                  "notification rules",   "environment map",   "backup schedule", "usage statistics"};

constexpr words shop_subjects{"checkout page",     "product search",   "order history",    "wish list",
                              "payment form",      "delivery tracker", "login screen",     "voucher entry",
                              "review section",    "basket summary",   "profile settings", "store locator",
                              "push notification", "category browser", "return form",      "invoice download",
                              "loyalty card",      "product gallery",  "address book",     "price alert",
                              "guest checkout",    "stock indicator",  "size guide",       "help centre"};

constexpr std::array<std::string_view, 6> epic_forms{"Rework the {}", "A faster {}",        "Self-service for the {}",
                                                     "Accessible {}", "{} for all regions", "Make the {} reliable"};
constexpr std::array<std::string_view, 8> story_forms{"Filter the {} by team",
                                                      "Export the {} as CSV",
                                                      "Show who last changed the {}",
                                                      "Remember settings of the {}",
                                                      "Notify owners when the {} changes",
                                                      "Add keyboard shortcuts to the {}",
                                                      "Let administrators restrict the {}",
                                                      "Open the {} from the mobile app"};
constexpr std::array<std::string_view, 8> bug_forms{
    "Stale data in the {} after a restart",     "Time-out while the {} is loading",
    "The {} ignores the user's time zone",      "Crash when the {} is empty",
    "Duplicate entries in the {} under load",   "Wrong totals in the {}",
    "The {} loses input when the session ends", "Umlauts are broken in the {}"};
constexpr std::array<std::string_view, 8> task_forms{
    "Upgrade the libraries behind the {}",  "Write a runbook for the {}", "Add metrics to the {}",
    "Remove old feature flags from the {}", "Load-test the {}",           "Move the {} to the new configuration",
    "Document the interface of the {}",     "Tidy up the tests of the {}"};
constexpr std::array<std::string_view, 5> subtask_forms{"Write tests for the {}", "Review the wording in the {}",
                                                        "Update the documentation of the {}", "Migrate data of the {}",
                                                        "Check the {} with a screen reader"};

constexpr std::array<std::string_view, 6> reasons{
    "Support hears about this several times a week.", "Two large customers have asked for it since spring.",
    "It came up in the last retrospective.",          "The current behaviour costs the team about an hour a day.",
    "We promised it for the next minor release.",     "An internal audit recommends it."};
constexpr std::array<std::string_view, 8> criteria{
    "The change is covered by automated tests",      "Existing links keep working",
    "It answers within 300 ms for 95 % of requests", "Nothing changes for users without the permission",
    "The behaviour is described in the user guide",  "It can be switched off per environment",
    "Errors tell the user what to do next",          "It works in the three browsers we support"};
constexpr std::array<std::string_view, 5> observations{
    "Happens about once in twenty attempts on staging.", "Always reproducible with more than 500 entries.",
    "Seen since the last deployment, not before.", "Only with a slow connection.",
    "Three customers reported it independently."};

template <class Forms>
auto fill(dice& roll, Forms const& forms, std::string_view subject) -> std::string {
  auto text = fmt::format(fmt::runtime(roll.pick(forms)), subject);
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

auto bullets(dice& roll, int count) -> std::string {
  std::string text;
  auto first = roll.below(criteria.size());
  for (int i = 0; i < count; ++i)
    text += fmt::format("- {}\n", criteria[(first + static_cast<std::size_t>(i) * 3) % criteria.size()]);
  return text;
}

} // namespace

auto write_summary(dice& roll, std::string_view project, ticket_type type) -> std::string {
  auto subject = project == "PROJ" ? roll.pick(shop_subjects) : roll.pick(platform_subjects);
  switch (type) {
  case ticket_type::epic:
    return fill(roll, epic_forms, subject);
  case ticket_type::story:
    return fill(roll, story_forms, subject);
  case ticket_type::bug:
    return fill(roll, bug_forms, subject);
  case ticket_type::subtask:
    return fill(roll, subtask_forms, subject);
  case ticket_type::task:
  case ticket_type::incident:
    break;
  }
  return fill(roll, task_forms, subject);
}

auto write_description(dice& roll, ticket_type type, std::string_view summary) -> std::string {
  switch (type) {
  case ticket_type::bug:
    return fmt::format(
        "{}. {}\n\nSteps to reproduce:\n\n- Sign in as an ordinary user\n- Open the page and wait for it "
        "to load\n- Repeat with a second session\n\nExpected: the data is complete and current. {}",
        summary, roll.pick(observations), roll.pick(reasons));
  case ticket_type::epic:
    return fmt::format("{}. {}\n\nThis epic is done when:\n\n{}", summary, roll.pick(reasons), bullets(roll, 4));
  case ticket_type::subtask:
    return fmt::format("{}. Part of the parent story.", summary);
  case ticket_type::story:
  case ticket_type::task:
  case ticket_type::incident:
    break;
  }
  return fmt::format("{}. {}\n\nAcceptance criteria:\n\n{}", summary, roll.pick(reasons),
                     bullets(roll, roll.between(2, 4)));
}

} // namespace nexus::simulator
