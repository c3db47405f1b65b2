#include "runtime/store/sqlite_store.hpp"

#include "runtime/store/commit_span.hpp"
#include "runtime/store/directory_lock.hpp"
#include "runtime/store/sqlite_operations.hpp"
#include "runtime/store/sqlite_reader.hpp"
#include "runtime/store/sqlite_schema.hpp"
#include "runtime/store/sqlite_writer.hpp"

#include <future>
#include <pthread.h>
#include <system_error>

namespace nexus::store {
namespace {

constexpr auto page_size = std::uint64_t{4'096};
constexpr auto longest_delay = std::chrono::milliseconds{100};

class sqlite_store final : public store {
public:
  /// Without a `reading` connection the reader shares the writer's: a database in memory has only one.
  sqlite_store(sqlite_options const& options, std::optional<directory_lock> lock,
               std::unique_ptr<sqlite_connection> writing, std::unique_ptr<sqlite_connection> reading,
               std::unique_ptr<sqlite_connection> checking)
      : clock_(options.clock),
        lock_(std::move(lock)),
        writing_(std::move(writing)),
        reading_(std::move(reading)),
        checking_(std::move(checking)),
        writer_(*writing_, {options.max_queue, options.max_queue_bytes, options.deferred_delay}),
        reader_(reading_ ? *reading_ : *writing_, writer_, options.max_queue) {
    if (checking_) checked_ = std::async(std::launch::async, [this] { look_for_damage(); });
  }

  ~sqlite_store() override {
    // Again and again: an interruption between two statements is lost.
    while (checking_ && checked_.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready)
      checking_->interrupt();
    reader_.stop();
    writer_.stop();
  }

  void commit(batch work, callback<void> done) override {
    if (auto good = check(work); !good) return reject(done, good);
    done = traced("sqlite", work, std::move(done));
    auto const when = work.when;
    auto const bytes = size_of(work);
    auto changes = std::array<bool, 2>{};
    for (auto const& change : work.operations) {
      auto const documents = std::holds_alternative<put>(change) || std::holds_alternative<erase>(change);
      changes[static_cast<std::size_t>(documents ? content::documents : content::records)] = true;
    }
    auto apply_batch = [this, work = std::move(work)](sqlite_connection& connection) {
      return apply(connection, work, clock_());
    };
    writer_.push({when, bytes, std::move(apply_batch), std::move(done), changes});
  }

  void read(std::string stream, std::uint64_t from, std::size_t limit, callback<std::vector<record>> done) override {
    if (auto good = check_limit(limit); !good) return reject(done, good);
    answer(content::records, std::move(done), [stream = std::move(stream), from, limit](sqlite_connection& connection) {
      return read_records(connection, stream, from, limit);
    });
  }

  void find(std::string collection, std::string key, callback<std::optional<document>> done) override {
    answer(content::documents, std::move(done),
           [collection = std::move(collection), key = std::move(key)](sqlite_connection& connection) {
             return find_document(connection, collection, key);
           });
  }

  void list(listing query, callback<page> done) override {
    if (auto good = check(query); !good) return reject(done, good);
    answer(content::documents, std::move(done),
           [query = std::move(query)](sqlite_connection& connection) { return list_documents(connection, query); });
  }

  void acquire(std::string name, std::string holder, std::chrono::milliseconds ttl, callback<lease> done) override {
    auto good = check_name("lease", name, limits::name);
    if (good) good = check_name("holder", holder, limits::key);
    if (good) good = check_ttl(ttl);
    if (!good) return reject(done, good);
    write(std::move(done), [this, name = std::move(name), holder = std::move(holder), ttl](auto& connection) {
      return acquire_lease(connection, name, holder, ttl, clock_());
    });
  }

  void renew(std::string name, std::uint64_t token, std::chrono::milliseconds ttl, callback<lease> done) override {
    if (auto good = check_ttl(ttl); !good) return reject(done, good);
    write(std::move(done), [this, name = std::move(name), token, ttl](sqlite_connection& connection) {
      return renew_lease(connection, name, token, ttl, clock_());
    });
  }

  void release(std::string name, std::uint64_t token, callback<void> done) override {
    auto give_back = [name = std::move(name), token](sqlite_connection& connection) {
      return release_lease(connection, name, token);
    };
    writer_.push({durability::durable, 0, std::move(give_back), std::move(done)});
  }

  void prune(retention rule, callback<prune_report> done) override {
    if (auto good = check(rule); !good) return reject(done, good);
    write(std::move(done), [this, rule = std::move(rule)](sqlite_connection& connection) {
      return prune_documents(connection, rule, clock_());
    });
  }

  auto status() const -> store_status override {
    auto result = writer_.status();
    result.backend = reading_ ? "sqlite" : "sqlite (in memory)";
    result.schema_version = sqlite_schema_version();
    return result;
  }

private:
  template <class T>
  static void reject(callback<T> const& done, expected<void> const& reason) {
    if (done) done(tl::unexpected{reason.error()});
  }

  /// Has `work` write something with a result, which comes when it is on the disk.
  template <class T, class Work>
  void write(callback<T> done, Work work) {
    auto result = std::make_shared<T>();
    auto apply_work = [result, work = std::move(work)](sqlite_connection& connection) -> expected<void> {
      auto outcome = work(connection);
      if (!outcome) return tl::unexpected{std::move(outcome.error())};
      *result = std::move(*outcome);
      return {};
    };
    auto tell = [result, done = std::move(done)](expected<void> outcome) {
      if (!done) return;
      if (outcome)
        done(std::move(*result));
      else
        done(tl::unexpected{std::move(outcome.error())});
    };
    writer_.push({durability::durable, 0, std::move(apply_work), std::move(tell)});
  }

  template <class T, class Work>
  void answer(content kind, callback<T> done, Work work) {
    reader_.push(kind, [this, done = std::move(done), work = std::move(work)](expected<sqlite_connection*> connection) {
      auto result = connection ? work(**connection) : expected<T>{tl::unexpected{std::move(connection.error())}};
      if (connection && !result) writer_.note(result.error());
      done(std::move(result));
    });
  }

  void look_for_damage() {
    pthread_setname_np(pthread_self(), "store-checker");
    auto const sound = check_pages(*checking_);
    if (!sound && sound.error().code != errc::cancelled) writer_.note(sound.error());
  }

  nexus::store::clock const clock_;
  std::optional<directory_lock> const lock_;
  std::unique_ptr<sqlite_connection> const writing_;
  std::unique_ptr<sqlite_connection> const reading_;
  std::unique_ptr<sqlite_connection> const checking_;
  sqlite_writer writer_;
  sqlite_reader reader_;
  std::future<void> checked_;
};

auto run_all(sqlite_connection& connection, std::initializer_list<std::string> statements) -> expected<void> {
  for (auto const& statement : statements)
    if (auto good = connection.run(statement); !good) return good;
  return {};
}

auto check(sqlite_options const& options) -> expected<void> {
  if (options.directory.empty()) return fail(errc::invalid_argument, "the data directory is not set");
  if (options.max_queue == 0) return fail(errc::invalid_argument, "the store's queue has no room");
  if (options.deferred_delay < std::chrono::milliseconds::zero() || options.deferred_delay > longest_delay)
    return fail(errc::invalid_argument, "deferred commits wait {} ms, it must be 0 to {}",
                options.deferred_delay.count(), longest_delay.count());
  return {};
}

/// Opens the threads' connections and puts the store together.
auto assemble(sqlite_options const& options, std::optional<directory_lock> lock, std::string const& file)
    -> expected<std::unique_ptr<store>> {
  auto writing = sqlite_connection::open(file);
  if (!writing) return tl::unexpected{writing.error()};
  // The order matters: the page size must be set before the first write. Sub-journals of savepoints stay in memory.
  auto good = run_all(**writing, {fmt::format("PRAGMA page_size = {}", page_size), "PRAGMA temp_store = MEMORY",
                                  "PRAGMA synchronous = FULL", "PRAGMA journal_mode = WAL",
                                  "PRAGMA journal_size_limit = 67108864", "PRAGMA cache_size = -8192"});
  auto ignored = std::error_code{};
  auto const check_first = !lock || std::filesystem::file_size(file, ignored) <= options.check_first_bytes;
  if (good) good = prepare_schema(**writing, check_first);
  if (good && options.max_bytes != 0)
    good = (*writing)->run(
        fmt::format("PRAGMA max_page_count = {}", std::max(options.max_bytes / page_size, std::uint64_t{1})));
  if (!good) return tl::unexpected{good.error()};
  auto reading = expected<std::unique_ptr<sqlite_connection>>{};
  auto checking = expected<std::unique_ptr<sqlite_connection>>{};
  if (lock) {
    reading = sqlite_connection::open(file);
    if (reading) good = run_all(**reading, {"PRAGMA query_only = 1", "PRAGMA cache_size = -4096"});
    if (!reading || !good) return tl::unexpected{reading ? good.error() : reading.error()};
  }
  if (!check_first) {
    checking = sqlite_connection::open(file);
    if (!checking) return tl::unexpected{checking.error()};
  }
  try {
    return std::make_unique<sqlite_store>(options, std::move(lock), std::move(*writing), std::move(*reading),
                                          std::move(*checking));
  } catch (std::system_error const& problem) {
    return fail(errc::unavailable, "the store's threads cannot be started: {}", problem.what());
  }
}

} // namespace

auto open_sqlite(sqlite_options options) -> expected<std::unique_ptr<store>> {
  if (auto good = check(options); !good) return tl::unexpected{good.error()};
  auto lock = directory_lock::take(options.directory);
  if (!lock) return tl::unexpected{lock.error()};
  auto const file = options.directory / "nexus.db";
  // SQLite gives its log and index files the same mode.
  if (auto good = directory_lock::create_private(file); !good) return tl::unexpected{good.error()};
  return assemble(options, std::move(*lock), file.string());
}

auto open_in_memory(clock now) -> expected<std::unique_ptr<store>> {
  auto options = sqlite_options{};
  options.clock = std::move(now);
  return assemble(options, std::nullopt, ":memory:");
}

} // namespace nexus::store
