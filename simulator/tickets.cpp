#include "simulator/generate.hpp"
#include "simulator/planted_secret.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator {
namespace {

using namespace std::chrono;

/// The story that everybody knows by number: open, with two sub-tasks, in the open sprint.
constexpr int known_story = 123;
/// Under epic PROJ-100, and open.
constexpr int known_child = 101;

/// Numbers decide the kinds, so that an epic, its children and a story's sub-tasks lie close together.
auto type_of(dice& roll, int number) -> ticket_type {
  if (number % 20 == 0) return ticket_type::epic;
  if (number % 10 == 4 || number % 10 == 5) return ticket_type::subtask;
  if (number % 10 == 3 || number == known_child) return ticket_type::story;
  auto roll_of = roll.below(100);
  return roll_of < 45 ? ticket_type::story : roll_of < 70 ? ticket_type::bug : ticket_type::task;
}

auto carries_version(ticket const& entry) -> bool {
  return entry.type == ticket_type::story || entry.type == ticket_type::task || entry.type == ticket_type::bug;
}

auto priority_of(dice& roll) -> priority {
  auto x = roll.below(100);
  return x < 7    ? priority::highest
         : x < 30 ? priority::high
         : x < 82 ? priority::medium
         : x < 96 ? priority::low
                  : priority::lowest;
}

class ticket_maker {
public:
  ticket_maker(data_set& world, std::size_t project_index, std::string_view original_key, int count)
      : world_(world),
        owner_(world.projects[project_index]),
        project_(project_index),
        original_key_(original_key),
        count_(count),
        first_(world.tickets.size()),
        roll_(world.seed, original_key) {}

  void make(std::vector<release_plan> const* releases) {
    for (int number = 1; number <= count_; ++number) add_ticket(world_, sketch(number));
    if (releases != nullptr)
      plan_platform(*releases);
    else
      plan_mobile();
    for (auto i = first_; i < world_.tickets.size(); ++i)
      if (!planned_[i - first_]) settle(world_.tickets[i]);
    settle_subtasks();
    settle_epics();
    for (auto i = first_; i < world_.tickets.size(); ++i) finish(world_.tickets[i]);
    link_blocked();
  }

private:
  auto key(int number) const -> std::string { return fmt::format("{}-{}", owner_.key, number); }
  auto at(int number) -> ticket& { return world_.tickets[first_ + static_cast<std::size_t>(number) - 1]; }
  auto age(ticket const& entry) const -> seconds { return world_.anchor - entry.created; }

  auto sketch(int number) -> ticket {
    ticket entry;
    entry.number = number;
    entry.key = key(number);
    entry.id = owner_.id * 1000 + number;
    entry.project = project_;
    entry.type = type_of(roll_, number);
    // Evenly over the year, the last one a day before the anchor.
    entry.created = working_hour(roll_, world_.anchor - days{366} + seconds{days{364}} * number / count_);
    entry.reporter = 1 + roll_.below(world_.people.size() - 1);
    entry.priority = priority_of(roll_);
    entry.component = roll_.below(owner_.components.size());
    entry.parent = parent_of(entry);
    entry.summary = write_summary(roll_, original_key_, entry.type);
    entry.description = write_description(roll_, entry.type, entry.summary);
    constexpr std::array labels{"customer-request", "technical-debt", "performance", "accessibility",
                                "regression",       "security",       "quick-win",   "needs-docs"};
    for (auto wanted = roll_.below(3); wanted > 0; --wanted) entry.labels.emplace_back(roll_.pick(labels));
    std::sort(entry.labels.begin(), entry.labels.end());
    entry.labels.erase(std::unique(entry.labels.begin(), entry.labels.end()), entry.labels.end());
    constexpr std::array sizes{1.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0, 8.0, 13.0};
    if (entry.type == ticket_type::story || (carries_version(entry) && roll_.chance(50)))
      entry.points = roll_.pick(sizes);
    if (number == known_story && original_key_ == "NEXUS")
      entry.description += fmt::format("\n\nFor trying it out I used the token {} (to be revoked).", planted_secret);
    return entry;
  }

  auto parent_of(ticket const& entry) -> std::string {
    if (entry.type == ticket_type::epic) return {};
    if (entry.type == ticket_type::subtask) return key(entry.number / 10 * 10 + 3);
    auto epic = entry.number / 20 * 20;
    auto earlier = roll_.chance(20);
    auto none = roll_.chance(20);
    if (entry.number == known_child || entry.number == known_child + 2) earlier = none = false;
    if (earlier) epic -= 20;
    return none || epic < 20 ? std::string{} : key(epic);
  }

