#include "apps/tracing.hpp"

#include "runtime/telemetry/logging.hpp"
#include "runtime/telemetry/otlp.hpp"

namespace nexus::apps {

auto tracing_target(node_settings const& settings, std::string version, std::string instance) -> expected<otlp_target> {
  auto const& chosen = settings.tracing;
  auto target = otlp_target_of({.endpoint = chosen.endpoint,
                                .protocol = chosen.protocol,
                                .insecure = chosen.insecure,
                                .headers = chosen.headers.reveal(),
                                .service_name = chosen.service_name,
                                .resource_attributes = chosen.resource_attributes},
                               {{"service.name", "nexus"},
                                {"service.version", version},
                                {"service.instance.id", std::move(instance)},
                                {"deployment.environment.name", std::string{name_of(settings.environment)}}});
  if (target) target->version = std::move(version);
  return target;
}

node_tracing::node_tracing(node_settings const& settings, tracing_environment environment) {
  auto const& chosen = settings.tracing;
  wanted_ = !chosen.endpoint.empty() && !chosen.disabled;
  if (!wanted_) return;
  auto const note = [this](error problem, std::string_view consequence) {
    if (problem.where.empty()) problem.where = "tracing";
    log_event(log_level::error, "tracing", fmt::format("{}: {}", consequence, problem.render()));
    problem_ = std::move(problem);
  };
  auto rule = sampling::parse(chosen.sampler, chosen.sampler_argument);
  if (!rule) {
    // OpenTelemetry demands that a sampler nobody knows is ignored.
    note(rule.error(), "parentbased_always_on is used");
    rule = sampling{};
  }
  auto target = tracing_target(settings, environment.version, std::move(environment.instance));
  if (!target) {
    note(target.error(), "no traces are exported");
    return;
  }
  where_ = shown_target(*target);
  tracer_ = std::make_unique<tracer>(tracer_options{
      .rule = *rule,
      .max_queue = chosen.max_queue,
      .make_exporter = [target = std::move(*target)] { return load_otlp_exporter(target); },
      .hidden = std::move(environment.hidden),
      .random = std::move(environment.random),
      .metrics = environment.metrics,
  });
  installed_ = std::make_unique<process_tracer>(*tracer_);
}

auto shown_target(otlp_target const& target) -> std::string {
  return fmt::format("{} to {}", target.protocol == otlp_target::protocol_type::grpc ? "gRPC" : "HTTP", target.url);
}

auto node_tracing::look() const -> http::health {
  using state = http::health::state_type;
  if (!wanted_) return {state::pass, "off"};
  auto const status = tracer_ ? tracer_->status() : tracer_status{};
  if (status.unusable) return {state::warn, status.unusable->render()};
  if (problem_) return {state::warn, problem_->render()};
  auto text = fmt::format("{}: {} spans exported, {} dropped", where_, status.exported, status.dropped);
  if (!status.last_failure.empty()) text += "; the last ones were not taken: " + status.last_failure;
  return {state::pass, std::move(text)};
}

auto tracing_secrets(node_settings const& settings) -> std::vector<std::string> {
  auto values = std::vector<std::string>{};
  if (auto const pairs = parse_pairs(settings.tracing.headers.reveal()))
    for (auto const& [name, value] : *pairs) values.push_back(value);
  return values;
}

} // namespace nexus::apps
