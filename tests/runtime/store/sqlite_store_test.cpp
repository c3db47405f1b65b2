#include "runtime/store/sqlite_store.hpp"
#include "tests/runtime/store/blocking_store.hpp"
#include "tests/runtime/store/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <condition_variable>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace nexus::store::testing {
namespace {

using strings = std::vector<std::string>;
using namespace std::chrono_literals;

auto open_at(std::filesystem::path const& directory) -> blocking_store {
  return blocking_store{open_sqlite({.directory = directory}).value()};
}

/// Runs SQL on a database that no store has open.
void run_sql(std::filesystem::path const& file, char const* sql) {
  auto* database = static_cast<sqlite3*>(nullptr);
  BOOST_REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

auto failure_to_open(std::filesystem::path const& directory) -> error {
  auto const result = open_sqlite({.directory = directory});
  BOOST_REQUIRE(!result.has_value());
  return result.error();
}

auto code_of(expected<void> const& result) -> std::string {
  return result ? "success" : std::string{to_string(result.error().code)};
}

/// A clock that holds up the writer, which asks it the time for each commit, so that commits pile up behind.
class gate {
public:
  auto clock() -> nexus::store::clock {
    return [this] {
      auto lock = std::unique_lock{mutex_};
      changed_.wait(lock, [this] { return open_; });
      return time_point{};
    };
  }
  void set(bool open) {
    auto const lock = std::scoped_lock{mutex_};
    open_ = open;
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
};

BOOST_AUTO_TEST_CASE(what_was_committed_is_there_after_opening_again) {
  auto const directory = temporary_directory{};
  auto token = std::uint64_t{0};
  {
    auto store = open_at(directory.path());
    BOOST_TEST(code_of(store.commit({append{"log", {"durable"}}})) == "success");
    BOOST_TEST(code_of(store.commit({put{"things", "a", "body", {{"state", "new"}}, {}}})) == "success");
    BOOST_TEST(code_of(store.commit({append{"log", {"deferred"}}}, durability::deferred)) == "success");
    token = store.acquire("run", "me", 1min).value().token;
    BOOST_TEST(store.release("run", token).has_value());
  }
  BOOST_TEST(!std::filesystem::exists(directory.path() / "nexus.db-wal"));
  auto store = open_at(directory.path());
  BOOST_TEST((store.bodies("log") == strings{"durable", "deferred"}));
  BOOST_TEST(store.list({"things", {{"state", "new"}}}).value().documents.size() == 1u);
  BOOST_TEST(store.acquire("run", "me", 1min).value().token > token);
}

BOOST_AUTO_TEST_CASE(directory_and_files_are_for_their_owner_alone) {
  auto const parent = temporary_directory{};
  auto const directory = parent.path() / "deeper" / "data";
  auto const store = open_at(directory);
  struct ::stat info = {};
  BOOST_REQUIRE(::stat(directory.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0700u);
  for (auto const* name : {"nexus.db", "nexus.db-wal", "lock"}) {
    BOOST_REQUIRE(::stat((directory / name).c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600u, name);
  }
}

BOOST_AUTO_TEST_CASE(a_second_store_on_the_directory_is_refused_naming_directory_and_process) {
  auto const directory = temporary_directory{};
  {
    auto const store = open_at(directory.path());
    auto const problem = failure_to_open(directory.path());
    BOOST_TEST((problem.code == errc::conflict));
    BOOST_TEST(problem.where == directory.path().string());
    BOOST_TEST(problem.message == fmt::format("the data directory is in use by process {}", ::getpid()));
  }
  BOOST_TEST(open_sqlite({.directory = directory.path()}).has_value());
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_an_error_with_its_path) {
  auto const directory = temporary_directory{};
  std::ofstream{directory.path() / "file"} << "x";
  auto const problem = failure_to_open(directory.path() / "file" / "data");
  BOOST_TEST((problem.code == errc::storage));
  BOOST_TEST(problem.where.starts_with(directory.path().string()));
  BOOST_TEST((failure_to_open("").code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused_with_what_to_do) {
  auto const directory = temporary_directory{};
  open_at(directory.path()).close();
  run_sql(directory.path() / "nexus.db", "PRAGMA user_version = 99");
  auto const problem = failure_to_open(directory.path());
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.message == "the file has schema version 99, this program knows versions up to 1");
  BOOST_TEST(problem.remedy.find("newer nexus") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_database_of_another_program_is_refused) {
  auto const directory = temporary_directory{};
  run_sql(directory.path() / "nexus.db", "CREATE TABLE theirs (x)");
  BOOST_TEST((failure_to_open(directory.path()).code == errc::refused));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_corrupt_and_left_alone) {
  auto const directory = temporary_directory{};
  auto const text = std::string(8'192, 'x');
  std::ofstream{directory.path() / "nexus.db"} << text;
  auto const problem = failure_to_open(directory.path());
  BOOST_TEST((problem.code == errc::corrupt));
  BOOST_TEST(problem.where == (directory.path() / "nexus.db").string());
  BOOST_TEST(!problem.remedy.empty());
  BOOST_TEST(std::filesystem::file_size(directory.path() / "nexus.db") == text.size());
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_found_when_opening) {
  auto const directory = temporary_directory{};
  {
    auto store = open_at(directory.path());
    BOOST_TEST(code_of(store.commit({append{"log", strings(500, std::string(200, 'x'))}})) == "success");
  }
  auto const file = directory.path() / "nexus.db";
  auto const middle = std::filesystem::file_size(file) / 4'096 / 2 * 4'096;
  auto stream = std::fstream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekp(static_cast<std::streamoff>(middle)) << std::string(4'096, '\xff');
  stream.close();
  auto const problem = failure_to_open(directory.path());
  BOOST_TEST((problem.code == errc::corrupt));
  BOOST_TEST(problem.where == file.string());
}

BOOST_AUTO_TEST_CASE(a_large_file_is_checked_for_damage_while_it_is_used) {
  auto const directory = temporary_directory{};
  {
    auto store = open_at(directory.path());
    BOOST_TEST(code_of(store.commit({append{"log", strings(500, std::string(200, 'x'))}})) == "success");
  }
  auto const file = directory.path() / "nexus.db";
  auto const middle = std::filesystem::file_size(file) / 4'096 / 2 * 4'096;
  auto stream = std::fstream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekp(static_cast<std::streamoff>(middle)) << std::string(4'096, '\xff');
  stream.close();
  auto const store = open_sqlite({.directory = directory.path(), .check_first_bytes = 1}).value();
  auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (store->status().healthy && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  BOOST_TEST(!store->status().healthy);
  BOOST_REQUIRE(store->status().last_error.has_value());
  BOOST_TEST((store->status().last_error->code == errc::corrupt));
  BOOST_TEST(store->status().last_error->where == file.string());
}

BOOST_AUTO_TEST_CASE(a_sound_large_file_stays_healthy_and_closes_while_it_is_checked) {
  auto const directory = temporary_directory{};
  {
    auto store = open_at(directory.path());
    for (auto i = 0; i < 20; ++i)
      BOOST_TEST(code_of(store.commit({append{"log", strings(500, std::string(2'000, 'x'))}})) == "success");
  }
  for (auto i = 0; i < 20; ++i) {
    auto const store = open_sqlite({.directory = directory.path(), .check_first_bytes = 1}).value();
    BOOST_TEST(store->status().healthy);
  }
}

BOOST_AUTO_TEST_CASE(damage_found_while_running_is_told_and_makes_the_store_unhealthy) {
  auto const directory = temporary_directory{};
  open_at(directory.path()).close();
  auto store = open_at(directory.path());
  BOOST_TEST(code_of(store.commit({put{"things", "a", "body", {}, {}}})) == "success");
  // Beside the store, as a bad disk would: the attributes no longer decode.
  run_sql(directory.path() / "nexus.db", "UPDATE documents SET attributes = x'ff'");
  auto const found = store.find("things", "a");
  BOOST_REQUIRE(!found.has_value());
  BOOST_TEST((found.error().code == errc::corrupt));
  BOOST_TEST(!store->status().healthy);
  BOOST_TEST(code_of(store.commit({erase{"things", "a"}})) == "corrupt");
  BOOST_TEST(code_of(store.commit({append{"log", {"a"}}})) == "success");
}

BOOST_AUTO_TEST_CASE(a_failing_batch_fails_alone_in_its_group) {
  auto const directory = temporary_directory{};
  auto held = gate{};
  auto store = blocking_store{open_sqlite({.directory = directory.path(), .clock = held.clock()}).value()};
  held.set(false);
  auto outcomes = std::vector<outcome<void>>(101);
  for (auto i = std::size_t{0}; i < outcomes.size(); ++i) {
    auto const good = i % 2 == 0;
    store->commit({{append{"log", {std::to_string(i)}}, append{"other", {"x"}, good ? i / 2 + 1 : 1'000}}},
                  outcomes[i].receiver());
  }
  auto const fsyncs = store->status().fsyncs;
  held.set(true);
  auto expected_bodies = strings{};
  for (auto i = std::size_t{0}; i < outcomes.size(); ++i) {
    BOOST_TEST(code_of(outcomes[i].get()) == (i % 2 == 0 ? "success" : "conflict"));
    if (i % 2 == 0) expected_bodies.push_back(std::to_string(i));
  }
  BOOST_TEST(store.bodies("log") == expected_bodies, boost::test_tools::per_element());
  BOOST_TEST(store->status().fsyncs - fsyncs <= 2u,
             "one group, or two when the writer was quicker than the first push");
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once) {
  auto const directory = temporary_directory{};
  auto held = gate{};
  auto store =
      blocking_store{open_sqlite({.directory = directory.path(), .clock = held.clock(), .max_queue = 4}).value()};
  held.set(false);
  auto outcomes = std::vector<outcome<void>>(5);
  for (auto& each : outcomes) store->commit({{append{"log", {"x"}}}}, each.receiver());
  BOOST_REQUIRE(outcomes.back().arrived());
  auto const refused = outcomes.back().get();
  BOOST_TEST(code_of(refused) == "overloaded");
  BOOST_TEST((refused.error().retry_after > 0ms));
  BOOST_TEST(store->status().pending == 4u);
  held.set(true);
  outcomes.pop_back();
  for (auto& each : outcomes) BOOST_TEST(code_of(each.get()) == "success");
}

BOOST_AUTO_TEST_CASE(closing_writes_what_is_queued_and_completes_every_callback) {
  auto const directory = temporary_directory{};
  auto outcomes = std::vector<outcome<void>>(500);
  auto reads = std::vector<outcome<std::vector<record>>>(50);
  auto late = outcome<void>{};
  {
    auto store = open_at(directory.path());
    for (auto i = std::size_t{0}; i < outcomes.size(); ++i)
      store->commit({{append{"log", {std::to_string(i)}}}, i % 2 == 0 ? durability::durable : durability::deferred},
                    outcomes[i].receiver());
    for (auto& each : reads) store->read("log", 1, 1, each.receiver());
  }
  for (auto& each : outcomes) BOOST_TEST(code_of(each.get()) == "success");
  for (auto& each : reads) {
    BOOST_REQUIRE(each.arrived());
    auto const result = each.get();
    BOOST_TEST((result.has_value() || result.error().code == errc::cancelled));
  }
  BOOST_TEST(open_at(directory.path()).bodies("log").size() == outcomes.size());
}

BOOST_AUTO_TEST_CASE(deferred_commits_reach_the_disk_without_anybody_asking) {
  auto const directory = temporary_directory{};
  auto store = open_at(directory.path());
  BOOST_TEST(code_of(store.commit({append{"log", {"a"}}}, durability::deferred)) == "success");
  auto const give_up = std::chrono::steady_clock::now() + patience;
  while (store->status().pending != 0 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  auto const status = store->status();
  BOOST_TEST(status.pending == 0u);
  BOOST_TEST(status.commits == 1u);
  BOOST_TEST(status.fsyncs == 1u);
}

BOOST_AUTO_TEST_CASE(the_status_names_backend_version_and_size) {
  auto const directory = temporary_directory{};
  auto store = open_at(directory.path());
  BOOST_TEST(code_of(store.commit({append{"log", {std::string(100'000, 'x')}}})) == "success");
  auto const status = store->status();
  BOOST_TEST(status.backend == "sqlite");
  BOOST_TEST(status.schema_version == 1);
  BOOST_TEST(status.healthy);
  BOOST_TEST(!status.last_error.has_value());
  BOOST_TEST(blocking_store { open_in_memory().value() } -> status().backend == "sqlite (in memory)");
}

BOOST_AUTO_TEST_CASE(the_write_ahead_log_stays_bounded_under_load) {
  auto const directory = temporary_directory{};
  auto store = open_at(directory.path());
  auto largest = std::uintmax_t{0};
  for (auto i = 0; i < 60; ++i) {
    BOOST_TEST(code_of(store.commit({append{"log", {std::string(1 << 20, 'x')}}})) == "success");
    largest = std::max(largest, std::filesystem::file_size(directory.path() / "nexus.db-wal"));
  }
  BOOST_TEST(largest < std::uintmax_t{32} << 20);
  BOOST_TEST(store->status().bytes_on_disk > std::uint64_t{40} << 20);
}

} // namespace
} // namespace nexus::store::testing
