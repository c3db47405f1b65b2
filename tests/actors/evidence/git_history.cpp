#include "actors/evidence/git_history.hpp"

#include "actors/evidence/git_repository.hpp"
#include "tests/actors/evidence/fixture.hpp"

#include <fmt/ranges.h>

using namespace nexus;
using namespace nexus::evidence;

namespace {

constexpr std::int64_t epoch = 1'700'000'000;

/// A repository built by hand; each commit is an hour younger than the one before.
class builder {
public:
  explicit builder(bool bare = false) {
    git_libgit2_init();
    git_repository* handle = nullptr;
    BOOST_REQUIRE(git_repository_init(&handle, directory_.path().c_str(), bare) == 0);
    handle_.reset(handle);
    BOOST_REQUIRE(git_repository_set_head(handle, "refs/heads/main") == 0);
  }

  /// A commit on `branch`; hours count from the epoch of these tests.
  auto commit(std::string const& message, std::vector<std::string> const& parents, std::optional<int> hour = {},
              char const* branch = "main", char const* author = "Ada") -> std::string {
    auto const time = epoch + 3600 * (hour ? *hour : hours_++);
    git_signature* signature = nullptr;
    BOOST_REQUIRE(git_signature_new(&signature, author, "secret@example.com", time, 60) == 0);
    git_oid file{};
    BOOST_REQUIRE(git_blob_create_from_buffer(&file, handle_.get(), message.data(), message.size()) == 0);
    git_treebuilder* files = nullptr;
    git_oid inner{};
    git_treebuilder_new(&files, handle_.get(), nullptr);
    git_treebuilder_insert(nullptr, files, "file", &file, GIT_FILEMODE_BLOB);
    git_treebuilder_write(&inner, files);
    git_treebuilder_free(files);
    git_oid tree_id{};
    git_treebuilder_new(&files, handle_.get(), nullptr);
    git_treebuilder_insert(nullptr, files, "source", &inner, GIT_FILEMODE_TREE);
    git_treebuilder_write(&tree_id, files);
    git_treebuilder_free(files);
    git_tree* tree = nullptr;
    BOOST_REQUIRE(git_tree_lookup(&tree, handle_.get(), &tree_id) == 0);

    auto owners = std::vector<commit_ptr>{};
    auto handles = std::vector<git_commit const*>{};
    for (auto const& parent : parents) {
      git_oid id{};
      git_commit* found = nullptr;
      git_oid_fromstr(&id, parent.c_str());
      BOOST_REQUIRE(git_commit_lookup(&found, handle_.get(), &id) == 0);
      handles.push_back(owners.emplace_back(found).get());
    }
    git_oid id{};
    BOOST_REQUIRE(git_commit_create(&id, handle_.get(), nullptr, signature, signature, nullptr, message.c_str(), tree,
                                    handles.size(), handles.data()) == 0);
    git_tree_free(tree);
    git_signature_free(signature);
    git_reference* reference = nullptr;
    BOOST_REQUIRE(git_reference_create(&reference, handle_.get(), fmt::format("refs/heads/{}", branch).c_str(), &id, 1,
                                       "test") == 0);
    git_reference_free(reference);
    return sha_of(id);
  }

  /// A lightweight tag, or an annotated one made at `hour`.
  void tag(std::string const& name, std::string const& sha, std::optional<int> hour = {}) {
    git_oid id{};
    git_oid_fromstr(&id, sha.c_str());
    git_object* target = nullptr;
    BOOST_REQUIRE(git_object_lookup(&target, handle_.get(), &id, GIT_OBJECT_COMMIT) == 0);
    auto const owner = object_ptr{target};
    git_oid made{};
    if (!hour) {
      BOOST_REQUIRE(git_tag_create_lightweight(&made, handle_.get(), name.c_str(), target, 1) == 0);
      return;
    }
    git_signature* signature = nullptr;
    BOOST_REQUIRE(git_signature_new(&signature, "Tagger", "t@example.com", epoch + 3600 * *hour, 0) == 0);
    BOOST_REQUIRE(git_tag_create(&made, handle_.get(), name.c_str(), target, signature, "release", 1) == 0);
    git_signature_free(signature);
  }

  auto path() const -> std::filesystem::path const& { return directory_.path(); }
  auto directory() const -> temporary_directory const& { return directory_; }

