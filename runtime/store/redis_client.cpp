#include "runtime/store/redis_client.hpp"

#include <csignal>
#include <poll.h>
#include <pthread.h>
#include <random>
#include <sys/eventfd.h>
#include <unistd.h>

namespace nexus::store {
namespace {

using namespace std::chrono_literals;

/// Items and bytes of one group at most, which bounds how long others wait for it.
constexpr auto group_limit = std::size_t{256};
constexpr auto group_bytes = std::size_t{1} << 20;
/// Reads under way at most.
constexpr auto reads_under_way = std::size_t{16};
constexpr auto shortest_backoff = 50ms;
constexpr auto longest_backoff = 2'000ms;
/// How often a server that refuses to write is asked whether it does again, while nobody else asks.
constexpr auto probe_delay = 1'000ms;
/// How often the server is asked how it is.
constexpr auto info_delay = 10'000ms;

/// What texts weigh in memory: many empty ones are not for nothing.
auto bytes_of(std::vector<std::string> const& texts) -> std::size_t {
  auto bytes = texts.size() * sizeof(std::string);
  for (auto const& text : texts) bytes += text.size();
  return bytes;
}

auto failed(error const& problem) -> expected<redisReply const*> { return tl::unexpected{problem}; }

/// Errors that no waiting ends: somebody must do something.
auto is_final(errc code) -> bool {
  return code == errc::unauthenticated || code == errc::permission_denied || code == errc::refused ||
         code == errc::corrupt;
}

auto code_named(std::string_view name) -> errc {
  if (name == "conflict") return errc::conflict;
  if (name == "too_large") return errc::too_large;
  return errc::corrupt;
}

} // namespace

auto random_bits() -> std::uint64_t {
  auto device = std::random_device{};
  return std::uint64_t{device()} << 32 | device();
}

redis_client::redis_client(redis_options options)
    : options_(std::move(options)),
      prefix_(fmt::format("{{{}}}:", options_.prefix)),
      session_(fmt::format("{:016x}{:016x}", options_.random(), options_.random())),
      wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  server_.address = options_.address.text();
  // The thread gets no signals: SIGPIPE above all, which writing to a closed connection raises.
  auto all = ::sigset_t{}, before = ::sigset_t{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this] { run(); }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_setname_np(thread_.native_handle(), "store-redis");
}

redis_client::~redis_client() {
  {
    auto const lock = std::scoped_lock{mutex_};
    stopping_ = true;
  }
  ::eventfd_write(wakeup_, 1);
  thread_.join();
  ::close(wakeup_);
}

auto redis_client::opened() -> expected<void> {
  auto lock = std::unique_lock{mutex_};
  changed_.wait_for(lock, options_.patience,
                    [this] { return server_.connected || (last_error_ && is_final(last_error_->code)); });
  if (server_.connected) return {};
  if (last_error_ && last_error_->code != errc::unavailable) return tl::unexpected{*last_error_};
  auto problem = error{
      errc::unavailable,
      fmt::format("Redis cannot be reached: {}", last_error_ ? last_error_->message : "it did not answer in time"),
      server_.address,
      last_error_ && !last_error_->remedy.empty() ? last_error_->remedy : "start it, or correct the Redis URL", 1s};
  return tl::unexpected{std::move(problem)};
}

void redis_client::write(redis_write work) {
  auto const bytes = bytes_of(work.arguments);
  push(std::move(work), bytes, new_writes_);
}

void redis_client::read(redis_read work) {
  auto const bytes = bytes_of(work.command);
  push(std::move(work), bytes, new_reads_);
}

