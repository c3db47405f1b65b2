// Copies between the embedded and the shared store, in both directions.
#include "runtime/store/sqlite_store.hpp"
#include "runtime/store/store_contents.hpp"
#include "tests/runtime/store/blocking_store.hpp"
#include "tests/runtime/store/redis_server.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus::store::testing {
namespace {

using strings = std::vector<std::string>;
using namespace std::chrono_literals;

auto options_at(redis_server const& server) -> redis_options {
  return {.address = {.host = "127.0.0.1", .port = server.port()}};
}

template <class T>
auto code_of(expected<T> const& result) -> std::string {
  return result ? "success" : std::string{to_string(result.error().code)};
}

auto const odd = std::string{"\0\xff:/1 7:x\0", 10};
constexpr auto many = 1'203;

/// Fills a store with a bit of everything; gives the last token.
auto fill(std::unique_ptr<store> opened) -> std::uint64_t {
  auto store = blocking_store{std::move(opened)};
  for (auto i = 0; i < many; i += 100) {
    auto work = batch{};
    for (auto j = i; j < std::min(i + 100, many); ++j) {
      work.operations.emplace_back(put{"runs", fmt::format("{:04}", j), "run", {{"status", j % 2 ? "a" : "b"}}, {}});
      work.operations.emplace_back(append{fmt::format("runs/{:04}", j), {"one", odd}});
    }
    BOOST_REQUIRE(store.commit(std::move(work)).has_value());
  }
  BOOST_REQUIRE(
      store
          .commit({put{"runs", "0007", "changed", {{"status", "a"}}, {}},
                   put{odd.substr(0, 3), odd, odd, {{odd, odd}}, {}}, append{"runs/long", strings(many, "x")}})
          .has_value());
  BOOST_REQUIRE(store.acquire("run", "me", 1min).has_value());
  return store.acquire("run", "me", 1min)->token;
}

/// Everything that fill() wrote, with revisions and times.
struct everything {
  std::vector<document> documents;
  std::vector<record> records;
  friend auto operator==(everything const&, everything const&) -> bool = default;
};

auto read_all(std::unique_ptr<store> opened) -> everything {
  auto store = blocking_store{std::move(opened)};
  auto found = everything{};
  for (auto const& collection : strings{"runs", odd.substr(0, 3)}) {
    auto query = listing{.collection = collection, .limit = 1'000};
    do {
      auto part = store.list(query).value();
      query.after = part.next;
      std::move(part.documents.begin(), part.documents.end(), std::back_inserter(found.documents));
    } while (!query.after.empty());
  }
  for (auto const* stream : {"runs/0000", "runs/1202", "runs/long"}) {
    auto const part = store.read(stream).value();
    found.records.insert(found.records.end(), part.begin(), part.end());
  }
  return found;
}

BOOST_AUTO_TEST_CASE(a_store_goes_from_a_directory_to_a_server_and_back_unchanged) {
  auto const directory = temporary_directory{};
  auto const first = directory.path() / "first", second = directory.path() / "second";
  auto server = redis_server{};
  auto const token = fill(open_sqlite({.directory = first}).value());
  {
    auto source = open_sqlite_source(first).value();
    auto target = create_redis_target(options_at(server)).value();
    BOOST_TEST(code_of(open_redis(options_at(server))) == "refused", "it is not whole yet");
    auto told = std::uint64_t{0};
    auto const copied = copy_contents(*source, *target, true, [&](std::uint64_t done, std::uint64_t all) {
      BOOST_TEST(done <= all);
      told = done;
    });
    BOOST_TEST((copied.value() == contents_count{many + 1, many + 1, 3 * many}));
    BOOST_TEST(told == copied->documents + copied->records);
  }
  auto const original = read_all(open_sqlite({.directory = first}).value());
  BOOST_TEST((read_all(open_redis(options_at(server)).value()) == original));
  BOOST_TEST(blocking_store{open_redis(options_at(server)).value()}.acquire("run", "you", 1s)->token > token);
  {
    auto source = open_redis_source(options_at(server)).value();
    auto target = create_sqlite_store(second).value();
    BOOST_TEST(code_of(copy_contents(*source, *target, true)) == "success");
  }
  BOOST_TEST(verify(second, {}).value().problem_count == 0u);
  BOOST_TEST((read_all(open_sqlite({.directory = second}).value()) == original));
  BOOST_TEST(blocking_store{open_sqlite({.directory = second}).value()}.acquire("run", "you", 1s)->token > token + 1);
}

BOOST_AUTO_TEST_CASE(a_target_that_holds_something_is_refused) {
  auto const directory = temporary_directory{};
  auto server = redis_server{};
  BOOST_TEST(code_of(blocking_store{open_redis(options_at(server)).value()}.commit({append{"log", {"a"}}})) ==
             "success");
  auto const full = create_redis_target(options_at(server));
  BOOST_TEST(code_of(full) == "conflict");
  BOOST_TEST(full.error().message == "the store holds 0 documents and 1 records already");
  BOOST_TEST(code_of(open_redis(options_at(server))) == "success", "and left as it is");
  auto const store = open_sqlite({.directory = directory.path()}).value();
  BOOST_TEST(code_of(create_sqlite_store(directory.path())) == "conflict");
  BOOST_TEST(code_of(create_sqlite_target(directory.path() / "nexus.db", false)) == "conflict");
  BOOST_TEST(code_of(open_sqlite_source(directory.path())) == "conflict", "a server uses it");
  BOOST_TEST(code_of(open_sqlite_source(directory.path() / "none")) == "not_found");
}

BOOST_AUTO_TEST_CASE(a_source_that_changes_is_told_and_a_copy_that_failed_leaves_no_file) {
  auto const directory = temporary_directory{};
  auto const file = directory.path() / "copy.db";
  auto server = redis_server{};
  auto store = blocking_store{open_redis(options_at(server)).value()};
  BOOST_TEST(code_of(store.commit({append{"log", {"a"}}})) == "success");
  auto const copy = [&](bool at_rest) {
    auto source = open_redis_source(options_at(server)).value();
    auto target = create_sqlite_target(file, false).value();
    return copy_contents(*source, *target, at_rest, [&](std::uint64_t, std::uint64_t) {
      BOOST_TEST(code_of(store.commit({append{"other", {"b"}}})) == "success");
    });
  };
  auto const changed = copy(true);
  BOOST_TEST(code_of(changed) == "conflict");
  BOOST_TEST(changed.error().remedy == "stop all servers that use it, and copy again");
  BOOST_TEST(std::filesystem::is_empty(directory.path()));
  BOOST_TEST(code_of(copy(false)) == "success", "a backup takes what it finds");
  BOOST_TEST(verify(file, {}).value().problem_count == 0u);
}

BOOST_AUTO_TEST_CASE(verifying_a_server_reads_everything_and_names_what_is_wrong) {
  auto server = redis_server{};
  fill(open_redis(options_at(server)).value());
  auto checks = content_checks{};
  checks.record = [](std::string const& stream, record const& entry) -> expected<void> {
    if (stream == "runs/0003" && entry.body == odd) return fail(errc::corrupt, "odd");
    return {};
  };
  auto source = open_redis_source(options_at(server)).value();
  auto const sound = verify_contents(*source, {}).value();
  BOOST_TEST(sound.problem_count == 0u);
  BOOST_TEST(sound.documents == many + 1u);
  BOOST_TEST(sound.records == 3u * many);
  BOOST_TEST(sound.bytes > 0u);
  auto const found = verify_contents(*source, checks).value();
  BOOST_TEST(found.problems == (strings{"runs/0003, record 2: odd"}), boost::test_tools::per_element());
  server.command({"HINCRBY", "{nexus}:usage", "runs", "5"});
  BOOST_TEST(verify_contents(*source, {}).value().problem_count == 1u);
  server.command({"DEL", "{nexus}:document:runs/0009"});
  auto const damaged = verify_contents(*source, {}).value();
  BOOST_TEST(damaged.problems == (strings{"the document 'runs/0009' is missing"}), boost::test_tools::per_element());
}

} // namespace
} // namespace nexus::store::testing
