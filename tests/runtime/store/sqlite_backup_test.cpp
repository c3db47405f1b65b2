// Copies of a store, while it is used and afterwards.

#include "runtime/store/sqlite_backup.hpp"
#include "runtime/store/sqlite_store.hpp"
#include "runtime/store/sqlite_verification.hpp"
#include "tests/runtime/store/blocking_store.hpp"
#include "tests/runtime/store/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sys/stat.h>
#include <thread>

namespace nexus::store::testing {
namespace {

namespace fs = std::filesystem;

auto open(fs::path const& directory) { return blocking_store{open_sqlite({.directory = directory}).value()}; }

/// `count` documents in "runs", each with a record in its stream.
void fill(blocking_store& store, int count, std::string const& body = "{}") {
  for (auto i = 0; i < count; ++i) {
    auto const key = std::to_string(i);
    BOOST_REQUIRE(store.commit({put{"runs", key, body, {{"open", "no"}}, {}}, append{"runs/" + key, {body}}}));
  }
}

auto bytes_of(fs::path const& file) -> std::string {
  auto stream = std::ifstream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

auto mode_of(fs::path const& file) -> unsigned {
  struct ::stat found{};
  BOOST_REQUIRE(::stat(file.c_str(), &found) == 0);
  return found.st_mode & 0777;
}

template <class T>
auto code_of(expected<T> const& result) -> std::string {
  return result ? "success" : std::string{to_string(result.error().code)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(backup)

BOOST_AUTO_TEST_CASE(a_copy_is_one_file_for_its_owner_with_all_that_was_committed) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  auto store = open(data);
  fill(store, 100);
  auto told = std::uint64_t{0};
  auto const copied = back_up(data, file, false, [&](auto done, auto all) {
    BOOST_TEST(done >= told);
    BOOST_TEST(done <= all);
    told = done;
  });
  BOOST_REQUIRE_MESSAGE(copied, (copied ? "" : copied.error().render()));
  BOOST_TEST(copied->bytes == fs::file_size(file));
  BOOST_TEST(told == copied->bytes);
  BOOST_TEST(mode_of(file) == 0600U);
  auto names = std::vector<std::string>{};
  for (auto const& entry : fs::directory_iterator{directory.path()}) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  BOOST_TEST(names == (std::vector<std::string>{"copy", "data"}), boost::test_tools::per_element());
  BOOST_TEST(bytes_of(file)[18] == 1, "no write-ahead log is needed to read it");

  auto const found = verify(file, {});
  BOOST_REQUIRE(found);
  BOOST_TEST(found->documents == 100U);
  BOOST_TEST(found->records == 100U);
  BOOST_TEST(found->problem_count == 0U);
}

BOOST_AUTO_TEST_CASE(a_copy_made_while_somebody_writes_is_of_one_moment) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data";
  auto store = open(data);
  fill(store, 200, std::string(20'000, 'x'));
  auto stop = std::atomic<bool>{false};
  auto written = std::atomic<int>{0};
  auto writer = std::jthread{[&] {
    for (auto i = 0; !stop; ++i, ++written)
      // Both or none: a copy of one moment never has one without the other.
      if (!store.commit({put{"left", std::to_string(i), "l", {}, {}}, put{"right", std::to_string(i), "r", {}, {}}}))
        return;
  }};
  while (written < 5) std::this_thread::yield();
  for (auto i = 0; i < 5; ++i) {
    auto const file = directory.path() / ("copy" + std::to_string(i));
    auto const before = written.load();
    auto const copied = back_up(data, file, false);
    BOOST_REQUIRE_MESSAGE(copied, (copied ? "" : copied.error().render()));
    auto left = 0, right = 0;
    auto const found = verify(file, {.document = [&](document const& each) -> expected<void> {
                                       left += each.collection == "left" ? 1 : 0;
                                       right += each.collection == "right" ? 1 : 0;
                                       return {};
                                     },
                                     .record = {}});
    BOOST_REQUIRE(found);
    BOOST_TEST(found->problem_count == 0U);
    BOOST_TEST(left == right);
    BOOST_TEST(left >= before);
  }
  stop = true;
}

BOOST_AUTO_TEST_CASE(a_restored_store_is_the_one_that_was_copied_and_the_replaced_one_is_kept) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  {
    auto store = open(data);
    fill(store, 3);
    BOOST_REQUIRE(back_up(data, file, false));
    BOOST_REQUIRE(store.commit({put{"runs", "later", "{}", {}, {}}}));
  }
  BOOST_TEST(code_of(restore(file, data, false)) == "conflict");
  BOOST_REQUIRE(restore(file, data, true));
  {
    auto store = open(data);
    BOOST_TEST(store.find("runs", "2")->has_value());
    BOOST_TEST(!store.find("runs", "later")->has_value());
    BOOST_TEST(store.read("runs/1", 1, 10)->size() == 1U);
  }
  BOOST_REQUIRE(fs::exists(data / "nexus.db.replaced"));
  BOOST_TEST(verify(data / "nexus.db.replaced", {})->documents == 4U);
  // Into a directory that is not there yet.
  auto const fresh = directory.path() / "fresh";
  BOOST_REQUIRE(restore(file, fresh, false));
  auto store = open(fresh);
  BOOST_TEST(store.find("runs", "0")->has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_restored_under_a_running_server) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  auto store = open(data);
  fill(store, 1);
  BOOST_REQUIRE(back_up(data, file, false));
  auto const refused = restore(file, data, true);
  BOOST_TEST(code_of(refused) == "conflict");
  BOOST_TEST(refused.error().message.find("in use by process") != std::string::npos);
  BOOST_REQUIRE(store.commit({put{"runs", "more", "{}", {}, {}}}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_copied_leaves_nothing_behind) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  BOOST_TEST(code_of(back_up(data, file, false)) == "not_found");
  auto store = open(data);
  fill(store, 50, std::string(10'000, 'x'));
  BOOST_TEST(code_of(back_up(data, directory.path() / "none" / "copy", false)) == "storage");
  std::ofstream{file} << "mine";
  BOOST_TEST(code_of(back_up(data, file, false)) == "conflict");
  BOOST_TEST(bytes_of(file) == "mine");
  BOOST_TEST(!fs::exists(file.string() + ".unfinished"));
  BOOST_REQUIRE(back_up(data, file, true));
}

BOOST_AUTO_TEST_CASE(a_store_is_not_copied_onto_itself) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data";
  auto store = open(data);
  fill(store, 1);
  fs::create_symlink(data, directory.path() / "elsewhere");
  for (auto const& file : {data / "nexus.db", directory.path() / "elsewhere" / "nexus.db"})
    BOOST_TEST(code_of(back_up(data, file, true)) == "refused");
  BOOST_REQUIRE(store.commit({put{"runs", "more", "{}", {}, {}}}));
  BOOST_TEST(store.find("runs", "more")->has_value());
  BOOST_TEST(verify(data / "nexus.db", {})->documents == 2U);
}

BOOST_AUTO_TEST_CASE(the_log_of_a_file_that_is_replaced_is_not_taken_for_the_copy_s) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  auto store = open(data);
  fill(store, 1);
  for (auto const* suffix : {"", "-wal", "-journal"}) std::ofstream{file.string() + suffix} << "of another database";
  BOOST_REQUIRE(back_up(data, file, true));
  for (auto const* suffix : {"-wal", "-journal"}) BOOST_TEST(!fs::exists(file.string() + suffix));
  BOOST_TEST(verify(file, {})->documents == 1U);
}

BOOST_AUTO_TEST_CASE(the_store_that_a_restore_kept_outlives_another_restore) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  {
    auto store = open(data);
    fill(store, 3);
    BOOST_REQUIRE(back_up(data, file, false));
  }
  // As after a crash between moving the store aside and putting the copy in its place.
  fs::rename(data / "nexus.db", data / "nexus.db.replaced");
  BOOST_REQUIRE(restore(file, data, false));
  BOOST_TEST(fs::exists(data / "nexus.db.replaced"));
}

BOOST_AUTO_TEST_CASE(a_long_reading_does_not_hold_up_commits) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  auto store = open(data);
  fill(store, 100);
  auto slowest = std::chrono::steady_clock::duration{};
  auto wrote = false;
  // More than the log may hold before it is emptied, while the copy goes on.
  BOOST_REQUIRE(back_up(data, file, false, [&](auto, auto) {
    if (std::exchange(wrote, true)) return;
    auto const body = std::string(4 << 20, 'x');
    for (auto i = 0; i < 40; ++i) {
      auto const begun = std::chrono::steady_clock::now();
      BOOST_REQUIRE(store.commit({put{"runs", "large", body, {}, {}}}));
      slowest = std::max(slowest, std::chrono::steady_clock::now() - begun);
    }
  }));
  BOOST_TEST(wrote);
  BOOST_TEST((slowest < std::chrono::seconds{3}));
}

BOOST_AUTO_TEST_CASE(a_damaged_or_foreign_copy_is_not_restored_and_the_store_stays) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() / "data", file = directory.path() / "copy";
  {
    auto store = open(data);
    fill(store, 200, std::string(5'000, 'x'));
  }
  BOOST_REQUIRE(back_up(data, file, false));
  auto const whole = bytes_of(file);
  auto const refused = [&](std::string const& bytes) {
    std::ofstream{file, std::ios::binary} << bytes;
    auto const result = restore(file, data, true);
    BOOST_TEST(!result);
    BOOST_TEST(!fs::exists(data / "nexus.db.unfinished"));
    BOOST_TEST(verify(data, {})->problem_count == 0U);
  };
  refused("");
  refused("no database at all, but long enough to be looked at");
  refused(whole.substr(0, whole.size() / 2));
  auto torn = whole;
  for (auto i = std::size_t{5 * 4'096}; i < 12 * std::size_t{4'096}; ++i) torn[i] = '\x5a';
  refused(torn);
}

BOOST_AUTO_TEST_CASE(verification_names_what_is_wrong) {
  auto const directory = temporary_directory{};
  auto const file = directory.path() / "copy";
  {
    auto store = open(directory.path() / "data");
    fill(store, 3);
    BOOST_REQUIRE(store.commit({put{"runs", "bad", "not json", {}, {}}, append{"runs/bad", {"x", "y"}}}));
  }
  BOOST_REQUIRE(back_up(directory.path() / "data", file, false));
  auto const checks = content_checks{.document = [](document const& each) -> expected<void> {
                                       if (each.body == "{}") return {};
                                       return fail(errc::malformed, "not what it should be");
                                     },
                                     .record = [](std::string const&, record const& each) -> expected<void> {
                                       if (each.sequence == 1) return {};
                                       return fail(errc::malformed, "one too many");
                                     }};
  auto const found = verify(file, checks).value();
  BOOST_TEST(found.problem_count == 2U);
  BOOST_TEST(found.problems.at(0).find("runs/bad: not what it should be") != std::string::npos);
  BOOST_TEST(found.problems.at(1).find("runs/bad, record 2: one too many") != std::string::npos);
  BOOST_TEST(code_of(verify(directory.path() / "none", {})) == "not_found");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::store::testing