template <class Work>
void redis_client::push(Work work, std::size_t bytes, std::deque<request<Work>>& inbox) {
  auto refusal = error{};
  {
    auto const lock = std::scoped_lock{mutex_};
    if (stopping_) {
      refusal = error{errc::cancelled, "the store is closing", {}, {}, {}};
    } else if (pending_ >= options_.max_queue || pending_bytes_ + bytes > options_.max_queue_bytes) {
      refusal = error{
          errc::overloaded, fmt::format("{} requests are waiting for Redis", pending_), {}, "try again later", 1s};
    } else {
      ++pending_;
      pending_bytes_ += bytes;
      auto const first = new_writes_.empty() && new_reads_.empty();
      inbox.push_back({std::move(work), bytes, std::chrono::steady_clock::now() + options_.patience});
      if (first) ::eventfd_write(wakeup_, 1);
      return;
    }
  }
  work.done(failed(refusal));
}

template <class Work>
void redis_client::complete(request<Work>& each, expected<redisReply const*> outcome) {
  auto const done = std::exchange(each.work.done, nullptr);
  if (!done) return;
  {
    auto const lock = std::scoped_lock{mutex_};
    --pending_;
    pending_bytes_ -= each.bytes;
  }
  done(std::move(outcome));
}

void redis_client::note(error const& problem) {
  if (problem.code == errc::corrupt) damaged_ = true;
  auto const lock = std::scoped_lock{mutex_};
  last_error_ = problem;
}

auto redis_client::status() const -> store_status {
  auto result = store_status{};
  result.backend = "redis";
  result.schema_version = redis_schema_version;
  result.commits = commits_;
  result.fsyncs = rounds_;
  result.bytes_on_disk = bytes_on_disk_;
  result.healthy = connected_ && writable_ && !damaged_;
  auto const lock = std::scoped_lock{mutex_};
  result.pending = pending_;
  result.last_error = last_error_;
  return result;
}

auto redis_client::server() const -> redis_status {
  auto const lock = std::scoped_lock{mutex_};
  auto result = server_;
  result.last_error = last_error_;
  return result;
}

// -- the loop ---------------------------------------------------------------------------------------------------------

void redis_client::run() {
  while (true) {
    auto const stopping = take_inbox();
    auto const now = std::chrono::steady_clock::now();
    expire(now);
    if (stopping && (idle() || phase_ != phase::ready)) break;
    if (phase_ == phase::away && now >= attempt_at_) connect(now);
    if ((phase_ == phase::connecting || phase_ == phase::greeting) && now >= attempt_ends_)
      lose({errc::unavailable, "it does not answer", {}, {}, {}});
    if (phase_ == phase::ready) send(now);
    // Tried before waiting to be told that there is room: there nearly always is.
    if (phase_ == phase::ready)
      if (auto const good = link_->advance(0); !good) lose(good.error());
    auto polled = std::array{::pollfd{wakeup_, POLLIN, 0}, ::pollfd{-1, 0, 0}};
    if (link_) polled[1] = {link_->descriptor(), link_->events(), 0};
    ::poll(polled.data(), polled.size(), static_cast<int>(next_event(now).count()));
    if (polled[0].revents != 0) {
      auto ignored = ::eventfd_t{};
      ::eventfd_read(wakeup_, &ignored);
    }
    if (!link_ || polled[1].revents == 0) continue;
    auto const good = link_->advance(polled[1].revents);
    if (phase_ == phase::connecting && link_->connected()) greet();
    take_answers();
    if (!good && link_) lose(good.error());
  }
  cancel_all();
}

/// Whether the store is closing.
auto redis_client::take_inbox() -> bool {
  auto const lock = std::scoped_lock{mutex_};
  for (auto& each : new_writes_) writes_.push_back(std::move(each));
  for (auto& each : new_reads_) reads_.push_back(std::move(each));
  new_writes_.clear();
  new_reads_.clear();
  return stopping_;
}

auto redis_client::idle() const -> bool { return reads_.empty() && asked_.empty() && writes_.empty() && !group_; }

/// Requests have the same patience, so that deadlines are in the order of the queues.
void redis_client::expire_queue(auto& queue, instant now, error const& reason) {
  for (; !queue.empty() && queue.front().deadline <= now; queue.pop_front()) complete(queue.front(), failed(reason));
}

