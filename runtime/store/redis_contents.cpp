#include "runtime/store/redis_values.hpp"
#include "runtime/store/store_contents.hpp"

#include <future>
#include <set>

namespace nexus::store {
namespace {

/// Documents or records asked for at once.
constexpr auto part_size = std::size_t{500};
/// Names of streams asked for at once, roughly.
constexpr auto names_at_once = "500";

/// A client whose calls wait for their answers.
class redis_session {
public:
  explicit redis_session(redis_options options) : client_(std::move(options)) {}

  auto opened() -> expected<void> { return client_.opened(); }

  /// Asks; the answer is read on the client's thread.
  template <class T>
  auto start(redis_read work, std::function<expected<T>(redisReply const&)> read) -> std::future<expected<T>> {
    auto promise = std::make_shared<std::promise<expected<T>>>();
    auto outcome = promise->get_future();
    work.done = [promise, read = std::move(read)](expected<redisReply const*> reply) {
      promise->set_value(reply ? read(**reply) : expected<T>{tl::unexpected{std::move(reply.error())}});
    };
    client_.read(std::move(work));
    return outcome;
  }
  template <class T>
  auto ask(redis_read work, std::function<expected<T>(redisReply const&)> read) -> expected<T> {
    return start<T>(std::move(work), std::move(read)).get();
  }

  auto write(std::vector<std::string> arguments) -> expected<void> {
    auto outcome = std::promise<expected<void>>{};
    client_.write({std::move(arguments), [&](expected<redisReply const*> reply) {
                     outcome.set_value(reply ? expected<void>{} : expected<void>{tl::unexpected{reply.error()}});
                   }});
    return outcome.get_future().get();
  }

  /// The whole name of a key.
  auto key(std::string_view name) const -> std::string {
    return fmt::format("{{{}}}:{}", client_.options().prefix, name);
  }
  auto number(std::vector<std::string> command) { return start<std::int64_t>({std::move(command), {}, {}}, number_in); }

  auto usage() -> expected<std::map<std::string, std::uint64_t>> {
    using figures = std::map<std::string, std::uint64_t>;
    return ask<figures>({{"HGETALL", key("usage")}, {}, {}}, [](redisReply const& reply) -> expected<figures> {
      auto found = figures{};
      auto const parts = elements_of(reply);
      for (auto i = std::size_t{0}; i + 1 < parts.size(); i += 2) {
        auto const bytes = number_in(*parts[i + 1]);
        if (!bytes) return tl::unexpected{bytes.error()};
        found.emplace(text_of(*parts[i]), static_cast<std::uint64_t>(*bytes));
      }
      return found;
    });
  }

  /// The names of all streams. A scan may name one twice.
  auto streams() -> expected<std::set<std::string>> {
    auto found = std::set<std::string>{};
    auto cursor = std::string{"0"};
    do {
      auto const next = ask<std::string>({{"HSCAN", key("bytes"), cursor, "COUNT", names_at_once}, {}, {}},
                                         [&](redisReply const& reply) -> expected<std::string> {
                                           auto const parts = elements_of(reply);
                                           if (parts.size() != 2)
                                             return tl::unexpected{unexpected_reply("a request for streams")};
                                           auto const names = elements_of(*parts[1]);
                                           for (auto i = std::size_t{0}; i + 1 < names.size(); i += 2)
                                             found.emplace(text_of(*names[i]));
                                           return std::string{text_of(*parts[0])};
                                         });
      if (!next) return tl::unexpected{next.error()};
      cursor = *next;
    } while (cursor != "0");
    return found;
  }

  auto count() -> expected<contents_count> {
    auto const collections = usage();
    if (!collections) return tl::unexpected{collections.error()};
    auto result = contents_count{};
    for (auto const& [collection, bytes] : *collections) {
      auto const keys = number({"ZCARD", key("keys:" + collection)}).get();
      auto const times = number({"ZCARD", key("times:" + collection)}).get();
      if (!keys) return tl::unexpected{keys.error()};
      if (!times) return tl::unexpected{times.error()};
      result.documents += static_cast<std::uint64_t>(*keys);
      if (*keys != *times)
        return fail(errc::corrupt, "the collection '{}' has {} documents by key and {} by time", collection, *keys,
                    *times);
    }
    auto const names = streams();
    if (!names) return tl::unexpected{names.error()};
    result.streams = names->size();
    auto lengths = std::vector<std::future<expected<std::int64_t>>>{};
    auto const add = [&]() -> expected<void> {
      for (auto& length : std::exchange(lengths, {})) {
        auto const records = length.get();
        if (!records) return tl::unexpected{records.error()};
        result.records += static_cast<std::uint64_t>(*records);
      }
      return {};
    };
    for (auto const& name : *names) {
      lengths.push_back(number({"LLEN", key("stream:" + name)}));
      if (lengths.size() == part_size)
        if (auto good = add(); !good) return tl::unexpected{good.error()};
    }
    if (auto good = add(); !good) return tl::unexpected{good.error()};
    return result;
  }

private:
  redis_client client_;
};

class redis_source final : public contents_source {
public:
  explicit redis_source(std::unique_ptr<redis_session> session) : session_(std::move(session)) {}

