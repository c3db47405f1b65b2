#pragma once

#include <string>

namespace nexus::apps {

/// What an output stream can show.
struct terminal {
  /// Somebody watches: it is a terminal.
  bool interactive = false;
  bool colour = false;
  /// Characters beyond ASCII.
  bool unicode = false;
  /// In columns.
  int width = 100;

  /// Looks at a file descriptor. Colour and Unicode need a terminal; the former neither NO_COLOR (no-color.org) nor
  /// TERM=dumb, the latter a UTF-8 locale.
  static auto of(int file_descriptor, bool no_colour = false) -> terminal;
};

/// The text between ANSI codes if the terminal shows colours: "1" bold, "2" dim, "31" red, "32" green, "33" yellow.
auto styled(terminal const& where, std::string_view code, std::string_view text) -> std::string;

/// Text from outside for one line of a terminal: control characters, which could move the cursor, become spaces.
auto plain_line(std::string_view text) -> std::string;

/// The same for a text that may have several lines.
auto plain_text(std::string_view text) -> std::string;

} // namespace nexus::apps
