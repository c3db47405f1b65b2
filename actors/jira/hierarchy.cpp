#include "actors/jira/hierarchy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace nexus::jira {

hierarchy::hierarchy(ticket root, std::size_t limit) : root_(root.key), frontier_{root.key}, limit_(limit) {
  tickets_[root_].value = std::move(root);
}

auto hierarchy::stands_above(std::string const& key, std::string const& below) const -> bool {
  // Parents were placed before their children, so this ends at the root.
  for (auto at = below; !at.empty(); at = tickets_.at(at).parent)
    if (at == key) return true;
  return false;
}

void hierarchy::add_level(std::vector<ticket> children, bool more, std::set<std::string, std::less<>> const& lowest) {
  if (more) {
    complete_ = false;
    note("there are more tickets than were read");
  }
  auto const parents = std::exchange(frontier_, {});
  auto const names = std::set<std::string_view>(parents.begin(), parents.end());
  auto const in_frontier = [&](std::optional<std::string> const& key) { return key && names.contains(*key); };
  for (auto& child : children) {
    auto const& parent = in_frontier(child.parent_key) ? child.parent_key : child.epic_key;
    if (!in_frontier(parent)) continue;
    if (tickets_.contains(child.key)) {
      if (stands_above(child.key, *parent))
        note(fmt::format("{} stands under {} and above it: the circle is cut there", child.key, *parent));
      continue;
    }
    if (tickets_.size() == limit_) {
      complete_ = false;
      note(fmt::format("only the first {} tickets are shown", limit_));
      // Nothing that is found from here on could be shown.
      frontier_.clear();
      return;
    }
    if (!lowest.contains(child.key)) frontier_.push_back(child.key);
    tickets_[*parent].children.push_back(child.key);
    auto& place = tickets_[child.key];
    place.parent = *parent;
    place.value = std::move(child);
  }
}

void hierarchy::note(std::string text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(std::move(text));
}

auto hierarchy::assemble(std::string const& key) -> ticket {
  auto& place = tickets_.at(key);
  place.value.subtasks.clear();
  for (auto const& child : place.children) place.value.subtasks.push_back(assemble(child));
  return std::move(place.value);
}

auto hierarchy::result() -> ticket_hierarchy {
  auto const total = static_cast<std::int32_t>(tickets_.size());
  auto tree = ticket_hierarchy{
      .hierarchy = assemble(root_), .total_tickets = total, .complete = complete_, .notes = std::move(notes_)};
  tickets_.clear();
  return tree;
}

} // namespace nexus::jira
