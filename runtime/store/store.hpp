#pragma once

#include "messages/core/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nexus::store {

/// Wall-clock time. Backends keep microseconds; finer parts are cut off.
using time_point = std::chrono::system_clock::time_point;

/// Tells the time that is stored with records and documents and that leases expire by. Must be callable from any
/// thread.
using clock = std::function<time_point()>;

/// Receives an outcome exactly once, on a thread of the store; before the call returns when it is refused at once
/// (invalid, overloaded, cancelled). It must neither block nor throw nor destroy the store; calling the store is fine.
template <class T>
using callback = std::function<void(expected<T>)>;

/// Limits that hold for every backend; what is beyond them is refused with errc::too_large.
namespace limits {
/// Bytes of the name of a collection, attribute or lease.
inline constexpr std::size_t name = 255;
/// Bytes of a key, a lease's holder or an attribute's value.
inline constexpr std::size_t key = 1'024;
/// Bytes of a stream's name: room for "<collection>/<key>".
inline constexpr std::size_t stream = name + 1 + key;
/// Attributes of a document, and conditions of a listing.
inline constexpr std::size_t attributes = 16;
/// Bytes of one document's or record's body.
inline constexpr std::size_t body = 16 << 20;
/// Operations in a batch, records appended by it included.
inline constexpr std::size_t operations = 10'000;
/// Bytes of a batch, and of the bodies that one read or listing returns (one body more at most).
inline constexpr std::size_t bytes = 32 << 20;
/// Documents or records that one listing or read may ask for.
inline constexpr std::size_t page = 1'000;
/// Records of one stream.
inline constexpr std::uint64_t sequence = (std::uint64_t{1} << 28) - 1;
} // namespace limits

/// A value with a name. All its texts are bytes: they may hold anything, and keys compare bytewise.
struct document {
  std::string collection;
  std::string key;
  std::string body;
  /// Indexed, for listings. Name and value are bytes like the rest.
  std::map<std::string, std::string> attributes;
  /// 1 when created, one more with each put. Set by the store.
  std::uint64_t revision = 0;
  /// When it was last put. Set by the store.
  time_point updated_at;

  friend auto operator==(document const&, document const&) -> bool = default;
};

/// One entry of an append-only stream.
struct record {
  /// From 1, without gaps.
  std::uint64_t sequence = 0;
  std::string body;
  /// When it was appended.
  time_point at;

  friend auto operator==(record const&, record const&) -> bool = default;
};

/// When a commit's callback comes.
enum class durability {
  /// Once the batch is on the disk.
  durable,
  /// Once the batch is applied in its order, so that conflicts are told; it is on the disk within 100 ms. A crash of
  /// the
  /// machine or process in between loses it, a full disk does not: it is written when there is space again.
  deferred,
};

/// Adds records to the end of a stream, which exists from its first record on. A stream named `<collection>/<key>`
/// belongs to that document: it counts into the collection's size and prune() removes it together with the document.
struct append {
  std::string stream;
  /// May be empty: then only the conditions below are checked.
  std::vector<std::string> bodies;
  /// The sequence that the first body must get, else errc::conflict. Makes the append idempotent: the same bodies at
  /// the same sequence are a success, and nothing is appended.
  std::optional<std::uint64_t> expected_next;
  /// With `lease`: the token that the lease must still have, else errc::conflict. The token counts, not the clock: a
  /// holder that is late may go on until somebody else holds the lease.
  std::uint64_t fencing_token = 0;
  /// Name of the lease to check; empty for none.
  std::string lease;
};

/// Creates or replaces a document.
struct put {
  std::string collection;
  std::string key;
  std::string body;
  std::map<std::string, std::string> attributes;
  /// The revision the document must have, 0 for "does not exist", else errc::conflict. Idempotent like an append: the
  /// same body and attributes already at the following revision are a success, and nothing changes.
  std::optional<std::uint64_t> expected_revision;
};

/// Removes a document; a success when there is none. The stream that belongs to it stays, and counts, until dropped.
struct erase {
  std::string collection;
  std::string key;
};

/// Removes a stream with all its records; a success when there is none. Its sequence starts at 1 again.
struct drop_stream {
  std::string stream;
};

using operation = std::variant<append, put, erase, drop_stream>;

/// Operations that are carried out in order, all of them or none. Batches are applied in the order of their commits.
struct batch {
  std::vector<operation> operations;
  durability when = durability::durable;
  /// W3C trace context of the work that this is part of; empty without one.
  std::string traceparent = {};
};

/// Asks for the documents of a collection in the order of their keys.
struct listing {
  std::string collection;
  /// Attribute values that a document must have, all of them.
  std::map<std::string, std::string> where;
  /// The key to go on behind, itself not included; empty to start from the first.
  std::string after;
  /// Keys in descending order.
  bool newest_first = false;
  /// 1 to limits::page.
  std::size_t limit = 100;
};

/// A part of a listing.
struct page {
  std::vector<document> documents;
  /// What to pass as `after` for the next page; empty at the end.
  std::string next;
};

