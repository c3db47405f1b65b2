// What happens when the disk is full and when the process dies.

#include "runtime/store/sqlite_store.hpp"
#include "tests/runtime/store/blocking_store.hpp"
#include "tests/runtime/store/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>
#include <semaphore>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace nexus::store::testing {
namespace {

using strings = std::vector<std::string>;

template <class T>
auto code_of(expected<T> const& result) -> std::string {
  return result ? "success" : std::string{to_string(result.error().code)};
}

auto append_text(std::string body) -> std::vector<operation> { return {append{"log", {std::move(body)}}}; }

/// Files of this process cannot grow beyond a size while it exists: writes fail as on a failing disk.
class file_size_limit {
public:
  explicit file_size_limit(std::uintmax_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto const limit = ::rlimit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  file_size_limit(file_size_limit const&) = delete;
  auto operator=(file_size_limit const&) -> file_size_limit& = delete;
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  ::rlimit before_ = {};
  void (*handler_)(int);
};

void wait_until_written(blocking_store& store) {
  auto const give_up = std::chrono::steady_clock::now() + patience;
  while (store->status().pending != 0 && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  BOOST_TEST(store->status().pending == 0u);
}

BOOST_AUTO_TEST_CASE(a_database_at_its_limit_refuses_what_does_not_fit_and_goes_on_when_there_is_room) {
  auto const directory = temporary_directory{};
  auto store = blocking_store{open_sqlite({.directory = directory.path(), .max_bytes = 1 << 20}).value()};
  auto accepted = std::size_t{0};
  auto last = expected<void>{};
  while ((last = store.commit(append_text(std::string(50'000, 'x')))) && accepted < 100) ++accepted;
  BOOST_TEST(code_of(last) == "storage");
  BOOST_TEST(!last.error().remedy.empty());
  BOOST_TEST(accepted > 10u);
  BOOST_TEST((store->status().last_error->code == errc::storage));
  BOOST_TEST(store.bodies("log").size() == accepted);
  BOOST_TEST(code_of(store.commit({drop_stream{"log"}})) == "success");
  BOOST_TEST(store->status().healthy);
  BOOST_TEST(code_of(store.commit(append_text(std::string(50'000, 'x')))) == "success");
}

BOOST_AUTO_TEST_CASE(of_a_group_that_does_not_fit_what_fits_is_written) {
  auto const directory = temporary_directory{};
  auto store = blocking_store{open_sqlite({.directory = directory.path(), .max_bytes = 1 << 20}).value()};
  auto outcomes = std::vector<outcome<void>>(40);
  for (auto i = std::size_t{0}; i < outcomes.size(); ++i)
    store->commit({append_text(std::string(i % 4 == 0 ? 2'000'000 : 10, 'x'))}, outcomes[i].receiver());
  for (auto i = std::size_t{0}; i < outcomes.size(); ++i)
    BOOST_TEST(code_of(outcomes[i].get()) == (i % 4 == 0 ? "storage" : "success"));
  BOOST_TEST(store.bodies("log").size() == 30u);
}

/// Acknowledges deferred commits, makes the disk refuse them, and gives it back.
template <class Fill, class Free>
void survive_a_refusing_disk(blocking_store& store, Fill fill, Free free) {
  BOOST_TEST(code_of(store.commit({put{"things", "known", "before", {}, {}}})) == "success");
  BOOST_TEST(code_of(store.commit(append_text("before"))) == "success");
  auto wanted = strings{"before"};
  fill();
  // A commit of this size needs more log than there is room for.
  auto const large = std::string(3 << 20, 'x');
  BOOST_TEST(code_of(store.commit({append_text(large), durability::deferred})) == "success");
  wanted.push_back(large);
  for (auto i = 0; i < 3; ++i)
    BOOST_TEST(code_of(store.read("log")) == "storage", "a read cannot see what was acknowledged");
  // What has nothing to do with it can be read.
  BOOST_TEST(store.find("things", "known").value()->body == "before");
  BOOST_TEST(code_of(store.commit(append_text("refused"))) == "storage");
  BOOST_TEST(code_of(store.commit(append_text("refused"), durability::deferred)) == "storage");
  BOOST_TEST(!store->status().healthy);
  BOOST_TEST(store->status().pending == 1u);
  free();
  wait_until_written(store);
  BOOST_TEST(store->status().healthy);
  BOOST_TEST(store->status().lost == 0u);
  BOOST_TEST(code_of(store.commit(append_text("after"))) == "success");
  wanted.emplace_back("after");
  BOOST_TEST((store.bodies("log") == wanted));
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_survives_a_disk_that_refuses_for_a_while) {
  auto const directory = temporary_directory{};
  // The delay leaves the deferred commit unwritten until the read asks for it.
  auto store = blocking_store{
      open_sqlite({.directory = directory.path(), .deferred_delay = std::chrono::milliseconds{100}}).value()};
  auto limit = std::optional<file_size_limit>{};
  survive_a_refusing_disk(store, [&] { limit.emplace(std::uintmax_t{1} << 20); }, [&] { limit.reset(); });
  store.close();
  BOOST_TEST(blocking_store{open_sqlite({.directory = directory.path()}).value()}.bodies("log").size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_survives_a_full_disk) {
  auto const directory = temporary_directory{};
  if (::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=16m") != 0) {
    BOOST_TEST_MESSAGE("skipped: a small file system cannot be mounted here");
    return;
  }
  {
    auto store = blocking_store{open_sqlite({.directory = directory.path() / "data"}).value()};
    auto const ballast = directory.path() / "ballast";
    auto const fill = [&] {
      auto file = std::ofstream{ballast, std::ios::binary};
      auto const block = std::string(4'096, 'x');
      while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
      }
      file.close();
      std::filesystem::resize_file(ballast, std::filesystem::file_size(ballast) - (std::uintmax_t{1} << 20));
    };
    survive_a_refusing_disk(store, fill, [&] { std::filesystem::remove(ballast); });
  }
  BOOST_TEST(::umount2(directory.path().c_str(), MNT_DETACH) == 0);
}

BOOST_AUTO_TEST_CASE(a_store_finds_out_itself_that_the_disk_is_well_again) {
  auto const directory = temporary_directory{};
  auto store = blocking_store{open_sqlite({.directory = directory.path()}).value()};
  {
    auto const limit = file_size_limit{0};
    BOOST_TEST(code_of(store.commit(append_text("refused"))) == "storage");
    BOOST_TEST(!store->status().healthy);
  }
  auto const give_up = std::chrono::steady_clock::now() + patience;
  while (!store->status().healthy && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  BOOST_TEST(store->status().healthy);
  BOOST_TEST(store->status().last_error.has_value());
  BOOST_TEST(store->status().commits == 0u);
}

/// What the child reports: that the commit of this number to this stream was acknowledged.
struct acknowledgement {
  std::uint32_t stream;
  std::uint32_t number;
};

constexpr auto stream_count = std::uint32_t{4};

auto stream_of(int round, std::uint32_t stream) { return fmt::format("round {}/{}", round, stream); }

/// Commits and reports without end.
[[noreturn]] void write_until_killed(std::filesystem::path const& directory, int round, int report_to) {
  auto const store = open_sqlite({.directory = directory}).value();
  auto in_flight = std::counting_semaphore<64>{64};
  for (auto i = std::uint32_t{0};; ++i) {
    in_flight.acquire();
    auto const report = acknowledgement{i % stream_count, i / stream_count};
    auto const last_of_mixed = report.stream == stream_count - 1;
    store->commit({{append{stream_of(round, report.stream), {std::to_string(report.number)}}},
                   last_of_mixed ? durability::deferred : durability::durable},
                  [=, &in_flight](expected<void> const& done) {
                    if (!done || ::write(report_to, &report, sizeof report) != sizeof report) ::_exit(1);
                    in_flight.release();
                  });
  }
}

/// Starts the writer, kills it after some acknowledgements and returns the number of them by stream.
auto run_and_kill(std::filesystem::path const& directory, int round, std::size_t after) -> std::vector<std::uint32_t> {
  int ends[2] = {};
  BOOST_REQUIRE(::pipe(ends) == 0);
  auto const child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(directory, round, ends[1]);
  }
  ::close(ends[1]);
  auto acknowledged = std::vector<std::uint32_t>(stream_count);
  auto report = acknowledgement{};
  auto received = std::size_t{0};
  while (::read(ends[0], &report, sizeof report) == sizeof report) {
    acknowledged[report.stream] = report.number + 1;
    if (++received == after) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  auto status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_REQUIRE(WIFSIGNALED(status));
  return acknowledged;
}

BOOST_AUTO_TEST_CASE(a_killed_process_loses_no_acknowledged_append_and_doubles_none) {
  auto const directory = temporary_directory{};
  for (auto round = 0; round < 4; ++round) {
    auto const acknowledged = run_and_kill(directory.path(), round, 1'000 + 777 * static_cast<std::size_t>(round));
    auto store = blocking_store{open_sqlite({.directory = directory.path()}).value()};
    for (auto stream = std::uint32_t{0}; stream < stream_count; ++stream) {
      auto const bodies = store.bodies(stream_of(round, stream));
      auto const durable = stream != stream_count - 1;
      if (durable) BOOST_TEST(bodies.size() >= acknowledged[stream]);
      for (auto number = std::size_t{0}; number < bodies.size(); ++number)
        BOOST_REQUIRE(bodies[number] == std::to_string(number));
    }
  }
}

} // namespace
} // namespace nexus::store::testing
