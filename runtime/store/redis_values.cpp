#include "runtime/store/redis_values.hpp"

#include "runtime/store/stored_values.hpp"

#include <charconv>

namespace nexus::store {
namespace {

/// Digits of the time before a record's body.
constexpr auto stamp = std::size_t{16};
/// Keys that one step of a listing looks at, which bounds how long others wait for it.
constexpr auto keys_per_step = std::string_view{"5000"};

auto digits(std::string_view text) -> expected<std::int64_t> {
  auto value = std::int64_t{0};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size())
    return tl::unexpected{unexpected_reply("a request for a number")};
  return value;
}

auto optional_number(std::optional<std::uint64_t> value) -> std::string {
  return value ? std::to_string(*value) : std::string{};
}

/// Collects the operations of a commit.
class commit_arguments {
public:
  explicit commit_arguments(std::size_t operations) : texts_{"commit", std::to_string(operations)} {}

  void operator()(append&& work) { add(std::move(work), {}); }
  void add(append&& work, std::string time) {
    take("append", std::move(work.stream), std::move(work.lease), std::to_string(work.fencing_token),
         optional_number(work.expected_next), std::move(time), std::to_string(work.bodies.size()));
    for (auto& body : work.bodies) texts_.push_back(std::move(body));
  }
  void operator()(put&& work) { add(std::move(work), {}, {}); }
  void add(put&& work, std::string revision, std::string time) {
    auto attributes = encode(work.attributes);
    take("put", std::move(work.collection), std::move(work.key), optional_number(work.expected_revision),
         std::move(attributes), std::move(revision), std::move(time), std::move(work.body));
  }
  void operator()(erase&& work) { take("erase", std::move(work.collection), std::move(work.key)); }
  void operator()(drop_stream&& work) { take("drop", std::move(work.stream)); }

  auto texts() && -> std::vector<std::string> { return std::move(texts_); }

private:
  template <class... Texts>
  void take(Texts&&... texts) {
    (texts_.emplace_back(std::forward<Texts>(texts)), ...);
  }

  std::vector<std::string> texts_;
};

/// Fields: revision, updated_at, attributes, body.
auto document_of(std::span<redisReply* const> fields, std::string const& collection, std::string key)
    -> expected<document> {
  auto const revision = number_in(*fields[0]);
  auto const updated_at = number_in(*fields[1]);
  auto attributes = decode(text_of(*fields[2]));
  if (!revision) return tl::unexpected{revision.error()};
  if (!updated_at) return tl::unexpected{updated_at.error()};
  if (!attributes) return tl::unexpected{attributes.error()};
  return document{collection,
                  std::move(key),
                  std::string{text_of(*fields[3])},
                  std::move(*attributes),
                  static_cast<std::uint64_t>(*revision),
                  from_database(*updated_at)};
}

} // namespace

auto number_in(redisReply const& reply) -> expected<std::int64_t> {
  if (reply.type == REDIS_REPLY_INTEGER) return reply.integer;
  return digits(text_of(reply));
}

auto arguments_of(batch work) -> std::vector<std::string> {
  auto arguments = commit_arguments{work.operations.size()};
  for (auto& each : work.operations) std::visit([&](auto& x) { arguments(std::move(x)); }, each);
  return std::move(arguments).texts();
}

auto arguments_to_copy(std::vector<document> documents) -> std::vector<std::string> {
  auto arguments = commit_arguments{documents.size()};
  for (auto& each : documents)
    arguments.add(
        put{std::move(each.collection), std::move(each.key), std::move(each.body), std::move(each.attributes), 0},
        std::to_string(each.revision), std::to_string(to_database(each.updated_at)));
  return std::move(arguments).texts();
}

auto arguments_to_copy(std::string const& stream, std::vector<record> records) -> std::vector<std::string> {
  auto arguments = commit_arguments{records.size()};
  for (auto& each : records)
    arguments.add(append{stream, {std::move(each.body)}, each.sequence}, std::to_string(to_database(each.at)));
  return std::move(arguments).texts();
}

auto arguments_of(retention const& rule) -> std::vector<std::string> {
  auto arguments = std::vector<std::string>{"prune",
                                            rule.collection,
                                            rule.older_than ? std::to_string(rule.older_than->count()) : std::string{},
                                            optional_number(rule.max_bytes),
                                            std::to_string(rule.limit),
                                            std::to_string(rule.keep.size())};
  for (auto const& pair : rule.keep) arguments.push_back(encode({pair}));
  return arguments;
}