/// The exclusive right to something, for a time.
struct lease {
  std::string name;
  std::string holder;
  /// Fencing token: larger than every token given out before it, over all names and restarts.
  std::uint64_t token = 0;
  time_point expires;

  friend auto operator==(lease const&, lease const&) -> bool = default;
};

/// What one step of prune() may remove.
struct retention {
  std::string collection;
  /// Documents last put longer ago than this go.
  std::optional<std::chrono::seconds> older_than;
  /// While the collection (bodies, with the streams that belong to its documents) is larger, its oldest documents go.
  std::optional<std::uint64_t> max_bytes;
  /// Documents with any of these attribute values stay whatever their age, such as {"status", "in_progress"}.
  std::vector<std::pair<std::string, std::string>> keep;
  /// Documents to remove in this step at most, oldest first: 1 to limits::page.
  std::size_t limit = 100;
};

/// What a step of prune() removed.
struct prune_report {
  std::size_t documents = 0;
  std::uint64_t records = 0;
  /// Bytes of the removed bodies.
  std::uint64_t bytes = 0;
  /// The step ended at its limit: there is more to remove.
  bool more = false;
};

/// The state of a store as of its last activity.
struct store_status {
  /// "sqlite", "sqlite (in memory)".
  std::string backend;
  int schema_version = 0;
  /// Batches that are queued or not yet on the disk.
  std::size_t pending = 0;
  /// Batches on the disk since start.
  std::uint64_t commits = 0;
  /// Group commits since start, each with one fsync.
  std::uint64_t fsyncs = 0;
  /// Deferred batches that were acknowledged and could not be written in the end.
  std::uint64_t lost = 0;
  std::uint64_t bytes_on_disk = 0;
  /// The last failure of disk or backend, conflicts of callers not included. Stays when it is over.
  std::optional<error> last_error;
  /// The last attempt to write succeeded, and nothing was ever found damaged.
  bool healthy = true;
};

/// Documents, append-only streams and leases, behind whichever backend the installation has.
///
/// All functions may be called from any thread and return at once; callbacks come as `callback` says. A read sees every
/// commit that was acknowledged before it, deferred ones included (it waits for their fsync; while those cannot be
/// written it fails with their error). The destructor writes what is queued, and completes every callback, with
/// errc::cancelled for what was not done.
///
/// Errors of every call: errc::invalid_argument and errc::too_large for what breaks `limits`; errc::overloaded when the
/// queue is full; errc::storage when the disk is full or fails (the store works again when the disk does);
/// errc::corrupt when the stored data is damaged; errc::cancelled while the store is being destroyed.
class store {
public:
  store() = default;
  store(store const&) = delete;
  auto operator=(store const&) -> store& = delete;
  virtual ~store() = default;

  /// Carries out a batch. errc::conflict when a condition of an operation does not hold.
  virtual void commit(batch work, callback<void> done) = 0;

  /// Reads at most `limit` (1 to limits::page) records of a stream with a sequence of at least `from`, in order. An
  /// empty result is the end, or a stream that does not exist; a short one is not (see limits::bytes).
  virtual void read(std::string stream, std::uint64_t from, std::size_t limit, callback<std::vector<record>> done) = 0;

  /// Finds one document; none is not an error.
  virtual void find(std::string collection, std::string key, callback<std::optional<document>> done) = 0;

  /// Lists documents page by page.
  virtual void list(listing query, callback<page> done) = 0;

  /// Takes a lease that nobody holds, that has expired, or that the same holder has (which makes its earlier token
  /// stale). errc::conflict with `retry_after` while another holder has it. `ttl` is at least a millisecond.
  virtual void acquire(std::string name, std::string holder, std::chrono::milliseconds ttl, callback<lease> done) = 0;

  /// Prolongs a lease to `ttl` from now, also an expired one that nobody took since. errc::conflict when the token is
  /// stale. A lease that expired more than a day ago may be forgotten.
  virtual void renew(std::string name, std::uint64_t token, std::chrono::milliseconds ttl, callback<lease> done) = 0;

  /// Gives a lease back; a success too when the token is stale.
  virtual void release(std::string name, std::uint64_t token, callback<void> done) = 0;

  /// Removes old documents with the streams that belong to them: one bounded step, to be repeated while it says so.
  virtual void prune(retention rule, callback<prune_report> done) = 0;

  /// The state, from a snapshot: never waits for the disk.
  virtual auto status() const -> store_status = 0;
};

/// What every backend checks before it takes a request.
auto check(batch const& work) -> expected<void>;
auto check(listing const& query) -> expected<void>;
auto check(retention const& rule) -> expected<void>;
/// `what` names the text in the error: "collection", "stream".
auto check_name(std::string_view what, std::string_view text, std::size_t limit) -> expected<void>;
auto check_limit(std::size_t limit) -> expected<void>;
auto check_ttl(std::chrono::milliseconds ttl) -> expected<void>;

/// Bytes of all texts in a batch: what it weighs in a queue.
auto size_of(batch const& work) -> std::size_t;

/// The collection that a stream belongs to: its name up to the first '/'.
auto collection_of(std::string_view stream) -> std::string_view;

} // namespace nexus::store
