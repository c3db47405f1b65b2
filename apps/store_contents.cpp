#include "apps/store_contents.hpp"

#include "actors/orchestrator/run_journal.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/digest.hpp"
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
  auto const hash = sha256_hex(stored.body);
  if (named == stored.attributes.end() || named->second != hash)
    return fail(errc::corrupt, "the bundle has the hash {} and was stored with {}", hash,
                named == stored.attributes.end() ? "none" : named->second);
  return {};
}

auto check_record(run_record_counts& counts, std::string const& stream, store::record const& stored) -> expected<void> {
  if (!stream.starts_with("runs/")) return {};
  auto const read = decode_json_text<run_record>(stored.body, decode_mode::open, stored_limits);
  if (!read) return tl::unexpected{read.error()};
  if (read->turn.has_value() + read->intent.has_value() + read->outcome.has_value() != 1)
    return fail(errc::corrupt, "it is not one of turn, intent and outcome");
  ++(read->turn ? counts.turns : read->intent ? counts.intents : counts.outcomes);
  return {};
}

} // namespace

auto content_checks(run_record_counts& counts) -> store::content_checks {
  return {.document = check_document,
          .record = [&counts](auto const& stream, auto const& stored) { return check_record(counts, stream, stored); }};
}

} // namespace nexus::apps
