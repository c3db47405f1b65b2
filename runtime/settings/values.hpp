#pragma once

#include "messages/core/describe.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nexus {

/// A whole number of each unit, largest first or not: "30d", "1h30m", "500ms". Units: ms, s, m, h, d (24 hours), w. "0"
/// needs no unit. Errors are errc::invalid_argument; at most 100 years.
auto parse_duration(std::string_view text) -> expected<std::chrono::milliseconds>;

/// A whole number of bytes: "1 GiB", "64MiB", "10 kB", "4096". Units: B, KiB, MiB, GiB, TiB (powers of 1024), kB, MB,
/// GB, TB (powers of 1000). Errors are errc::invalid_argument; at most 2^63 - 1.
auto parse_size(std::string_view text) -> expected<std::uint64_t>;

/// A duration as a setting holds it: the text that was written, checked when it is loaded.
class duration_text {
public:
  duration_text() = default;
  duration_text(std::string text) : text_{std::move(text)} {}
  duration_text(char const* text) : text_{text} {}
  auto text() const -> std::string const& { return text_; }
  /// Zero when the text is no duration, which a loaded setting never is.
  auto value() const -> std::chrono::milliseconds {
    return parse_duration(text_).value_or(std::chrono::milliseconds{0});
  }
  friend auto operator==(duration_text const&, duration_text const&) -> bool = default;

private:
  std::string text_ = "0";
};

/// A number of bytes as a setting holds it: the text that was written, checked when it is loaded.
class size_text {
public:
  size_text() = default;
  size_text(std::string text) : text_{std::move(text)} {}
  size_text(char const* text) : text_{text} {}
  auto text() const -> std::string const& { return text_; }
  /// Zero when the text is no size, which a loaded setting never is.
  auto bytes() const -> std::uint64_t { return parse_size(text_).value_or(0); }
  friend auto operator==(size_text const&, size_text const&) -> bool = default;

private:
  std::string text_ = "0";
};

/// A password, token or key. It is never printed: nothing formats it, and settings show "(set)" or "(not set)".
class secret {
public:
  secret() = default;
  explicit secret(std::string value) : value_{std::move(value)} {}
  /// The value itself, for the one place that sends or compares it.
  auto reveal() const -> std::string const& { return value_; }
  auto is_set() const -> bool { return !value_.empty(); }
  friend auto operator==(secret const&, secret const&) -> bool = default;

private:
  std::string value_;
};

// In JSON and YAML the three are strings.
NEXUS_CODECS(duration_text, size_text, secret)

} // namespace nexus