/// Gives up what has waited too long. A connection on which an answer does not come is given up with it.
void redis_client::expire(instant now) {
  auto stuck = !awaited_.empty() && awaited_.front().deadline <= now;
  if (group_)
    for (auto& item : group_->items)
      if (item.work.done && item.deadline <= now) {
        complete(item, failed(unanswered()));
        stuck = stuck || group_->sent;
      }
  for (auto& each : asked_)
    if (each.work.done && each.deadline <= now) {
      complete(each, failed(unanswered()));
      stuck = true;
    }
  if (stuck) lose({errc::unavailable, "it did not answer in time", {}, {}, {}});
  auto const reason = phase_ == phase::ready ? busy() : away();
  expire_queue(reads_, now, reason);
  expire_queue(writes_, now, reason);
}

void redis_client::cancel_all() {
  auto const reason = error{errc::cancelled, "the store is closing", {}, {}, {}};
  if (group_)
    for (auto& item : group_->items) complete(item, failed(reason));
  for (auto* queue : {&asked_, &reads_})
    for (auto& each : *queue) complete(each, failed(reason));
  for (auto& each : writes_) complete(each, failed(reason));
}

auto redis_client::next_event(instant now) const -> std::chrono::milliseconds {
  auto next = now + info_delay;
  auto const consider = [&](instant at) { next = std::min(next, at); };
  for (auto const* queue : {&asked_, &reads_})
    if (!queue->empty()) consider(queue->front().deadline);
  if (!writes_.empty()) consider(writes_.front().deadline);
  if (group_)
    for (auto const& item : group_->items)
      if (item.work.done) consider(item.deadline);
  if (!awaited_.empty()) consider(awaited_.front().deadline);
  if (phase_ == phase::away) consider(attempt_at_);
  if (phase_ == phase::connecting || phase_ == phase::greeting) consider(attempt_ends_);
  if (phase_ == phase::ready) consider(info_at_);
  if (phase_ == phase::ready && !writable_ && !group_) consider(probe_at_);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now), 0ms);
}

// -- the connection ---------------------------------------------------------------------------------------------------

void redis_client::connect(instant now) {
  auto link = redis_link::connect(options_.address);
  if (!link) return lose(link.error());
  link_ = std::move(*link);
  phase_ = phase::connecting;
  attempt_ends_ = now + options_.connect_timeout;
}

void redis_client::greet() {
  phase_ = phase::greeting;
  handshake_.emplace(options_.address, prefix_, fmt::format("{:016x}{:016x}", options_.random(), options_.random()));
  for (auto const& command : handshake_->commands()) {
    link_->append({command.begin(), command.end()});
    expect(asked_for::handshake);
  }
}

