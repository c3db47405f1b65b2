#include "runtime/telemetry/span.hpp"

#include "runtime/telemetry/span_queue.hpp"

namespace nexus {
namespace {

/// Bit 0 of the flags, W3C Trace Context, section 3.2.2.5.1.
constexpr std::uint8_t sampled = 1;
/// Room for the attributes of an HTTP span without a second allocation.
constexpr std::size_t usual_attributes = 10;

auto name_of(std::string_view name, std::string_view subject) -> std::string {
  auto result = std::string{};
  result.reserve(name.size() + 1 + subject.size());
  result += name;
  if (!subject.empty()) (result += ' ') += subject;
  return result;
}

/// Whether a traceparent says that its trace is recorded, without taking it apart: its last digit is odd.
auto says_sampled(std::string_view traceparent) -> bool {
  return !traceparent.empty() && std::string_view{"13579bdf"}.find(traceparent.back()) != std::string_view::npos;
}

} // namespace

/// A span that is going on: what will be sent, and where it goes. Without a queue it has ended.
struct span::state {
  finished_span data;
  std::shared_ptr<span_queue> queue;

  state(std::shared_ptr<span_queue> target, span_kind kind, std::string_view name, std::string_view subject)
      : queue(std::move(target)) {
    data.kind = kind;
    data.name = name_of(name, subject);
    data.attributes.reserve(usual_attributes);
  }
  state(state const&) = delete;
  auto operator=(state const&) -> state& = delete;
  ~state() {
    if (!queue) return;
    fail("abandoned", "whoever did this ended before it was done");
    end();
  }

  void fail(std::string_view type, std::string_view text) {
    data.status = span_status::error;
    data.status_text = text;
    data.attributes.push_back({"error.type", std::string{type}});
  }
  void end() {
    auto const target = std::exchange(queue, nullptr);
    if (!target) return;
    auto const lasted = target->now() - data.begun;
    data.duration = std::max(std::chrono::nanoseconds{0}, std::chrono::duration_cast<std::chrono::nanoseconds>(lasted));
    target->push(std::move(data));
  }
};

namespace {

/// An error's text without what others said: what services answered stands behind a colon, what was asked in quotes.
auto own_words(std::string_view text) -> std::string {
  text = text.substr(0, text.find(": "));
  auto result = std::string{};
  while (!text.empty()) {
    auto const open = std::min(text.find('\''), text.size());
    auto const close = std::min(text.find('\'', std::min(open + 1, text.size())), text.size());
    result += text.substr(0, open);
    if (open < text.size()) result += "'...'";
    text.remove_prefix(std::min(close + 1, text.size()));
  }
  return result;
}

} // namespace

void span::add(span_attribute fact) {
  if (state_->queue) state_->data.attributes.push_back(std::move(fact));
}

void span::fail(std::string_view type, std::string_view text) {
  if (state_ && state_->queue) state_->fail(type, own_words(text));
}

void span::end() {
  if (state_) state_->end();
}

auto begin_span(span_kind kind, call& context, std::string_view name, std::string_view subject) -> span {
  if (!says_sampled(context.traceparent)) return {};
  auto* const queue = span_queue::of_process().load(std::memory_order_acquire);
  if (!queue) return {};
  auto const parent = trace_context::parse(context.traceparent);
  if (!parent) return {};
  auto live = std::make_shared<span::state>(queue->shared_from_this(), kind, name, subject);
  live->data.context = *parent;
  live->data.context.span_id = queue->new_id();
  live->data.parent = parent->span_id;
  live->data.begun = queue->now();
  context.traceparent = live->data.context.to_header();
  return span{std::move(live)};
}

auto begin_trace(span_kind kind, trace_context& own, expected<trace_context> const& caller, std::string_view name,
                 std::string_view subject) -> span {
  auto* const queue = span_queue::of_process().load(std::memory_order_acquire);
  if (!queue) return {};
  own.flags = static_cast<std::uint8_t>(own.flags & ~sampled);
  if (!queue->rule().records(own, caller)) return {};
  own.flags |= sampled;
  auto live = std::make_shared<span::state>(queue->shared_from_this(), kind, name, subject);
  live->data.context = own;
  if (caller) live->data.parent = caller->span_id;
  live->data.begun = queue->now();
  return span{std::move(live)};
}

} // namespace nexus
