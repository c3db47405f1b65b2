#include "runtime/store/redis_store.hpp"

#include "runtime/store/commit_span.hpp"
#include "runtime/store/redis_values.hpp"

#include <system_error>

namespace nexus::store {
namespace {

class shared_store final : public redis_store {
public:
  explicit shared_store(redis_options options) : client_(std::move(options)) {}

  auto opened() -> expected<void> { return client_.opened(); }

  void commit(batch work, callback<void> done) override {
    if (auto good = check(work); !good) return reject(done, good);
    done = traced("redis", work, std::move(done));
    write(arguments_of(std::move(work)), std::move(done), [](redisReply const&) { return expected<void>{}; });
  }

  void read(std::string stream, std::uint64_t from, std::size_t limit, callback<std::vector<record>> done) override {
    if (auto good = check_limit(limit); !good) return reject(done, good);
    ask(question(std::move(stream), from, limit), std::move(done),
        [from](redisReply const& reply) { return records_in(reply, from); });
  }

  void find(std::string collection, std::string key, callback<std::optional<document>> done) override {
    auto work = question(client_.options().prefix, collection, key);
    ask(std::move(work), std::move(done),
        [collection = std::move(collection), key = std::move(key)](redisReply const& reply) {
          return document_in(reply, collection, key);
        });
  }

  void list(listing query, callback<page> done) override {
    if (auto good = check(query); !good) return reject(done, good);
    step(std::make_shared<listing_state>(listing_state{std::move(query), {}, 0}), std::move(done));
  }

  void acquire(std::string name, std::string holder, std::chrono::milliseconds ttl, callback<lease> done) override {
    auto good = check_name("lease", name, limits::name);
    if (good) good = check_name("holder", holder, limits::key);
    if (good) good = check_ttl(ttl);
    if (!good) return reject(done, good);
    write({"acquire", name, std::move(holder), std::to_string(ttl.count())}, std::move(done),
          [name](redisReply const& reply) { return lease_in(reply, name); });
  }

  void renew(std::string name, std::uint64_t token, std::chrono::milliseconds ttl, callback<lease> done) override {
    if (auto good = check_ttl(ttl); !good) return reject(done, good);
    write({"renew", name, std::to_string(token), std::to_string(ttl.count())}, std::move(done),
          [name](redisReply const& reply) { return lease_in(reply, name); });
  }

  void release(std::string name, std::uint64_t token, callback<void> done) override {
    write({"release", std::move(name), std::to_string(token)}, std::move(done),
          [](redisReply const&) { return expected<void>{}; });
  }

  void prune(retention rule, callback<prune_report> done) override {
    if (auto good = check(rule); !good) return reject(done, good);
    write(arguments_of(rule), std::move(done), prune_report_in, true);
  }

  auto status() const -> store_status override { return client_.status(); }
  auto server() const -> redis_status override { return client_.server(); }

private:
  template <class T>
  static void reject(callback<T> const& done, expected<void> const& reason) {
    if (done) done(tl::unexpected{reason.error()});
  }

  /// Turns an answer into a result, and tells it. Damage is noted.
  template <class T, class Read>
  auto taker(callback<T> done, Read read_reply) -> redis_taker {
    return [this, done = std::move(done), read_reply = std::move(read_reply)](expected<redisReply const*> reply) {
      auto result = reply ? read_reply(**reply) : expected<T>{tl::unexpected{std::move(reply.error())}};
      if (reply && !result) client_.note(result.error());
      if (done) done(std::move(result));
    };
  }

  template <class T, class Read>
  void write(std::vector<std::string> arguments, callback<T> done, Read read_reply, bool frees = false) {
    client_.write({std::move(arguments), taker<T>(std::move(done), std::move(read_reply)), frees});
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): the std::function is moved into the client's queue.
  }

  template <class T, class Read>
  void ask(redis_read work, callback<T> done, Read read_reply) {
    work.done = taker<T>(std::move(done), std::move(read_reply));
    client_.read(std::move(work));
  }

  void step(std::shared_ptr<listing_state> state, callback<page> done) {
    auto work = question(*state);
    work.done = [this, state = std::move(state), done = std::move(done)](expected<redisReply const*> reply) {
      auto complete = reply ? take_step(*state, **reply) : expected<bool>{tl::unexpected{std::move(reply.error())}};
      if (complete && !*complete) return step(state, done);
      if (reply && !complete) client_.note(complete.error());
      if (!done) return;
      if (complete)
        done(std::move(state->found));
      else
        done(tl::unexpected{std::move(complete.error())});
    };
    client_.read(std::move(work));
  }

  redis_client client_;
};

auto check(redis_options const& options) -> expected<void> {
  if (options.address.host.empty()) return fail(errc::invalid_argument, "the Redis server is not set");
  if (options.max_queue == 0) return fail(errc::invalid_argument, "the store's queue has no room");
  if (options.patience <= std::chrono::milliseconds::zero() ||
      options.connect_timeout <= std::chrono::milliseconds::zero())
    return fail(errc::invalid_argument, "the store's patience must be positive");
  if (options.prefix.empty() || options.prefix.find_first_of("{}") != std::string::npos)
    return fail(errc::invalid_argument, "the store's prefix is empty or has a brace");
  return {};
}

} // namespace

auto open_redis(redis_options options) -> expected<std::unique_ptr<redis_store>> {
  if (auto good = check(options); !good) return tl::unexpected{good.error()};
  if (!options.random) options.random = random_bits;
  try {
    auto store = std::make_unique<shared_store>(std::move(options));
    if (auto good = store->opened(); !good) return tl::unexpected{good.error()};
    return store;
  } catch (std::system_error const& problem) {
    return fail(errc::unavailable, "the store's thread cannot be started: {}", problem.what());
  }
}

} // namespace nexus::store
