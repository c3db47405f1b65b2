#pragma once

#include "messages/core/call.hpp"
#include "runtime/telemetry/redactor.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace nexus {

enum class log_level : std::uint8_t { debug, info, warn, error };

/// "debug", "info", "warn" or "error".
auto to_string(log_level level) -> std::string_view;

/// One fact beside a message. Holds views: it lives as long as the call that logs it.
class log_field {
public:
  using value_type = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  template <class T>
  log_field(std::string_view name, T const& content) : key{name}, value{convert(content)} {}

  std::string_view key;
  value_type value;

private:
  template <class T>
  static auto convert(T const& content) -> value_type {
    if constexpr (std::is_same_v<T, bool>)
      return content;
    else if constexpr (std::is_floating_point_v<T>)
      return static_cast<double>(content);
    else if constexpr (std::is_integral_v<T> && std::is_unsigned_v<T>)
      return static_cast<std::uint64_t>(content);
    else if constexpr (std::is_integral_v<T>)
      return static_cast<std::int64_t>(content);
    else
      return std::string_view{content};
  }
};

/// How a log is written.
struct log_options {
  log_level level = log_level::info;
  /// JSON lines, or text for people.
  bool json = true;
  /// Entries waiting to be written; when full, the oldest are dropped and counted.
  std::size_t queue_entries = 8192;
  /// Where a finished line goes (without its line break), called by the log's own thread. Standard error when empty.
  std::function<void(std::string_view line)> write = {};
  /// The system clock when empty.
  std::function<timestamp()> now = {};
};

/// Writes entries from any thread to one place without making the caller wait. What stands in an entry is redacted,
/// control characters are escaped, and texts are cut after 16 KiB.
///
/// JSON lines: {"time", "level", "logger", "message", "run_id", "step", "trace_id", then the fields}; run and trace
/// come from the `call`. A field with one of these names is written as "field.NAME".
class logger {
public:
  explicit logger(log_options options = {}, redactor hidden = {});
  /// Writes what is still queued.
  ~logger();
  logger(logger const&) = delete;
  auto operator=(logger const&) -> logger& = delete;

  auto enabled(log_level level) const -> bool { return level >= level_.load(std::memory_order_relaxed); }
  /// Drops what is less severe from now on.
  void set_level(log_level level) { level_.store(level, std::memory_order_relaxed); }
  void log(log_level level, std::string_view component, std::string_view message,
           std::initializer_list<log_field> fields = {}, call const* context = nullptr);
  /// Entries lost because the queue was full.
  auto dropped() const -> std::uint64_t;

private:
  struct pipeline;
  auto json_line(log_level level, std::string_view component, std::string_view message,
                 std::initializer_list<log_field> fields, call const* context) const -> std::string;
  auto text_line(log_level level, std::string_view component, std::string_view message,
                 std::initializer_list<log_field> fields, call const* context) const -> std::string;
  auto presentable(std::string_view text) const -> std::string;
  auto field_text(std::string_view key, std::string_view text) const -> std::string;

  log_options options_;
  std::atomic<log_level> level_;
  redactor redactor_;
  std::unique_ptr<pipeline> pipeline_;
};

/// Makes a log the one that log_event writes to as long as this object lives. Threads that log must end before it does.
class process_log {
public:
  explicit process_log(logger& target);
  ~process_log();
  process_log(process_log const&) = delete;
  auto operator=(process_log const&) -> process_log& = delete;

private:
  logger* previous_;
};

/// Logs to the process's log; does nothing when there is none.
/// `log_event(log_level::warn, "jira", "answer was late", {{"seconds", 3.2}}, &context);`
void log_event(log_level level, std::string_view component, std::string_view message,
               std::initializer_list<log_field> fields = {}, call const* context = nullptr);

/// True when standard error is a terminal.
auto standard_error_is_terminal() -> bool;

} // namespace nexus
