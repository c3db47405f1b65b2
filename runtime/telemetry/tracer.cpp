#include "runtime/telemetry/tracer.hpp"

#include "messages/core/codec.hpp"
#include "runtime/telemetry/logging.hpp"
#include "runtime/telemetry/span_queue.hpp"

#include <pthread.h>

namespace nexus {
namespace {

/// Of an attribute, in bytes.
constexpr std::size_t longest_text = 4 * 1024;

} // namespace

// -- the queue
// ----------------------------------------------------------------------------------------------------------------------

span_queue::span_queue(sampling rule, std::size_t limit, std::size_t batch, std::function<std::uint64_t()> random,
                       std::function<std::chrono::system_clock::time_point()> now)
    : rule_(rule),
      limit_(limit),
      batch_(std::min(batch, limit)),
      random_(std::move(random)),
      now_(now ? std::move(now) : std::chrono::system_clock::now) {}

auto span_queue::new_id() const -> std::array<std::uint8_t, 8> {
  auto id = std::array<std::uint8_t, 8>{};
  auto bits = random_() | 1;
  for (auto& byte : id) {
    byte = static_cast<std::uint8_t>(bits);
    bits >>= 8;
  }
  return id;
}

void span_queue::push(finished_span ended) {
  auto const lock = std::lock_guard{mutex_};
  if (closed_ || spans_.size() >= limit_) {
    ++refused_;
    return;
  }
  spans_.push_back(std::move(ended));
  if (spans_.size() == batch_) wake_.notify_one();
}

auto span_queue::take(std::chrono::milliseconds delay) -> harvest {
  auto lock = std::unique_lock{mutex_};
  wake_.wait_for(lock, delay, [this] { return closed_ || spans_.size() >= batch_ || wanted_ > begun_; });
  auto found = harvest{.refused = std::exchange(refused_, 0), .closed = closed_, .round = ++begun_};
  found.spans.swap(spans_);
  // Its growth would be paid by those who end spans.
  spans_.reserve(found.spans.capacity());
  return found;
}

void span_queue::sent(std::uint64_t round) {
  auto const lock = std::lock_guard{mutex_};
  done_ = round;
  flushed_.notify_all();
}

void span_queue::close() {
  auto const lock = std::lock_guard{mutex_};
  closed_ = true;
  wake_.notify_one();
}

void span_queue::flush() {
  auto lock = std::unique_lock{mutex_};
  // The round under way may have begun before the last span ended.
  auto const wanted = begun_ + 1;
  wanted_ = std::max(wanted_, wanted);
  wake_.notify_one();
  flushed_.wait(lock, [&] { return done_ >= wanted || closed_; });
}

// -- the tracer
// ---------------------------------------------------------------------------------------------------------------------

tracer::tracer(tracer_options options)
    : options_(std::move(options)),
      queue_(std::make_shared<span_queue>(options_.rule, options_.max_queue, options_.max_batch, options_.random,
                                          options_.now)),
      dropped_(options_.metrics->counter("nexus_spans_dropped_total", "Spans that were recorded and not exported.",
                                         {"reason"})),
      exported_(
          options_.metrics->counter("nexus_spans_exported_total", "Spans that the receiver acknowledged.").with({})),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "tracer");
  // There from the start, so that an alert on them has something to look at.
  for (auto const* reason : {"queue_full", "export_failed", "no_exporter"}) dropped_.with({reason});
}

tracer::~tracer() {
  queue_->close();
  thread_.join();
}

auto tracer::status() const -> tracer_status {
  auto const lock = std::lock_guard{mutex_};
  return status_;
}

void tracer::flush() { queue_->flush(); }

void tracer::run() {
  auto made = options_.make_exporter();
  auto exporter = std::unique_ptr<span_exporter>{};
  if (made) {
    exporter = std::move(*made);
  } else {
    log_event(log_level::error, "tracing", "no traces are exported: " + made.error().render());
    auto const lock = std::lock_guard{mutex_};
    status_.unusable = std::move(made.error());
  }
  while (true) {
    auto found = queue_->take(options_.delay);
    if (found.refused > 0) drop(found.refused, "queue_full");
    send(exporter, std::move(found.spans));
    queue_->sent(found.round);
    if (found.closed) return;
  }
}

void tracer::send(std::unique_ptr<span_exporter> const& exporter, std::vector<finished_span> waiting) {
  if (waiting.empty()) return;
  if (!exporter) return drop(waiting.size(), "no_exporter");
  for (auto& each : waiting) redact(each);
  for (auto rest = std::span<finished_span const>{waiting}; !rest.empty();) {
    auto const batch = rest.first(std::min(rest.size(), options_.max_batch));
    rest = rest.subspan(batch.size());
    auto failure = exporter->send(batch);
    auto const good = failure.empty();
    if (good)
      exported_.Increment(static_cast<double>(batch.size()));
    else
      drop(batch.size(), "export_failed");
    // One line when it begins and one when it is over: a receiver that is away for a day fills no log.
    auto lock = std::unique_lock{mutex_};
    auto const was_good = status_.last_failure.empty();
    if (good) status_.exported += batch.size();
    status_.last_failure = failure;
    lock.unlock();
    if (was_good && !good) log_event(log_level::warn, "tracing", "spans are dropped: " + failure);
    if (!was_good && good) log_event(log_level::info, "tracing", "spans are exported again");
    // At the end nobody waits for a receiver that does not answer.
    if (!good && queue_->closed()) return drop(rest.size(), "export_failed");
  }
}

void tracer::redact(finished_span& ended) const {
  auto const clean = [this](std::string& text) {
    if (!options_.hidden.is_clean(text)) text = options_.hidden.redact(text);
    if (text.size() > longest_text) text.resize(longest_text);
    // The protocol carries UTF-8 alone, and a receiver would refuse the whole batch.
    if (!is_utf8(text)) text = nlohmann::json::parse(dump_json(text)).get<std::string>();
  };
  clean(ended.name);
  clean(ended.status_text);
  for (auto& attribute : ended.attributes) {
    if (auto* const text = std::get_if<std::string>(&attribute.value)) clean(*text);
    if (auto* const texts = std::get_if<std::vector<std::string>>(&attribute.value))
      std::ranges::for_each(*texts, clean);
  }
}

void tracer::drop(std::size_t spans, std::string_view reason) {
  dropped_.with({reason}).Increment(static_cast<double>(spans));
  auto const lock = std::lock_guard{mutex_};
  status_.dropped += spans;
}

process_tracer::process_tracer(tracer& target)
    : previous_(span_queue::of_process().exchange(target.queue_.get(), std::memory_order_acq_rel)) {}

process_tracer::~process_tracer() { span_queue::of_process().store(previous_, std::memory_order_release); }

} // namespace nexus