  /// Done, at a moment after its creation and before `latest`.
  void resolve(ticket& entry, instant latest) {
    auto room = std::max<seconds>(latest - entry.created, hours{2});
    auto taken = std::min<seconds>(room - hours{1}, seconds{hours{roll_.between(6, 20 * 24)}});
    entry.status = ticket_status::done;
    entry.resolved = entry.created + std::max<seconds>(taken, minutes{45});
  }

  void mark(int number) { planned_[static_cast<std::size_t>(number) - 1] = true; }

  /// The releases' facts, which hold for every seed: what is out is done; the due release lacks work and is partly
  /// blocked; the early one has a handful of tickets, all done.
  void plan_platform(std::vector<release_plan> const& releases) {
    keep_open(known_story);
    auto due = releases.size() - 2, early = releases.size() - 1;
    std::vector<int> due_numbers, early_numbers;
    for (int number = 1; number <= count_; ++number) {
      auto& entry = at(number);
      if (!carries_version(entry) || number == known_story) continue;
      // Some recent work belongs to no release yet.
      if (number % 10 == 7 && age(entry) < days{75}) continue;
      if (number % 2 == 1 && age(entry) < days{75}) {
        due_numbers.push_back(number);
      } else if (number % 2 == 0 && entry.created > releases[due - 1].date - days{5}) {
        early_numbers.push_back(number);
      } else {
        auto in = std::find_if(releases.begin(), releases.end(),
                               [&](auto const& x) { return entry.created <= x.date - days{5}; });
        entry.versions = {static_cast<std::size_t>(in - releases.begin())};
        resolve(entry, in->date - hours{6});
        mark(number);
      }
    }
    plan_due(due_numbers, due, releases[due]);
    for (auto number : std::vector<int>(early_numbers.end() - std::min<std::ptrdiff_t>(5, std::ssize(early_numbers)),
                                        early_numbers.end())) {
      at(number).versions = {early};
      resolve(at(number), world_.anchor - hours{3});
      mark(number);
    }
  }

  void plan_due(std::vector<int> const& numbers, std::size_t version_index, release_plan const& plan) {
    auto total = static_cast<int>(numbers.size());
    auto done = total * roll_.between(76, 85) / 100;
    auto blocked = std::min(roll_.between(2, 3), total - done - 1);
    constexpr std::array rest{ticket_status::in_progress, ticket_status::in_review, ticket_status::to_do};
    for (int i = 0; i < total; ++i) {
      auto& entry = at(numbers[static_cast<std::size_t>(i)]);
      entry.versions = {version_index};
      if (i < done)
        resolve(entry, world_.anchor - hours{3});
      else
        entry.status = i < done + blocked ? ticket_status::blocked : rest[static_cast<std::size_t>(i) % rest.size()];
      if (i >= done) entry.due = day_of(plan.date) - days{1};
      if (i >= done && i < done + blocked) entry.priority = priority::high;
      mark(entry.number);
    }
  }

  void plan_mobile() {
    keep_open(known_child);
    keep_open(known_story);
    for (int number = 1; number <= count_; ++number) {
      auto& entry = at(number);
      if (!carries_version(entry) || planned_[static_cast<std::size_t>(number) - 1] || roll_.chance(30)) continue;
      for (std::size_t i = 0; i < owner_.versions.size(); ++i) {
        auto const& candidate = owner_.versions[i];
        if (entry.created < candidate.start - days{5} || entry.created > candidate.release - days{5}) continue;
        entry.versions = {i};
        if (!candidate.released) break;
        resolve(entry, candidate.release - hours{6});
        mark(number);
        break;
      }
    }
  }

  void keep_open(int number) {
    at(number).status = ticket_status::in_progress;
    at(number).assignee = 2 + roll_.below(world_.people.size() - 2);
    mark(number);
  }

  /// What becomes of a ticket that no plan speaks of: the older, the likelier it is done.
  void settle(ticket& entry) {
    if (entry.type == ticket_type::epic || entry.type == ticket_type::subtask) return;
    auto x = static_cast<int>(roll_.below(100));
    auto done = age(entry) > days{60} ? 93 : age(entry) > days{14} ? 45 : 15;
    if (x < done) return resolve(entry, world_.anchor - hours{2});
    auto y = static_cast<int>(roll_.below(100));
    entry.status = age(entry) > days{60} || y < 35 ? ticket_status::to_do
                   : y < 65                        ? ticket_status::in_progress
                   : y < 90                        ? ticket_status::in_review
                                                   : ticket_status::blocked;
  }