  auto count() -> expected<contents_count> override { return session_->count(); }
  auto usage() -> expected<std::map<std::string, std::uint64_t>> override { return session_->usage(); }

  auto last_token() -> expected<std::uint64_t> override {
    auto const token = session_->ask<std::int64_t>(
        {{"GET", session_->key("tokens")}, {}, {}}, [](redisReply const& reply) -> expected<std::int64_t> {
          return reply.type == REDIS_REPLY_NIL ? expected<std::int64_t>{0} : number_in(reply);
        });
    if (!token) return tl::unexpected{token.error()};
    return static_cast<std::uint64_t>(*token);
  }

  auto each(take_documents const& documents, take_records const& records) -> expected<void> override {
    auto const collections = session_->usage();
    if (!collections) return tl::unexpected{collections.error()};
    for (auto const& [collection, bytes] : *collections)
      if (auto good = each_document(collection, documents); !good) return good;
    auto const streams = session_->streams();
    if (!streams) return tl::unexpected{streams.error()};
    for (auto const& stream : *streams)
      if (auto good = each_record(stream, records); !good) return good;
    return {};
  }

private:
  auto each_document(std::string const& collection, take_documents const& take) -> expected<void> {
    auto state = listing_state{{.collection = collection, .limit = part_size}, {}, 0};
    while (true) {
      auto const whole =
          session_->ask<bool>(question(state), [&](redisReply const& reply) { return take_step(state, reply); });
      if (!whole) return tl::unexpected{whole.error()};
      if (!*whole) continue;
      if (!state.found.documents.empty())
        if (auto good = take(std::move(state.found.documents)); !good) return good;
      if (state.found.next.empty()) return {};
      state = {{.collection = collection, .after = std::move(state.found.next), .limit = part_size}, {}, 0};
    }
  }

  /// Up to where the stream is now: somebody who appends meanwhile must not keep us here.
  auto each_record(std::string const& stream, take_records const& take) -> expected<void> {
    auto const length = session_->number({"LLEN", session_->key("stream:" + stream)}).get();
    if (!length) return tl::unexpected{length.error()};
    auto const end = static_cast<std::uint64_t>(*length) + 1;
    for (auto next = std::uint64_t{1}; next < end;) {
      auto records =
          session_->ask<std::vector<record>>(question(stream, next, std::min(part_size, end - next)),
                                             [next](redisReply const& reply) { return records_in(reply, next); });
      if (!records) return tl::unexpected{records.error()};
      if (records->empty()) return {};
      next += records->size();
      if (auto good = take(stream, std::move(*records)); !good) return good;
    }
    return {};
  }

  std::unique_ptr<redis_session> const session_;
};

class redis_target final : public contents_target {
public:
  explicit redis_target(std::unique_ptr<redis_session> session) : session_(std::move(session)) {}

  auto add(std::vector<document> documents) -> expected<void> override {
    return session_->write(arguments_to_copy(std::move(documents)));
  }
  auto add(std::string const& stream, std::vector<record> records) -> expected<void> override {
    return session_->write(arguments_to_copy(stream, std::move(records)));
  }
  auto count() -> expected<contents_count> override { return session_->count(); }
  auto finish(std::uint64_t last_token) -> expected<void> override {
    return session_->write({"end_copy", std::to_string(redis_schema_version), std::to_string(last_token)});
  }

private:
  std::unique_ptr<redis_session> const session_;
};

auto open_session(redis_options options) -> expected<std::unique_ptr<redis_session>> {
  if (!options.random) options.random = random_bits;
  auto session = std::make_unique<redis_session>(std::move(options));
  if (auto good = session->opened(); !good) return tl::unexpected{good.error()};
  return session;
}

} // namespace

auto open_redis_source(redis_options options) -> expected<std::unique_ptr<contents_source>> {
  auto session = open_session(std::move(options));
  if (!session) return tl::unexpected{session.error()};
  return std::make_unique<redis_source>(std::move(*session));
}

auto create_redis_target(redis_options options) -> expected<std::unique_ptr<contents_target>> {
  auto const where = options.address.text();
  auto session = open_session(std::move(options));
  if (!session) return tl::unexpected{session.error()};
  auto const present = (*session)->count();
  if (!present) return tl::unexpected{present.error()};
  if (*present != contents_count{})
    return tl::unexpected{
        error{errc::conflict,
              fmt::format("the store holds {} documents and {} records already", present->documents, present->records),
              where,
              "choose another database number, or empty this one",
              {}}};
  if (auto good = (*session)->write({"begin_copy"}); !good) return tl::unexpected{good.error()};
  return std::make_unique<redis_target>(std::move(*session));
}

} // namespace nexus::store
