#include "runtime/telemetry/logging.hpp"

#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace nexus {
namespace {

constexpr std::size_t longest_text = 16 * 1024;
/// Texts are cut to this before they are searched for secrets, and to longest_text after, so that a secret at the first
/// cut is gone with the second.
constexpr std::size_t longest_searched = 4 * longest_text;

std::atomic<logger*> process_logger{nullptr};

void write_to_standard_error(std::string_view line) {
  // One call per line: several processes may share a terminal.
  auto text = std::string{line} + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

/// Hands finished lines to a function.
class line_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  explicit line_sink(std::function<void(std::string_view)> write) : write_{std::move(write)} {}

private:
  void sink_it_(spdlog::details::log_msg const& entry) override {
    write_({entry.payload.data(), entry.payload.size()});
  }
  void flush_() override {}

  std::function<void(std::string_view)> write_;
};

auto trace_id_of(call const& context) -> std::string_view {
  auto const header = std::string_view{context.traceparent};
  return header.size() >= 35 ? header.substr(3, 32) : std::string_view{};
}

auto is_reserved(std::string_view key) -> bool {
  constexpr auto reserved = std::array{"time", "level", "logger", "message", "run_id", "step", "trace_id"};
  return std::ranges::find(reserved, key) != reserved.end();
}

void append_json(std::string& line, std::string_view text) {
  auto const plain = [](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) {
    line += '"';
    line += text;
    line += '"';
  } else {
    line += dump_json(nlohmann::json(text));
  }
}

void append_member(std::string& line, std::string_view key, std::string_view text) {
  line += line.empty() ? '{' : ',';
  append_json(line, key);
  line += ':';
  append_json(line, text);
}

void append_number(std::string& line, double number) {
  if (!std::isfinite(number)) {
    line += "null";
    return;
  }
  char digits[32];
  line.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <class Text>
void append_value(std::string& line, log_field::value_type const& value, Text const& append_text) {
  std::visit(
      [&](auto const& content) {
        using type = std::remove_cvref_t<decltype(content)>;
        if constexpr (std::is_same_v<type, std::string_view>)
          append_text(content);
        else if constexpr (std::is_same_v<type, bool>)
          line += content ? "true" : "false";
        else if constexpr (std::is_same_v<type, double>)
          append_number(line, content);
        else
          fmt::format_to(std::back_inserter(line), "{}", content);
      },
      value);
}

/// Control characters as escapes, so that text from outside neither forges lines nor drives a terminal.
void append_escaped(std::string& line, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, in UTF-8 C2 80 to C2 9F, are control characters as well.
    auto const second = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", byte);
    } else if (byte == 0xc2 && second >= 0x80 && second < 0xa0) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", second);
      ++i;
    } else {
      line += text[i];
    }
  }
}

} // namespace

auto to_string(log_level level) -> std::string_view {
  switch (level) {
  case log_level::debug:
    return "debug";
  case log_level::info:
    return "info";
  case log_level::warn:
    return "warn";
  case log_level::error:
    break;
  }
  return "error";
}

/// The queue and its thread.
struct logger::pipeline {
  std::shared_ptr<spdlog::async_logger> entries;
  // Ends first: its thread writes what is queued and is joined before the rest goes.
  std::shared_ptr<spdlog::details::thread_pool> pool;
};

logger::logger(log_options options, redactor hidden)
    : options_{std::move(options)},
      level_{options_.level},
      redactor_{std::move(hidden)},
      pipeline_{std::make_unique<pipeline>()} {
  auto sink = std::make_shared<line_sink>(options_.write ? options_.write : write_to_standard_error);
  pipeline_->pool = std::make_shared<spdlog::details::thread_pool>(std::max<std::size_t>(1, options_.queue_entries), 1);
  pipeline_->entries = std::make_shared<spdlog::async_logger>("nexus", std::move(sink), pipeline_->pool,
                                                              spdlog::async_overflow_policy::overrun_oldest);
  pipeline_->entries->set_level(spdlog::level::trace);
}

