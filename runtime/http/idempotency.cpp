#include "runtime/http/idempotency.hpp"

#include "messages/core/codec.hpp"
#include "messages/core/digest.hpp"
#include "runtime/telemetry/logging.hpp"

#include <algorithm>

namespace nexus::http {
namespace {

/// What is kept of a request: this as JSON, a line break, and the answer's body as it was.
struct kept_request {
  std::string content;
  std::string call_key;
  /// 0 until there is an answer.
  int status = 0;
  std::string content_type;
};
BOOST_DESCRIBE_STRUCT(kept_request, (), (content, call_key, status, content_type))

} // namespace
} // namespace nexus::http

namespace nexus {
NEXUS_CODECS(http::kept_request)
NEXUS_DEFINE_CODECS(http::kept_request)
} // namespace nexus

namespace nexus::http {
namespace {

auto digest_of(std::initializer_list<std::string_view> parts) -> std::string {
  auto text = std::string{};
  for (auto const part : parts) text += fmt::format("{}:{}", part.size(), part); // no two lists give one text
  return sha256_hex(text);
}

/// Whether a status says neither that something was done nor that nothing was.
auto leaves_open(int status) -> bool { return status >= 500 || status == 409; }

auto write_of(idempotency_claim const& claim, kept_request const& kept, std::string_view body, std::uint64_t revision)
    -> store::batch {
  return {{store::put{idempotency_collection, claim.id, encode_json(kept) + "\n" + std::string{body}, {}, revision}},
          store::durability::durable,
          claim.traceparent};
}

} // namespace

void idempotency::claim(keyed_request request, store::callback<idempotency_claim> done) {
  auto id = digest_of({request.principal, request.door, request.key});
  auto content = digest_of({request.content});
  {
    auto const lock = std::lock_guard{mutex_};
    if (auto const [known, added] = running_.emplace(id, content); !added) {
      auto result = idempotency_claim{};
      result.what =
          known->second == content ? idempotency_claim::kind::running : idempotency_claim::kind::other_content;
      return done(std::move(result));
    }
  }
  auto claim = idempotency_claim{.id = std::move(id), .traceparent = std::move(request.traceparent)};
  store_.find(idempotency_collection, claim.id, [=, this, done = std::move(done)](auto found) {
    if (found) return decide(claim, content, std::move(*found), done);
    release(claim.id);
    done(tl::unexpected{found.error()});
  });
}

void idempotency::decide(idempotency_claim result, std::string content, std::optional<store::document> known,
                         store::callback<idempotency_claim> done) {
  auto const id = result.id;
  auto kept = kept_request{};
  if (known && now_() - known->updated_at < idempotency_lifetime) {
    auto const end = std::min(known->body.find('\n'), known->body.size());
    auto read = decode_json_text<kept_request>(std::string_view{known->body}.substr(0, end), decode_mode::open);
    if (!read) {
      release(id);
      return done(fail(errc::corrupt, "the stored answer cannot be read: {}", read.error().message));
    }
    kept = std::move(*read);
    if (kept.content != content) {
      release(id);
      result.what = idempotency_claim::kind::other_content;
      return done(std::move(result));
    }
    if (kept.status != 0) {
      release(id);
      result.what = idempotency_claim::kind::replay;
      result.answer = {kept.status, {}, known->body.substr(std::min(end + 1, known->body.size()))};
      if (!kept.content_type.empty()) result.answer.fields.set("Content-Type", kept.content_type);
      return done(std::move(result));
    }
    result.recovering = true;
  }
  if (kept.call_key.empty()) kept.call_key = make_id_();
  kept.content = std::move(content);
  result.call_key = kept.call_key;
  auto const before = known ? known->revision : 0;
  result.revision = before + 1;
  auto batch = write_of(result, kept, "", before);
  store_.commit(std::move(batch),
                [this, id, result = std::move(result), done = std::move(done)](expected<void> stored) mutable {
                  if (stored) return done(std::move(result));
                  release(id);
                  done(tl::unexpected{stored.error()});
                });
}

void idempotency::settle(idempotency_claim const& claim, int outcome, response const& answer,
                         std::function<void()> done) {
  // That a later attempt failed says nothing about an earlier one.
  if (leaves_open(outcome) || (outcome >= 400 && claim.recovering)) {
    release(claim.id);
    return done();
  }
  auto written = [this, id = claim.id, done = std::move(done)](expected<void> stored) {
    if (!stored)
      log_event(log_level::warn, "http", "what became of a request with an Idempotency-Key was not written",
                {{"reason", stored.error().render()}});
    release(id);
    done();
  };
  if (outcome >= 400)
    return store_.commit(
        {{store::erase{idempotency_collection, claim.id}}, store::durability::durable, claim.traceparent},
        std::move(written));
  auto content = std::string{};
  {
    auto const lock = std::lock_guard{mutex_};
    content = running_[claim.id];
  }
  auto const kept = kept_request{.content = std::move(content),
                                 .call_key = claim.call_key,
                                 .status = answer.status,
                                 .content_type = std::string{answer.fields.find("Content-Type").value_or("")}};
  store_.commit(write_of(claim, kept, answer.body, claim.revision), std::move(written));
}

void idempotency::release(std::string const& id) {
  auto const lock = std::lock_guard{mutex_};
  running_.erase(id);
}

auto idempotency_key_of(std::string_view field) -> expected<std::string> {
  constexpr std::size_t longest = 255;
  auto key = std::string{};
  auto const quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
  auto const text = quoted ? field.substr(1, field.size() - 2) : field;
  for (std::size_t i = 0; i < text.size() && key.size() <= longest; ++i) {
    auto const escape = quoted && text[i] == '\\' && i + 1 < text.size();
    key += text[escape ? ++i : i];
  }
  auto const visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (key.empty() || key.size() > longest || !std::all_of(key.begin(), key.end(), visible))
    return fail_at("Idempotency-Key", errc::malformed, "the key must be 1 to {} visible ASCII characters", longest);
  return key;
}

} // namespace nexus::http
