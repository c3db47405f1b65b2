#include "runtime/store/sqlite_writer.hpp"

#include <filesystem>
#include <pthread.h>

namespace nexus::store {
namespace {

/// Jobs in one transaction at most, which bounds its time and what a failure takes back.
constexpr auto group_limit = std::size_t{1'024};
/// Pages in the write-ahead log (4 KiB each) from which it is copied into the database, and from which the writer waits
/// for readers in order to start it anew.
constexpr auto checkpoint_pages = 4'000;
constexpr auto truncate_pages = 8 * checkpoint_pages;
/// How often a disk that refused work is tried again while nothing else happens.
constexpr auto retry_delay = std::chrono::milliseconds{250};

} // namespace

sqlite_writer::sqlite_writer(sqlite_connection& connection, bounds limits)
    : connection_(connection), bounds_(limits), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-writer");
}

void sqlite_writer::push(sqlite_job job) {
  auto refusal = error{};
  {
    auto const lock = std::scoped_lock{mutex_};
    if (stopping_) {
      refusal = error{errc::cancelled, "the store is closing", {}, {}, {}};
    } else if (pending_ >= bounds_.max_queue || pending_bytes_ + job.bytes > bounds_.max_bytes) {
      refusal = error{errc::overloaded,
                      fmt::format("{} commits are waiting to be written", pending_.load()),
                      {},
                      "try again later",
                      std::chrono::seconds{1}};
    } else {
      pending_ += 1;
      pending_bytes_ += job.bytes;
      job.ticket = ++last_ticket_;
      for (auto kind = std::size_t{0}; kind < job.changes.size(); ++kind)
        if (job.when == durability::deferred && job.changes[kind]) last_deferred_[kind] = job.ticket;
      queue_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
  }
  if (job.done) job.done(tl::unexpected{std::move(refusal)});
}

auto sqlite_writer::last_deferred(content kind) const -> std::uint64_t {
  auto const lock = std::scoped_lock{mutex_};
  return last_deferred_[static_cast<std::size_t>(kind)];
}

auto sqlite_writer::flush(std::uint64_t ticket) -> expected<void> {
  auto lock = std::unique_lock{mutex_};
  if (written_ >= ticket) return {};
  flush_wanted_ = std::max(flush_wanted_, ticket);
  wake_.notify_one();
  auto const before = failures_;
  settled_.wait(lock, [&] { return written_ >= ticket || failures_ != before; });
  if (written_ >= ticket) return {};
  return tl::unexpected{*last_error_};
}

void sqlite_writer::stop() {
  {
    auto const lock = std::scoped_lock{mutex_};
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void sqlite_writer::note(error const& problem) {
  auto const lock = std::scoped_lock{mutex_};
  last_error_ = problem;
  if (problem.code == errc::corrupt) damaged_ = true;
}

auto sqlite_writer::status() const -> store_status {
  auto result = store_status{};
  result.pending = pending_;
  result.commits = commits_;
  result.fsyncs = fsyncs_;
  result.lost = lost_;
  result.bytes_on_disk = bytes_on_disk_;
  result.healthy = writable_ && !damaged_;
  auto const lock = std::scoped_lock{mutex_};
  result.last_error = last_error_;
  return result;
}

void sqlite_writer::run() {
  tidy();
  while (true) {
    auto [jobs, closing] = take();
    auto const last = closing && jobs.empty();
    if (last && group_.empty() && stuck_.empty()) return;
    process(std::move(jobs));
    // What the disk still refuses is lost now; the status was the place to learn of it.
    if (last) return;
  }
}

auto sqlite_writer::take() -> std::pair<std::deque<sqlite_job>, bool> {
  auto lock = std::unique_lock{mutex_};
  auto const due = [this] { return stopping_ || !queue_.empty() || flush_wanted_ > written_; };
  if (!group_.empty())
    wake_.wait_until(lock, group_deadline_, due);
  else if (!stuck_.empty() || !writable_)
    wake_.wait_for(lock, retry_delay, due);
  else
    wake_.wait(lock, due);
  auto const count = std::min(queue_.size(), group_limit);
  auto const end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  auto jobs = std::deque<sqlite_job>{std::make_move_iterator(queue_.begin()), std::make_move_iterator(end)};
  queue_.erase(queue_.begin(), end);
  if (!jobs.empty()) taken_ = jobs.back().ticket;
  return {std::move(jobs), stopping_};
}

void sqlite_writer::process(std::deque<sqlite_job> jobs) {
  auto const access = connection_.access();
  if (!stuck_.empty()) {
    for (; !stuck_.empty(); stuck_.pop_back()) jobs.push_front(std::move(stuck_.back()));
    apply_one_by_one(std::move(jobs));
  } else if (jobs.empty() && group_.empty()) {
    probe();
  } else {
    auto good = apply_group(jobs);
    if (good && must_commit()) good = commit_group();
    if (!good) {
      roll_back();
      for (; !group_.empty(); group_.pop_back()) jobs.push_front(std::move(group_.back()));
      apply_one_by_one(std::move(jobs));
    }
  }
  settle();
  if (group_.empty()) tidy();
}

/// Applies jobs in the group's transaction. The ones that succeeded move to the group; an error concerns all of it.
auto sqlite_writer::apply_group(std::deque<sqlite_job>& jobs) -> expected<void> {
  for (; !jobs.empty(); jobs.pop_front()) {
    if (!connection_.in_transaction()) {
      group_deadline_ = std::chrono::steady_clock::now() + bounds_.deferred_delay;
      if (auto good = connection_.run("BEGIN IMMEDIATE"); !good) return good;
    }
    auto& job = jobs.front();
    if (auto outcome = apply_alone(job); !outcome) {
      if (concerns_everything(outcome.error())) return outcome;
      finish(job, std::move(outcome));
      continue;
    }
    if (job.when == durability::deferred) {
      if (job.done) job.done({});
      job.acknowledged = true;
    }
    group_.push_back(std::move(job));
  }
  return {};
}

/// Applies a job inside the open transaction and undoes it when it fails.
auto sqlite_writer::apply_alone(sqlite_job const& job) -> expected<void> {
  if (auto good = connection_.run("SAVEPOINT job"); !good) return good;
  auto outcome = job.apply(connection_);
  if (!outcome) {
    if (concerns_everything(outcome.error())) return outcome;
    if (auto good = connection_.run("ROLLBACK TO job"); !good) return good;
  }
  if (auto good = connection_.run("RELEASE job"); !good) return good;
  return outcome;
}

auto sqlite_writer::must_commit() const -> bool {
  if (!connection_.in_transaction()) return false;
  // Nothing to keep when every job failed, and nobody to be kept waiting.
  if (group_.empty() || group_.size() >= group_limit || std::chrono::steady_clock::now() >= group_deadline_)
    return true;
  if (std::any_of(group_.begin(), group_.end(), [](auto const& job) { return job.when == durability::durable; }))
    return true;
  auto const lock = std::scoped_lock{mutex_};
  return stopping_ || flush_wanted_ > written_;
}

auto sqlite_writer::commit_group() -> expected<void> {
  if (auto good = connection_.run("COMMIT"); !good) return good;
  count_commit(group_.size());
  for (; !group_.empty(); group_.pop_front()) finish(group_.front(), {});
  return {};
}

/// Gives each job a transaction of its own. The first acknowledged one that cannot be written holds up all behind it.
void sqlite_writer::apply_one_by_one(std::deque<sqlite_job> jobs) {
  auto obstacle = std::optional<error>{};
  for (auto& job : jobs) {
    auto outcome = obstacle ? expected<void>{tl::unexpected{*obstacle}} : write_single(job.apply);
    if (outcome) count_commit(1);
    auto const refused_by_disk = !outcome && concerns_everything(outcome.error());
    if (refused_by_disk) {
      writable_ = false;
      note(outcome.error());
    }
    if (refused_by_disk && job.acknowledged) {
      if (!obstacle) obstacle = outcome.error();
      stuck_.push_back(std::move(job));
    } else {
      finish(job, std::move(outcome));
    }
  }
}

/// Does the work in a transaction of its own.
auto sqlite_writer::write_single(work const& apply) -> expected<void> {
  auto outcome = connection_.run("BEGIN IMMEDIATE");
  if (outcome) outcome = apply(connection_);
  if (outcome) outcome = connection_.run("COMMIT");
  if (!outcome) roll_back();
  return outcome;
}

/// After a failure nobody may be left who writes (an unhealthy store is sent no work), so the writer finds out itself
/// when the disk is well again.
void sqlite_writer::probe() {
  if (write_single([](auto& connection) { return connection.run("UPDATE tokens SET last = last"); })) count_commit(0);
}

void sqlite_writer::roll_back() {
  if (!connection_.in_transaction()) return;
  if (auto const good = connection_.run("ROLLBACK"); !good) note(good.error());
}

void sqlite_writer::finish(sqlite_job& job, expected<void> outcome) {
  pending_ -= 1;
  pending_bytes_ -= job.bytes;
  if (job.acknowledged) {
    if (outcome) return;
    lost_ += 1;
    note(outcome.error());
  } else if (job.done) {
    job.done(std::move(outcome));
  }
}

void sqlite_writer::count_commit(std::size_t jobs) {
  commits_ += jobs;
  fsyncs_ += 1;
  writable_ = true;
}

/// Tells waiting readers what has become of the work they wait for.
void sqlite_writer::settle() {
  auto const lock = std::scoped_lock{mutex_};
  if (!stuck_.empty()) {
    ++failures_;
    flush_wanted_ = written_;
  } else if (group_.empty()) {
    written_ = taken_;
  }
  settled_.notify_all();
}

/// Keeps the write-ahead log short; between transactions, after everybody has been answered.
void sqlite_writer::tidy() {
  if (connection_.log_pages() >= checkpoint_pages) {
    auto const good = connection_.checkpoint(connection_.log_pages() >= truncate_pages);
    if (!good && good.error().code != errc::unavailable) note(good.error());
  }
  auto ignored = std::error_code{};
  auto const size = [&](std::string const& file) {
    auto const bytes = std::filesystem::file_size(file, ignored);
    return ignored ? 0 : bytes;
  };
  bytes_on_disk_ = size(connection_.file()) + size(connection_.file() + "-wal");
}

} // namespace nexus::store
