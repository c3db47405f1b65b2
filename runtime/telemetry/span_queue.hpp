#pragma once

#include "runtime/telemetry/tracer.hpp"

#include <atomic>

/// Inside tracing: what spans and the tracer share.
namespace nexus {

/// Spans that are over and wait for the exporting thread, and what making one needs. Spans hold it, so that one may end
/// after its tracer.
class span_queue : public std::enable_shared_from_this<span_queue> {
public:
  span_queue(sampling rule, std::size_t limit, std::size_t batch, std::function<std::uint64_t()> random,
             std::function<std::chrono::system_clock::time_point()> now);

  /// The process's; null without a tracer.
  static auto of_process() -> std::atomic<span_queue*>& {
    static constinit auto installed = std::atomic<span_queue*>{nullptr};
    return installed;
  }

  auto rule() const -> sampling const& { return rule_; }
  /// An id that is not all zeros.
  auto new_id() const -> std::array<std::uint8_t, 8>;
  auto now() const -> std::chrono::system_clock::time_point { return now_(); }

  /// From any thread; a span beyond the limit is counted and gone.
  void push(finished_span ended);

  /// What the exporting thread finds.
  struct harvest {
    std::vector<finished_span> spans;
    /// Spans that found no room.
    std::size_t refused = 0;
    /// There will be no more.
    bool closed = false;
    /// To be given to sent() once these are sent.
    std::uint64_t round = 0;
  };
  /// Waits until there is a batch, the delay is over, or somebody wants what there is.
  auto take(std::chrono::milliseconds delay) -> harvest;
  /// The exporting thread is done with that round.
  void sent(std::uint64_t round);
  /// Whether nobody takes any more: what is being sent may be given up.
  auto closed() const -> bool { return closed_.load(std::memory_order_relaxed); }

  void close();
  /// Waits until what is here was sent or dropped.
  void flush();

private:
  sampling const rule_;
  std::size_t const limit_, batch_;
  std::function<std::uint64_t()> const random_;
  std::function<std::chrono::system_clock::time_point()> const now_;

  std::mutex mutex_;
  std::condition_variable wake_, flushed_;
  std::vector<finished_span> spans_;
  std::size_t refused_ = 0;
  std::atomic<bool> closed_ = false;
  /// Rounds of take(): the last one begun, wanted at once, and done.
  std::uint64_t begun_ = 0, wanted_ = 0, done_ = 0;
};

} // namespace nexus
