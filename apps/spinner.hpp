#pragma once

#include "apps/terminal.hpp"

#include <chrono>
#include <string>

namespace nexus::apps {

/// A line on standard error that shows somebody waiting that something is going on; nothing when nobody watches or
/// there is no text. Erased at the end.
class spinner {
public:
  /// How often it should turn.
  static constexpr std::chrono::milliseconds interval{100};

  explicit spinner(std::string text);
  ~spinner();
  spinner(spinner const&) = delete;
  auto operator=(spinner const&) -> spinner& = delete;

  void turn();
  /// Shows another text from now on.
  void say(std::string text) { text_ = std::move(text); }

private:
  terminal where_;
  std::string text_;
  std::size_t turns_ = 0;
  std::chrono::steady_clock::time_point begun_;
};

} // namespace nexus::apps
