#pragma once

#include "runtime/store/redis_client.hpp"
#include "runtime/store/store.hpp"

namespace nexus::store {

// What goes to the server as arguments of redis_write.lua and its siblings, and what comes back.

/// The arguments of a commit.
auto arguments_of(batch work) -> std::vector<std::string>;
/// The same for a document and for records that are copied from another store as they are, with revision and times.
/// Nothing happens for what is there already.
auto arguments_to_copy(std::vector<document> documents) -> std::vector<std::string>;
auto arguments_to_copy(std::string const& stream, std::vector<record> records) -> std::vector<std::string>;
/// The arguments of a step of pruning.
auto arguments_of(retention const& rule) -> std::vector<std::string>;

/// Asks for records, at most limits::bytes of bodies and one more.
auto question(std::string stream, std::uint64_t from, std::size_t limit) -> redis_read;
auto records_in(redisReply const& reply, std::uint64_t from) -> expected<std::vector<record>>;

/// Asks for a document. `prefix` as in the options.
auto question(std::string_view prefix, std::string const& collection, std::string const& key) -> redis_read;
auto document_in(redisReply const& reply, std::string const& collection, std::string const& key)
    -> expected<std::optional<document>>;

/// Where a listing is: it takes several steps when many documents do not fit its conditions.
struct listing_state {
  listing query;
  page found;
  std::size_t bytes = 0;
};
/// Asks for the next step.
auto question(listing_state const& state) -> redis_read;
/// Takes its answer; true when the page is complete.
auto take_step(listing_state& state, redisReply const& reply) -> expected<bool>;

auto lease_in(redisReply const& reply, std::string name) -> expected<lease>;
auto prune_report_in(redisReply const& reply) -> expected<prune_report>;

/// A whole number that the server stored as text.
auto number_in(redisReply const& reply) -> expected<std::int64_t>;

} // namespace nexus::store