logger::~logger() = default;

auto logger::dropped() const -> std::uint64_t { return pipeline_->pool->overrun_counter(); }

void logger::log(log_level level, std::string_view component, std::string_view message,
                 std::initializer_list<log_field> fields, call const* context) {
  if (!enabled(level)) return;
  auto const line = options_.json ? json_line(level, component, message, fields, context)
                                  : text_line(level, component, message, fields, context);
  pipeline_->entries->log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
}

auto logger::presentable(std::string_view text) const -> std::string {
  text = beginning(text, longest_searched);
  auto shown = redactor_.is_clean(text) ? std::string{text} : redactor_.redact(text);
  if (shown.size() > longest_text) {
    shown.resize(beginning(shown, longest_text).size());
    shown += "...";
  }
  return shown;
}

auto logger::field_text(std::string_view key, std::string_view text) const -> std::string {
  return redactor::names_secret(key) && !text.empty() ? std::string{redactor::replacement} : presentable(text);
}

auto logger::json_line(log_level level, std::string_view component, std::string_view message,
                       std::initializer_list<log_field> fields, call const* context) const -> std::string {
  auto line = std::string{};
  line.reserve(256);
  auto const now = options_.now
                       ? options_.now()
                       : std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  append_member(line, "time", format_timestamp(now));
  append_member(line, "level", to_string(level));
  append_member(line, "logger", component);
  append_member(line, "message", presentable(message));
  if (context && !context->run_id.empty()) {
    append_member(line, "run_id", presentable(context->run_id));
    if (context->step > 0) fmt::format_to(std::back_inserter(line), ",\"step\":{}", context->step);
  }
  if (context && !trace_id_of(*context).empty()) append_member(line, "trace_id", trace_id_of(*context));
  for (auto const& field : fields) {
    line += ',';
    append_json(line, is_reserved(field.key) ? "field." + std::string{field.key} : std::string{field.key});
    line += ':';
    append_value(line, field.value, [&](std::string_view text) { append_json(line, field_text(field.key, text)); });
  }
  line += '}';
  return line;
}

auto logger::text_line(log_level level, std::string_view component, std::string_view message,
                       std::initializer_list<log_field> fields, call const* context) const -> std::string {
  auto const now = options_.now
                       ? options_.now()
                       : std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto line = fmt::format("{} {:<5} {}: ", format_timestamp(now), to_string(level), component);
  append_escaped(line, presentable(message));
  auto const member = [&](std::string_view key, log_field::value_type const& value) {
    line += ' ';
    append_escaped(line, key);
    line += '=';
    append_value(line, value, [&](std::string_view text) {
      auto const shown = field_text(key, text);
      auto const quote = shown.empty() || shown.find_first_of(" \t\r\n\"=") != std::string::npos ? "\"" : "";
      line += quote;
      append_escaped(line, shown);
      line += quote;
    });
  };
  for (auto const& field : fields) member(field.key, field.value);
  if (context && !context->run_id.empty()) member("run_id", std::string_view{context->run_id});
  if (context && context->step > 0 && !context->run_id.empty()) member("step", std::uint64_t{context->step});
  if (context && !trace_id_of(*context).empty()) member("trace_id", trace_id_of(*context));
  return line;
}

process_log::process_log(logger& target) : previous_{process_logger.exchange(&target)} {}
process_log::~process_log() { process_logger.store(previous_); }

void log_event(log_level level, std::string_view component, std::string_view message,
               std::initializer_list<log_field> fields, call const* context) {
  if (auto* target = process_logger.load(std::memory_order_acquire); target && target->enabled(level))
    target->log(level, component, message, fields, context);
}

auto standard_error_is_terminal() -> bool { return isatty(STDERR_FILENO) == 1; }

} // namespace nexus
