#include "runtime/store/store.hpp"

#include <string_view>

namespace nexus::store {
namespace {

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};

/// The longest lease: a day more makes no sense, and sums with it cannot overflow.
constexpr auto longest_ttl = std::chrono::hours{24 * 365};

auto check_body(std::string_view what, std::string const& body) -> expected<void> {
  if (body.size() > limits::body)
    return fail(errc::too_large, "the body of {} has {} bytes, the limit is {}", what, body.size(), limits::body);
  return {};
}

auto check_attribute(std::string const& name, std::string const& value) -> expected<void> {
  if (value.size() > limits::key)
    return fail(errc::too_large, "the value of attribute '{}' has {} bytes, the limit is {}", name, value.size(),
                limits::key);
  return check_name("attribute name", name, limits::name);
}

auto check_attributes(std::map<std::string, std::string> const& attributes) -> expected<void> {
  if (attributes.size() > limits::attributes)
    return fail(errc::too_large, "{} attributes, the limit is {}", attributes.size(), limits::attributes);
  for (auto const& [name, value] : attributes)
    if (auto good = check_attribute(name, value); !good) return good;
  return {};
}

auto check_document(std::string const& collection, std::string const& key) -> expected<void> {
  if (auto good = check_name("collection", collection, limits::name); !good) return good;
  if (collection.find('/') != std::string::npos)
    return fail(errc::invalid_argument, "the collection '{}' contains a '/'", collection);
  return check_name("key", key, limits::key);
}

auto check(append const& work) -> expected<void> {
  if (auto good = check_name("stream", work.stream, limits::stream); !good) return good;
  if (!work.lease.empty())
    if (auto good = check_name("lease", work.lease, limits::name); !good) return good;
  if (work.expected_next && (*work.expected_next == 0 || *work.expected_next > limits::sequence))
    return fail(errc::invalid_argument, "stream '{}': sequences go from 1 to {}, not {}", work.stream, limits::sequence,
                *work.expected_next);
  for (auto const& body : work.bodies)
    if (auto good = check_body("a record", body); !good) return good;
  return {};
}

auto check(put const& work) -> expected<void> {
  if (auto good = check_document(work.collection, work.key); !good) return good;
  if (auto good = check_body("a document", work.body); !good) return good;
  return check_attributes(work.attributes);
}

} // namespace

auto check_name(std::string_view what, std::string_view text, std::size_t limit) -> expected<void> {
  if (text.empty()) return fail(errc::invalid_argument, "the {} is empty", what);
  if (text.size() > limit)
    return fail(errc::too_large, "the {} has {} bytes, the limit is {}", what, text.size(), limit);
  return {};
}

auto check_limit(std::size_t limit) -> expected<void> {
  if (limit == 0 || limit > limits::page)
    return fail(errc::invalid_argument, "the limit is {}, it must be 1 to {}", limit, limits::page);
  return {};
}

auto check_ttl(std::chrono::milliseconds ttl) -> expected<void> {
  if (ttl < std::chrono::milliseconds{1} || ttl > longest_ttl)
    return fail(errc::invalid_argument, "a lease of {} ms, it must last 1 ms to a year", ttl.count());
  return {};
}

auto check(batch const& work) -> expected<void> {
  auto count = work.operations.size();
  for (auto const& step : work.operations) {
    auto const good =
        std::visit(overloaded{
                       [&](append const& x) {
                         count += x.bodies.size();
                         return check(x);
                       },
                       [](put const& x) { return check(x); },
                       [](erase const& x) { return check_document(x.collection, x.key); },
                       [](drop_stream const& x) { return check_name("stream", x.stream, limits::stream); },
                   },
                   step);
    if (!good) return good;
  }
  if (count > limits::operations)
    return fail(errc::too_large, "a batch of {} operations and records, the limit is {}", count, limits::operations);
  if (auto const size = size_of(work); size > limits::bytes)
    return fail(errc::too_large, "a batch of {} bytes, the limit is {}", size, limits::bytes);
  return {};
}

auto check(listing const& query) -> expected<void> {
  if (auto good = check_name("collection", query.collection, limits::name); !good) return good;
  if (auto good = check_limit(query.limit); !good) return good;
  return check_attributes(query.where);
}

auto check(retention const& rule) -> expected<void> {
  if (auto good = check_name("collection", rule.collection, limits::name); !good) return good;
  if (auto good = check_limit(rule.limit); !good) return good;
  if (rule.keep.size() > limits::attributes)
    return fail(errc::too_large, "{} attributes to keep, the limit is {}", rule.keep.size(), limits::attributes);
  if (rule.older_than && *rule.older_than < std::chrono::seconds::zero())
    return fail(errc::invalid_argument, "a retention of {} s is negative", rule.older_than->count());
  for (auto const& [name, value] : rule.keep)
    if (auto good = check_attribute(name, value); !good) return good;
  return {};
}

auto size_of(batch const& work) -> std::size_t {
  auto size = std::size_t{0};
  for (auto const& step : work.operations)
    std::visit(overloaded{
                   [&](append const& x) {
                     size += x.stream.size() + x.lease.size();
                     for (auto const& body : x.bodies) size += body.size();
                   },
                   [&](put const& x) {
                     size += x.collection.size() + x.key.size() + x.body.size();
                     for (auto const& [name, value] : x.attributes) size += name.size() + value.size();
                   },
                   [&](erase const& x) { size += x.collection.size() + x.key.size(); },
                   [&](drop_stream const& x) { size += x.stream.size(); },
               },
               step);
  return size;
}

auto collection_of(std::string_view stream) -> std::string_view { return stream.substr(0, stream.find('/')); }

} // namespace nexus::store
