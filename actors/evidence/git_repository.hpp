#pragma once

#include "actors/evidence/git_history.hpp"

#include <git2.h>

#include <memory>
#include <set>
#include <unordered_map>

namespace nexus::evidence {

/// Hands a libgit2 object back to the function that frees it.
template <auto Free>
struct git_deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using repository_ptr = std::unique_ptr<git_repository, git_deleter<&git_repository_free>>;
using object_ptr = std::unique_ptr<git_object, git_deleter<&git_object_free>>;
using commit_ptr = std::unique_ptr<git_commit, git_deleter<&git_commit_free>>;
using reference_ptr = std::unique_ptr<git_reference, git_deleter<&git_reference_free>>;
using tree_ptr = std::unique_ptr<git_tree, git_deleter<&git_tree_free>>;
using tree_entry_ptr = std::unique_ptr<git_tree_entry, git_deleter<&git_tree_entry_free>>;

/// 40 hexadecimal digits.
auto sha_of(git_oid const& id) -> std::string;

struct oid_less {
  auto operator()(git_oid const& left, git_oid const& right) const -> bool { return git_oid_cmp(&left, &right) < 0; }
};

/// A commit as the walk needs it.
struct walked_commit {
  timestamp time;
  std::vector<git_oid> parents;
};

/// The commits reachable from one.
struct ancestry {
  std::map<git_oid, walked_commit, oid_less> commits;
  /// In the order in which they were reached: newest first.
  std::vector<git_oid> order;
  /// The limit was reached.
  bool truncated = false;
};

/// A repository opened for reading. Not for use by several threads at once.
class repository {
public:
  /// See read_git_history for the errors.
  static auto open(std::filesystem::path const& path) -> expected<repository>;

  /// Resolves a name to a commit; annotated tags are peeled.
  auto resolve(std::string const& ref) const -> expected<git_point>;
  /// Every tag that leads to a commit, by name.
  auto tags() const -> std::vector<git_point>;
  /// All that can be reached from `from`, stopping where a shallow clone ends.
  auto walk(git_oid const& from, std::size_t limit) const -> expected<ancestry>;
  auto commit(git_oid const& id) const -> expected<commit_ptr>;
  auto shallow() const -> bool { return !shallow_.empty(); }
  auto path() const -> std::string const& { return path_; }

private:
  auto read_shallow() -> expected<void>;
  auto contains_directory(std::filesystem::path const& relative) const -> bool;
  auto lookup(std::string const& ref) const -> expected<object_ptr>;
  auto unknown(std::string const& ref) const -> tl::unexpected<error>;

  std::string path_;
  repository_ptr handle_;
  /// The commits whose parents a shallow clone leaves out.
  std::set<git_oid, oid_less> shallow_;
};

} // namespace nexus::evidence