  void settle_subtasks() {
    for (int number = 1; number <= count_; ++number) {
      auto& entry = at(number);
      if (entry.type != ticket_type::subtask) continue;
      auto const& story = *world_.find_ticket(entry.parent);
      if (story.resolved) {
        entry.status = ticket_status::done;
        entry.resolved = std::max(entry.created + minutes{30}, *story.resolved - hours{1});
      } else if (story.status != ticket_status::to_do) {
        if (number % 10 == 4)
          resolve(entry, world_.anchor - hours{2});
        else
          entry.status = ticket_status::in_progress;
      }
    }
  }

  /// An epic is done when everything in it is, and under way when anything in it is.
  void settle_epics() {
    for (int number = 20; number <= count_; number += 20) {
      auto& epic = at(number);
      auto const& members = world_.children[epic.key];
      auto all_done = !members.empty(), any_begun = false;
      auto last = epic.created + hours{1};
      for (auto i : members) {
        auto const& member = world_.tickets[i];
        all_done = all_done && member.status == ticket_status::done;
        any_begun = any_begun || member.status != ticket_status::to_do;
        if (member.resolved) last = std::max(last, *member.resolved);
      }
      epic.status = all_done ? ticket_status::done : any_begun ? ticket_status::in_progress : ticket_status::to_do;
      if (all_done) epic.resolved = last;
    }
  }

  void finish(ticket& entry) {
    if (!entry.assignee && (entry.status != ticket_status::to_do || roll_.chance(50)))
      entry.assignee = 1 + roll_.below(world_.people.size() - 1);
    if (!entry.due && !entry.resolved && roll_.chance(20))
      entry.due = day_of(world_.anchor) + days{roll_.between(-10, 30)};
    auto touched = entry.created + seconds{roll_.below(static_cast<std::uint64_t>(age(entry).count()))};
    entry.updated = entry.resolved.value_or(
        entry.status == ticket_status::to_do ? touched
                                             : std::max(touched, world_.anchor - days{roll_.between(0, 6)} - hours{2}));
    entry.updated = std::max(entry.updated, entry.created);
    plan_sprints(entry);
  }

  void plan_sprints(ticket& entry) {
    if (entry.type == ticket_type::epic) return;
    if (entry.type == ticket_type::subtask) {
      // A sub-task is in its story's sprints; stories come first.
      entry.sprints = world_.find_ticket(entry.parent)->sprints;
      return;
    }
    auto const& sprints = owner_.sprints;
    auto active = sprints.size() - 2;
    std::optional<std::size_t> last;
    if (entry.resolved) {
      for (std::size_t i = 0; i <= active; ++i)
        if (*entry.resolved >= sprints[i].start && *entry.resolved < sprints[i].end) last = i;
    } else if (entry.status != ticket_status::to_do || (age(entry) < days{30} && roll_.chance(50))) {
      last = active;
    }
    if (!last) return;
    // Some work is carried over from the sprint before.
    if (*last > 0 && entry.created < sprints[*last].start && roll_.chance(20)) entry.sprints.push_back(*last - 1);
    entry.sprints.push_back(*last);
  }

  void link_blocked() {
    int next_id = owner_.id * 1000;
    for (auto i = first_; i < world_.tickets.size(); ++i) {
      if (world_.tickets[i].status != ticket_status::blocked) continue;
      auto other = i;
      for (auto j = first_; j < world_.tickets.size(); ++j) {
        auto const& candidate = world_.tickets[(i + j) % (world_.tickets.size() - first_) + first_];
        if (candidate.status == ticket_status::in_progress && carries_version(candidate)) {
          other = world_.tickets_by_key[candidate.key];
          break;
        }
      }
      if (other == i) continue;
      world_.tickets[i].links.push_back({++next_id, true, world_.tickets[other].key});
      world_.tickets[other].links.push_back({next_id, false, world_.tickets[i].key});
    }
  }

  data_set& world_;
  project const& owner_;
  std::size_t project_;
  std::string_view original_key_;
  int count_;
  std::size_t first_;
  dice roll_;
  std::vector<bool> planned_ = std::vector<bool>(static_cast<std::size_t>(count_));
};

} // namespace

void make_tickets(data_set& world, std::vector<release_plan> const& releases) {
  ticket_maker{world, 0, "PROJ", 240}.make(nullptr);
  ticket_maker{world, 1, "NEXUS", 360}.make(&releases);
}

} // namespace nexus::simulator
