#pragma once

#include "runtime/telemetry/metrics.hpp"
#include "runtime/telemetry/redactor.hpp"
#include "runtime/telemetry/span_exporter.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace nexus {

/// Which traces are recorded, by the rules of OpenTelemetry's OTEL_TRACES_SAMPLER.
struct sampling {
  /// A trace that comes from outside is recorded if its caller records it.
  bool parent_based = true;
  /// The part of the others that is recorded, 0 to 1, chosen by the trace's id, so that everybody who sees the trace
  /// chooses alike.
  double ratio = 1;

  /// "always_on", "always_off", "traceidratio", each also with "parentbased_" before it. `part` is the ratio of
  /// the third, 0 to 1. Everything else is errc::invalid_argument.
  static auto parse(std::string_view name, double part) -> expected<sampling>;
  auto records(trace_context const& own, expected<trace_context> const& caller) const -> bool;
};

struct tracer_options {
  sampling rule;
  /// Spans that wait to be sent; more are dropped and counted.
  std::size_t max_queue = 8'192;
  /// Spans in one batch at most.
  std::size_t max_batch = 512;
  /// How long a batch that is not full waits for more.
  std::chrono::milliseconds delay{1'000};
  /// Called on the exporting thread, once: finding the exporter may take its time.
  std::function<expected<std::unique_ptr<span_exporter>>()> make_exporter;
  /// Takes secrets out of names, texts and attributes.
  redactor hidden;
  /// 64 uniform bits, for span ids; from any thread.
  std::function<std::uint64_t()> random;
  /// The system clock when empty.
  std::function<std::chrono::system_clock::time_point()> now;
  /// Gets nexus_spans_exported_total and nexus_spans_dropped_total{reason}: "queue_full", "export_failed",
  /// "no_exporter".
  metrics_registry* metrics = nullptr;
};

/// How the exporting of spans goes.
struct tracer_status {
  /// Why there is no exporter and never will be; empty when there is one or it is being made.
  std::optional<error> unusable;
  /// Why the last batch was not taken; empty when it was.
  std::string last_failure;
  std::uint64_t exported = 0;
  std::uint64_t dropped = 0;
};

/// Collects the spans of a process and sends them from a thread of its own. Whoever ends a span waits for nothing: what
/// does not fit into the queue, or is not taken by the receiver, is dropped and counted.
class tracer {
public:
  explicit tracer(tracer_options options);
  /// Sends what is queued, while the receiver takes it.
  ~tracer();
  tracer(tracer const&) = delete;
  auto operator=(tracer const&) -> tracer& = delete;

  auto status() const -> tracer_status;
  /// Sends what has ended so far, and waits for it; for tests.
  void flush();

private:
  friend class process_tracer;
  void run();
  void send(std::unique_ptr<span_exporter> const& exporter, std::vector<finished_span> waiting);
  void redact(finished_span& ended) const;
  void drop(std::size_t spans, std::string_view reason);

  tracer_options options_;
  std::shared_ptr<span_queue> queue_;
  counter_family& dropped_;
  prometheus::Counter& exported_;
  mutable std::mutex mutex_;
  tracer_status status_;
  std::thread thread_;
};

/// Makes a tracer the one that begin_span and begin_trace record with as long as this object lives. Threads that trace
/// must end before it does; spans may outlive it.
class process_tracer {
public:
  explicit process_tracer(tracer& target);
  ~process_tracer();
  process_tracer(process_tracer const&) = delete;
  auto operator=(process_tracer const&) -> process_tracer& = delete;

private:
  span_queue* previous_;
};

} // namespace nexus
