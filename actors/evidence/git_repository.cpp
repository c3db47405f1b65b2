#include "actors/evidence/git_repository.hpp"

#include "messages/core/codec.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <queue>

namespace nexus::evidence {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_ref = 255;
constexpr std::size_t most_tags = 20'000;
constexpr std::size_t offered_names = 5;

/// Initialises libgit2 once: nothing outside the repository (configuration of the machine or the user, the files'
/// owner) decides what is read.
void prepare_library() {
  static auto const prepared = [] {
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    for (auto level :
         {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_PROGRAMDATA})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    // Partial clones and sparse checkouts hold all that is read here: commits and trees.
    char const* extensions[] = {"partialclone", "worktreeconfig"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size(extensions));
    return true;
  }();
  (void)prepared;
}

auto reason() -> std::string {
  auto const* problem = git_error_last();
  return problem != nullptr && problem->message != nullptr ? clip(problem->message, 300) : "no reason given";
}

auto time_of(git_time_t seconds) -> timestamp {
  // 1970 to 9999: other times are damage, and would overflow later.
  return timestamp{std::chrono::seconds{std::clamp<git_time_t>(seconds, 0, 253'402'300'799)}};
}

/// The tagger's time of an annotated tag.
auto tag_time(git_object* object) -> std::optional<timestamp> {
  if (git_object_type(object) != GIT_OBJECT_TAG) return std::nullopt;
  auto const* tagger = git_tag_tagger(reinterpret_cast<git_tag*>(object));
  return tagger == nullptr ? std::nullopt : std::optional{time_of(tagger->when.time)};
}

auto version_of(std::string_view ref) -> std::optional<version> {
  for (auto prefix : {std::string_view{"refs/tags/"}, std::string_view{"refs/heads/"}, std::string_view{"tags/"},
                      std::string_view{"origin/"}})
    if (ref.starts_with(prefix)) ref.remove_prefix(prefix.size());
  // A lone number is rather a date, a build or a moving "v2" than a release.
  auto const written = read_version(ref);
  return written && written->components >= 2 ? std::optional{written->value} : std::nullopt;
}

auto point_of(std::string ref, git_object* object, git_object* commit) -> git_point {
  auto const time = time_of(git_commit_time(reinterpret_cast<git_commit*>(commit)));
  auto spelled = version_of(ref);
  return {std::move(ref), sha_of(*git_object_id(commit)), tag_time(object).value_or(time), std::move(spelled)};
}

auto peel(git_object* object) -> object_ptr {
  git_object* commit = nullptr;
  git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
  return object_ptr{commit};
}

} // namespace

auto sha_of(git_oid const& id) -> std::string {
  auto text = std::string(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text;
}

auto repository::open(fs::path const& path) -> expected<repository> {
  prepare_library();
  auto const shown = path.string();
  auto problem = std::error_code{};
  auto const directory = fs::canonical(path, problem);
  if (problem) return fail_at(shown, errc::invalid_argument, "this directory cannot be read: {}", problem.message());
  if (!fs::is_directory(directory, problem))
    return fail_at(shown, errc::invalid_argument, "this is not a directory, so not a git repository");

  git_repository* handle = nullptr;
  auto code = git_repository_open_ext(&handle, directory.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  auto const nested = code == GIT_ENOTFOUND;
  if (nested) code = git_repository_open_ext(&handle, directory.c_str(), 0, nullptr);
  auto result = repository{};
  result.path_ = shown;
  result.handle_.reset(handle);
  if (code == GIT_ENOTFOUND)
    return fail_at(shown, errc::invalid_argument, "this is not a git repository, nor is it inside one");
  if (code != 0) return fail_at(shown, errc::corrupt, "the git repository cannot be opened: {}", reason());

  auto const unborn = git_repository_head_unborn(handle);
  if (nested) {
    auto const* work_tree = git_repository_workdir(handle);
    auto const relative =
        work_tree == nullptr ? fs::path{".."} : directory.lexically_relative(fs::canonical(work_tree, problem));
    // A directory that merely lies inside somebody's repository is not part of it.
    if (problem || relative.empty() || *relative.begin() == ".." ||
        (unborn == 0 && !result.contains_directory(relative)))
      return fail_at(shown, errc::invalid_argument,
                     "this is not a git repository; the one around it does not track this directory");
  }
  if (unborn == 1 && result.tags().empty()) {
    auto empty = true;
    git_reference_iterator* references = nullptr;
    if (git_reference_iterator_new(&references, handle) == 0) {
      char const* name = nullptr;
      empty = git_reference_next_name(&name, references) == GIT_ITEROVER;
      git_reference_iterator_free(references);
    }
    if (empty) return fail_at(shown, errc::refused, "the repository has no commit yet");
  }
  if (auto done = result.read_shallow(); !done) return tl::unexpected{done.error()};
  return result;
}

auto repository::read_shallow() -> expected<void> {
  auto const list = fs::path{git_repository_commondir(handle_.get())} / "shallow";
  auto ignored = std::error_code{};
  if (!fs::exists(list, ignored)) return {};
  auto const file = read_file(list, 16 * 1024 * 1024);
  if (!file) return tl::unexpected{file.error()};
  auto rest = std::string_view{file->text};
  while (!rest.empty()) {
    auto const line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    git_oid id{};
    if (line.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&id, line.data(), line.size()) != 0)
      return fail_at(list.string(), errc::corrupt, "'{}' is no commit id", clip(line, 64));
    shallow_.insert(id);
  }
  return {};
}

auto repository::contains_directory(fs::path const& relative) const -> bool {
  git_object* head = nullptr;
  if (git_revparse_single(&head, handle_.get(), "HEAD^{tree}") != 0) return false;
  auto const tree = tree_ptr{reinterpret_cast<git_tree*>(head)};
  git_tree_entry* entry = nullptr;
  auto const found = git_tree_entry_bypath(&entry, tree.get(), relative.generic_string().c_str()) == 0;
  auto const owner = tree_entry_ptr{entry};
  return found && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

auto repository::lookup(std::string const& ref) const -> expected<object_ptr> {
  // In a detached checkout, as CI systems make them, a branch exists only as the remote's.
  for (auto const& name : {ref, "refs/remotes/origin/" + ref}) {
    git_object* object = nullptr;
    auto const code = git_revparse_single(&object, handle_.get(), name.c_str());
    auto owner = object_ptr{object};
    if (code == 0) return owner;
    if (code == GIT_EAMBIGUOUS) return fail_at(path_, errc::refused, "'{}' is ambiguous: {}", clip(ref, 64), reason());
    if (code == GIT_EINVALIDSPEC) break;
    if (code != GIT_ENOTFOUND)
      return fail_at(path_, errc::corrupt, "'{}' cannot be looked up: {}", clip(ref, 64), reason());
  }
  return unknown(ref);
}

auto repository::unknown(std::string const& ref) const -> tl::unexpected<error> {
  auto names = std::vector<std::string>{};
  git_reference_iterator* references = nullptr;
  if (git_reference_iterator_new(&references, handle_.get()) == 0) {
    git_reference* reference = nullptr;
    while (names.size() < most_tags && git_reference_next(&reference, references) == 0) {
      names.emplace_back(clip(git_reference_shorthand(reference), longest_ref));
      git_reference_free(reference);
    }
    git_reference_iterator_free(references);
  }
  auto near = std::vector<std::string>{};
  auto const offer = [&](std::string const& name) {
    if (near.size() < offered_names && std::ranges::find(near, name) == near.end()) near.push_back(name);
  };
  // The same version in another spelling, then a typing error, then what contains the name.
  for (auto const& name : names)
    if (matches(ref, name)) offer(name);
  if (auto const typed = did_you_mean(ref, {names.begin(), names.end()}); !typed.empty()) offer(std::string{typed});
  for (auto const& name : names)
    if (ref.size() >= 3 && name.find(ref) != std::string::npos) offer(name);
  auto result = fail_at(path_, errc::not_found, "there is no tag, branch or commit '{}'", clip(ref, 64));
  if (!near.empty())
    result.value().remedy = fmt::format("did you mean {}?", fmt::join(near, ", "));
  else if (shallow())
    result.value().remedy =
        "this is a shallow clone; fetch the whole history and its tags (git fetch --unshallow --tags)";
  return result;
}

auto repository::resolve(std::string const& ref) const -> expected<git_point> {
  if (ref.empty() || ref.size() > longest_ref || ref.find('\0') != std::string::npos)
    return fail_at(path_, errc::invalid_argument, "the name of a tag, branch or commit has 1 to {} characters",
                   longest_ref);
  // git's searches through messages, files and the log of references: not names, and slow or leaking in libgit2.
  for (auto search : {":", "@{", "^{"})
    if (ref.find(search) != std::string::npos)
      return fail_at(path_, errc::invalid_argument, "'{}' does not name a commit; give a tag, a branch or a commit id",
                     clip(ref, 64));
  auto object = lookup(ref);
  if (!object) return tl::unexpected{object.error()};
  auto const commit = peel(object->get());
  if (!commit) return fail_at(path_, errc::invalid_argument, "'{}' does not name a commit", clip(ref, 64));
  return point_of(ref, object->get(), commit.get());
}

auto repository::tags() const -> std::vector<git_point> {
  auto result = std::vector<git_point>{};
  git_reference_iterator* references = nullptr;
  if (git_reference_iterator_glob_new(&references, handle_.get(), "refs/tags/*") != 0) return result;
  git_reference* reference = nullptr;
  while (result.size() < most_tags && git_reference_next(&reference, references) == 0) {
    auto const owner = reference_ptr{reference};
    git_object* object = nullptr;
    // Tags on trees and files, and tags whose commit a shallow clone lacks, do not concern a release.
    auto const* target = git_reference_target(reference);
    if (target == nullptr || git_object_lookup(&object, handle_.get(), target, GIT_OBJECT_ANY) != 0) continue;
    auto const tag = object_ptr{object};
    auto const commit = peel(object);
    if (!commit) continue;
    auto point = point_of(git_reference_shorthand(reference), object, commit.get());
    if (clip(point.ref, longest_ref) == point.ref) result.push_back(std::move(point));
  }
  git_reference_iterator_free(references);
  std::ranges::sort(result, {}, &git_point::ref);
  return result;
}

auto repository::commit(git_oid const& id) const -> expected<commit_ptr> {
  git_commit* commit = nullptr;
  if (git_commit_lookup(&commit, handle_.get(), &id) != 0)
    return fail_at(path_, errc::corrupt, "commit {} cannot be read: {}", sha_of(id), reason());
  return commit_ptr{commit};
}

auto repository::walk(git_oid const& from, std::size_t limit) const -> expected<ancestry> {
  struct pending {
    timestamp time;
    git_oid id;
    /// Newest first; the id decides between equal times, so that the order is always the same.
    auto operator<(pending const& other) const -> bool {
      return time != other.time ? time < other.time : git_oid_cmp(&id, &other.id) > 0;
    }
  };
  auto result = ancestry{};
  auto queue = std::priority_queue<pending>{};
  auto const reach = [&](git_oid const& id) -> expected<void> {
    if (result.commits.contains(id)) return {};
    auto const reached = commit(id);
    if (!reached) return tl::unexpected{reached.error()};
    auto entry = walked_commit{time_of(git_commit_time(reached->get())), {}};
    // libgit2 shows the parents that a shallow clone does not have.
    if (!shallow_.contains(id))
      for (unsigned i = 0; i < git_commit_parentcount(reached->get()); ++i)
        entry.parents.push_back(*git_commit_parent_id(reached->get(), i));
    queue.push({entry.time, id});
    result.commits.emplace(id, std::move(entry));
    return {};
  };
  if (auto done = reach(from); !done) return tl::unexpected{done.error()};
  while (!queue.empty()) {
    if (result.order.size() == limit) {
      result.truncated = true;
      break;
    }
    auto const id = queue.top().id;
    queue.pop();
    result.order.push_back(id);
    for (auto const& parent : result.commits.at(id).parents)
      if (auto done = reach(parent); !done) return tl::unexpected{done.error()};
  }
  return result;
}

} // namespace nexus::evidence
