#include "runtime/telemetry/metrics.hpp"

#include "messages/core/codec.hpp"

#include <prometheus/text_serializer.h>

namespace nexus {
namespace {

constexpr std::size_t longest_label = 128;
constexpr char separator = '\x1f';

/// A value that Prometheus' text format can carry: UTF-8 and not too long.
auto label_value(std::string_view text) -> std::string {
  // Serialising replaces what is not UTF-8, a cut character at the end included.
  return nlohmann::json::parse(dump_json(nlohmann::json(text.substr(0, longest_label)))).get<std::string>();
}

} // namespace

template <class Metric>
auto metric_family<Metric>::with(std::span<std::string_view const> values) -> Metric& {
  auto key = std::string{};
  for (auto const value : values.first(std::min(values.size(), labels_.size()))) {
    key += value;
    key += separator;
  }
  {
    auto const lock = std::shared_lock{mutex_};
    if (auto const found = series_.find(key); found != series_.end()) return *found->second;
  }
  auto const lock = std::unique_lock{mutex_};
  if (auto const found = series_.find(key); found != series_.end()) return *found->second;
  if (series_.size() < limit_) return *(series_[key] = &add(values));
  if (overflow_) overflow_->Increment();
  if (!other_) {
    auto const others = std::vector<std::string_view>(labels_.size(), "other");
    other_ = &add(others);
  }
  return *other_;
}

template <class Metric>
auto metric_family<Metric>::add(std::span<std::string_view const> values) -> Metric& {
  auto labels = prometheus::Labels{};
  for (std::size_t i = 0; i < labels_.size(); ++i)
    labels[labels_[i]] = i < values.size() ? label_value(values[i]) : std::string{};
  if constexpr (std::is_same_v<Metric, prometheus::Histogram>)
    return family_.Add(labels, buckets_);
  else
    return family_.Add(labels);
}

template class metric_family<prometheus::Counter>;
template class metric_family<prometheus::Gauge>;
template class metric_family<prometheus::Histogram>;

metrics_registry::metrics_registry() : registry_{prometheus::Registry::InsertBehavior::Throw} {
  overflow_ = &counter("nexus_metrics_label_overflow_total",
                       "Look-ups answered with the series 'other' because a family has too many series.", {"family"});
}

metrics_registry::~metrics_registry() = default;

auto metrics_registry::counter(std::string const& name, std::string const& help, std::vector<std::string> labels,
                               std::size_t limit) -> counter_family& {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
  auto* overflow = overflow_ ? &overflow_->with({name}) : nullptr;
  auto const lock = std::unique_lock{mutex_};
  auto made = std::unique_ptr<counter_family>{new counter_family{family, std::move(labels), {}, limit, overflow}};
  return *counters_.emplace_back(std::move(made));
}

auto metrics_registry::gauge(std::string const& name, std::string const& help, std::vector<std::string> labels,
                             std::size_t limit) -> gauge_family& {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
  auto* overflow = &overflow_->with({name});
  auto const lock = std::unique_lock{mutex_};
  auto made = std::unique_ptr<gauge_family>{new gauge_family{family, std::move(labels), {}, limit, overflow}};
  return *gauges_.emplace_back(std::move(made));
}

auto metrics_registry::histogram(std::string const& name, std::string const& help, std::vector<double> buckets,
                                 std::vector<std::string> labels, std::size_t limit) -> histogram_family& {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
  auto* overflow = &overflow_->with({name});
  auto const lock = std::unique_lock{mutex_};
  auto made = std::unique_ptr<histogram_family>{
      new histogram_family{family, std::move(labels), std::move(buckets), limit, overflow}};
  return *histograms_.emplace_back(std::move(made));
}

void metrics_registry::counted_elsewhere(std::string const& name, std::string const& help,
                                         std::function<double()> read) {
  auto const lock = std::unique_lock{mutex_};
  foreign_.push_back({name, help, std::move(read)});
}

auto metrics_registry::collect() const -> std::vector<prometheus::MetricFamily> {
  auto families = registry_.Collect();
  {
    auto const lock = std::shared_lock{mutex_};
    for (auto const& [name, help, read] : foreign_) {
      auto metric = prometheus::ClientMetric{};
      metric.counter.value = read();
      families.push_back({name, help, prometheus::MetricType::Counter, {std::move(metric)}});
    }
  }
  for (auto& family : collect_process_metrics()) families.push_back(std::move(family));
  return families;
}

auto render_metrics(metrics_registry const& registry) -> std::string {
  return prometheus::TextSerializer{}.Serialize(registry.collect());
}

auto http_duration_buckets() -> std::vector<double> {
  return {.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10};
}

auto size_buckets() -> std::vector<double> {
  return {64, 256, 1024, 4096, 16'384, 65'536, 262'144, 1'048'576, 4'194'304};
}

} // namespace nexus