auto question(std::string stream, std::uint64_t from, std::size_t limit) -> redis_read {
  auto const first = std::clamp(from, std::uint64_t{1}, limits::sequence + 1);
  return {{std::move(stream), std::to_string(first), std::to_string(limit), std::to_string(limits::bytes)},
          redis_script::read,
          {}};
}

auto records_in(redisReply const& reply, std::uint64_t from) -> expected<std::vector<record>> {
  auto records = std::vector<record>{};
  auto sequence = std::max(from, std::uint64_t{1});
  for (auto const* each : elements_of(reply)) {
    auto const text = text_of(*each);
    auto const at = digits(text.substr(0, stamp));
    if (!at || text.size() < stamp) return fail(errc::corrupt, "a record has no time");
    records.push_back({sequence++, std::string{text.substr(stamp)}, from_database(*at)});
  }
  return records;
}

auto question(std::string_view prefix, std::string const& collection, std::string const& key) -> redis_read {
  return {{"HMGET", fmt::format("{{{}}}:document:{}/{}", prefix, collection, key), "revision", "updated_at",
           "attributes", "body"},
          {},
          {}};
}

auto document_in(redisReply const& reply, std::string const& collection, std::string const& key)
    -> expected<std::optional<document>> {
  auto const fields = elements_of(reply);
  if (fields.size() != 4) return tl::unexpected{unexpected_reply("a request for a document")};
  if (fields[0]->type == REDIS_REPLY_NIL) return std::optional<document>{};
  auto found = document_of(fields, collection, key);
  if (!found) return tl::unexpected{found.error()};
  return std::optional{std::move(*found)};
}

auto question(listing_state const& state) -> redis_read {
  auto const& query = state.query;
  auto const bytes = limits::bytes - std::min(state.bytes, limits::bytes);
  auto result = redis_read{{query.collection, query.after, query.newest_first ? "1" : "0",
                            std::to_string(query.limit - state.found.documents.size()), std::to_string(bytes),
                            std::string{keys_per_step}},
                           redis_script::list,
                           {}};
  for (auto const& pair : query.where) result.command.push_back(encode({pair}));
  return result;
}

auto take_step(listing_state& state, redisReply const& reply) -> expected<bool> {
  auto const parts = elements_of(reply);
  auto const outcome = parts.size() < 2 ? std::string_view{} : text_of(*parts[0]);
  if (outcome == "corrupt") return fail(errc::corrupt, "{}", text_of(*parts[1]));
  if (outcome.empty() || (parts.size() - 2) % 5 != 0) return tl::unexpected{unexpected_reply("a listing")};
  auto& documents = state.found.documents;
  for (auto rest = parts.subspan(2); !rest.empty(); rest = rest.subspan(5)) {
    auto found = document_of(rest.subspan(1), state.query.collection, std::string{text_of(*rest[0])});
    if (!found) return tl::unexpected{found.error()};
    state.bytes += found->body.size();
    documents.push_back(std::move(*found));
  }
  state.query.after = text_of(*parts[1]);
  if (outcome == "more" && !documents.empty()) state.found.next = documents.back().key;
  return outcome != "continue";
}

auto lease_in(redisReply const& reply, std::string name) -> expected<lease> {
  auto const parts = elements_of(reply);
  auto const token = parts.size() == 4 ? digits(text_of(*parts[1])) : digits({});
  auto const expires = parts.size() == 4 ? digits(text_of(*parts[2])) : digits({});
  if (!token || !expires) return tl::unexpected{unexpected_reply("a request for a lease")};
  return lease{std::move(name), std::string{text_of(*parts[3])}, static_cast<std::uint64_t>(*token),
               from_database(*expires)};
}

auto prune_report_in(redisReply const& reply) -> expected<prune_report> {
  auto const parts = elements_of(reply);
  auto figures = std::array<std::uint64_t, 4>{};
  for (auto i = std::size_t{0}; i < figures.size(); ++i) {
    auto const figure = parts.size() == 5 ? digits(text_of(*parts[i + 1])) : digits({});
    if (!figure) return tl::unexpected{figure.error()};
    figures[i] = static_cast<std::uint64_t>(*figure);
  }
  return prune_report{figures[0], figures[1], figures[2], figures[3] != 0};
}

} // namespace nexus::store