/// What was asked and not answered is put back, to be sent on the next connection.
void redis_client::lose(error problem) {
  auto const was_ready = phase_ == phase::ready;
  link_.reset();
  handshake_.reset();
  awaited_.clear();
  phase_ = phase::away;
  for (; !asked_.empty(); asked_.pop_back())
    if (asked_.back().work.done) reads_.push_front(std::move(asked_.back()));
  if (group_) {
    group_->sent = false;
    auto const given_up = [](auto const& item) { return !item.work.done; };
    if (std::all_of(group_->items.begin(), group_->items.end(), given_up)) group_.reset();
  }
  if (problem.where.empty()) problem.where = options_.address.text();
  backoff_ = was_ready ? shortest_backoff : std::clamp(backoff_ * 2, shortest_backoff, longest_backoff);
  // Nodes that lost the same server do not come back at the same moment.
  auto const jitter = backoff_ * static_cast<int>(options_.random() % 1'000) / 1'000;
  attempt_at_ = std::chrono::steady_clock::now() + backoff_ / 2 + jitter;
  trouble_ = std::move(problem);
  connected_ = false;
  auto const lock = std::scoped_lock{mutex_};
  server_.connected = false;
  last_error_ = trouble_;
  changed_.notify_all();
}

/// The server has been greeted.
void redis_client::welcome() {
  auto& found = handshake_->outcome();
  if (!identity_.empty() && found.server.identity != identity_)
    return lose(
        {errc::storage,
         fmt::format("the server holds another store than before: {}, not {}", found.server.identity, identity_),
         {},
         "its data was lost or replaced: restore it, or restart all nodes to go on with what is there",
         1s});
  identity_ = found.server.identity;
  scripts_ = found.scripts;
  bytes_on_disk_ = found.bytes_on_disk;
  phase_ = phase::ready;
  backoff_ = 0ms;
  info_at_ = std::chrono::steady_clock::now() + info_delay;
  writable_ = true;
  connected_ = true;
  auto const lock = std::scoped_lock{mutex_};
  auto const connections = server_.connections + 1;
  server_ = std::move(found.server);
  server_.connected = true;
  server_.connections = connections;
  changed_.notify_all();
}

// -- requests and answers ---------------------------------------------------------------------------------------------

void redis_client::send(instant now) {
  for (; !reads_.empty() && asked_.size() < reads_under_way; reads_.pop_front()) {
    auto& each = reads_.front();
    auto command = std::vector<std::string_view>{};
    if (each.work.script) command = {"EVALSHA", scripts_.at(static_cast<std::size_t>(*each.work.script)), "1", prefix_};
    command.insert(command.end(), each.work.command.begin(), each.work.command.end());
    link_->append(command);
    asked_.push_back(std::move(each));
    expect(asked_for::read);
  }
  auto const probe = !writable_ && now >= probe_at_;
  if (!group_ && (!writes_.empty() || probe)) group_ = gather();
  if (group_ && !group_->sent) send_group();
  if (now >= info_at_) {
    link_->append({"INFO", "persistence"});
    expect(asked_for::info);
    info_at_ = now + info_delay;
  }
}

/// The next group of what waits; one that frees memory is alone.
auto redis_client::gather() -> group {
  auto next = group{.number = ++last_number_};
  for (auto bytes = std::size_t{0}; !writes_.empty() && next.items.size() < group_limit; writes_.pop_front()) {
    bytes += writes_.front().bytes;
    auto const alone = writes_.front().work.frees || (!next.items.empty() && next.items.front().work.frees);
    if (!next.items.empty() && (bytes > group_bytes || alone)) break;
    next.items.push_back(std::move(writes_.front()));
  }
  return next;
}

void redis_client::send_group() {
  auto& work = *group_;
  auto const number = std::to_string(work.number);
  auto const now =
      options_.clock
          ? std::to_string(std::chrono::floor<std::chrono::microseconds>(options_.clock().time_since_epoch()).count())
          : std::string{};
  auto const frees = !work.items.empty() && work.items.front().work.frees;
  auto lengths = std::vector<std::string>{};
  lengths.reserve(work.items.size());
  auto const items = std::to_string(work.items.size());
  auto command = std::vector<std::string_view>{"EVALSHA",
                                               scripts_.at(static_cast<std::size_t>(redis_script::write)),
                                               "1",
                                               prefix_,
                                               identity_,
                                               session_,
                                               number,
                                               now,
                                               frees ? "1" : "0",
                                               items};
  for (auto const& item : work.items) {
    // What was given up is not done any more.
    if (!item.work.done) {
      command.insert(command.end(), {"2", "commit", "0"});
      continue;
    }
    lengths.push_back(std::to_string(item.work.arguments.size()));
    command.emplace_back(lengths.back());
    command.insert(command.end(), item.work.arguments.begin(), item.work.arguments.end());
  }
  link_->append(command);
  expect(asked_for::group);
  work.sent = true;
}

void redis_client::take_answers() {
  while (link_) {
    auto reply = link_->next();
    if (!reply) return lose(reply.error());
    if (!*reply) return;
    if (awaited_.empty()) return lose({errc::unavailable, "it answers what was not asked", {}, {}, {}});
    if (auto good = take_answer(**reply); !good) return lose(good.error());
  }
}

auto redis_client::take_answer(redisReply const& reply) -> expected<void> {
  auto const kind = awaited_.front().what;
  awaited_.pop_front();
  if (kind == asked_for::handshake) {
    auto const good = handshake_->take(reply);
    if (good && handshake_->done()) welcome();
    return good;
  }
  // Somebody emptied the server's scripts: they are loaded again with a new connection, and all is sent again.
  if (is_error(reply, "NOSCRIPT")) return tl::unexpected{error{errc::unavailable, "its scripts are gone", {}, {}, {}}};
  if (kind == asked_for::group) return take_group(reply);
  if (kind == asked_for::info) {
    if (!is_error(reply)) bytes_on_disk_ = bytes_on_disk(text_of(reply));
    return {};
  }
  auto each = std::move(asked_.front());
  asked_.pop_front();
  if (!is_error(reply)) {
    complete(each, &reply);
    return {};
  }
  auto const problem = error_of(reply, options_.address.text());
  if (problem.code == errc::corrupt) note(problem);
  complete(each, failed(problem));
  return {};
}

auto redis_client::take_group(redisReply const& reply) -> expected<void> {
  auto work = std::move(*group_);
  group_.reset();
  auto const parts = elements_of(reply);
  auto const outcome = parts.empty() ? std::string_view{} : text_of(*parts[0]);
  auto refusal = std::optional<error>{};
  if (is_error(reply)) {
    refusal = error_of(reply, options_.address.text());
  } else if (outcome == "foreign") {
    refusal = error{errc::storage,
                    "the store was removed from the server, or replaced",
                    options_.address.text(),
                    "restore it, or restart all nodes to go on with what is there",
                    {}};
  } else if (outcome == "superseded") {
    refusal = error{errc::unavailable, "the connection broke, and nothing of this was done", options_.address.text(),
                    "try again", 1ms};
  } else if (outcome != "done" || parts.size() != work.items.size() + 1) {
    refusal = unexpected_reply("a group of commits");
  }
  if (refusal && refusal->code != errc::unavailable) {
    writable_ = false;
    probe_at_ = std::chrono::steady_clock::now() + probe_delay;
    note(*refusal);
  }
  if (!refusal) {
    writable_ = true;
    ++rounds_;
  }
  for (auto i = std::size_t{0}; i < work.items.size(); ++i)
    if (refusal)
      complete(work.items[i], failed(*refusal));
    else
      take_item(work.items[i], *parts[i + 1]);
  return {};
}

/// A result is {"", value...} or {code, message, milliseconds}.
void redis_client::take_item(request<redis_write>& item, redisReply const& reply) {
  auto const parts = elements_of(reply);
  if (!parts.empty() && text_of(*parts[0]).empty()) {
    ++commits_;
    return complete(item, &reply);
  }
  auto problem = unexpected_reply("a commit");
  if (parts.size() >= 2) {
    problem = {code_named(text_of(*parts[0])), std::string{text_of(*parts[1])}, {}, {}, {}};
    if (parts.size() == 3) {
      auto const text = std::string{text_of(*parts[2])};
      problem.retry_after = std::chrono::milliseconds{std::strtoll(text.c_str(), nullptr, 10)};
    }
  }
  if (problem.code == errc::corrupt) {
    problem.where = options_.address.text();
    note(problem);
  }
  complete(item, failed(problem));
}

// -- errors -----------------------------------------------------------------------------------------------------------

auto redis_client::away() const -> error {
  return {errc::unavailable, fmt::format("Redis is away: {}", trouble_.message), options_.address.text(),
          trouble_.remedy.empty() ? "try again later" : trouble_.remedy, 1s};
}

auto redis_client::busy() const -> error {
  return {errc::overloaded, fmt::format("Redis did not come to it within {} ms", options_.patience.count()),
          options_.address.text(), "try again later", 1s};
}

auto redis_client::unanswered() const -> error {
  return {errc::unavailable,
          fmt::format("Redis did not answer within {} ms; whether the work was done is not known",
                      options_.patience.count()),
          options_.address.text(), "look before you try again", 1s};
}

} // namespace nexus::store
