#include "actors/orchestrator/run_worker.hpp"

/// What a run tells traces: OpenTelemetry's conventions for generative AI. Neither questions nor answers nor arguments.
namespace nexus::orchestrator {

void run_worker::begin_trace() {
  auto with = assignment_->context;
  work_ = begin_span(span_kind::internal, with, "invoke_agent", "nexus");
  traceparent_ = std::move(with.traceparent);
  work_.set("gen_ai.operation.name", "invoke_agent");
  work_.set("gen_ai.provider.name", environment_->provider);
  work_.set("gen_ai.agent.name", "nexus");
  work_.set("gen_ai.conversation.id", run_.run_id);
  work_.set("nexus.run.resumed", assignment_->resumed || assignment_->starts > 0);
}

void run_worker::end_trace() {
  work_.set("nexus.run.status", name_of(run_.status));
  work_.set("nexus.run.steps", run_.steps.size());
  work_.set("nexus.run.tokens", run_.tokens_used);
  if (run_.decision) work_.set("nexus.decision", name_of(*run_.decision));
  if (run_.status != run_status::success) work_.fail(run_.error_code.value_or("internal"));
  work_.end();
}

auto run_worker::begin_tool(std::size_t index, call& with) const -> span {
  auto const& called = turn_.completion.tool_calls[index];
  auto work = begin_span(span_kind::internal, with, "execute_tool", called.name);
  work.set("gen_ai.operation.name", "execute_tool");
  work.set("gen_ai.tool.name", called.name);
  work.set("gen_ai.tool.call.id", called.id);
  work.set("nexus.run.step", turns_ + 1);
  return work;
}

void run_worker::end_tool(span& work, observation const& seen) const {
  if (!work.recording()) return;
  // Shared evidence: why nothing was asked below this span.
  work.set("nexus.evidence.age_seconds",
           std::max(0.0, std::chrono::duration<double>(now(self_->system()) - seen.observed_at).count()));
  work.judge(seen.outcome);
  work.end();
}

} // namespace nexus::orchestrator