  auto read(std::string const& release, std::optional<std::string> since = {}) const -> expected<git_history> {
    auto query = git_query{};
    query.path = path();
    query.release_ref = release;
    query.since_ref = std::move(since);
    query.now = timestamp{std::chrono::seconds{epoch + 3600 * 1000}};
    return read_git_history(query);
  }

  void forget(std::string const& sha) const {
    std::filesystem::remove(path() / ".git/objects" / sha.substr(0, 2) / sha.substr(2));
  }

private:
  temporary_directory directory_;
  repository_ptr handle_;
  int hours_ = 0;
};

auto subjects(git_history const& history) -> std::string {
  auto result = std::vector<std::string>{};
  for (auto const& commit : history.commits) result.push_back(commit.subject);
  return fmt::format("{}", fmt::join(result, " | "));
}

/// v1.9.0 - feat - (side: fix!) - merge - docs = v2.0.0
struct released : builder {
  std::string first = commit("initial", {});
  std::string feature = commit("feat(cart): add rebates", {first});
  std::string side =
      commit("fix!: round prices down\n\nBREAKING CHANGE: prices are\nlower", {first}, {}, "side", "Bob");
  std::string merged = commit("Merge branch 'side'", {feature, side});
  std::string last = commit("update the manual", {merged});

  released() {
    tag("v1.9.0", first);
    tag("v2.0.0", last, 10);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(git)

BOOST_AUTO_TEST_CASE(a_release_is_read_since_the_version_before_it) {
  auto const repository = released{};
  auto const history = repository.read("v2.0.0").value();
  BOOST_TEST(history.source == fmt::format("{}@{}", repository.path().string(), repository.last));
  BOOST_TEST((history.observed_at == timestamp{std::chrono::seconds{epoch + 3600 * 4}}));
  BOOST_TEST((history.release.time == timestamp{std::chrono::seconds{epoch + 3600 * 10}}));
  BOOST_TEST(history.since.value().ref == "v1.9.0");
  BOOST_TEST(history.since->sha == repository.first);
  BOOST_TEST((history.origin == since_origin::previous_version));
  BOOST_TEST(subjects(history) ==
             "update the manual | Merge branch 'side' | fix!: round prices down | feat(cart): add rebates");
  BOOST_TEST(history.commits[1].parents.size() == 2u);
  BOOST_REQUIRE(history.authors.size() == 2u);
  BOOST_TEST(history.authors[0].first == "Ada");
  BOOST_TEST(history.authors[0].second == 3u);
  BOOST_REQUIRE(history.tags.size() == 1u);
  BOOST_TEST(history.tags[0].ref == "v2.0.0");
  BOOST_TEST(history.in_order());
  BOOST_TEST(history.since_is_ancestor.value());
  BOOST_TEST(!history.shallow);
  BOOST_TEST(!history.truncated);
}

BOOST_AUTO_TEST_CASE(lead_time_runs_from_commit_to_tag_without_merges) {
  auto const repository = released{};
  // Committed at hours 1, 2 and 4, tagged at hour 10.
  auto const times = repository.read("v2.0.0").value().lead_time.value();
  BOOST_TEST(times.median_hours == 8.0);
  BOOST_TEST(times.p90_hours == 9.0);
  // A branch is released when its last commit is made.
  BOOST_TEST(repository.read("main", "v1.9.0").value().release.time.time_since_epoch().count() ==
             (epoch + 3600 * 4) * 1000);
}

BOOST_AUTO_TEST_CASE(conventional_commits_imply_a_bump) {
  auto const history = released{}.read("v2.0.0").value();
  BOOST_TEST(history.changes == 3u);
  BOOST_TEST(history.conventional == 2u);
  BOOST_TEST(history.conventional_types.at("feat") == 1u);
  BOOST_TEST(history.conventional_share.value() == 2.0 / 3);
  BOOST_TEST(history.breaking_count == 1u);
  BOOST_TEST(history.breaking_changes.at(0).note == "prices are");
  BOOST_TEST((history.implied == version_bump::major));
  BOOST_TEST((history.made == version_bump::major));
  BOOST_TEST(history.bump_sufficient.value());
}

BOOST_AUTO_TEST_CASE(a_breaking_change_in_a_minor_version_is_insufficient) {
  auto repository = released{};
  repository.tag("v1.10.0", repository.last);
  auto const history = repository.read("v1.10.0").value();
  BOOST_TEST(history.since.value().ref == "v1.9.0");
  BOOST_TEST((history.made == version_bump::minor));
  BOOST_TEST(!history.bump_sufficient.value());
}

BOOST_AUTO_TEST_CASE(earlier_versions_are_ordered_as_versions_and_must_be_ancestors) {
  auto repository = builder{};
  auto const first = repository.commit("one", {});
  auto const second = repository.commit("two", {first});
  auto const third = repository.commit("three", {second});
  auto const elsewhere = repository.commit("hotfix", {first}, {}, "hotfix");
  repository.tag("v1.2.0", first);
  repository.tag("1.10.0-rc.1", second, 50);
  repository.tag("v1.9.9", elsewhere);
  repository.tag("v7", first);
  repository.tag("frontend-9.0.0", second);
  repository.tag("v1.10.0", third);
  repository.tag("v3.0.0", third);
  BOOST_TEST(repository.read("v1.10.0").value().since.value().ref == "1.10.0-rc.1");
  BOOST_TEST(repository.read("main").value().since.value().ref == "1.10.0-rc.1");
  BOOST_TEST(repository.read("main").value().release.spelled_version.value().text() == "3.0.0");
  BOOST_TEST(repository.read("1.10.0-rc.1").value().since.value().ref == "v1.2.0");
  BOOST_TEST(repository.read("v1.9.9").value().since.value().ref == "v1.2.0");
  BOOST_TEST(subjects(repository.read("v1.9.9").value()) == "hotfix");
}

BOOST_AUTO_TEST_CASE(without_an_earlier_version_the_whole_history_counts) {
  auto const repository = released{};
  auto const history = repository.read("v1.9.0").value();
  BOOST_TEST(!history.since.has_value());
  BOOST_TEST((history.origin == since_origin::whole_history));
  BOOST_TEST(subjects(history) == "initial");
  BOOST_TEST(!history.since_is_ancestor.has_value());
  BOOST_TEST(!history.implied.has_value());
  BOOST_TEST(!history.made.has_value());
}

BOOST_AUTO_TEST_CASE(names_of_every_kind_are_resolved) {
  auto repository = released{};
  for (auto const& name : {std::string{"HEAD"}, std::string{"main"}, std::string{"v2.0.0"},
                           std::string{"refs/tags/v2.0.0"}, repository.last, repository.last.substr(0, 10)})
    BOOST_TEST(repository.read(name).value().release.sha == repository.last, name);
  BOOST_TEST(repository.read("side", "v1.9.0").value().commits.size() == 1u);
  BOOST_TEST(repository.read("HEAD", repository.merged).value().commits.size() == 1u);
  BOOST_TEST(repository.read("HEAD", "HEAD").value().commits.empty());
  BOOST_TEST(!repository.read("HEAD", "HEAD").value().lead_time.has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_answered_with_near_ones) {
  auto const repository = released{};
  auto const spelled = repository.read("2.0").error();
  BOOST_TEST((spelled.code == errc::not_found));
  BOOST_TEST(spelled.message == "there is no tag, branch or commit '2.0'");
  BOOST_TEST(spelled.remedy.starts_with("did you mean v2.0.0"));
  BOOST_TEST(repository.read("maim").error().remedy == "did you mean main?");
  BOOST_TEST((repository.read("v2.0.0", "v1.8").error().code == errc::not_found));
  BOOST_TEST((repository.read("").error().code == errc::invalid_argument));
  BOOST_TEST((repository.read(std::string(300, 'x')).error().code == errc::invalid_argument));
  BOOST_TEST((repository.read("HEAD:source/file").error().code == errc::invalid_argument));
  for (auto const* name : {"..", "HEAD..main", "@{", "^", "-x", "a b", "\xff", "HEAD^99", ":/nothing"})
    BOOST_TEST(!repository.read(name).has_value(), name);
}

BOOST_AUTO_TEST_CASE(a_since_that_is_no_ancestor_is_out_of_order) {
  auto const repository = released{};
  auto const history = repository.read("v1.9.0", "v2.0.0").value();
  BOOST_TEST(!history.since_is_ancestor.value());
  BOOST_TEST(!history.in_order());
  BOOST_TEST(history.commits.empty());
}

BOOST_AUTO_TEST_CASE(commits_from_the_future_are_out_of_order) {
  auto repository = builder{};
  auto const first = repository.commit("one", {});
  repository.commit("two", {first}, 2000);
  auto const history = repository.read("main").value();
  BOOST_TEST(history.commits_in_future == 1u);
  BOOST_TEST(!history.in_order());
  // Older than its parent, which skewed clocks make: still in the range.
  repository.commit("three", {history.release.sha}, -500);
  BOOST_TEST(subjects(repository.read("main").value()) == "three | two | one");
  BOOST_TEST(repository.read("main").value().lead_time.value().median_hours == 0.0);
}

BOOST_AUTO_TEST_CASE(a_shallow_clone_is_read_as_far_as_it_goes) {
  auto const repository = released{};
  repository.directory().write(".git/shallow", repository.merged + "\n");
  for (auto const& gone : {repository.first, repository.feature, repository.side}) repository.forget(gone);
  auto const history = repository.read("v2.0.0").value();
  BOOST_TEST(history.shallow);
  BOOST_TEST(subjects(history) == "update the manual | Merge branch 'side'");
  BOOST_TEST(!history.since_is_ancestor.has_value());
  repository.directory().write(".git/shallow", "garbage\n");
  BOOST_TEST((repository.read("v2.0.0").error().code == errc::corrupt));
}

BOOST_AUTO_TEST_CASE(a_missing_object_is_an_error_that_names_it) {
  auto const repository = released{};
  repository.forget(repository.feature);
  auto const problem = repository.read("v2.0.0").error();
  BOOST_TEST((problem.code == errc::corrupt));
  BOOST_TEST(problem.message.find(repository.feature) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_repository_is_refused) {
  auto const directory = temporary_directory{};
  auto query = git_query{};
  query.path = directory.path();
  BOOST_TEST((read_git_history(query).error().code == errc::invalid_argument));
  query.path = directory.path() / "missing";
  BOOST_TEST((read_git_history(query).error().code == errc::invalid_argument));
  query.path = directory.write("file", "");
  BOOST_TEST((read_git_history(query).error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_repository_without_commits_is_refused) {
  auto const repository = builder{};
  auto const problem = repository.read("HEAD").error();
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.message == "the repository has no commit yet");
}

BOOST_AUTO_TEST_CASE(a_directory_inside_counts_only_where_it_is_tracked) {
  auto const repository = released{};
  auto query = git_query{};
  std::filesystem::create_directories(repository.path() / "source");
  query.path = repository.path() / "source";
  BOOST_TEST(read_git_history(query).value().release.sha == repository.last);
  std::filesystem::create_directories(repository.path() / "untracked");
  query.path = repository.path() / "untracked";
  BOOST_TEST(read_git_history(query).error().message ==
             "this is not a git repository; the one around it does not track this directory");
  query.path = repository.path() / ".git";
  BOOST_TEST(read_git_history(query).value().release.sha == repository.last);
}

BOOST_AUTO_TEST_CASE(a_bare_repository_is_read) {
  auto repository = builder{true};
  auto const first = repository.commit("one", {});
  BOOST_TEST(repository.read("main").value().release.sha == first);
}

BOOST_AUTO_TEST_CASE(the_walk_is_bounded) {
  auto const repository = released{};
  auto query = git_query{};
  query.path = repository.path();
  query.release_ref = "v2.0.0";
  query.since_ref = "v1.9.0";
  query.commit_limit = 2;
  auto const history = read_git_history(query).value();
  BOOST_TEST(history.commits.size() == 2u);
  BOOST_TEST(history.truncated);
  query.commit_limit = 4;
  BOOST_TEST(!read_git_history(query).value().truncated);
}

BOOST_AUTO_TEST_CASE(texts_of_commits_are_clipped_and_clean) {
  auto repository = builder{};
  repository.commit("feat: " + std::string(1000, 'x') + "\xff", {}, {}, "main", "Ev\xe9");
  auto const history = repository.read("main").value();
  BOOST_TEST(history.commits[0].subject.size() == 200u);
  BOOST_TEST(history.commits[0].author == "Ev\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(reading_twice_gives_the_same) {
  auto repository = builder{};
  auto const root = repository.commit("root", {});
  auto tips = std::vector<std::string>{};
  // Equal times: only the ids decide.
  for (int i = 0; i < 20; ++i)
    tips.push_back(repository.commit(fmt::format("branch {}", i), {root}, 5, fmt::format("b{}", i).c_str()));
  repository.commit("octopus", tips, 6);
  BOOST_TEST(subjects(repository.read("main").value()) == subjects(repository.read("main").value()));
  BOOST_TEST(repository.read("main").value().commits.size() == 22u);
}

BOOST_AUTO_TEST_SUITE_END()
