#pragma once

#include "actors/evidence/git_repository.hpp"
#include "tests/apps/command_line/program.hpp"

namespace nexus::apps {

/// A git repository made by hand: empty commits on `main`, an hour apart.
class sample_repository {
public:
  sample_repository() {
    git_libgit2_init();
    git_repository* handle = nullptr;
    BOOST_REQUIRE(git_repository_init(&handle, directory_.path().c_str(), 0) == 0);
    handle_.reset(handle);
    BOOST_REQUIRE(git_repository_set_head(handle, "refs/heads/main") == 0);
  }

  void commit(std::string const& message) {
    auto empty = git_oid{};
    git_treebuilder* builder = nullptr;
    BOOST_REQUIRE(git_treebuilder_new(&builder, handle_.get(), nullptr) == 0);
    BOOST_REQUIRE(git_treebuilder_write(&empty, builder) == 0);
    git_treebuilder_free(builder);
    git_tree* tree = nullptr;
    BOOST_REQUIRE(git_tree_lookup(&tree, handle_.get(), &empty) == 0);
    auto const tree_owner = evidence::tree_ptr{tree};
    git_signature* author = nullptr;
    BOOST_REQUIRE(git_signature_new(&author, "Ada", "ada@example.com", 1'700'000'000 + 3600 * commits_++, 0) == 0);
    git_commit* parent = nullptr;
    if (commits_ > 1) BOOST_REQUIRE(git_commit_lookup(&parent, handle_.get(), &head_) == 0);
    auto const parent_owner = evidence::commit_ptr{parent};
    git_commit const* parents[]{parent};
    BOOST_REQUIRE(git_commit_create(&head_, handle_.get(), "HEAD", author, author, nullptr, message.c_str(), tree,
                                    parent == nullptr ? 0 : 1, parents) == 0);
    git_signature_free(author);
  }

  void tag(std::string const& name) {
    git_object* target = nullptr;
    BOOST_REQUIRE(git_object_lookup(&target, handle_.get(), &head_, GIT_OBJECT_COMMIT) == 0);
    auto const owner = evidence::object_ptr{target};
    auto id = git_oid{};
    BOOST_REQUIRE(git_tag_create_lightweight(&id, handle_.get(), name.c_str(), target, 0) == 0);
  }

  auto path() const -> std::string { return directory_.path(); }
  auto write(std::string const& name, std::string_view text) const -> std::string {
    return directory_.write(name, text);
  }

private:
  temporary_directory directory_;
  evidence::repository_ptr handle_;
  git_oid head_{};
  int commits_ = 0;
};

} // namespace nexus::apps
