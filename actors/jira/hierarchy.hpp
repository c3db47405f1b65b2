#pragma once

#include "messages/jira.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace nexus::jira {

/// Builds a tree of tickets level by level from lists of children. Ends whatever the lists say: a ticket is placed
/// once, and one that stands above itself is noted and left out. Pure.
class hierarchy {
public:
  /// `limit` bounds the tickets, the root included.
  hierarchy(ticket root, std::size_t limit);

  /// Keys whose children belong to the next level.
  auto frontier() const -> std::vector<std::string> const& { return frontier_; }
  /// Takes in what was found under the frontier, which then becomes these tickets. Tickets that name no parent in the
  /// frontier are ignored. `more` says that there were more than could be read; nothing is under those in `lowest`.
  void add_level(std::vector<ticket> children, bool more, std::set<std::string, std::less<>> const& lowest = {});
  /// Notes something about the whole.
  void note(std::string text);
  /// The tree; leaves the object empty.
  auto result() -> ticket_hierarchy;

private:
  struct placed {
    ticket value;
    std::string parent;
    std::vector<std::string> children;
  };
  auto stands_above(std::string const& key, std::string const& below) const -> bool;
  auto assemble(std::string const& key) -> ticket;

  std::map<std::string, placed> tickets_;
  std::string root_;
  std::vector<std::string> frontier_;
  std::vector<std::string> notes_;
  std::size_t limit_;
  bool complete_ = true;
};

} // namespace nexus::jira
