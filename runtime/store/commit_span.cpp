#include "runtime/store/commit_span.hpp"

#include "runtime/telemetry/span.hpp"

namespace nexus::store {

auto traced(std::string_view system, batch const& work, callback<void> done) -> callback<void> {
  auto context = call{.traceparent = work.traceparent};
  auto active = begin_span(span_kind::client, context, "commit");
  if (!active.recording()) return done;
  active.set("db.system.name", system);
  active.set("db.operation.name", "commit");
  active.set("db.operation.batch.size", work.operations.size());
  active.set("nexus.store.durable", work.when == durability::durable);
  return [active, done = std::move(done)](expected<void> outcome) mutable {
    active.judge(outcome);
    active.end();
    if (done) done(std::move(outcome));
  };
}

} // namespace nexus::store
