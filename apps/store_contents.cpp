#include "apps/store_contents.hpp"

#include "actors/readiness/sha256.hpp"
#include "messages/core/codec.hpp"
#include "messages/readiness.hpp"
#include "messages/run.hpp"

namespace nexus::apps {
namespace {

constexpr auto stored_limits = json_limits{.bytes = store::limits::body, .depth = 200};

template <class T>
auto decodes(std::string_view text) -> expected<void> {
  if (auto const read = decode_json_text<T>(text, decode_mode::open, stored_limits); !read)
    return tl::unexpected{read.error()};
  return {};
}

auto check_document(store::document const& stored) -> expected<void> {
  if (stored.collection == "runs") return decodes<run>(stored.body);
  if (stored.collection == "decisions") return decodes<decision>(stored.body);
  if (stored.collection != "bundles") return {};
  auto const named = stored.attributes.find("sha256");
  auto const hash = readiness::sha256_hex(stored.body);
  if (named == stored.attributes.end() || named->second != hash)
    return fail(errc::corrupt, "the bundle has the hash {} and was stored with {}", hash,
                named == stored.attributes.end() ? "none" : named->second);
  return {};
}

auto check_record(std::string const& stream, store::record const& stored) -> expected<void> {
  if (!stream.starts_with("runs/")) return {};
  auto const value = parse_json(stored.body, stored_limits);
  if (!value) return tl::unexpected{value.error()};
  if (!value->is_object()) return fail(errc::corrupt, "expected object");
  if (!value->contains("completion")) return {};
  if (auto const turn = decode_json<recorded_turn>(*value, decode_mode::open); !turn)
    return tl::unexpected{turn.error()};
  return {};
}

} // namespace

auto content_checks() -> store::content_checks { return {.document = check_document, .record = check_record}; }

} // namespace nexus::apps
