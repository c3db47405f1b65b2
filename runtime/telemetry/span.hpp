#pragma once

#include "messages/core/call.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

/// Spans: what was done, when, for which trace. A span that nobody records is empty: it costs a comparison, allocates
/// nothing, and everything said to it is ignored. Recording needs a tracer in the process (tracer.hpp) and a trace that
/// is sampled.

namespace nexus {

/// What a span stands for, as OpenTelemetry names it.
enum class span_kind : std::uint8_t {
  /// Work inside the process.
  internal,
  /// A request from outside that is answered.
  server,
  /// A request to something outside: a service, a database, a model.
  client,
};

enum class span_status : std::uint8_t { unset, ok, error };

/// One fact about a span. Names follow OpenTelemetry's semantic conventions where there is one, and begin with "nexus."
/// otherwise.
struct span_attribute {
  /// Of static storage: a literal.
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>> value;
};

/// A span that is over, as exporters get it.
struct finished_span {
  /// Its own ids and flags.
  trace_context context;
  /// All zeros for the first span of a trace.
  std::array<std::uint8_t, 8> parent{};
  std::string name;
  span_kind kind = span_kind::internal;
  std::chrono::system_clock::time_point begun;
  std::chrono::nanoseconds duration{0};
  span_status status = span_status::unset;
  /// Why the status is an error.
  std::string status_text;
  std::vector<span_attribute> attributes;
};

class span_queue;

/// Something that is being done. Copies share it; it ends once, with the last copy at the latest, which is then told as
/// an error: whoever did the work went without a word. One thread at a time may use it.
class span {
public:
  /// Records nothing.
  span() = default;

  auto recording() const -> bool { return state_ != nullptr; }
  /// Adds a fact. Secrets are taken out of texts before they leave the process.
  void set(std::string_view name, std::string_view text) {
    if (state_) add({name, std::string{text}});
  }
  void set(std::string_view name, char const* text) { set(name, std::string_view{text}); }
  void set(std::string_view name, std::string const& text) { set(name, std::string_view{text}); }
  void set(std::string_view name, std::vector<std::string> texts) {
    if (state_) add({name, std::move(texts)});
  }
  void set(std::string_view name, bool value) {
    if (state_) add({name, value});
  }
  template <std::integral Number>
  void set(std::string_view name, Number value) {
    if (state_) add({name, static_cast<std::int64_t>(value)});
  }
  void set(std::string_view name, double value) {
    if (state_) add({name, value});
  }
  /// Marks it as failed: `type` becomes the attribute error.type (a class of errors, few in number), `text` says more.
  void fail(std::string_view type, std::string_view text = {});
  /// Marks it as failed if the outcome is an error.
  template <class T>
  void judge(expected<T> const& outcome) {
    if (state_ && !outcome) fail(to_string(outcome.error().code), outcome.error().message);
  }
  /// It is over; what is said afterwards is ignored.
  void end();

private:
  struct state;
  friend auto begin_span(span_kind, call&, std::string_view, std::string_view) -> span;
  friend auto begin_trace(span_kind, trace_context&, expected<trace_context> const&, std::string_view, std::string_view)
      -> span;
  explicit span(std::shared_ptr<state> live) : state_(std::move(live)) {}
  void add(span_attribute fact);

  std::shared_ptr<state> state_;
};

/// Begins a span for work on behalf of `context`, which names the new span as the parent of what follows. Its name is
/// `name`, then a blank and `subject` if there is one. Empty, with `context` as it was, unless its trace is recorded.
auto begin_span(span_kind kind, call& context, std::string_view name, std::string_view subject = {}) -> span;

/// Begins the span of a request from outside, whose ids `own` already holds (those of the trace are the caller's if it
/// sent a trace context). Whether the trace is recorded is decided here and told to everybody in the flags of `own`;
/// without a tracer they stay as they are.
auto begin_trace(span_kind kind, trace_context& own, expected<trace_context> const& caller, std::string_view name,
                 std::string_view subject = {}) -> span;

} // namespace nexus
