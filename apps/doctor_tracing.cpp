#include "apps/doctor.hpp"
#include "apps/node.hpp"
#include "apps/tracing.hpp"
#include "runtime/telemetry/otlp.hpp"

namespace nexus::apps {

auto check_tracing(node_settings const& settings, timestamp now, std::function<std::uint64_t()> const& random)
    -> finding {
  auto result = finding{"tracing", finding_state::skipped, {}, {}};
  if (settings.tracing.endpoint.empty() || settings.tracing.disabled) {
    result.detail = settings.tracing.disabled ? "switched off" : "no receiver is configured";
    return result;
  }
  result.state = finding_state::fail;
  auto const unusable = [&](error const& problem) {
    result.detail = problem.where.empty() ? problem.message : fmt::format("{}: {}", problem.where, problem.message);
    result.remedy = problem.remedy;
    return result;
  };
  auto const target = tracing_target(settings, std::string{version()}, "doctor");
  if (!target) return unusable(target.error());
  auto const exporter = load_otlp_exporter(*target);
  if (!exporter) return unusable(exporter.error());

  auto probe = finished_span{.name = "nexus doctor", .begun = now};
  for (auto& byte : probe.context.trace_id) byte = static_cast<std::uint8_t>(random());
  for (auto& byte : probe.context.span_id) byte = static_cast<std::uint8_t>(random());
  probe.context.flags = 1;
  if (auto const complaint = (*exporter)->send({&probe, 1}); !complaint.empty()) {
    result.detail = fmt::format("{}: {}", shown_target(*target), complaint);
    result.remedy = "check tracing.endpoint (OTEL_EXPORTER_OTLP_ENDPOINT), and that this machine may reach it; of one "
                    "that answers, tracing.protocol and tracing.headers";
    return result;
  }
  result.state = finding_state::pass;
  result.detail = fmt::format("{}: took the span 'nexus doctor'", shown_target(*target));
  return result;
}

} // namespace nexus::apps
