#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus {

/// One metric with its labels, for example http_requests_total{method, status}. The number of series is bounded: label
/// values beyond the bound are counted in one series whose labels all say "other", and each such series that was asked
/// for counts in nexus_metrics_label_overflow_total{family}.
///
/// `with` takes a lock and a look-up; hot paths keep the reference, which is good as long as the registry.
template <class Metric>
class metric_family {
public:
  /// The series with these label values, in the order in which the labels were declared. Missing values are empty,
  /// surplus ones ignored.
  auto with(std::span<std::string_view const> values) -> Metric&;
  auto with(std::initializer_list<std::string_view> values) -> Metric& {
    return with(std::span<std::string_view const>{values.begin(), values.size()});
  }

private:
  friend class metrics_registry;
  metric_family(prometheus::Family<Metric>& family, std::vector<std::string> labels, std::vector<double> buckets,
                std::size_t limit, prometheus::Counter* overflow)
      : family_{family}, labels_{std::move(labels)}, buckets_{std::move(buckets)}, limit_{limit}, overflow_{overflow} {}
  auto add(std::span<std::string_view const> values) -> Metric&;

  prometheus::Family<Metric>& family_;
  std::vector<std::string> labels_;
  std::vector<double> buckets_;
  std::size_t limit_;
  prometheus::Counter* overflow_;
  std::shared_mutex mutex_;
  /// By the label values, joined.
  std::map<std::string, Metric*, std::less<>> series_;
  Metric* other_ = nullptr;
};

using counter_family = metric_family<prometheus::Counter>;
using gauge_family = metric_family<prometheus::Gauge>;
using histogram_family = metric_family<prometheus::Histogram>;

/// All metrics of a node. Passed to whoever measures; there is no global one.
class metrics_registry {
public:
  /// Series of one family before "other".
  static constexpr std::size_t default_limit = 1000;

  metrics_registry();
  ~metrics_registry();
  metrics_registry(metrics_registry const&) = delete;
  auto operator=(metrics_registry const&) -> metrics_registry& = delete;

  /// Each name may be registered once; names and labels follow Prometheus' rules.
  auto counter(std::string const& name, std::string const& help, std::vector<std::string> labels = {},
               std::size_t limit = default_limit) -> counter_family&;
  auto gauge(std::string const& name, std::string const& help, std::vector<std::string> labels = {},
             std::size_t limit = default_limit) -> gauge_family&;
  /// `buckets` are upper bounds in increasing order; +Inf is added.
  auto histogram(std::string const& name, std::string const& help, std::vector<double> buckets,
                 std::vector<std::string> labels = {}, std::size_t limit = default_limit) -> histogram_family&;

  /// A counter that somebody else keeps: `read` is called at each collection, from any thread, as long as this lives.
  void counted_elsewhere(std::string const& name, std::string const& help, std::function<double()> read);

  /// The state of all families, with process_* read from /proc at this moment.
  auto collect() const -> std::vector<prometheus::MetricFamily>;

private:
  prometheus::Registry registry_;
  counter_family* overflow_ = nullptr;
  std::vector<std::unique_ptr<counter_family>> counters_;
  std::vector<std::unique_ptr<gauge_family>> gauges_;
  std::vector<std::unique_ptr<histogram_family>> histograms_;
  struct foreign_counter {
    std::string name, help;
    std::function<double()> read;
  };
  std::vector<foreign_counter> foreign_;
  mutable std::shared_mutex mutex_;
};

/// The process as the Prometheus client libraries show it: process_resident_memory_bytes, process_virtual_memory_bytes,
/// process_cpu_seconds_total, process_open_fds, process_max_fds, process_threads, process_start_time_seconds. What
/// /proc does not tell is left out.
auto collect_process_metrics() -> std::vector<prometheus::MetricFamily>;

/// Prometheus' text format, version 0.0.4 (content type "text/plain; version=0.0.4; charset=utf-8").
auto render_metrics(metrics_registry const& registry) -> std::string;

/// Bounds for latencies of HTTP requests, in seconds.
auto http_duration_buckets() -> std::vector<double>;
/// Bounds for sizes, in bytes: powers of 4 from 64 to 4 MiB.
auto size_buckets() -> std::vector<double>;

} // namespace nexus
