#pragma once

#include "messages/core/describe.hpp"
#include "runtime/http/message.hpp"
#include "runtime/store/store.hpp"

#include <mutex>
#include <unordered_map>

namespace nexus::http {

/// Where the answers to requests with an Idempotency-Key are kept.
inline constexpr auto idempotency_collection = "idempotency";
/// How long a key is remembered.
inline constexpr std::chrono::hours idempotency_lifetime{24};

/// A request that its client may send again (draft-ietf-httpapi-idempotency-key-header-07).
struct keyed_request {
  std::string principal;
  /// Which door it came to: role, method and path. Keys of different doors have nothing to do with each other.
  std::string door;
  /// The client's key, as idempotency_key_of() reads it.
  std::string key;
  /// What it asks: query and body.
  std::string content;
  /// Of the work that this is part of; may be empty.
  std::string traceparent = {};
};

/// What becomes of a keyed request.
struct idempotency_claim {
  enum class kind : std::uint8_t {
    /// It is to be carried out, and settle() told of the answer.
    go,
    /// It was answered before: here is the answer.
    replay,
    /// The first one is still being carried out (409).
    running,
    /// The key was used for something else (422).
    other_content,
  } what = kind::go;
  /// The key of the call to the operation: the same for every attempt.
  std::string call_key;
  /// An earlier attempt may have happened.
  bool recovering = false;
  response answer;
  /// How settle() finds it again.
  std::string id;
  std::uint64_t revision = 0;
  /// The request's.
  std::string traceparent = {};
};

/// Remembers requests by their keys and what was answered, in the store, so that neither a lost connection nor a crash
/// makes a client's second attempt a second deed. One object per store,
/// which it outlives: callbacks of a store that ends still reach it. Threads may use it at will.
class idempotency {
public:
  /// `make_id` makes the keys of calls; `now` tells the time that lifetimes are measured by.
  idempotency(store::store& store, std::function<std::string()> make_id, std::function<store::time_point()> now)
      : store_(store), make_id_(std::move(make_id)), now_(std::move(now)) {}

  /// Decides what becomes of a request; a claim of kind `go` is on disk then. The callback comes as the store's do.
  void claim(keyed_request request, store::callback<idempotency_claim> done);
  /// Ends a claim of kind `go`. `outcome` is the HTTP status of what happened, which an answer in the reference's style
  /// hides behind a 200. A success is kept for those who ask again. After 4xx nothing was done, and the key is as new;
  /// but after 409 and 5xx that is not known, nor after any failure of an attempt that was recovering, and the next one
  /// is told so. `done` comes when that is on disk, or could not be written.
  void settle(idempotency_claim const& claim, int outcome, response const& answer, std::function<void()> done);
  /// Ends a claim whose request comes to no answer: the next attempt is told that it may have happened.
  void abandon(idempotency_claim const& claim) { release(claim.id); }

private:
  void decide(idempotency_claim result, std::string content, std::optional<store::document> known,
              store::callback<idempotency_claim> done);
  void release(std::string const& id);

  store::store& store_;
  std::function<std::string()> make_id_;
  std::function<store::time_point()> now_;
  std::mutex mutex_;
  /// What is being carried out: digests of the content by id.
  std::unordered_map<std::string, std::string> running_;
};

/// The key in an Idempotency-Key field: a structured-field string ("\"8e03978e\"") or the bare text that many clients
/// send, 1 to 255 visible ASCII characters. Errors are errc::malformed.
auto idempotency_key_of(std::string_view field) -> expected<std::string>;

} // namespace nexus::http
